// Which states are kept, and which go when there is no more room.
#include "engine/saved_states.h"

#include <gtest/gtest.h>

#include <string_view>

#include "engine/fake_tokens.h"

namespace puna::engine {
namespace {

using fake::tokens_of;

SavedStates::State state(std::string_view text, std::size_t bytes = 100) {
  return {.tokens = {text.begin(), text.end()}, .bytes = std::vector<std::byte>(bytes)};
}

TEST(SavedStates, TheLongestCommonBeginningIsFoundAndTakenOut) {
  SavedStates saved(10'000);
  EXPECT_TRUE(saved.add(state("hello world"), false));
  EXPECT_TRUE(saved.add(state("help"), false));
  const auto match = saved.best(tokens_of("hello there"), false);
  ASSERT_TRUE(match);
  EXPECT_EQ(match->tokens, 6U);
  EXPECT_FALSE(saved.best(tokens_of("hello there"), true));
  EXPECT_EQ(saved.take(match->holder).tokens, tokens_of("hello world"));
  EXPECT_EQ(saved.best(tokens_of("hello there"), false)->tokens, 3U);
}

TEST(SavedStates, ALongerStateStandsForTheShorterOnes) {
  SavedStates saved(10'000);
  EXPECT_TRUE(saved.add(state("abc"), false));
  EXPECT_TRUE(saved.add(state("abcdef"), false));
  EXPECT_EQ(saved.count(), 1U);
  EXPECT_TRUE(saved.add(state("abcd"), false));
  EXPECT_EQ(saved.count(), 1U);
}

TEST(SavedStates, MemoriesThatCannotForgetKeepEachOfThem) {
  SavedStates saved(10'000);
  EXPECT_TRUE(saved.add(state("abc"), true));
  EXPECT_TRUE(saved.add(state("abcdef"), true));
  EXPECT_TRUE(saved.add(state("abc"), true));  // known
  EXPECT_EQ(saved.count(), 2U);
  EXPECT_EQ(saved.best(tokens_of("abcde"), true)->tokens, 3U);
}

TEST(SavedStates, TheOneUsedLongestAgoGoesFirstAndTheCeilingHolds) {
  SavedStates saved(350);
  std::vector<std::vector<Token>> gone;
  saved.set_overflow([&gone](SavedStates::State left) { gone.push_back(std::move(left.tokens)); });
  EXPECT_TRUE(saved.add(state("a"), false));
  EXPECT_TRUE(saved.add(state("b"), false));
  EXPECT_TRUE(saved.add(state("c"), false));
  EXPECT_TRUE(saved.add(state("a"), false));  // used again
  EXPECT_TRUE(saved.add(state("d"), false));
  EXPECT_EQ(gone, std::vector<std::vector<Token>>{tokens_of("b")});
  EXPECT_LE(saved.bytes(), 350U);
  EXPECT_FALSE(saved.add(state("e", 400), false));
  EXPECT_EQ(saved.count(), 3U);
}

}  // namespace
}  // namespace puna::engine
