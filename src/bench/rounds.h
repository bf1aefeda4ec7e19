// Rounds: every contender once in each, in turn, so that a slow minute is slow for all. Who ran while the machine was
// not calm runs again at once, a bounded number of times.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "bench/guard.h"
#include "bench/statistics.h"
#include "puna/base.h"

namespace puna::bench {

// What one contender did in one round. Counts are exact; 0 where a contender does not know one.
struct Sample {
  double cpu_seconds = 0;
  double wall_seconds = 0;
  std::int64_t tokens_prefilled = 0;  // prompt tokens computed
  std::int64_t tokens_distinct = 0;   // the fewest that could have been
  std::int64_t tokens_decoded = 0;    // output tokens
  std::int64_t passes = 0;
  double last_first_token_seconds = 0;  // from the start until every agent has its first token
  double turn_p95_seconds = 0;          // from a turn's submission to its last token
  double value = 0;                     // what a case measures by itself
  double other_value = 0;
};

struct Contender {
  std::string name;
  // Does the job once. `serial` differs in every round, and for every run that is done again, so that nothing is warm
  // by chance.
  std::function<Result<Sample>(std::uint64_t serial)> run;
};

struct RoundSettings {
  int rounds = 7;
  bool warm_up = true;  // one round before, discarded; of no use where a run takes minutes
};

struct Rounds {
  std::vector<std::vector<Sample>> samples;  // [contender][round]; all of one length
  int redone = 0;                            // runs that were done again
  // False: some samples are of a machine that was not calm; their counts are good, their times are not.
  bool calm = true;
  std::string why;  // the last disturbance

  [[nodiscard]] std::vector<double> column(std::size_t contender, double Sample::* field) const;
  [[nodiscard]] std::vector<std::int64_t> counts(std::size_t contender, std::int64_t Sample::* field) const;
};

// How many runs may be done again, for each contender, before a case is given up as inconclusive. None where there are
// too few rounds for a verdict about times.
[[nodiscard]] constexpr int redone_max(int rounds) { return rounds < kRoundsMin ? 0 : rounds < 4 ? 2 : rounds / 2; }

using RoundProgress = std::function<void(std::string_view line)>;

// Errors  cancelled  `stop` was asked for;  whatever a contender fails with
[[nodiscard]] Result<Rounds> run_rounds(std::span<const Contender> contenders, const RoundSettings& settings,
                                        RoundGuard& guard, const RoundProgress& progress, const std::stop_token& stop);

}  // namespace puna::bench
