// What an agent's conversation takes of the window, and forgetting parts of it.
#include <gtest/gtest.h>

#include <optional>

#include "agent/test_kit.h"
#include "puna/agent/agent.h"

namespace puna::agent {
namespace {

class AgentWindow : public LoopTest {
 protected:
  Agent& open(std::vector<ScriptedReply> script, int window_tokens = 100'000) {
    model = ScriptedModel::create(std::move(script), window_tokens);
    return agent_.emplace(*model, tools, options);
  }
  Agent& after_three_tasks() {
    Agent& agent = open({calls({call("echo", "a")}), says("First."), says("Second."), calls({call("echo", "b")}),
                         says("Third."), says("Fourth.")});
    for (const char* task : {"One.", "Two.", "Three."}) {
      EXPECT_TRUE(agent.run(task));
    }
    EXPECT_EQ(agent.transcript().size(), 11U);
    return agent;
  }

 private:
  std::optional<Agent> agent_;
};

TEST_F(AgentWindow, UseIsWhatTheModelCountsForTheNextPrompt) {
  Agent& agent = after_three_tasks();
  const auto use = agent.window_use();
  ASSERT_TRUE(use) << use.error().message;
  EXPECT_EQ(use->used_tokens, *model->count_tokens({.messages = agent.transcript(), .tools = tools.specs()}));
  EXPECT_EQ(use->window_tokens, 100'000);
  EXPECT_DOUBLE_EQ(use->percent(), static_cast<double>(use->used_tokens) / 1000.0);
}

TEST_F(AgentWindow, AnEmptyConversationUsesNothing) {
  model = ScriptedModel::create({}, 4096);
  const Agent agent(*model);
  const auto use = agent.window_use();
  ASSERT_TRUE(use);
  EXPECT_EQ(use->used_tokens, 0);
  EXPECT_DOUBLE_EQ(use->percent(), 0);
}

TEST_F(AgentWindow, KeepingTheLastTaskKeepsItsCallsAndResultsAndTheSystemPrompt) {
  Agent& agent = after_three_tasks();
  const Transcript before = agent.transcript();
  const auto used = agent.window_use()->used_tokens;
  EXPECT_EQ(agent.keep_recent(1), 6U);
  ASSERT_EQ(agent.transcript().size(), 5U);
  EXPECT_EQ(agent.transcript()[0], before[0]);
  EXPECT_TRUE(std::equal(agent.transcript().begin() + 1, agent.transcript().end(), before.begin() + 7));
  EXPECT_TRUE(is_whole(agent.transcript()));
  EXPECT_LT(agent.window_use()->used_tokens, used);
  EXPECT_EQ(agent.run("Four.")->answer, "Fourth.");
}

TEST_F(AgentWindow, KeepingMoreTasksThanThereAreForgetsNothing) {
  Agent& agent = after_three_tasks();
  EXPECT_EQ(agent.keep_recent(3), 0U);
  EXPECT_EQ(agent.keep_recent(99), 0U);
  EXPECT_EQ(agent.transcript().size(), 11U);
}

TEST_F(AgentWindow, ClearingLeavesTheSystemPromptAlone) {
  Agent& agent = after_three_tasks();
  EXPECT_EQ(agent.clear(), 10U);
  ASSERT_EQ(agent.transcript().size(), 1U);
  EXPECT_EQ(agent.transcript()[0].role, Role::system);
  EXPECT_EQ(agent.clear(), 0U);
  EXPECT_EQ(agent.run("Four.")->answer, "Fourth.");
}

}  // namespace
}  // namespace puna::agent
