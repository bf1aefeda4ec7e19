// Estimates and goals put together.
#include "bench/judgement.h"

#include <format>
#include <utility>

namespace puna::bench {
namespace {

BenchResult named(ResultName name) {
  return {.bench = std::move(name.bench), .workload = std::move(name.workload), .metric = std::move(name.metric)};
}

void judge_timed(BenchResult& result, const Estimate& estimate, const Goal& goal, const RoundState& state) {
  result.low = estimate.low;
  result.high = estimate.high;
  result.rounds = estimate.rounds;
  if (!state.time_goals) {
    return;
  }
  result.floor = goal.floor;
  result.moon = goal.moon;
  result.verdict = judge(estimate, goal.floor, goal.side);
  result.moon_verdict = judge(estimate, goal.moon, goal.side);
  if (!state.calm) {
    const auto give_up = [](BenchVerdict verdict) {
      return verdict == BenchVerdict::none ? verdict : BenchVerdict::inconclusive;
    };
    result.verdict = give_up(result.verdict);
    result.moon_verdict = give_up(result.moon_verdict);
  }
}

void note_disturbance(BenchResult& result, const RoundState& state) {
  if (!state.calm) {
    result.note = "not calm: " + state.why;
  }
}

}  // namespace

BenchResult timed_against(ResultName name, std::span<const double> ours, const Series& peer, Better better,
                          const Goal& goal, const RoundState& state) {
  BenchResult result = named(std::move(name));
  const Estimate estimate = bootstrap_median(paired_ratios(ours, peer.values, better), state.seed);
  result.ours = median(ours);
  result.peer = peer.name;
  result.value = median(peer.values);
  result.ratio = estimate.median;
  judge_timed(result, estimate, goal, state);
  note_disturbance(result, state);
  return result;
}

BenchResult timed_alone(ResultName name, std::span<const double> ours, const Goal& goal, const RoundState& state) {
  BenchResult result = named(std::move(name));
  const Estimate estimate = bootstrap_median(ours, state.seed);
  result.ours = estimate.median;
  judge_timed(result, estimate, goal, state);
  note_disturbance(result, state);
  return result;
}

BenchResult counted(ResultName name, double ours, std::string peer, std::optional<double> value, const Goal& goal) {
  BenchResult result = named(std::move(name));
  result.ours = ours;
  result.peer = std::move(peer);
  result.value = value;
  if (value && ours != 0) {
    result.ratio = *value / ours;
  }
  result.floor = goal.floor;
  result.moon = goal.moon;
  result.verdict = judge_exact(ours, goal.floor, goal.side);
  result.moon_verdict = judge_exact(ours, goal.moon, goal.side);
  return result;
}

BenchResult not_run(ResultName name, std::string why) {
  BenchResult result = named(std::move(name));
  result.verdict = BenchVerdict::inconclusive;
  result.note = "not run: " + std::move(why);
  return result;
}

}  // namespace puna::bench
