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

TEST(SavedStates, WhatIsElsewhereCountsUntilItsRoomIsGivenBack) {
  SavedStates saved(350);
  for (const std::string_view text : {"a", "b", "c"}) {
    EXPECT_TRUE(saved.add(state(text), false));
  }
  EXPECT_FALSE(saved.room_for(351));
  EXPECT_EQ(saved.count(), 3U) << "what cannot be is no reason to forget";
  {
    const auto room = saved.room_for(200);
    ASSERT_TRUE(room);
    EXPECT_EQ(saved.count(), 1U);
    EXPECT_EQ(saved.best(tokens_of("c"), false)->tokens, 1U) << "the one used last";
    EXPECT_FALSE(saved.has_room_for(47));
    EXPECT_TRUE(saved.has_room_for(46));
    EXPECT_FALSE(saved.room_for(151));
    EXPECT_FALSE(saved.add(state("d", 150), false));
    EXPECT_TRUE(saved.add(state("d"), false));
    EXPECT_EQ(saved.count(), 1U);
  }
  EXPECT_TRUE(saved.has_room_for(246));
}

TEST(SavedStates, ARoomIsGivenBackOnceAndAfterTheStatesAreGone) {
  auto saved = std::make_unique<SavedStates>(100);
  StateRoom first = *saved->room_for(60);
  StateRoom second = std::move(first);
  first = *saved->room_for(40);
  EXPECT_FALSE(saved->has_room_for(1));
  second.give_back();
  second.give_back();
  EXPECT_TRUE(saved->has_room_for(60));
  EXPECT_FALSE(saved->has_room_for(61));
  second = std::move(first);
  EXPECT_FALSE(saved->has_room_for(61));
  saved.reset();
}

}  // namespace
}  // namespace puna::engine
