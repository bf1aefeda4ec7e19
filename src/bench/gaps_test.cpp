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

}  // namespace
}  // namespace puna::bench
