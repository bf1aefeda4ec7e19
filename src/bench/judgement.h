// From a case's rounds to results with verdicts. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "bench/statistics.h"
#include "puna/bench.h"

namespace puna::bench {

struct ResultName {
  std::string bench;
  std::string workload;
  std::string metric;
};

// How the rounds went; decides whether timed numbers get a verdict at all.
struct RoundState {
  std::uint64_t seed = 1;
  bool calm = true;
  std::string why;         // when not calm
  bool time_goals = true;  // false: sizes are not those that the goals speak of
};

struct Series {
  std::string name;
  std::span<const double> values;  // one for each round
};

// Ours against a peer's, in pairs. The goal is about the ratio (above 1 we win).
[[nodiscard]] BenchResult timed_against(ResultName name, std::span<const double> ours, const Series& peer,
                                        Better better, const Goal& goal, const RoundState& state);

// A timed number without a peer. The goal is about the number.
[[nodiscard]] BenchResult timed_alone(ResultName name, std::span<const double> ours, const Goal& goal,
                                      const RoundState& state);

// A count, beside the bound that it is held to (or a peer's count). The goal is about ours.
[[nodiscard]] BenchResult counted(ResultName name, double ours, std::string peer, std::optional<double> value,
                                  const Goal& goal);

// A workload that could not run. Requires  why not empty.
[[nodiscard]] BenchResult not_run(ResultName name, std::string why);

}  // namespace puna::bench
