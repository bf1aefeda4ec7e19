// puna run --record and puna trace record, replay, diff, as a user starts them, on the demo model.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "program.h"

namespace puna::test {
namespace {

namespace fs = std::filesystem;

class ReplayCommand : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "puna-replay-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    fs::create_directories(folder_ / "elsewhere");
  }
  void TearDown() override { fs::remove_all(folder_); }

  [[nodiscard]] std::string path(std::string_view name) const { return (folder_ / name).string(); }
  static std::string text(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }
  static void write(const fs::path& file, const std::string& content) {
    std::ofstream(file, std::ios::binary | std::ios::trunc) << content;
  }
  static std::string replaced(std::string whole, std::string_view what, std::string_view with) {
    const std::size_t at = whole.find(what);
    EXPECT_NE(at, std::string::npos) << what;
    return at == std::string::npos ? whole : whole.replace(at, what.size(), with);
  }
  static Ran puna(std::vector<std::string> words) {
    words.insert(words.begin(), PUNA_PROGRAM);
    return run_program(words);
  }
  // In another folder, language, time zone and home.
  [[nodiscard]] Ran puna_elsewhere(std::vector<std::string> words) const {
    words.insert(words.begin(), {"/usr/bin/env", "-C", path("elsewhere"), "TZ=Asia/Kathmandu", "LANG=tr_TR.UTF-8",
                                 "LC_ALL=de_DE.UTF-8", "HOME=" + path("elsewhere"), "USER=somebody",
                                 "XDG_CONFIG_HOME=" + path("elsewhere"), PUNA_PROGRAM});
    return run_program(words);
  }
  // Recorded twice, here and elsewhere: equal bytes, and a replay in both places.
  void expect_equal_twice(const std::vector<std::string>& words) const {
    std::vector<std::string> first{"run", "--profile", "deterministic", "--record", path("a.rec")};
    std::vector<std::string> second{"trace", "record", path("b.rec"), "--profile", "deterministic"};
    first.insert(first.end(), words.begin(), words.end());
    second.insert(second.end(), words.begin(), words.end());
    const Ran here = puna(first);
    ASSERT_EQ(here.exit_status, 0) << here.err;
    const Ran there = puna_elsewhere(second);
    ASSERT_EQ(there.exit_status, 0) << there.err;
    EXPECT_EQ(here.out, there.out);
    EXPECT_EQ(text(path("a.rec")), text(path("b.rec")));
    EXPECT_EQ(puna({"trace", "diff", path("a.rec"), path("b.rec")}).exit_status, 0);

    const Ran replayed = puna({"trace", "replay", path("a.rec"), "--jsonl", "-", "--transcript", path("a.jsonl")});
    EXPECT_EQ(replayed.exit_status, 0) << replayed.err;
    EXPECT_TRUE(replayed.err.starts_with("equal: ")) << replayed.err;
    const Ran elsewhere = puna_elsewhere(
        {"trace", "replay", path("b.rec"), "--jsonl", path("b.events"), "--transcript", path("b.jsonl")});
    EXPECT_EQ(elsewhere.exit_status, 0) << elsewhere.err;
    EXPECT_EQ(replayed.out, text(path("b.events")));
    EXPECT_EQ(text(path("a.jsonl")), text(path("b.jsonl")));
    EXPECT_EQ(fs::status(path("b.events")).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  }

  fs::path folder_;
};

TEST_F(ReplayCommand, ARunIsRecordedTwiceToEqualBytesAndReplayedAnywhere) {
  expect_equal_twice({"--root", path("elsewhere"), "What is 4817 * 36?"});
  EXPECT_TRUE(text(path("a.jsonl")).contains("173412")) << text(path("a.jsonl"));
}

TEST_F(ReplayCommand, ARunWithRandomNumbersToo) {
  expect_equal_twice(
      {"--temp", "1.5", "--seed", "7", "--max-turns", "2", "-n", "40", "--tools", "calculator", "Hello"});
}

TEST_F(ReplayCommand, ARunOfCodeToo) {
  expect_equal_twice({"--code", "--max-turns", "3", "--tools", "none", "-n", "200", "Add 2 and 3."});
}

TEST_F(ReplayCommand, TheModelIsAskedAgainAndTheFirstTokenThatDiffersIsNamed) {
  ASSERT_EQ(puna({"run", "--profile", "deterministic", "--record", path("a.rec"), "What is 4817 * 36?"}).exit_status,
            0);
  const Ran same = puna({"trace", "replay", path("a.rec"), "-m", kDemoModel});
  EXPECT_EQ(same.exit_status, 0) << same.out << same.err;
  EXPECT_TRUE(same.out.starts_with("call 1: equal: ")) << same.out;
  EXPECT_TRUE(same.out.contains("call 2: equal: ")) << same.out;
  EXPECT_TRUE(same.out.ends_with(" tokens\n")) << same.out;

  const std::string whole = text(path("a.rec"));
  const std::size_t tokens = whole.find("\"tokens\":[") + 10;
  std::string other = whole;
  other.insert(whole.find(',', tokens) + 1, "1,");  // another second token
  write(path("b.rec"), other);
  const Ran differs = puna({"trace", "replay", path("b.rec"), "-m", kDemoModel});
  EXPECT_EQ(differs.exit_status, 1) << differs.out;
  EXPECT_TRUE(differs.out.starts_with("call 1: differs: token 2 of the reply: was 1 ")) << differs.out;
  EXPECT_TRUE(differs.out.contains("call 2: equal: ")) << "each call has its recorded prompt: " << differs.out;
  const Ran diff = puna({"trace", "diff", path("a.rec"), path("b.rec")});
  EXPECT_EQ(diff.exit_status, 1);
  EXPECT_TRUE(diff.out.starts_with("call of the model 1: token 2 of the reply: was ")) << diff.out;
}

TEST_F(ReplayCommand, WhatIsAnotherRunIsSaid) {
  ASSERT_EQ(puna({"run", "--record", path("a.rec"), "What is 4817 * 36?"}).exit_status, 0);
  ASSERT_EQ(puna({"run", "--record", path("b.rec"), "--max-turns", "9", "What is 4817 * 37?"}).exit_status, 0);
  const Ran diff = puna({"trace", "diff", path("a.rec"), path("b.rec")});
  EXPECT_EQ(diff.exit_status, 1);
  EXPECT_TRUE(diff.out.starts_with("agent.turns_max: was 20, is 9\n")) << diff.out;
  EXPECT_TRUE(diff.out.contains("\ncall of the model 1: request: ")) << diff.out;
  const std::string changed = replaced(text(path("a.rec")), "\"content\":\"173412\"", "\"content\":\"173413\"");
  write(path("c.rec"), changed);
  const Ran missed = puna({"trace", "replay", path("c.rec")});
  EXPECT_EQ(missed.exit_status, 1);
  EXPECT_TRUE(
      missed.err.starts_with("differs: call 2 of the model is not the recorded one: messages[3].content, byte 5: "))
      << missed.err;
}

TEST_F(ReplayCommand, MistakesAreSaid) {
  EXPECT_EQ(puna({"trace", "replay", path("none.rec")}).exit_status, 4);
  write(path("odd.rec"), "hello\n");
  const Ran odd = puna({"trace", "replay", path("odd.rec")});
  EXPECT_EQ(odd.exit_status, 4);
  EXPECT_TRUE(odd.err.contains("odd.rec': line 1: ")) << odd.err;
  EXPECT_EQ(puna({"trace", "diff", path("odd.rec"), path("odd.rec")}).exit_status, 4);
  EXPECT_EQ(puna({"trace", "diff", path("odd.rec")}).exit_status, 2);
  EXPECT_EQ(puna({"run", "--record", path("a.rec"), "--session", "x", "Hello"}).exit_status, 2);
  const Ran nowhere = puna({"run", "--record", path("a/b.rec"), "Hello"});
  EXPECT_EQ(nowhere.exit_status, 4);
  EXPECT_TRUE(nowhere.err.contains("--record: cannot create ")) << nowhere.err;
  EXPECT_EQ(puna({"trace", "record"}).exit_status, 2);
  const Ran help = puna({"trace"});
  EXPECT_TRUE(help.out.contains("record") && help.out.contains("replay") && help.out.contains("diff")) << help.out;
}

}  // namespace
}  // namespace puna::test
