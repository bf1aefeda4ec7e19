// Placement rules of the KV ledger, for each kind of memory, and who gives up its cells first.
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

KvLedger make(int lanes, Share share, bool cut = true) {
  return KvLedger({.lanes = lanes, .cells = 1000, .abilities = {.share = share, .cut = cut, .save = true}}, 64);
}

// Puts tokens into a lane as a finished generation would.
void fill(KvLedger& ledger, LaneId lane, const std::vector<Token>& tokens, AgentId agent = kNoAgent) {
  ledger.take(lane);
  ledger.truncate(lane, 0);
  ledger.append(lane, tokens);
  ledger.release(lane, agent);
}

constexpr LaneId kA{0};
constexpr LaneId kB{1};
constexpr LaneId kC{2};
constexpr Share kAllKinds[] = {Share::any_part, Share::whole_lane, Share::nothing};
const KvLedger::TimePoint kNow{std::chrono::hours(1)};
const KvLedger::Moment kMoment{.time = kNow, .tokens_saved_max = 100'000};

TEST(KvLedger, AnEmptyCacheReusesNothing) {
  for (const Share share : kAllKinds) {
    KvLedger ledger = make(2, share);
    const auto placement = ledger.place(range(0, 10), kMoment);
    ASSERT_TRUE(placement);
    EXPECT_EQ(placement->lane, kA);
    EXPECT_EQ(placement->reused(), 0U);
  }
}

TEST(KvLedger, NothingIsPlacedWhenEveryLaneIsBusyOrPinned) {
  for (const Share share : kAllKinds) {
    KvLedger ledger = make(4, share);
    fill(ledger, kA, range(0, 5));
    ledger.pin(kA);
    ledger.take(kB);
    ledger.take(kC);
    ledger.take(LaneId{3});
    EXPECT_FALSE(ledger.place(range(50, 60), kMoment));
    EXPECT_FALSE(ledger.free_lane(kMoment));
    ledger.release(kB, kNoAgent);
    EXPECT_EQ(ledger.place(range(50, 60), kMoment)->lane, kB);
  }
}

TEST(KvLedger, AContinuationGoesOnInItsOwnLane) {
  for (const Share share : kAllKinds) {
    KvLedger ledger = make(3, share);
    fill(ledger, kB, range(0, 100));
    const auto placement = ledger.place(range(0, 150), kMoment);
    EXPECT_EQ(placement->lane, kB);
    EXPECT_EQ(placement->keep, 100U);
    EXPECT_FALSE(placement->share_from);
  }
}

TEST(KvLedger, TheLastTokenOfAPromptIsNeverReused) {
  for (const Share share : kAllKinds) {
    KvLedger ledger = make(1, share);
    fill(ledger, kA, range(0, 100));
    EXPECT_EQ(ledger.place(range(0, 100), kMoment)->reused(), 99U);
    EXPECT_EQ(ledger.place(range(0, 1), kMoment)->reused(), 0U);
  }
}

TEST(KvLedger, ABranchIsTakenOverAndTheOriginalStays) {
  for (const Share share : {Share::any_part, Share::whole_lane}) {
    KvLedger ledger = make(3, share);
    fill(ledger, kA, range(0, 100));
    const auto placement = ledger.place(joined(range(0, 80), range(500, 520)), kMoment);
    EXPECT_NE(placement->lane, kA);
    EXPECT_EQ(placement->share_from, kA);
    EXPECT_EQ(placement->share_tokens, 80U);
  }
}

TEST(KvLedger, APrefixOfABusyOrPinnedLaneIsFound) {
  for (const bool pinned : {false, true}) {
    KvLedger ledger = make(2, Share::any_part);
    ledger.take(kA);
    ledger.append(kA, range(0, 40));
    if (pinned) {
      ledger.release(kA, kNoAgent);
      ledger.pin(kA);
    }
    const auto placement = ledger.place(range(0, 100), kMoment);
    EXPECT_EQ(placement->lane, kB);
    EXPECT_EQ(placement->share_tokens, 40U);
  }
}

TEST(KvLedger, MemoriesThatCannotShareSeeTheirOwnTokensOnly) {
  KvLedger ledger = make(2, Share::nothing);
  ledger.take(kA);
  ledger.append(kA, range(0, 40));
  const auto placement = ledger.place(range(0, 100), kMoment);
  EXPECT_EQ(placement->lane, kB);
  EXPECT_EQ(placement->reused(), 0U);
}

TEST(KvLedger, AFewTokensOfALongLaneAreNotWorthACopyOfItsMemory) {
  KvLedger ledger = make(2, Share::whole_lane);
  fill(ledger, kA, range(0, 1000));
  const auto stranger = joined(range(0, 5), range(5000, 5200));
  EXPECT_EQ(ledger.place(stranger, kMoment)->lane, kB);
  EXPECT_EQ(ledger.place(stranger, kMoment)->reused(), 0U);
  fill(ledger, kB, range(9000, 9100));
  const auto placement =
      ledger.place(stranger, kMoment);  // no empty lane: the oldest is cut down, and five are better than none
  EXPECT_EQ(placement->lane, kA);
  EXPECT_EQ(placement->keep, 5U);
}

TEST(KvLedger, AMemoryThatCannotForgetReusesWholeLanesOnly) {
  KvLedger ledger = make(3, Share::whole_lane, false);
  fill(ledger, kA, range(0, 100));
  EXPECT_EQ(ledger.place(range(0, 100), kMoment)->reused(), 0U);  // the last token would have to be computed twice
  EXPECT_EQ(ledger.place(joined(range(0, 80), range(500, 520)), kMoment)->reused(), 0U);
  EXPECT_EQ(ledger.place(range(0, 101), kMoment)->keep, 100U);
  ledger.take(kA);
  EXPECT_EQ(ledger.place(range(0, 101), kMoment)->share_tokens, 100U);
}

TEST(KvLedger, WithoutAMatchTheLaneUnusedForLongestIsTaken) {
  for (const Share share : kAllKinds) {
    KvLedger ledger = make(3, share);
    fill(ledger, kB, range(100, 110));
    fill(ledger, kA, range(200, 210));
    fill(ledger, kC, range(300, 310));
    const auto placement = ledger.place(range(900, 920), kMoment);
    EXPECT_EQ(placement->lane, kB);
    EXPECT_EQ(placement->reused(), 0U);
    EXPECT_EQ(ledger.next_victim(kNow), kB);
  }
}

// Where each lane has a part of the cache.
std::vector<int> lanes_taken(KvLedger& ledger, int count, const KvLedger::Moment& moment = kMoment) {
  std::vector<int> lanes;
  for (Token first = 0; first < count; ++first) {
    const auto placement = ledger.place(range(10'000 + 10 * first, 10'005 + 10 * first), moment);
    ledger.take(placement->lane);
    ledger.truncate(placement->lane, 0);
    ledger.append(placement->lane, range(10'000 + 10 * first, 10'005 + 10 * first));
    lanes.push_back(static_cast<int>(placement->lane));
  }
  return lanes;
}

TEST(KvLedger, InPartsWhoComesGoesBesideTheBusyLanes) {
  for (const Share share : {Share::whole_lane, Share::nothing}) {
    KvLedger ledger = make(6, share);
    for (const int lane : {2, 0, 4, 1, 3}) {  // 5 stays empty
      fill(ledger, LaneId(lane), range(100 * lane, 100 * lane + 10));
    }
    EXPECT_EQ(lanes_taken(ledger, 3), (std::vector{5, 4, 3}));
    ledger.release(LaneId(4), kNoAgent);
    EXPECT_EQ(lanes_taken(ledger, 2), (std::vector{4, 2})) << "between two of them first";
  }
}

TEST(KvLedger, InPartsEmptyLanesBesideTheBusyOnesComeFirst) {
  KvLedger ledger = make(6, Share::whole_lane);
  ledger.take(LaneId(3));
  EXPECT_EQ(lanes_taken(ledger, 4), (std::vector{2, 1, 0, 4}));
}

TEST(KvLedger, WhatWouldBeLostOrSharesAPoolGoesByAgeAlone) {
  for (const bool pool : {false, true}) {
    KvLedger ledger = make(5, pool ? Share::any_part : Share::whole_lane);
    for (const int lane : {0, 1, 2, 3, 4}) {
      fill(ledger, LaneId(lane), range(100 * lane, 100 * lane + 10));
    }
    ledger.take(LaneId(3));
    EXPECT_EQ(lanes_taken(ledger, 2, {.time = kNow, .tokens_saved_max = pool ? 100U : 9U}), (std::vector{0, 1}));
  }
}

TEST(KvLedger, InPartsWhatWouldBeLostIsNotTakenBeforeWhatIsOlder) {
  KvLedger ledger = make(4, Share::whole_lane);
  for (const int lane : {1, 2, 3}) {
    fill(ledger, LaneId(lane), range(100 * lane, 100 * lane + 10));
  }
  fill(ledger, kA, range(500, 560));
  const KvLedger::Moment moment{.time = kNow, .tokens_saved_max = 20};
  EXPECT_EQ(ledger.place(range(900, 920), moment)->lane, kB);
  ledger.take(LaneId(3));
  EXPECT_EQ(ledger.place(range(900, 920), moment)->lane, kC) << "beside the busy one";
}

TEST(KvLedger, TheShortestMarkStaysAndOfTheOthersTheLatest) {
  KvLedger ledger = make(1, Share::whole_lane, false);
  fill(ledger, kA, range(0, 60));
  for (const std::size_t tokens : {50U, 10U, 20U, 30U, 40U, 60U}) {
    ledger.add_mark(kA, {.tokens = tokens, .bytes = {}});
  }
  for (const std::size_t tokens : {10U, 30U, 40U, 60U}) {
    EXPECT_NE(ledger.mark_at(kA, tokens), nullptr) << tokens;
  }
  EXPECT_EQ(ledger.mark_at(kA, 50), nullptr);
  EXPECT_EQ(ledger.mark_at(kA, 20), nullptr);
}

TEST(KvLedger, WhoIsExpectedBackKeepsItsLane) {
  for (const Share share : kAllKinds) {
    KvLedger ledger = make(3, share);
    fill(ledger, kB, range(100, 110), AgentId{8});
    fill(ledger, kA, range(0, 10), AgentId{7});
    ledger.take(kC);
    ledger.append(kC, range(200, 210));
    EXPECT_EQ(ledger.place(range(900, 920), kMoment)->lane, kB);
    ledger.expect(AgentId{8}, kNow + std::chrono::seconds(5));
    EXPECT_EQ(ledger.place(range(900, 920), kMoment)->lane, kA);
    const KvLedger::Moment later{.time = kNow + std::chrono::seconds(6), .tokens_saved_max = 0};
    EXPECT_EQ(ledger.free_lane(later), kB) << "it did not come";
  }
}

TEST(KvLedger, TheOldestLaneIsOverwrittenAndTheBestPrefixIsTakenOver) {
  KvLedger ledger = make(2, Share::any_part);
  fill(ledger, kA, range(100, 150));
  fill(ledger, kB, range(0, 50));
  const auto placement = ledger.place(joined(range(0, 30), range(700, 710)), kMoment);
  EXPECT_EQ(placement->lane, kA);
  EXPECT_EQ(placement->share_from, kB);
  EXPECT_EQ(placement->share_tokens, 30U);
}

TEST(KvLedger, BusyAndPinnedLanesAreNeverVictims) {
  KvLedger ledger = make(4, Share::any_part);
  fill(ledger, kA, range(0, 5));
  ledger.take(kA);
  fill(ledger, kB, range(10, 15));
  ledger.pin(kB);
  EXPECT_FALSE(ledger.next_victim(kNow));
  EXPECT_EQ(ledger.busy(), 1);
  EXPECT_EQ(ledger.distinct_tokens(), 10U);
  ledger.unpin(kB);
  EXPECT_EQ(ledger.next_victim(kNow), kB);
}

TEST(KvLedger, ALaneWhoseAgentIsExpectedGivesUpItsCellsAfterOlderAndYoungerOnes) {
  KvLedger ledger = make(3, Share::any_part);
  fill(ledger, kA, range(0, 5), AgentId{7});
  fill(ledger, kB, range(10, 15), AgentId{8});
  ledger.expect(AgentId{7}, kNow + std::chrono::seconds(5));
  EXPECT_EQ(ledger.next_victim(kNow), kB);
  EXPECT_EQ(ledger.next_victim(kNow + std::chrono::seconds(6)), kA);  // it did not come
  ledger.expect(AgentId{8}, kNow + std::chrono::seconds(2));
  EXPECT_EQ(ledger.next_victim(kNow), kA);  // both are expected: the later one goes
}

TEST(KvLedger, ALaneThatFreesCellsGoesBeforeOneThatOthersHoldToo) {
  KvLedger ledger = make(3, Share::any_part);
  fill(ledger, kA, range(0, 5));
  fill(ledger, kB, range(0, 10));
  EXPECT_EQ(ledger.own_tail(kA), 0U);
  EXPECT_EQ(ledger.own_tail(kB), 5U);
  EXPECT_EQ(ledger.next_victim(kNow), kB);
}

TEST(KvLedger, HalfOfTheLanesAndHalfOfTheCellsCanBePinned) {
  KvLedger ledger = make(4, Share::any_part);
  EXPECT_TRUE(ledger.may_pin(1, 500));
  EXPECT_FALSE(ledger.may_pin(1, 501));
  fill(ledger, kA, range(0, 400));
  ledger.pin(kA);
  EXPECT_TRUE(ledger.may_pin(1, 100));
  EXPECT_FALSE(ledger.may_pin(1, 101));
  fill(ledger, kB, range(0, 5));
  ledger.pin(kB);
  EXPECT_FALSE(ledger.may_pin(1, 1));
}

TEST(KvLedger, WhoIsAwayRestsWhenItsCellsHaveCostTheOthersAsMuchAsACopy) {
  KvLedger ledger = make(3, Share::any_part);
  fill(ledger, kA, range(0, 100));
  ledger.note_rows(kRowsPerCopy - 1);
  EXPECT_FALSE(ledger.next_to_rest(kNow, 0));
  EXPECT_EQ(ledger.next_to_rest(kNow, 1), kA);  // rows that will surely be computed count
  ledger.note_rows(1);
  EXPECT_EQ(ledger.next_to_rest(kNow, 0), kA);
  ledger.stay(kA);
  EXPECT_FALSE(ledger.next_to_rest(kNow, 0));
}

TEST(KvLedger, WhatOthersHoldTooCostsNothing) {
  KvLedger ledger = make(3, Share::any_part);
  fill(ledger, kA, range(0, 100));
  ledger.take(kB);
  ledger.append(kB, range(0, 75));
  ledger.note_rows(4 * kRowsPerCopy - 1);  // a quarter of the lane is its own
  EXPECT_FALSE(ledger.next_to_rest(kNow, 0));
  ledger.note_rows(1);
  EXPECT_EQ(ledger.next_to_rest(kNow, 0), kA);
}

TEST(KvLedger, WhoIsExpectedBusyOrPinnedDoesNotRest) {
  KvLedger ledger = make(3, Share::any_part);
  constexpr AgentId kAgent{7};
  fill(ledger, kA, range(0, 100), kAgent);
  ledger.expect(kAgent, kNow + std::chrono::seconds(1));
  fill(ledger, kB, range(200, 300));
  ledger.pin(kB);
  ledger.take(kC);
  ledger.append(kC, range(400, 500));
  ledger.note_rows(100 * kRowsPerCopy);
  EXPECT_FALSE(ledger.next_to_rest(kNow, 0));
  EXPECT_EQ(ledger.next_to_rest(kNow + std::chrono::seconds(2), 0), kA);
}

}  // namespace
}  // namespace puna::engine
