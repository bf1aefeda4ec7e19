#include "bench/mask_peer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "puna/chat.h"

namespace puna::bench {
namespace {

std::vector<MaskInstance> instances_of(std::initializer_list<std::size_t> lengths) {
  std::vector<MaskInstance> instances;
  for (const std::size_t length : lengths) {
    instances.push_back({.file = "case", .tokens = std::vector<Token>(length, 1)});
  }
  return instances;
}

TEST(MaskPeer, DrawnStatesAreDistinctInOrderAndOfTheInstances) {
  const auto instances = instances_of({3, 0, 50, 7});
  const auto states = drawn_states(instances, 40, 1);
  EXPECT_EQ(states.size(), 40U);
  EXPECT_TRUE(std::ranges::is_sorted(states));
  EXPECT_EQ(std::ranges::adjacent_find(states), states.end());
  for (const MaskState& state : states) {
    EXPECT_LT(state.position, instances.at(state.instance).tokens.size());
  }
  EXPECT_EQ(drawn_states(instances, 40, 1), states);
  EXPECT_NE(drawn_states(instances, 40, 2), states);
}

TEST(MaskPeer, MoreStatesThanThereAreMeansAllOfThem) {
  EXPECT_EQ(drawn_states(instances_of({3, 0, 2}), 100, 1).size(), 5U);
  EXPECT_TRUE(drawn_states(instances_of({}), 100, 1).empty());
}

TEST(MaskPeer, EveryStateIsAsLikelyAsAnyOther) {
  const auto instances = instances_of({2, 8});
  std::vector<int> counts(10, 0);
  for (std::uint64_t seed = 0; seed < 4'000; ++seed) {
    for (const MaskState& state : drawn_states(instances, 3, seed)) {
      ++counts.at((state.instance * 2) + state.position);
    }
  }
  for (const int count : counts) {  // 1,200 expected; its standard deviation is 29
    EXPECT_NEAR(count, 1'200, 150);
  }
}

TEST(MaskPeer, TheGrammarOfJsonIsReadByOurReader) {
  const auto grammar = grammar_from_gbnf(json_gbnf());
  EXPECT_TRUE(grammar) << grammar.error().message;
}

}  // namespace
}  // namespace puna::bench
