// puna run --session, puna chat --session and puna session, as a user starts them.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "program.h"

namespace puna::test {
namespace {

class SessionCommand : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "puna-session-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    store_ = (folder_ / "sessions.db").string();
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] Ran puna(std::vector<std::string> words, const std::string& input = {}) const {
    words.insert(words.begin(), kProgram);
    words.insert(words.end(), {"--store", store_});
    return run_program(words, input);
  }
  [[nodiscard]] static std::size_t count(const std::string& text, std::string_view part) {
    std::size_t found = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
      ++found;
    }
    return found;
  }

  std::filesystem::path folder_;
  std::string store_;
};

TEST_F(SessionCommand, ARunIsKeptAndGoneOnWith) {
  const Ran first = puna({"run", "--session", "sums", "What is 4817 * 36?"});
  ASSERT_EQ(first.exit_status, 0) << first.err;
  const Ran second = puna({"run", "--continue", "What is 5 + 6?"});
  ASSERT_EQ(second.exit_status, 0) << second.err;
  EXPECT_TRUE(second.err.contains("session 'sums': 5 messages so far\n")) << second.err;
  const Ran list = puna({"session", "list"});
  EXPECT_TRUE(list.out.starts_with("sums ")) << list.out;
  EXPECT_TRUE(list.out.ends_with("  9 messages  What is 4817 * 36?\n")) << list.out;
  const Ran shown = puna({"session", "show", "sums"});
  EXPECT_TRUE(shown.out.contains("calculator (result)\n173412\n")) << shown.out;
  EXPECT_TRUE(shown.out.contains("user\nWhat is 5 + 6?\n")) << shown.out;
  const Ran found = puna({"session", "search", "173412"});
  EXPECT_TRUE(found.out.starts_with("sums  tool: \"173412\"\n")) << found.out;
}

// Files of computed conversations beside the store.
TEST_F(SessionCommand, WhatWasComputedIsNotComputedAgain) {
  const std::filesystem::path cache = store_ + ".cache";
  const auto files = [&cache] {
    return std::filesystem::exists(cache) ? std::distance(std::filesystem::directory_iterator(cache), {}) : 0;
  };
  ASSERT_EQ(puna({"run", "--session", "sums", "--session-cache", "0", "What is 4817 * 36?"}).exit_status, 0);
  EXPECT_EQ(files(), 0);
  const Ran cold = puna({"run", "--session", "sums", "What is 5 + 6?"});
  ASSERT_EQ(cold.exit_status, 0) << cold.err;
  EXPECT_FALSE(cold.err.contains("computed already")) << cold.err;
  EXPECT_EQ(files(), 1);
  EXPECT_EQ(std::filesystem::status(cache).permissions(), std::filesystem::perms::owner_all);
  const Ran warm = puna({"run", "--session", "sums", "What is 7 * 8?"});
  ASSERT_EQ(warm.exit_status, 0) << warm.err;
  EXPECT_TRUE(warm.err.contains(" tokens are computed already\n")) << warm.err;
  for (const auto& file : std::filesystem::directory_iterator(cache)) {
    std::filesystem::resize_file(file, 100);
  }
  const Ran damaged = puna({"run", "--session", "sums", "What is 2 + 3?"});
  ASSERT_EQ(damaged.exit_status, 0) << damaged.err;
  EXPECT_TRUE(damaged.err.contains("note: everything is computed again: ")) << damaged.err;
  EXPECT_EQ(files(), 1);
  EXPECT_EQ(puna({"session", "rm", "sums"}).exit_status, 0);
  EXPECT_EQ(files(), 0);
}

TEST_F(SessionCommand, NothingIsKeptWithoutBeingAskedTo) {
  EXPECT_EQ(run_program({kProgram, "run", "What is 4817 * 36?"}).exit_status, 0);
  EXPECT_FALSE(std::filesystem::exists(store_));
  const Ran list = puna({"session", "list"});
  EXPECT_EQ(list.exit_status, 4) << "a store that was named must be there";
}

TEST_F(SessionCommand, WhatIsMissingOrTakenIsSaid) {
  EXPECT_EQ(puna({"run"}).exit_status, 2);
  EXPECT_EQ(run_program({kProgram, "run"}).exit_status, 2);
  const Ran none = puna({"run", "--continue", "x"});
  EXPECT_EQ(none.exit_status, 4);
  EXPECT_TRUE(none.err.contains("there is no session to go on with")) << none.err;
  EXPECT_EQ(puna({"run", "--session", "sums"}).exit_status, 4);
  EXPECT_TRUE(puna({"session", "list", "--jsonl"}).out.empty()) << "a session that was only asked for is not begun";
  ASSERT_EQ(puna({"run", "--session", "sums", "What is 4817 * 36?"}).exit_status, 0);
  const Ran done = puna({"run", "--session", "sums"});
  EXPECT_EQ(done.exit_status, 2);
  EXPECT_TRUE(done.err.contains("the session has nothing left to do")) << done.err;
  EXPECT_EQ(puna({"run", "--session", "sums", "--system", "x", "y"}).exit_status, 2);
  EXPECT_EQ(puna({"run", "--session", "sums", "--code", "y"}).exit_status, 2);
  EXPECT_EQ(puna({"run", "--session", "sums", "--transcript", "t", "y"}).exit_status, 2);
  EXPECT_EQ(puna({"session", "fork", "sums", "sums"}).exit_status, 2);
  EXPECT_EQ(puna({"session", "fork", "sums", "more", "--turns", "9"}).exit_status, 2);
  const Ran near = puna({"session", "show", "sum"});
  EXPECT_EQ(near.exit_status, 4);
  EXPECT_TRUE(near.err.contains("did you mean 'sums'?")) << near.err;
}

