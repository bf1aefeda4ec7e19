// The program with the bundled demo model: real inference, end to end.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "program.h"
#include "puna/base.h"
#include "puna/sandbox.h"

namespace puna::test {
namespace {

std::vector<Json> events_of(const std::string& lines) {
  std::vector<Json> events;
  std::istringstream in(lines);
  for (std::string line; std::getline(in, line);) {
    auto event = Json::parse(line);
    EXPECT_TRUE(event) << line;
    if (event) {
      events.push_back(*std::move(event));
    }
  }
  return events;
}

const Json* first(const std::vector<Json>& events, std::string_view type) {
  for (const Json& event : events) {
    if (event.text_or("type") == type) {
      return &event;
    }
  }
  return nullptr;
}

TEST(DemoRun, TheReadmesQuestionIsAnsweredAfterAToolCallThatTheModelMade) {
  const Ran ran = run_program({kProgram, "run", "What is 4817 * 36?"});
  EXPECT_EQ(ran.exit_status, 0) << ran.err;
  EXPECT_NE(ran.out.find("173412"), std::string::npos) << ran.out;
  EXPECT_NE(ran.err.find("calculator"), std::string::npos) << ran.err;
}

TEST(DemoRun, AnAllowOfAToolThatTheRunDoesNotHaveIsSaid) {
  const Ran idle = run_program({kProgram, "run", "--allow", "bash:ls", "--deny", "write", "What is 4817 * 36?"});
  EXPECT_EQ(idle.exit_status, 0) << idle.err;
  EXPECT_NE(idle.err.find("note: --allow bash:ls does nothing: this run has no tool 'bash' (--tools)\n"),
            std::string::npos)
      << idle.err;
  EXPECT_EQ(idle.err.find("'write'"), std::string::npos) << idle.err;
  const Ran used = run_program({kProgram, "run", "--allow", "calculator", "--allow", "w*", "What is 4817 * 36?"});
  EXPECT_EQ(used.err.find("does nothing"), std::string::npos) << used.err;
}

TEST(DemoRun, TheReadmesCodeAgentSearchesTwiceInOneBlockAndComputesInTheSandbox) {
  if (const auto sandbox = Sandbox::open(); !sandbox) {
    GTEST_SKIP() << "no sandbox here: " << sandbox.error().message;
  }
  const Ran ran =
      run_program({kProgram, "run", "--code", "--jsonl",
                   "How many seconds would it take for a leopard at full speed to run through Pont des Arts?"});
  EXPECT_EQ(ran.exit_status, 0) << ran.err;
  const std::vector<Json> events = events_of(ran.out);
  int turn = 0;
  std::vector<int> searched;  // the turns of the searches
  for (const Json& event : events) {
    turn += event.text_or("type") == "turn.started" ? 1 : 0;
    if (event.text_or("type") == "tool.started" && event.text_or("tool") == "web_search") {
      searched.push_back(turn);
    }
  }
  EXPECT_EQ(searched, (std::vector<int>{1, 1}));
  ASSERT_NE(first(events, "run.ended"), nullptr) << ran.out;
  EXPECT_EQ(first(events, "run.ended")->text_or("stop_reason"), "answered");
  EXPECT_NE(first(events, "run.ended")->text_or("answer").find("9.6"), std::string::npos) << ran.out;
}

TEST(DemoRun, AFileIsReadFromTheRootAndItsTextComesBack) {
  const auto folder = std::filesystem::temp_directory_path() / ("puna-demo-run-" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "notes.txt") << "buy milk";
  const Ran ran = run_program({kProgram, "run", "--jsonl", "--root", folder.string(), "What does notes.txt say?"});
  std::filesystem::remove_all(folder);
  EXPECT_EQ(ran.exit_status, 0) << ran.err;
  const std::vector<Json> events = events_of(ran.out);
  const Json* ended = first(events, "tool.ended");
  ASSERT_NE(ended, nullptr) << ran.out;
  EXPECT_EQ(ended->text_or("observation"), "buy milk");
  ASSERT_NE(first(events, "run.ended"), nullptr);
  EXPECT_NE(first(events, "run.ended")->text_or("answer").find("buy milk"), std::string::npos) << ran.out;
}

TEST(DemoRun, WithoutATerminalNothingIsColouredOrAnimatedAndStdoutHasTheAnswerAlone) {
  const Ran ran = run_program({kProgram, "run", "What is 12 + 30?"});
  EXPECT_EQ(ran.err.find('\x1b'), std::string::npos);
  EXPECT_EQ(ran.err.find('\r'), std::string::npos);
  EXPECT_EQ(std::ranges::count(ran.out, '\n'), 1) << ran.out;
}

TEST(DemoRun, TheSameSeedGivesTheSameTextAtAnyTemperature) {
  const auto answer = [](const std::string& seed) {
    const Ran ran = run_program({kProgram, "ask", "--temp", "4", "--top-k", "0", "--top-p", "1", "--min-p", "0",
                                 "--seed", seed, "-n", "40", "Hello"});
    EXPECT_TRUE(ran.exit_status == 0 || ran.exit_status == 5) << ran.err;
    return ran.out;
  };
  const std::string once = answer("7");
  EXPECT_EQ(once, answer("7"));
  EXPECT_NE(once, answer("8"));
}

TEST(DemoRun, ALimitOnTurnsIsAStopReasonWithItsOwnStatusAndTheTranscriptIsKept) {
  const auto file = std::filesystem::temp_directory_path() / ("puna-transcript-" + std::to_string(getpid()) + ".jsonl");
  const Ran ran = run_program({kProgram, "run", "--max-turns", "1", "--transcript", file.string(), "What is 2 * 21?"});
  std::ifstream in(file);
  std::vector<std::string> roles;
  for (std::string line; std::getline(in, line);) {
    const auto message = Json::parse(line);
    ASSERT_TRUE(message) << line;
    roles.emplace_back(message->text_or("role"));
  }
  std::filesystem::remove(file);
  EXPECT_EQ(ran.exit_status, 5) << ran.err;
  EXPECT_EQ(roles, (std::vector<std::string>{"system", "user", "assistant", "tool"}));
}

TEST(DemoRun, ChatWorksInAPipeAndKeepsTheConversation) {
  const Ran ran =
      run_program({kProgram, "chat", "--temp", "0"}, "Hello\n/help\n/clear\n/nonsense\nThanks\n/quit\nnever read\n");
  EXPECT_EQ(ran.exit_status, 0) << ran.err;
  EXPECT_EQ(std::ranges::count(ran.out, '\n') >= 2, true) << ran.out;
  EXPECT_NE(ran.err.find("/clear"), std::string::npos);
  EXPECT_NE(ran.err.find("no such command: /nonsense"), std::string::npos);
}

TEST(DemoRun, VerboseShowsTheExactWire) {
  const Ran ran = run_program({kProgram, "ask", "-v", "Hello there"});
  EXPECT_NE(ran.err.find("<|im_start|>user\nHello there<|im_end|>"), std::string::npos) << ran.err;
  EXPECT_NE(ran.err.find("prompt tokens"), std::string::npos);
  EXPECT_NE(ran.err.find("raw output"), std::string::npos);
}

TEST(DemoRun, ShowAndDoctorDescribeTheBundledModel) {
  const Ran show = run_program({kProgram, "show"});
  EXPECT_EQ(show.exit_status, 0) << show.err;
  EXPECT_NE(show.out.find("puna-demo"), std::string::npos) << show.out;
  EXPECT_NE(show.out.find("tool calls"), std::string::npos) << show.out;
  const Ran doctor = run_program({kProgram, "doctor", "--jsonl"});
  EXPECT_EQ(doctor.exit_status, 0) << doctor.out;
  EXPECT_GE(events_of(doctor.out).size(), 6U);
}

TEST(DemoRun, VersionNamesTheLibrary) {
  const Ran ran = run_program({kProgram, "--version"});
  EXPECT_EQ(ran.exit_status, 0);
  EXPECT_NE(ran.out.find("libllama"), std::string::npos);
}

}  // namespace
}  // namespace puna::test
