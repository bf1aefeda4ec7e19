// Rules of the loop with a gate: nothing runs that it did not allow, and everything it said is on record.
#include <gtest/gtest.h>

#include <span>

#include "agent/test_kit.h"

namespace puna::agent {
namespace {

// Allows what it is told to; writes down what it is asked.
class ListGate final : public Gate {
 public:
  void begin(std::span<const Message> transcript, const Toolbox& /*tools*/) override {
    asked.push_back("begin " + std::to_string(transcript.size()));
  }
  [[nodiscard]] Permit before(const ToolCall& call, const Tool& tool, const std::stop_token& /*stop*/) override {
    asked.push_back("before " + call.name + " " + call.arguments.dump());
    EXPECT_EQ(tool.spec().name, call.name);
    const bool is_allowed = call.arguments.text_or("text") != "bad";
    return {
        .is_allowed = is_allowed, .by = Permit::By::policy, .rule = "the test", .call_hash = "12", .observation = "no"};
  }
  void after(const Tool& tool) override { asked.push_back("after " + tool.spec().name); }

  std::vector<std::string> asked;
};

class GateTest : public LoopTest {
 protected:
  GateTest() {
    options.gate = &gate;
    add_tool(tools, "count", [this](std::string_view, const std::stop_token&) {
      ++ran;
      return ToolResult{.content = "counted"};
    });
  }
  ListGate gate;
  int ran = 0;
};

TEST_F(GateTest, EachCallIsJudgedAndRunsOrDoesNot) {
  run_to(StopReason::answered, {calls({call("count", "good", "c1"), call("count", "bad", "c2")}), says("Done.")});
  EXPECT_EQ(ran, 1);
  EXPECT_EQ(gate.asked, (std::vector<std::string>{"begin 2", R"(before count {"text":"good"})", "after count",
                                                  R"(before count {"text":"bad"})"}));
  EXPECT_EQ(results(transcript), (std::vector<std::string>{"counted", "error: no"}));
  EXPECT_EQ(transcript[3].permission, "allowed by policy: the test");
  EXPECT_EQ(transcript[4].permission, "denied by policy: the test");
  EXPECT_TRUE(transcript[4].is_error);
  std::vector<std::string> lines = events.lines;
  std::erase_if(lines, [](const std::string& line) { return !line.contains("c1") && !line.contains("c2"); });
  EXPECT_EQ(lines,
            (std::vector<std::string>{R"(tool c1: count {"text":"good"})", "permission c1: allowed by policy: the test",
                                      "tool c1 said: counted", R"(tool c2: count {"text":"bad"})",
                                      "permission c2: denied by policy: the test", "tool c2 failed: error: no"}));
  // The transcript's lines keep it.
  EXPECT_EQ(transcript_from_jsonl(to_jsonl(transcript)).value(), transcript);
}

TEST_F(GateTest, WhatCannotRunIsNotAsked) {
  const ToolCall wrong{.id = "w", .name = "count", .arguments = Json::object({{"other", 1}})};
  run_to(StopReason::answered, {calls({call("gone", "x", "g"), wrong}), says("Done.")});
  EXPECT_EQ(gate.asked, (std::vector<std::string>{"begin 2"}));
  EXPECT_EQ(transcript[3].permission, "");
}

TEST_F(GateTest, ARepeatedCallIsRefusedBeforeTheGate) {
  run_to(StopReason::answered, {calls({call("count", "a", "1")}), calls({call("count", "a", "2")}), says("Done.")});
  EXPECT_EQ(ran, 1);
  EXPECT_EQ(gate.asked.size(), 3U);
}

TEST_F(GateTest, AToolThatFailsWasRun) {
  run_to(StopReason::answered, {calls({call("fail", "oh", "1")}), says("Done.")});
  EXPECT_EQ(gate.asked.back(), "after fail");  // what it said may have been anybody's words
}

TEST_F(GateTest, WithoutAGateNothingIsSaidOfPermission) {
  options.gate = nullptr;
  run_to(StopReason::answered, {calls({call("count", "bad", "1")}), says("Done.")});
  EXPECT_EQ(ran, 1);
  EXPECT_EQ(transcript[3].permission, "");
}

}  // namespace
}  // namespace puna::agent
