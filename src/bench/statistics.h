// From rounds to an estimate: medians of paired ratios, with a bootstrap interval. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "puna/bench.h"

namespace puna::bench {

// Requires  values not empty.
[[nodiscard]] double median(std::span<const double> values);
// share in [0, 1]; 0.99 is the 99th percentile, interpolated. Requires  values not empty.
[[nodiscard]] double quantile(std::span<const double> values, double share);

struct Estimate {
  double median = 0;
  double low = 0;  // 95 % interval of the median
  double high = 0;
  int rounds = 0;
};

// The median and the interval in which it falls in 95 % of resamplings. The same seed gives the same interval.
// Requires  values not empty.
[[nodiscard]] Estimate bootstrap_median(std::span<const double> values, std::uint64_t seed);

// How many times better `ours` was, round by round. smaller_is_better: seconds; otherwise rates.
// Requires  spans of one length.
enum class Better : bool { larger, smaller };
[[nodiscard]] std::vector<double> paired_ratios(std::span<const double> ours, std::span<const double> peer,
                                                Better better);

// What was promised about a number.
enum class Side : std::uint8_t { at_least, at_most };
struct Goal {
  std::optional<double> floor;
  std::optional<double> moon;
  Side side = Side::at_least;
};

// Fewer rounds than this say nothing about a timed number.
inline constexpr int kRoundsMin = 3;

// met or missed only when the whole interval is on one side of the limit; none without a limit.
[[nodiscard]] BenchVerdict judge(const Estimate& estimate, std::optional<double> limit, Side side);
// For counts, which have no noise.
[[nodiscard]] BenchVerdict judge_exact(double value, std::optional<double> limit, Side side);

}  // namespace puna::bench
