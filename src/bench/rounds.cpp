// The loop over rounds.
#include "bench/rounds.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace puna::bench {
namespace {

struct Round {
  std::vector<Sample> samples;  // of each contender
  std::optional<std::string> disturbance;
};

Result<Round> run_round(std::span<const Contender> contenders, std::uint64_t serial, RoundGuard& guard,
                        const std::stop_token& stop) {
  Round round;
  round.disturbance = guard.disturbance();  // of the time before this round; it counts as a first reading
  for (const Contender& contender : contenders) {
    if (stop.stop_requested()) {
      return fail(ErrorCode::cancelled, "the benchmark was stopped");
    }
    auto sample = contender.run(serial);
    if (!sample) {
      Error error = std::move(sample).error();
      error.message = format_text("{}: {}", contender.name, error.message);
      return std::unexpected(std::move(error));
    }
    round.samples.push_back(*std::move(sample));
    if (auto why = guard.disturbance()) {
      round.disturbance = std::move(why);
    }
  }
  return round;
}

}  // namespace

std::vector<double> Rounds::column(std::size_t contender, double Sample::* field) const {
  std::vector<double> values;
  for (const Sample& sample : samples.at(contender)) {
    values.push_back(sample.*field);
  }
  return values;
}

std::vector<std::int64_t> Rounds::counts(std::size_t contender, std::int64_t Sample::* field) const {
  std::vector<std::int64_t> values;
  for (const Sample& sample : samples.at(contender)) {
    values.push_back(sample.*field);
  }
  return values;
}

Result<Rounds> run_rounds(std::span<const Contender> contenders, const RoundSettings& settings, RoundGuard& guard,
                          const RoundProgress& progress, const std::stop_token& stop) {
  std::uint64_t serial = 0;
  if (settings.warm_up) {
    progress("warming up");
    PUNA_TRY_VOID(run_round(contenders, serial++, guard, stop).transform([](const Round&) {}));
  }
  guard.settle();
  std::vector<Round> calm;
  std::vector<Round> disturbed;
  Rounds rounds{.samples = std::vector<std::vector<Sample>>(contenders.size())};
  const auto wanted = static_cast<std::size_t>(settings.rounds);
  while (calm.size() < wanted && std::cmp_less_equal(disturbed.size(), redone_max(settings.rounds))) {
    progress(format_text("round {} of {}{}", calm.size() + 1, wanted, disturbed.empty() ? "" : " (one was disturbed)"));
    PUNA_TRY(Round round, run_round(contenders, serial++, guard, stop));
    if (round.disturbance) {
      rounds.why = *round.disturbance;
      disturbed.push_back(std::move(round));
    } else {
      calm.push_back(std::move(round));
    }
  }
  rounds.redone = static_cast<int>(disturbed.size());
  rounds.calm = calm.size() == wanted;
  if (!rounds.calm) {
    const std::size_t missing = std::min(wanted - calm.size(), disturbed.size());
    std::ranges::move(disturbed.begin(), disturbed.begin() + static_cast<std::ptrdiff_t>(missing),
                      std::back_inserter(calm));
  }
  for (const Round& round : calm) {
    for (std::size_t contender = 0; contender < contenders.size(); ++contender) {
      rounds.samples[contender].push_back(round.samples[contender]);
    }
  }
  return rounds;
}

}  // namespace puna::bench
