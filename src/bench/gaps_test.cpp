#include "bench/gaps.h"

#include <gtest/gtest.h>

namespace puna::bench {
namespace {

PeerReply::Time at(int ms) { return PeerReply::Time{} + std::chrono::milliseconds(ms); }

const Span kAlways{.begin = PeerReply::Time::min(), .end = PeerReply::Time::max()};

TEST(Gaps, AreTheTimesBetweenTokensOfOneStreamNeverBetweenStreams) {
  const std::vector<PeerReply> streams{{.arrivals = {at(0), at(10), at(40)}}, {.arrivals = {at(500), at(520)}}};
  EXPECT_EQ(gaps_within(streams, kAlways), (std::vector<double>{0.010, 0.030, 0.020}));
}

TEST(Gaps, TokensThatArriveTogetherShareTheirTime) {
  const std::vector<PeerReply> streams{{.arrivals = {at(0), at(30), at(30), at(30), at(40)}}};
  EXPECT_EQ(gaps_within(streams, kAlways), (std::vector<double>{0.010, 0.010, 0.010, 0.010}));
}

TEST(Gaps, OnlyThoseThatEndWithinTheSpanCountAndTheStraddlingOneCountsWhole) {
  const std::vector<PeerReply> streams{{.arrivals = {at(0), at(10), at(100), at(110), at(120)}}};
  EXPECT_EQ(gaps_within(streams, {.begin = at(50), .end = at(110)}), (std::vector<double>{0.090, 0.010}));
}

TEST(Gaps, StreamsOfNoneOrOneTokenHaveNoGaps) {
  const std::vector<PeerReply> streams{{}, {.arrivals = {at(5)}}};
  EXPECT_TRUE(gaps_within(streams, kAlways).empty());
}

TEST(Gaps, OfAnotherRunAreTakenAtThePlacesOfThisOne) {
  const std::vector<PeerReply> disturbed{{.arrivals = {at(0), at(10), at(100), at(200), at(210)}},
                                         {.arrivals = {at(0), at(5)}}};
  const std::vector<PeerReply> quiet{{.arrivals = {at(0), at(7), at(15), at(24), at(34)}},
                                     {.arrivals = {at(0), at(6)}}};
  EXPECT_EQ(gaps_at_same_places(quiet, disturbed, {.begin = at(20), .end = at(200)}),
            (std::vector<double>{0.008, 0.009}));
}

TEST(Gaps, PlacesThatTheOtherRunDoesNotHaveAreLeftOut) {
  const std::vector<PeerReply> disturbed{{.arrivals = {at(0), at(10), at(100)}}, {.arrivals = {at(30), at(60)}}};
  const std::vector<PeerReply> quiet{{.arrivals = {at(0), at(7)}}};
  EXPECT_EQ(gaps_at_same_places(quiet, disturbed, kAlways), (std::vector<double>{0.007}));
  EXPECT_TRUE(gaps_at_same_places(quiet, disturbed, {.begin = at(20), .end = at(200)}).empty());
}

}  // namespace
}  // namespace puna::bench
