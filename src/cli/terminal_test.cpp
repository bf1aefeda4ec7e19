// Questions at the terminal: what counts as an answer, and what is shown before one is given.
#include "cli/terminal.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <unistd.h>

#include <cstdio>
#include <thread>

namespace puna::cli {
namespace {

using Answer = Approval::Answer;

// A terminal of the test's own, and what the console wrote.
class TerminalTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(::openpty(&user_, &program_, nullptr, nullptr, nullptr), 0);
    written_ = std::tmpfile();
    ASSERT_NE(written_, nullptr);
    console_ = std::make_unique<Console>(written_, written_, false, false, false);
    terminal_ = std::make_unique<Terminal>(*console_, program_);
  }
  void TearDown() override {
    ::close(program_);
    if (user_ >= 0) {
      ::close(user_);
    }
    std::fclose(written_);
  }

  // Types each line once the program has asked again.
  Result<Approval> decide(const PermissionQuestion& question, const std::vector<std::string>& lines) {
    const std::jthread typist([&] {
      std::size_t asked = 0;
      for (const std::string& line : lines) {
        while (shown_count("[n] no > ") <= asked) {
          std::this_thread::sleep_for(std::chrono::milliseconds(2));
        }
        ++asked;
        EXPECT_EQ(::write(user_, line.data(), line.size()), static_cast<ssize_t>(line.size()));
      }
    });
    return terminal_->decide(question, stop_.get_token());
  }
  [[nodiscard]] std::string shown() const {
    std::string text(65'536, '\0');
    const ssize_t got = ::pread(::fileno(written_), text.data(), text.size(), 0);
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    return text;
  }
  [[nodiscard]] std::size_t shown_count(std::string_view what) const {
    std::size_t count = 0;
    const std::string text = shown();
    for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) {
      ++count;
    }
    return count;
  }
  static PermissionQuestion question() {
    return {.call = {.name = "write", .arguments = Json::object({{"path", "a"}, {"content", "x\x1b[2Jy"}})},
            .call_hash = "17",
            .rule = "default: writes",
            .argument = "write a",
            .may_keep_tool = true};
  }

  int user_ = -1;
  int program_ = -1;
  std::FILE* written_ = nullptr;
  std::unique_ptr<Console> console_;
  std::unique_ptr<Terminal> terminal_;
  std::stop_source stop_;
};

TEST_F(TerminalTest, ALetterIsAnAnswerToThisQuestion) {
  for (const auto& [line, answer] :
       {std::pair("y\n", Answer::once), std::pair(" yes \n", Answer::once), std::pair("a\n", Answer::always_this),
        std::pair("t\n", Answer::always_tool), std::pair("n\n", Answer::no), std::pair("no\n", Answer::no)}) {
    ASSERT_EQ(::ftruncate(::fileno(written_), 0), 0);
    ASSERT_EQ(std::fseek(written_, 0, SEEK_SET), 0);
    const auto approval = decide(question(), {line});
    ASSERT_TRUE(approval);
    EXPECT_EQ(approval->answer, answer) << line;
    EXPECT_EQ(approval->call_hash, "17");
  }
}

TEST_F(TerminalTest, WhatIsNoAnswerIsAskedAgainAndThenNo) {
  EXPECT_EQ(decide(question(), {"maybe\n", "\n", "Y\n"})->answer, Answer::no);
  EXPECT_EQ(shown_count("[n] no > "), 3U);
}

TEST_F(TerminalTest, WhatIsNotOfferedIsNoAnswer) {
  PermissionQuestion once = question();
  once.argument.clear();
  once.may_keep_tool = false;
  EXPECT_EQ(decide(once, {"a\n", "t\n", "y\n"})->answer, Answer::once);
  EXPECT_FALSE(shown().contains("always"));
}

TEST_F(TerminalTest, TheWholeCallIsShownAndObeysNoControlCharacter) {
  PermissionQuestion asked = question();
  asked.has_odd_letters = true;
  (void)decide(asked, {"n\n"});
  const std::string text = shown();
  EXPECT_TRUE(text.contains("write needs permission (default: writes)")) << text;
  EXPECT_TRUE(text.contains("path = \"a\"")) << text;
  EXPECT_TRUE(text.contains("careful")) << text;
  EXPECT_TRUE(text.contains("[a] always: write a")) << text;
  EXPECT_FALSE(text.contains('\x1b')) << text;
  asked.call.arguments = Json::object({{"content", std::string(10'000, 'x')}});
  ASSERT_EQ(::ftruncate(::fileno(written_), 0), 0);
  ASSERT_EQ(std::fseek(written_, 0, SEEK_SET), 0);
  (void)decide(asked, {"n\n"});
  EXPECT_TRUE(shown().contains("... 8002 more bytes")) << shown();
}

TEST_F(TerminalTest, WhatWasTypedBeforeTheQuestionDoesNotCount) {
  ASSERT_EQ(::write(user_, "y\n", 2), 2);
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_EQ(decide(question(), {"n\n"})->answer, Answer::no);
}

TEST_F(TerminalTest, AStopAndAnEndAreNoYes) {
  stop_.request_stop();
  EXPECT_EQ(terminal_->decide(question(), stop_.get_token()).error().code, ErrorCode::cancelled);
  ::close(user_);
  user_ = -1;
  EXPECT_EQ(terminal_->decide(question(), {})->answer, Answer::no);
  EXPECT_EQ(terminal_->answer("Who?", {}).error().code, ErrorCode::unavailable);
}

}  // namespace
}  // namespace puna::cli
