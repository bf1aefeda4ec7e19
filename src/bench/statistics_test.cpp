#include "bench/statistics.h"

#include <gtest/gtest.h>

#include <limits>

namespace puna::bench {
namespace {

TEST(Statistics, TheMedianIsTheMiddleOrTheMeanOfTheTwoMiddleValues) {
  EXPECT_EQ(median(std::vector<double>{3, 1, 2}), 2);
  EXPECT_EQ(median(std::vector<double>{4, 1, 3, 2}), 2.5);
  EXPECT_EQ(median(std::vector<double>{7}), 7);
}

TEST(Statistics, AQuantileIsInterpolatedBetweenItsNeighbours) {
  const std::vector<double> values{10, 20, 30, 40, 50};
  EXPECT_EQ(quantile(values, 0), 10);
  EXPECT_EQ(quantile(values, 1), 50);
  EXPECT_EQ(quantile(values, 0.75), 40);
  EXPECT_DOUBLE_EQ(quantile(values, 0.9), 46);
}

TEST(Statistics, RatiosArePairedByRoundAndAboveOneMeansWeWin) {
  const std::vector<double> ours{1, 2};
  const std::vector<double> peer{3, 3};
  EXPECT_EQ(paired_ratios(ours, peer, Better::smaller), (std::vector<double>{3, 1.5}));
  EXPECT_EQ(paired_ratios(peer, ours, Better::larger), (std::vector<double>{3, 1.5}));
}

TEST(Statistics, ARoundThatIsTwiceAsSlowForBothLeavesThePairedRatioAlone) {
  const std::vector<double> ours{1.0, 2.0, 1.0, 3.0};
  const std::vector<double> peer{3.0, 6.0, 3.0, 9.0};
  const Estimate estimate = bootstrap_median(paired_ratios(ours, peer, Better::smaller), 1);
  EXPECT_EQ(estimate.median, 3);
  EXPECT_EQ(estimate.low, 3);
  EXPECT_EQ(estimate.high, 3);
}

TEST(Statistics, TheIntervalHoldsTheMedianWidensWithSpreadAndRepeatsWithItsSeed) {
  const std::vector<double> tight{1.00, 1.01, 0.99, 1.00, 1.02, 0.98, 1.00};
  const std::vector<double> wide{1.0, 1.8, 0.4, 1.1, 2.0, 0.5, 0.9};
  const Estimate a = bootstrap_median(tight, 7);
  const Estimate b = bootstrap_median(wide, 7);
  EXPECT_LE(a.low, a.median);
  EXPECT_LE(a.median, a.high);
  EXPECT_LT(a.high - a.low, b.high - b.low);
  EXPECT_EQ(bootstrap_median(wide, 7).low, b.low);
  EXPECT_EQ(bootstrap_median(wide, 7).high, b.high);
  EXPECT_EQ(b.rounds, 7);
}

TEST(Statistics, AVerdictNeedsTheWholeIntervalOnOneSideOfTheLimit) {
  const Estimate estimate{.median = 3, .low = 2.5, .high = 3.5, .rounds = 7};
  EXPECT_EQ(judge(estimate, 2.5, Side::at_least), BenchVerdict::met);
  EXPECT_EQ(judge(estimate, 3.0, Side::at_least), BenchVerdict::inconclusive);
  EXPECT_EQ(judge(estimate, 4.0, Side::at_least), BenchVerdict::missed);
  EXPECT_EQ(judge(estimate, 4.0, Side::at_most), BenchVerdict::met);
  EXPECT_EQ(judge(estimate, 3.0, Side::at_most), BenchVerdict::inconclusive);
  EXPECT_EQ(judge(estimate, 2.0, Side::at_most), BenchVerdict::missed);
  EXPECT_EQ(judge(estimate, std::nullopt, Side::at_most), BenchVerdict::none);
}

TEST(Statistics, TwoRoundsAreNoVerdict) {
  const Estimate estimate{.median = 3, .low = 3, .high = 3, .rounds = kRoundsMin - 1};
  EXPECT_EQ(judge(estimate, 1.0, Side::at_least), BenchVerdict::inconclusive);
}

TEST(Statistics, ARatioWithANothingIsInconclusiveNotAPass) {
  const double infinite = std::numeric_limits<double>::infinity();
  EXPECT_EQ(judge({.median = infinite, .low = infinite, .high = infinite, .rounds = 7}, 1.0, Side::at_least),
            BenchVerdict::inconclusive);
  EXPECT_EQ(judge_exact(std::numeric_limits<double>::quiet_NaN(), 1.0, Side::at_least), BenchVerdict::inconclusive);
}

TEST(Statistics, ACountIsJudgedAsItIs) {
  EXPECT_EQ(judge_exact(1000, 1000, Side::at_most), BenchVerdict::met);
  EXPECT_EQ(judge_exact(1001, 1000, Side::at_most), BenchVerdict::missed);
  EXPECT_EQ(judge_exact(5, std::nullopt, Side::at_most), BenchVerdict::none);
}

}  // namespace
}  // namespace puna::bench
