#include "bench/guard.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace puna::bench {
namespace {

constexpr MachineReading kBefore{.load = 1, .stolen_ticks = 100, .total_ticks = 10'000, .kernel_seconds = 0.020};

MachineReading after(double kernel_seconds, std::int64_t stolen) {
  return {.load = 1, .stolen_ticks = 100 + stolen, .total_ticks = 11'000, .kernel_seconds = kernel_seconds};
}

TEST(Guard, AKernelWithinTenPercentIsCalmAndOneBeyondIsNot) {
  EXPECT_FALSE(compare(kBefore, after(0.0215, 0), 0.020));
  EXPECT_FALSE(compare(kBefore, after(0.0185, 0), 0.020));
  EXPECT_TRUE(compare(kBefore, after(0.0225, 0), 0.020));
  EXPECT_TRUE(compare(kBefore, after(0.0175, 0), 0.020));
}

TEST(Guard, TimeThatTheHypervisorTookIsADisturbance) {
  EXPECT_FALSE(compare(kBefore, after(0.020, 49), 0.020));
  const auto why = compare(kBefore, after(0.020, 60), 0.020);
  ASSERT_TRUE(why);
  EXPECT_NE(why->find("6 %"), std::string::npos) << *why;
}

TEST(Guard, AKernelThatWasNeverMeasuredIsNotCalm) {
  EXPECT_TRUE(compare(kBefore, after(0.020, 0), 0.0));
  EXPECT_TRUE(compare(kBefore, after(std::numeric_limits<double>::quiet_NaN(), 0), 0.020));
}

TEST(Guard, TheLoadAndTheTicksAreReadFromTheKernelsLines) {
  EXPECT_DOUBLE_EQ(parse_load("1.91 1.96 2.74 3/456 7890"), 1.91);
  EXPECT_DOUBLE_EQ(parse_load("nonsense"), 0);
  MachineReading reading;
  parse_ticks("cpu  10 20 30 40 50 60 70 80 90 100", reading);
  EXPECT_EQ(reading.total_ticks, 360);
  EXPECT_EQ(reading.stolen_ticks, 80);
}

TEST(Guard, ADamagedLineGivesNoTicksInsteadOfWrongOnes) {
  MachineReading reading{.stolen_ticks = 5};
  parse_ticks("cpu0 1 2 3", reading);
  EXPECT_EQ(reading.total_ticks, 0);
  EXPECT_EQ(reading.stolen_ticks, 0);
  parse_ticks("cpu  1 2 three", reading);
  EXPECT_EQ(reading.stolen_ticks, 0);
}

TEST(Guard, TheMachinesOwnGuardAnswersAfterItHasSettled) {
  MachineGuard guard;
  guard.settle();
  for (int i = 0; i < 3; ++i) {
    const auto why = guard.disturbance();  // calm or not, here only that it can be asked
    EXPECT_TRUE(!why || !why->empty());
  }
}

}  // namespace
}  // namespace puna::bench
