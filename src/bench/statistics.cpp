// Medians, quantiles, the bootstrap, verdicts.
#include "bench/statistics.h"

#include <algorithm>
#include <cmath>

namespace puna::bench {
namespace {

constexpr int kResamples = 2000;

double sorted_quantile(const std::vector<double>& sorted, double share) {
  const double at = std::clamp(share, 0.0, 1.0) * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  const double part = at - static_cast<double>(below);
  return sorted[below] + part * (sorted[above] - sorted[below]);
}

bool holds(double value, double limit, Side side) { return side == Side::at_least ? value >= limit : value <= limit; }

}  // namespace

double quantile(std::span<const double> values, double share) {
  PUNA_CHECK(!values.empty(), "a quantile of no values");
  std::vector<double> sorted(values.begin(), values.end());
  std::ranges::sort(sorted);
  return sorted_quantile(sorted, share);
}

double median(std::span<const double> values) { return quantile(values, 0.5); }

Estimate bootstrap_median(std::span<const double> values, std::uint64_t seed) {
  PUNA_CHECK(!values.empty(), "an estimate from no values");
  Random random(seed);
  std::vector<double> medians;
  medians.reserve(kResamples);
  std::vector<double> resample(values.size());
  for (int i = 0; i < kResamples; ++i) {
    for (double& value : resample) {
      value = values[static_cast<std::size_t>(random.next() % values.size())];
    }
    std::ranges::sort(resample);
    medians.push_back(sorted_quantile(resample, 0.5));
  }
  std::ranges::sort(medians);
  return {.median = median(values),
          .low = sorted_quantile(medians, 0.025),
          .high = sorted_quantile(medians, 0.975),
          .rounds = static_cast<int>(values.size())};
}

std::vector<double> paired_ratios(std::span<const double> ours, std::span<const double> peer, Better better) {
  PUNA_CHECK(ours.size() == peer.size(), "ratios are made of pairs");
  std::vector<double> ratios;
  for (std::size_t i = 0; i < ours.size(); ++i) {
    ratios.push_back(better == Better::smaller ? peer[i] / ours[i] : ours[i] / peer[i]);
  }
  return ratios;
}

BenchVerdict judge(const Estimate& estimate, std::optional<double> limit, Side side) {
  if (!limit) {
    return BenchVerdict::none;
  }
  if (estimate.rounds < kRoundsMin || !std::isfinite(estimate.low) || !std::isfinite(estimate.high)) {
    return BenchVerdict::inconclusive;
  }
  const bool low_holds = holds(estimate.low, *limit, side);
  const bool high_holds = holds(estimate.high, *limit, side);
  if (low_holds != high_holds) {
    return BenchVerdict::inconclusive;
  }
  return low_holds ? BenchVerdict::met : BenchVerdict::missed;
}

BenchVerdict judge_exact(double value, std::optional<double> limit, Side side) {
  if (!limit) {
    return BenchVerdict::none;
  }
  if (!std::isfinite(value)) {
    return BenchVerdict::inconclusive;
  }
  return holds(value, *limit, side) ? BenchVerdict::met : BenchVerdict::missed;
}

}  // namespace puna::bench
