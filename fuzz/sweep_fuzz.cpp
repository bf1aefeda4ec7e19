// Any text as a sweep file over one scenario: planned with what it promises, or refused with a place.
#include <cstdint>
#include <string_view>

#include "input.h"
#include "puna/sim/sweep.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace puna::sim;
  constexpr std::string_view kScenario =
      "scenario_id: s\nagents: [{type: honest, count: 2}, {type: random}]\nsimulation: {n_epochs: 1, seed: 3}\n";
  constexpr std::size_t kRunsRead = 200;  // of larger sweeps only the file is read, so that one input takes no minute
  const auto check = [](const std::vector<Problem>& problems) {
    PUNA_CHECK(!problems.empty(), "a bad sweep has a problem");
    for (const Problem& problem : problems) {
      PUNA_CHECK(problem.place.line > 0 && problem.place.column > 0 && !problem.what.empty(), "a problem has a place");
    }
  };
  const auto sweep = read_sweep(puna::fuzz::text_of(data, size));
  if (!sweep) {
    check(sweep.error());
    return 0;
  }
  std::size_t points = 1;
  for (const SweepAxis& axis : sweep->axes) {
    PUNA_CHECK(!axis.values.empty(), "a path has values");
    points *= axis.values.size();
  }
  PUNA_CHECK(points <= kSweepRunsMax, "a sweep is bounded");
  if (points > kRunsRead) {
    return 0;
  }
  auto plan = plan_sweep(*sweep, kScenario);
  if (!plan) {
    check(plan.error());
    return 0;
  }
  PUNA_CHECK(!plan->runs.empty() && plan->runs.size() <= kSweepRunsMax, "a plan has runs");
  for (const SweepRun& run : plan->runs) {
    const auto again = read_scenario(run.scenario->text, Worlds::built_in());
    PUNA_CHECK(again.has_value() && again->text == run.scenario->text, "its scenarios are scenarios");
    PUNA_CHECK(run.values.size() == plan->axes.size(), "a run has a value for each path");
  }
  return 0;
}
