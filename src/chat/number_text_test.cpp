// Numbers between bounds as text, against arithmetic.
#include "chat/number_text.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "puna/base.h"

namespace puna {
namespace {

std::string decimal(std::int64_t hundredths) {
  const std::int64_t size = hundredths < 0 ? -hundredths : hundredths;
  std::string fraction = std::to_string(size % 100);
  fraction.insert(0, 2 - fraction.size(), '0');
  return (hundredths < 0 ? "-" : "") + std::to_string(size / 100) + "." + fraction;
}

TEST(NumberText, ABoundLetsThroughExactlyWhatLiesWithinIt) {
  Random random(5);
  for (int round = 0; round < 300; ++round) {
    const auto pick = [&random] { return static_cast<std::int64_t>(random.next() % 24'000) - 12'000; };
    const std::int64_t low = pick();
    const std::int64_t high = low + static_cast<std::int64_t>(random.next() % 3'000);
    NumberBounds bounds{.is_integer = random.next() % 2 == 0};
    const bool has_low = random.next() % 4 != 0;
    const bool has_high = random.next() % 4 != 0;
    const bool no_low = random.next() % 2 == 0;
    const bool no_high = random.next() % 2 == 0;
    if (has_low) {
      bounds.at_least(Decimal::of(*Json::parse(decimal(low))), no_low);
    }
    if (has_high) {
      bounds.at_most(Decimal::of(*Json::parse(decimal(high))), no_high);
    }
    RegexPool pool;
    const Regex text = number_text(pool, bounds);
    for (std::int64_t value = low - 250; value <= high + 250;
         value += 1 + static_cast<std::int64_t>(random.next() % 40)) {
      const bool inside = (!has_low || value > low || (value == low && !no_low)) &&
                          (!has_high || value < high || (value == high && !no_high)) &&
                          (!bounds.is_integer || value % 100 == 0);
      ASSERT_EQ(pool.matches(text, decimal(value)), inside)
          << decimal(value) << " in " << decimal(low) << " to " << decimal(high) << " round " << round;
      if (value % 100 == 0) {
        ASSERT_EQ(pool.matches(text, std::to_string(value / 100)), inside) << value / 100;
      }
    }
    EXPECT_FALSE(pool.matches(text, "01"));
    EXPECT_FALSE(pool.matches(text, "-"));
    EXPECT_FALSE(pool.matches(text, "1."));
  }
}

TEST(NumberText, MultiplesAreThoseAndNoOthers) {
  for (const std::int64_t step : {1, 2, 5, 10, 25, 50, 100, 400}) {  // hundredths: 0.01 to 4
    RegexPool pool;
    const auto text = multiples_text(pool, Decimal::of(*Json::parse(decimal(step))), {});
    ASSERT_TRUE(text) << step;
    for (std::int64_t value = -2'000; value <= 2'000; value += 7) {
      EXPECT_EQ(pool.matches(*text, decimal(value)), value % step == 0) << decimal(value) << " of " << decimal(step);
    }
  }
  RegexPool pool;
  EXPECT_FALSE(multiples_text(pool, Decimal::of(7), {}));
  NumberBounds bounds;
  bounds.at_least(Decimal::of(-50), false);
  bounds.at_most(Decimal::of(50), true);
  const auto sevens = multiples_text(pool, Decimal::of(7), bounds);
  ASSERT_TRUE(sevens);
  for (int value = -60; value <= 60; ++value) {
    EXPECT_EQ(pool.matches(*sevens, std::to_string(value)), value % 7 == 0 && value >= -50 && value < 50) << value;
  }
}

TEST(NumberText, DecimalsAreExact) {
  EXPECT_EQ(Decimal::of(*Json::parse("1e3")).text(), "1000");
  EXPECT_EQ(Decimal::of(*Json::parse("-0.050")).text(), "-0.05");
  EXPECT_EQ(Decimal::of(*Json::parse("1.5e-7")).text(), "0.00000015");
  EXPECT_EQ(Decimal::of(*Json::parse("-0")).text(), "0");
  EXPECT_TRUE(Decimal::of(-2) < Decimal::of(1));
  EXPECT_TRUE(Decimal::of(-2) < Decimal::of(-1.5));
  EXPECT_FALSE(Decimal::of(10) < Decimal::of(9));
}

}  // namespace
}  // namespace puna
