// Placement rules of the KV ledger, with one pool and with a memory for each lane.
#include "engine/kv_ledger.h"

#include <gtest/gtest.h>

namespace puna::engine {
namespace {

std::vector<Token> range(Token first, Token last) {
  std::vector<Token> tokens;
  for (Token token = first; token < last; ++token) {
    tokens.push_back(token);
  }
  return tokens;
}

std::vector<Token> joined(std::vector<Token> a, const std::vector<Token>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// Puts tokens into a lane as a finished generation would.
void fill(KvLedger& ledger, LaneId lane, const std::vector<Token>& tokens) {
  ledger.take(lane);
  ledger.truncate(lane, 0);
  ledger.append(lane, tokens);
  ledger.release(lane);
}

constexpr LaneId kA{0};
constexpr LaneId kB{1};
constexpr LaneId kC{2};

TEST(KvLedger, AnEmptyCacheReusesNothing) {
  for (const bool shared : {false, true}) {
    const KvLedger ledger(2, shared);
    const auto placement = ledger.place(range(0, 10));
    ASSERT_TRUE(placement);
    EXPECT_EQ(placement->lane, kA);
    EXPECT_EQ(placement->reused(), 0U);
  }
}

TEST(KvLedger, NothingIsPlacedWhenEveryLaneIsBusy) {
  for (const bool shared : {false, true}) {
    KvLedger ledger(2, shared);
    ledger.take(kA);
    ledger.take(kB);
    EXPECT_FALSE(ledger.place(range(0, 10)));
    ledger.release(kB);
    EXPECT_EQ(ledger.place(range(0, 10))->lane, kB);
  }
}

TEST(KvLedger, AContinuationGoesOnInItsOwnLane) {
  for (const bool shared : {false, true}) {
    KvLedger ledger(3, shared);
    fill(ledger, kB, range(0, 100));
    const auto placement = ledger.place(range(0, 150));
    EXPECT_EQ(placement->lane, kB);
    EXPECT_EQ(placement->keep, 100U);
    EXPECT_FALSE(placement->share_from);
  }
}

TEST(KvLedger, TheLastTokenOfAPromptIsNeverReused) {
  for (const bool shared : {false, true}) {
    KvLedger ledger(1, shared);
    fill(ledger, kA, range(0, 100));
    EXPECT_EQ(ledger.place(range(0, 100))->reused(), 99U);
    EXPECT_EQ(ledger.place(range(0, 1))->reused(), 0U);
  }
}

TEST(KvLedger, WithOnePoolABranchGetsACopyAndTheOriginalStays) {
  KvLedger ledger(3, true);
  fill(ledger, kA, range(0, 100));
  const auto placement = ledger.place(joined(range(0, 60), range(500, 520)));
  EXPECT_NE(placement->lane, kA);
  EXPECT_EQ(placement->share_from, kA);
  EXPECT_EQ(placement->share_tokens, 60U);
}

TEST(KvLedger, WithOnePoolAPrefixOfABusyLaneIsFound) {
  KvLedger ledger(2, true);
  ledger.take(kA);
  ledger.append(kA, range(0, 40));
  const auto placement = ledger.place(range(0, 100));
  EXPECT_EQ(placement->lane, kB);
  EXPECT_EQ(placement->share_tokens, 40U);
}

TEST(KvLedger, WithSeparateMemoriesABusyLaneIsInvisible) {
  KvLedger ledger(2, false);
  ledger.take(kA);
  ledger.append(kA, range(0, 40));
  const auto placement = ledger.place(range(0, 100));
  EXPECT_EQ(placement->lane, kB);
  EXPECT_EQ(placement->reused(), 0U);
}

TEST(KvLedger, WithSeparateMemoriesATinyMatchDoesNotCostAnotherConversation) {
  KvLedger ledger(2, false);
  fill(ledger, kA, range(0, 1000));
  const auto stranger = joined(range(0, 5), range(5000, 5200));
  EXPECT_EQ(ledger.place(stranger)->lane, kB);
  fill(ledger, kB, range(9000, 9100));
  const auto placement = ledger.place(stranger);  // no empty lane: then five tokens are better than none
  EXPECT_EQ(placement->lane, kA);
  EXPECT_EQ(placement->keep, 5U);
}

TEST(KvLedger, WithoutAMatchTheLaneUnusedForLongestIsTaken) {
  for (const bool shared : {false, true}) {
    KvLedger ledger(3, shared);
    fill(ledger, kB, range(100, 110));
    fill(ledger, kA, range(200, 210));
    fill(ledger, kC, range(300, 310));
    const auto placement = ledger.place(range(900, 920));
    EXPECT_EQ(placement->lane, kB);
    EXPECT_EQ(placement->reused(), 0U);
    EXPECT_EQ(ledger.coldest_idle(), kB);
  }
}

TEST(KvLedger, WithOnePoolTheOldestLaneIsOverwrittenAndTheBestPrefixIsCopied) {
  KvLedger ledger(2, true);
  fill(ledger, kA, range(100, 150));
  fill(ledger, kB, range(0, 50));
  const auto placement = ledger.place(joined(range(0, 30), range(700, 710)));
  EXPECT_EQ(placement->lane, kA);
  EXPECT_EQ(placement->share_from, kB);
  EXPECT_EQ(placement->share_tokens, 30U);
}

TEST(KvLedger, BusyLanesAreNeverTheColdest) {
  KvLedger ledger(2, true);
  fill(ledger, kA, range(0, 5));
  ledger.take(kA);
  EXPECT_FALSE(ledger.coldest_idle());
  EXPECT_EQ(ledger.busy(), 1);
  EXPECT_EQ(ledger.tokens_held(), 5U);
}

}  // namespace
}  // namespace puna::engine