TEST_F(SessionCommand, SessionsAreCopiedNamedAndRemoved) {
  ASSERT_EQ(puna({"run", "--session", "sums", "What is 4817 * 36?"}).exit_status, 0);
  ASSERT_EQ(puna({"session", "fork", "sums", "copy", "--turns", "1"}).exit_status, 0);
  ASSERT_EQ(puna({"session", "rename", "copy", "half"}).exit_status, 0);
  EXPECT_FALSE(puna({"session", "show", "half"}).out.contains("4817 * 36 = 173412"));
  const std::string lines = puna({"session", "export", "sums"}).out;
  EXPECT_TRUE(lines.starts_with(R"({"type":"session","version":1,"name":"sums",)")) << lines;
  ASSERT_EQ(puna({"session", "import", "-", "--name", "again"}, lines).exit_status, 0);
  EXPECT_EQ(puna({"session", "show", "again"}).out, puna({"session", "show", "sums"}).out);
  const Ran cut = puna({"session", "import", "-", "--name", "cut"}, lines.substr(0, lines.size() - 5));
  EXPECT_EQ(cut.exit_status, 4);
  EXPECT_TRUE(cut.err.contains("it has no end")) << cut.err;
  EXPECT_EQ(
      puna({"session", "import", "-", "--name", "cut", "--repair"}, lines.substr(0, lines.size() - 5)).exit_status, 0);
  ASSERT_EQ(puna({"session", "rm", "sums", "again", "cut"}).exit_status, 0);
  EXPECT_EQ(count(puna({"session", "list", "--jsonl"}).out, "\n"), 1U);
  EXPECT_EQ(puna({"session", "check"}).out, "the store is whole\n");
}

// Wherever a kill falls, what is left is a session that is whole, or one that was not begun.
TEST_F(SessionCommand, AKilledRunIsGoneOnWith) {
  const std::string task = "What is 4817 * 36?";
  for (const char* seconds : {"0.2", "0.25", "0.3", "0.35", "0.4", "0.5"}) {
    const std::string name = std::string("killed after ") + seconds;
    const Ran killed =
        run_program({"timeout", "-s", "KILL", seconds, kProgram, "run", "--session", name, "--store", store_, task});
    const Ran rest = puna({"run", "--session", name});
    if (rest.exit_status == 4) {  // there is no such session, or no store
      EXPECT_TRUE(rest.err.contains("there is no s")) << rest.err;
      EXPECT_NE(killed.exit_status, 0);
      continue;
    }
    EXPECT_TRUE(rest.exit_status == 0 || rest.err.contains("the session has nothing left to do")) << rest.err;
    const std::string shown = puna({"session", "show", name}).out;
    EXPECT_LE(count(shown, "calculator (result)"), 1U) << shown;
    EXPECT_EQ(puna({"session", "check"}).exit_status, 0);
  }
}

TEST_F(SessionCommand, AChatIsKept) {
  ASSERT_EQ(puna({"chat", "--session", "talk", "--temp", "0"}, "Hello\n").exit_status, 0);
  ASSERT_EQ(puna({"chat", "--continue", "--temp", "0"}, "Hello again\n").exit_status, 0);
  const std::string talk = puna({"session", "show", "talk"}).out;
  EXPECT_EQ(count(talk, "user\n"), 2U) << talk;
  ASSERT_EQ(puna({"chat", "--session", "talk", "--temp", "0"}, "/clear\nThird\n").exit_status, 0);
  const std::string cleared = puna({"session", "show", "talk"}).out;
  EXPECT_EQ(count(cleared, "user\n"), 1U) << cleared;
}

TEST_F(SessionCommand, ADamagedStoreIsRefusedAndLeftAsItIs) {
  ASSERT_EQ(puna({"run", "--session", "sums", "What is 4817 * 36?"}).exit_status, 0);
  {
    std::fstream file(store_, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(4'096);
    file << std::string(8'192, 'x');
  }
  const auto bytes = [this] {
    std::ifstream in(store_, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
  };
  const std::string before = bytes();
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"session", "list"}, {"session", "check"}, {"run", "--session", "more", "x"}}) {
    const Ran ran = puna(words);
    EXPECT_EQ(ran.exit_status, 4) << ran.err;
    EXPECT_TRUE(ran.err.contains("is damaged") || ran.err.contains("malformed")) << ran.err;
    EXPECT_TRUE(ran.err.contains("it is left as it is")) << ran.err;
  }
  EXPECT_EQ(bytes(), before);
}

}  // namespace
}  // namespace puna::test
