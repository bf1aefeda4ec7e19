#include "bench/agents.h"

#include <gtest/gtest.h>

#include <thread>

#include "bench/fake_peer.h"

namespace puna::bench {
namespace {

TEST(Agents, HistoryIsThePromptAndAllThatCameAfterIt) {
  FakePeer peer;
  const std::vector<AgentScript> scripts{{{.tokens = {1, 2}, .output_tokens = 2}, {.tokens = {9}, .output_tokens = 1}}};
  const auto agents = run_agents(peer, scripts, {});
  ASSERT_TRUE(agents) << agents.error().message;
  ASSERT_EQ(agents->at(0).requests.size(), 2U);
  EXPECT_EQ(agents->at(0).requests[1].prompt, (std::vector<Token>{1, 2, 2, 3, 9}));
  EXPECT_EQ(agents->at(0).replies[1].output, (std::vector<Token>{5}));
}

TEST(Agents, WhatWasMeasuredIsTheDifferenceToBefore) {
  FakePeer peer;
  const std::vector<AgentScript> scripts{{{.tokens = {1, 2, 3, 4}, .output_tokens = 3}},
                                         {{.tokens = {1, 2, 7}, .output_tokens = 3}}};
  ASSERT_TRUE(measure_agents(peer, scripts, {}));
  const auto second = measure_agents(peer, scripts, {});
  ASSERT_TRUE(second);
  EXPECT_EQ(second->sample.tokens_prefilled, 7);
  EXPECT_EQ(second->sample.tokens_distinct, 5);
  EXPECT_EQ(second->sample.tokens_decoded, 6);
  EXPECT_NEAR(second->sample.cpu_seconds, 0.007, 1e-9);
  EXPECT_GT(second->sample.last_first_token_seconds, 0);
}

TEST(Agents, TheBoundCountsARepliesTokensAsComputedByItsDecode) {
  const AgentRun agent{.requests = {{.prompt = {1, 2, 3}}, {.prompt = {1, 2, 3, 8, 9, 4}}},
                       .replies = {{.output = {8, 9}}, {.output = {5}}}};
  // 3 for the first prompt; then 9 (chosen, never computed) and 4.
  EXPECT_EQ(distinct_tokens(std::vector<AgentRun>{agent}), 5);
}

TEST(Agents, TheFirstFailureStopsTheOthersAndIsReported) {
  FakePeer peer;
  peer.fails_at = 3;
  const std::vector<AgentScript> scripts{{{.tokens = {1, 2}, .output_tokens = 1}},
                                         {{.tokens = {1, 2, 3}, .output_tokens = 1}}};
  const auto agents = run_agents(peer, scripts, {});
  ASSERT_FALSE(agents);
  EXPECT_EQ(agents.error().message, "the fake was told to fail");
}

TEST(Agents, AStopReachesAnAgentThatWaitsForItsTool) {
  FakePeer peer;
  const std::vector<AgentScript> scripts{
      {{.tokens = {1}, .output_tokens = 1, .pause = std::chrono::hours(1)}, {.tokens = {2}, .output_tokens = 1}}};
  std::stop_source stop;
  const std::jthread stopper([&] {
    while (peer.tokens_prefilled() == 0) {
      std::this_thread::yield();
    }
    stop.request_stop();
  });
  const auto agents = run_agents(peer, scripts, stop.get_token());
  ASSERT_FALSE(agents);
  EXPECT_EQ(agents.error().code, ErrorCode::cancelled);
}

TEST(Agents, TheTimeToTheLastFirstTokenIsTheSlowestAgents) {
  const PeerReply::Time zero{};
  const auto at = [zero](int ms) { return zero + std::chrono::milliseconds(ms); };
  const std::vector<AgentRun> agents{
      {.requests = {{}}, .replies = {{.submitted = at(0), .arrivals = {at(10), at(400)}}}},
      {.requests = {{}}, .replies = {{.submitted = at(5), .arrivals = {at(90), at(100)}}}}};
  EXPECT_DOUBLE_EQ(last_first_token_seconds(agents), 0.090);
  EXPECT_NEAR(turn_p95_seconds(agents), 0.400, 0.02);
  EXPECT_EQ(last_first_token_seconds({}), 0);
}

}  // namespace
}  // namespace puna::bench
