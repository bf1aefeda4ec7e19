#include "bench/workload.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

namespace puna::bench {
namespace {

const std::vector<Token> kOrdinary{5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

TokenSource source(std::uint64_t seed = 1) { return {kOrdinary, seed}; }

TEST(Workload, OneSeedGivesTheSameTokensAndAnotherGivesOthers) {
  EXPECT_EQ(source(3).draw(100), source(3).draw(100));
  EXPECT_NE(source(3).draw(100), source(4).draw(100));
  for (const Token token : source().draw(1000)) {
    EXPECT_TRUE(std::ranges::contains(kOrdinary, token));
  }
}

TEST(Workload, AgentsOfASharedPrefixAgreeOnItAndOnNothingMore) {
  const auto scripts = shared_prefix_agents(source(), 8, 50, 20, 4);
  ASSERT_EQ(scripts.size(), 8U);
  std::set<std::vector<Token>> own;
  for (const AgentScript& script : scripts) {
    ASSERT_EQ(script.size(), 1U);
    ASSERT_EQ(script[0].tokens.size(), 70U);
    EXPECT_EQ(script[0].output_tokens, 4);
    EXPECT_TRUE(std::equal(script[0].tokens.begin(), script[0].tokens.begin() + 50, scripts[0][0].tokens.begin()));
    own.insert({script[0].tokens.begin() + 50, script[0].tokens.end()});
  }
  EXPECT_EQ(own.size(), 8U);
}

TEST(Workload, ALoopBeginsWithTheSharedPrefixAndEveryTurnAddsAnObservation) {
  const LoopShape shape{.agents = 3,
                        .turns = 5,
                        .shared_tokens = 40,
                        .observation_tokens = 10,
                        .output_tokens = 6,
                        .pause = std::chrono::milliseconds(4)};
  const auto scripts = loop_agents(source(), shape);
  ASSERT_EQ(scripts.size(), 3U);
  std::set<int> pauses;
  for (const AgentScript& script : scripts) {
    ASSERT_EQ(script.size(), 5U);
    EXPECT_EQ(script[0].tokens.size(), 50U);
    for (std::size_t turn = 0; turn < script.size(); ++turn) {
      EXPECT_EQ(script[turn].tokens.size(), turn == 0 ? 50U : 10U);
      pauses.insert(static_cast<int>(script[turn].pause.count()));
    }
  }
  EXPECT_TRUE(std::ranges::includes(std::set<int>{0, 4, 8}, pauses));
}

TEST(Workload, ZipfWakesTheFirstAgentMostAndEveryAgentStaysInRange) {
  const auto wakes = zipf_wakes(source(), 64, 6400);
  std::map<int, int> counts;
  for (const int agent : wakes) {
    ASSERT_GE(agent, 0);
    ASSERT_LT(agent, 64);
    ++counts[agent];
  }
  std::vector<int> sorted;
  for (const auto& [agent, count] : counts) {
    sorted.push_back(count);
  }
  std::ranges::sort(sorted, std::greater<>());
  // The harmonic number of 64 is 4.74: the first gets 1,350 of them, the second half that.
  EXPECT_NEAR(sorted[0], 1350, 150);
  EXPECT_NEAR(sorted[1], 675, 120);
}

TEST(DistinctTokensBound, EightPromptsWithOnePrefixCostItOnce) {
  DistinctTokens distinct;
  for (const AgentScript& script : shared_prefix_agents(source(), 8, 1000, 32, 4)) {
    distinct.add(script[0].tokens, {});
  }
  // Their own parts may begin alike by chance: 12 tokens to draw from, so a few of 8 x 32 coincide.
  EXPECT_LE(distinct.total(), 1000 + 8 * 32);
  EXPECT_GT(distinct.total(), 1000 + 8 * 30);
}

TEST(DistinctTokensBound, APromptThatIsHeldWhollyStillCostsItsLastToken) {
  DistinctTokens distinct;
  const std::vector<Token> prompt{1, 2, 3};
  EXPECT_EQ(distinct.add(prompt, {}), 3);
  EXPECT_EQ(distinct.add(prompt, {}), 1);
  EXPECT_EQ(distinct.add(std::vector<Token>{1, 2}, {}), 1);
  EXPECT_EQ(distinct.total(), 5);
}

TEST(DistinctTokensBound, AContinuedTurnCostsTheRepliesLastTokenAndWhatIsNew) {
  DistinctTokens distinct;
  EXPECT_EQ(distinct.add(std::vector<Token>{1, 2, 3}, std::vector<Token>{4, 5, 6}), 3);
  // 4 and 5 were computed to find 5 and 6; 6 itself was not.
  EXPECT_EQ(distinct.add(std::vector<Token>{1, 2, 3, 4, 5, 6, 7, 8}, {}), 3);
}

TEST(DistinctTokensBound, AForkCostsOnlyWhereItLeavesItsParent) {
  DistinctTokens distinct;
  distinct.add(std::vector<Token>{1, 2, 3}, std::vector<Token>{4, 5});
  EXPECT_EQ(distinct.add(std::vector<Token>{1, 2, 3, 4, 9}, {}), 1);
  EXPECT_EQ(distinct.add(std::vector<Token>{1, 2, 8, 8}, {}), 2);
  EXPECT_EQ(distinct.add({}, {}), 0);
}

}  // namespace
}  // namespace puna::bench
