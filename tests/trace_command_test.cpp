// puna run --trace and puna trace show, as a user starts them.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "program.h"

namespace puna::test {
namespace {

class TraceCommand : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "puna-trace-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    file_ = (folder_ / "run.trace").string();
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] Ran traced(std::vector<std::string> words, const std::string& input = {}) const {
    words.insert(words.begin(), PUNA_PROGRAM);
    words.insert(words.end(), {"--trace", file_});
    return run_program(words, input);
  }
  static Ran show(std::vector<std::string> words, const std::string& input = {}) {
    words.insert(words.begin(), {PUNA_PROGRAM, "trace", "show"});
    return run_program(words, input);
  }
  [[nodiscard]] std::string content() const {
    std::ifstream in(file_);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }

  std::filesystem::path folder_;
  std::string file_;
};

TEST_F(TraceCommand, ARunIsShownStepByStep) {
  ASSERT_EQ(traced({"run", "What is 4817 * 36?"}).exit_status, 0);
  const Ran ran = show({file_});
  EXPECT_EQ(ran.exit_status, 0) << ran.err;
  EXPECT_TRUE(ran.out.contains("● calculator  expression=\"4817 * 36\"\n")) << ran.out;
  EXPECT_TRUE(ran.out.contains("  173412\n[Step 1: ")) << ran.out;
  EXPECT_FALSE(ran.out.contains('\x1b'));
  const Ran full = show({"--full", "--step", "2", file_});
  EXPECT_TRUE(full.out.contains("<tool_response>\n  173412\n")) << full.out;
  EXPECT_EQ(show({"--jsonl", "-"}, content()).out, content());
  const std::string step = show({"--jsonl", "--step", "1", "-"}, content()).out;
  EXPECT_TRUE(content().contains(step));
  EXPECT_TRUE(step.starts_with("{\"type\":\"turn.started\",\"turn\":1")) << step;
  EXPECT_EQ(show({"--step", "9", file_}).exit_status, 4);
}

TEST_F(TraceCommand, AnAnswerAndAChatAreTracedToo) {
  ASSERT_EQ(traced({"ask", "Hello"}).exit_status, 0);
  EXPECT_TRUE(show({file_}).out.contains("Step 1"));
  ASSERT_EQ(traced({"chat", "--temp", "0"}, "Hello\nHello again\n").exit_status, 0);
  const std::string chat = show({file_}).out;
  const std::size_t second = chat.find("New run", chat.find("New run") + 1);
  EXPECT_NE(second, std::string::npos) << chat;
  EXPECT_EQ(show({file_}).err, "");
}

TEST_F(TraceCommand, WhatIsWrongWithAFileIsSaid) {
  EXPECT_EQ(show({file_}).exit_status, 4);
  std::ofstream(file_) << "hello\n";
  EXPECT_NE(show({file_}).exit_status, 0);
  ASSERT_EQ(traced({"run", "What is 4817 * 36?"}).exit_status, 0);
  const std::string whole = content();
  const Ran cut = show({"-"}, whole.substr(0, whole.size() - 20));
  EXPECT_EQ(cut.exit_status, 0);
  EXPECT_TRUE(cut.out.ends_with("The trace ends in the middle of this run.\n")) << cut.out;
  EXPECT_TRUE(cut.err.starts_with("note: the trace is cut: line ")) << cut.err;
  const Ran damaged = show({"-"}, whole + "{]\n");
  EXPECT_EQ(damaged.exit_status, 4);
  EXPECT_TRUE(damaged.err.starts_with("note: left out: line ")) << damaged.err;
  EXPECT_TRUE(damaged.out.contains("Answer")) << "the rest is shown";
  const Ran nowhere = run_program({PUNA_PROGRAM, "run", "--trace", (folder_ / "a" / "b").string(), "x"});
  EXPECT_EQ(nowhere.exit_status, 4);
  EXPECT_TRUE(nowhere.err.contains("--trace: cannot create ")) << nowhere.err;
  const Ran help = run_program({PUNA_PROGRAM, "trace"});
  EXPECT_EQ(help.exit_status, 0);
  EXPECT_TRUE(help.out.contains("show")) << help.out;
}

TEST_F(TraceCommand, APromptAuditHasEveryQuestionWithoutSecrets) {
  const std::string audit = (folder_ / "audit.jsonl").string();
  ASSERT_EQ(run_program({PUNA_PROGRAM, "run", "--prompt-audit", audit, "What is 4817 * 36?"}).exit_status, 0);
  ASSERT_EQ(run_program({PUNA_PROGRAM, "ask", "--prompt-audit", audit, "password: hunter22"}).exit_status, 0);
  std::ifstream in(audit);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) {
    lines.push_back(line);
  }
  ASSERT_EQ(lines.size(), 3U) << "two turns of the run, and the answer";
  EXPECT_TRUE(lines[0].contains(R"("user_prompt":"What is 4817 * 36?")")) << lines[0];
  EXPECT_TRUE(lines[1].contains(R"("user_prompt":"173412")")) << lines[1];
  EXPECT_TRUE(lines[2].contains(R"("user_prompt":"password: [secret]")")) << lines[2];
  EXPECT_FALSE(lines[0].contains("\"system_prompt\""));
  const auto mode = std::filesystem::status(audit).permissions();
  EXPECT_EQ(mode, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  EXPECT_EQ(run_program({PUNA_PROGRAM, "ask", "--prompt-audit", folder_.string(), "Hi"}).exit_status, 1);
  EXPECT_EQ(run_program({PUNA_PROGRAM, "ask", "--prompt-audit-include-system", "Hi"}).exit_status, 2);
}

}  // namespace
}  // namespace puna::test
