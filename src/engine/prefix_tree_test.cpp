// The prefix tree against a plain list of token vectors, and its few rules by hand.
#include "engine/prefix_tree.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string_view>

#include "engine/fake_tokens.h"
#include "puna/base/seam.h"

namespace puna::engine {
namespace {

using fake::tokens_of;

std::size_t common(const std::vector<Token>& a, const std::vector<Token>& b) {
  return static_cast<std::size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
}

TEST(PrefixTree, AnEmptyTreeMatchesNothing) {
  const PrefixTree tree;
  EXPECT_FALSE(tree.longest(tokens_of("abc")));
  EXPECT_FALSE(tree.longest({}));
  EXPECT_FALSE(tree.longest_whole(tokens_of("abc")));
}

TEST(PrefixTree, TheLongestCommonBeginningIsFoundInTheMiddleOfAHolder) {
  PrefixTree tree;
  tree.put(1, tokens_of("hello world"));
  tree.put(2, tokens_of("hello there"));
  const auto match = tree.longest(tokens_of("hello thrush"));
  ASSERT_TRUE(match);
  EXPECT_EQ(match->tokens, 8U);
  EXPECT_EQ(match->holder, 2U);
  EXPECT_FALSE(tree.longest_whole(tokens_of("hello thrush")));
  EXPECT_EQ(tree.distinct_tokens(), 16U);
}

TEST(PrefixTree, WhatOnlyOneHolderHasIsItsOwnTail) {
  PrefixTree tree;
  tree.put(1, tokens_of("abcdef"));
  EXPECT_EQ(tree.own_tail(1), 6U);
  tree.put(2, tokens_of("abcxyz!"));
  EXPECT_EQ(tree.own_tail(1), 3U);
  EXPECT_EQ(tree.own_tail(2), 4U);
  tree.put(3, tokens_of("abcde"));
  EXPECT_EQ(tree.own_tail(1), 1U);
  EXPECT_EQ(tree.own_tail(3), 0U);
  tree.erase(1);
  EXPECT_EQ(tree.own_tail(3), 2U);
  EXPECT_EQ(tree.distinct_tokens(), 3U + 2U + 4U);
}

TEST(PrefixTree, AHolderPutAgainHoldsTheNewTokensOnly) {
  PrefixTree tree;
  tree.put(1, tokens_of("abc"));
  tree.put(1, tokens_of("abd"));
  EXPECT_EQ(tree.longest(tokens_of("abc"))->tokens, 2U);
  EXPECT_EQ(tree.holders(), 1U);
  tree.erase(1);
  tree.erase(1);
  EXPECT_EQ(tree.nodes(), 1U);  // the root
  EXPECT_EQ(tree.distinct_tokens(), 0U);
}

// What the tree must say, by looking at every holder.
class Naive {
 public:
  void check(const PrefixTree& tree, const std::vector<Token>& prompt) const {
    std::size_t longest = 0;
    std::size_t whole = 0;
    for (const auto& [holder, tokens] : held) {
      longest = std::max(longest, common(tokens, prompt));
      whole = std::max(whole, common(tokens, prompt) == tokens.size() ? tokens.size() : 0);
    }
    const auto match = tree.longest(prompt);
    ASSERT_EQ(match ? match->tokens : 0, longest);
    ASSERT_TRUE(!match || common(held.at(match->holder), prompt) == longest);
    const auto found = tree.longest_whole(prompt);
    ASSERT_EQ(found ? found->tokens : 0, whole);
    ASSERT_TRUE(!found || held.at(found->holder).size() == whole);
    std::set<std::vector<Token>> beginnings;
    for (const auto& [holder, tokens] : held) {
      std::size_t shared = 0;
      for (const auto& [other, others] : held) {
        shared = std::max(shared, other == holder ? 0 : common(tokens, others));
      }
      ASSERT_EQ(tree.own_tail(holder), tokens.size() - shared);
      for (std::size_t length = 1; length <= tokens.size(); ++length) {
        beginnings.emplace(tokens.begin(), tokens.begin() + static_cast<std::ptrdiff_t>(length));
      }
    }
    ASSERT_EQ(tree.distinct_tokens(), beginnings.size());
  }

  std::map<PrefixTree::Holder, std::vector<Token>> held;
};

TEST(PrefixTree, RandomHoldersComeAndGoAsInAPlainList) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    Random random(seed);
    PrefixTree tree;
    Naive naive;
    const auto text = [&random] {
      std::vector<Token> tokens(1 + random.next() % 12);
      for (Token& token : tokens) {
        token = static_cast<Token>(random.next() % 2);
      }
      return tokens;
    };
    for (int i = 0; i < 40; ++i) {
      const PrefixTree::Holder holder = random.next() % 8;
      if (random.next() % 3 == 0) {
        tree.erase(holder);
        naive.held.erase(holder);
      } else {
        naive.held[holder] = text();
        tree.put(holder, naive.held[holder]);
      }
      naive.check(tree, text());
      ASSERT_FALSE(testing::Test::HasFatalFailure()) << "seed " << seed << " step " << i;
    }
  }
}

}  // namespace
}  // namespace puna::engine
