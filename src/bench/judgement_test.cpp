#include "bench/judgement.h"

#include <gtest/gtest.h>

#include <vector>

namespace puna::bench {
namespace {

const ResultName kName{.bench = "B2", .workload = "8 agents", .metric = "cpu seconds"};
const std::vector<double> kOurs{1.0, 2.0, 1.5};
const std::vector<double> kTheirs{4.0, 8.2, 5.9};

TEST(Judgement, APeerThatNeedsFourTimesAsLongIsARatioOfFourWithItsVerdicts) {
  const BenchResult result =
      timed_against(kName, kOurs, {"S", kTheirs}, Better::smaller, {.floor = 3.0, .moon = 5.0}, {});
  EXPECT_NEAR(*result.ratio, 4.0, 0.1);
  EXPECT_EQ(result.ours, 1.5);
  EXPECT_EQ(*result.value, 5.9);
  EXPECT_EQ(result.verdict, BenchVerdict::met);
  EXPECT_EQ(result.moon_verdict, BenchVerdict::missed);
  EXPECT_EQ(result.rounds, 3);
}

TEST(Judgement, ALoudMachineGivesNumbersAndNoVerdict) {
  const RoundState loud{.calm = false, .why = "load 9"};
  const BenchResult result = timed_against(kName, kOurs, {"S", kTheirs}, Better::smaller, {.floor = 3.0}, loud);
  EXPECT_NEAR(*result.ratio, 4.0, 0.1);
  EXPECT_EQ(result.verdict, BenchVerdict::inconclusive);
  EXPECT_EQ(result.moon_verdict, BenchVerdict::none);
  EXPECT_NE(result.note.find("load 9"), std::string::npos);
}

TEST(Judgement, SmallSizesKeepTheirNumbersButAreHeldToNoGoal) {
  const BenchResult result = timed_alone(kName, kOurs, {.floor = 0.1, .side = Side::at_most}, {.time_goals = false});
  EXPECT_EQ(result.ours, 1.5);
  EXPECT_FALSE(result.floor);
  EXPECT_EQ(result.verdict, BenchVerdict::none);
}

TEST(Judgement, ACountIsHeldToItsBoundWithoutAnInterval) {
  const Goal goal{.floor = 1020, .moon = 1000, .side = Side::at_most};
  const BenchResult result = counted(kName, 1010, "bound", 1000, goal);
  EXPECT_EQ(result.verdict, BenchVerdict::met);
  EXPECT_EQ(result.moon_verdict, BenchVerdict::missed);
  EXPECT_NEAR(*result.ratio, 0.99, 0.001);
  EXPECT_FALSE(result.low);
}

TEST(Judgement, ACountOfZeroHasNoRatio) {
  const BenchResult result = counted(kName, 0, "bound", 0, {.floor = 0, .side = Side::at_most});
  EXPECT_FALSE(result.ratio);
  EXPECT_EQ(result.verdict, BenchVerdict::met);
}

TEST(Judgement, WhatCouldNotRunIsInconclusiveAndSaysWhy) {
  const BenchResult result = not_run(kName, "no llama-server");
  EXPECT_EQ(result.verdict, BenchVerdict::inconclusive);
  EXPECT_EQ(result.note, "not run: no llama-server");
}

}  // namespace
}  // namespace puna::bench
