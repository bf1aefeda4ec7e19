// The record of a run: it hears of a call before its tool starts, and what it does not take is not done.
#include <gtest/gtest.h>

#include "agent/test_kit.h"
#include "puna/agent/sub_agent.h"

namespace puna {
namespace {

using agent::call;
using agent::calls;
using agent::LoopTest;
using agent::says;

class ListRecord final : public RunRecord {
 public:
  [[nodiscard]] Result<void> append(const Message& message) override {
    heard.emplace_back(name_of(message.role));
    return {};
  }
  [[nodiscard]] Result<void> starting(std::span<const AgentCall> path, const ToolCall& call) override {
    std::string who;
    for (const AgentCall& above : path) {
      who += above.agent + "(" + above.call_id + ") ";
    }
    heard.push_back(who + call.name + " " + call.id);
    return refuses == call.name ? fail(ErrorCode::io, "the disk is full") : Result<void>();
  }

  std::vector<std::string> heard;
  std::string refuses;
};

class RecordTest : public LoopTest {
 protected:
  RecordTest() { options.record = &record; }
  ListRecord record;
};

TEST_F(RecordTest, HearsOfACallBehindItsReplyAndBeforeItsResult) {
  run_to(StopReason::answered, {calls({call("echo", "x", "a"), call("none", "y", "b")}), says("done")});
  EXPECT_EQ(record.heard, (std::vector<std::string>{"assistant", "echo a", "tool", "tool", "assistant"}))
      << "a call that no tool answers does not start";
}

TEST_F(RecordTest, ACallThatIsNotRecordedIsNotMadeAndEndsTheRun) {
  record.refuses = "fail";
  bool has_run = false;
  Toolbox box;
  agent::add_tool(box, "fail", [&](std::string_view, const std::stop_token&) {
    has_run = true;
    return ToolResult{.content = "x"};
  });
  model = ScriptedModel::create({calls({call("fail", "x", "a")})}, 10'000);
  const auto end = resume(*model, box, transcript, options, events, {});
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().message, "the disk is full");
  EXPECT_FALSE(has_run);
  EXPECT_EQ(transcript.size(), 2U) << "the turn is taken back";
}

TEST_F(RecordTest, CallsWithoutAResultAreMadeFirst) {
  transcript.push_back({.role = Role::assistant, .calls = {call("echo", "one", "a"), call("echo", "two", "b")}});
  transcript.push_back({.role = Role::tool, .content = "one", .call_id = "a", .tool = "echo"});
  run_to(StopReason::answered, {says("done")});
  EXPECT_EQ(record.heard, (std::vector<std::string>{"echo b", "tool", "assistant"}));
  EXPECT_EQ(agent::results(transcript), (std::vector<std::string>{"one", "two"}));
}

TEST_F(RecordTest, CallsOfAgentsBelowComeWithTheirPath) {
  auto agents = AgentDirectory::create({{.name = "reader", .description = "Reads.", .system_prompt = "Read."}});
  ASSERT_TRUE(agents);
  ASSERT_TRUE((*agents)->offer(tools));
  const ToolCall reader{.id = "r", .name = "reader", .arguments = Json::object({{"task", "Read it."}})};
  run_to(StopReason::answered, {calls({reader}), calls({call("echo", "x", "a")}), says("read"), says("done")});
  EXPECT_EQ(record.heard, (std::vector<std::string>{"assistant", "reader r", "reader(r) echo a", "tool", "assistant"}));
}

TEST_F(RecordTest, AnAgentBelowWhoseCallIsNotRecordedDoesNotMakeIt) {
  auto agents = AgentDirectory::create({{.name = "reader", .description = "Reads.", .system_prompt = "Read."}});
  ASSERT_TRUE(agents);
  ASSERT_TRUE((*agents)->offer(tools));
  record.refuses = "echo";
  const ToolCall reader{.id = "r", .name = "reader", .arguments = Json::object({{"task", "Read it."}})};
  run_to(StopReason::answered, {calls({reader}), calls({call("echo", "x", "a")}), says("done")});
  EXPECT_TRUE(agent::results(transcript).at(0).contains("the agent reader failed: the disk is full"));
}

}  // namespace
}  // namespace puna
