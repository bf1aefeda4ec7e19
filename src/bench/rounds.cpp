// The loop over rounds.
#include "bench/rounds.h"

#include <utility>

namespace puna::bench {
namespace {

Result<Sample> run_once(const Contender& contender, std::uint64_t serial, const std::stop_token& stop) {
  if (stop.stop_requested()) {
    return fail(ErrorCode::cancelled, "the benchmark was stopped");
  }
  auto sample = contender.run(serial);
  if (!sample) {
    sample.error().message = format_text("{}: {}", contender.name, sample.error().message);
  }
  return sample;
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
  if (settings.warm_up) {
    progress("warming up");
    for (const Contender& contender : contenders) {
      PUNA_TRY_VOID(run_once(contender, 0, stop).transform([](const Sample&) {}));
    }
  }
  guard.settle();
  Rounds rounds{.samples = std::vector<std::vector<Sample>>(contenders.size())};
  std::vector<int> again_left(contenders.size(), redone_max(settings.rounds));
  for (int round = 1; round <= settings.rounds; ++round) {
    for (std::size_t place = 0; place < contenders.size(); ++place) {
      const Contender& contender = contenders[place];
      progress(format_text("round {} of {}, {}", round, settings.rounds, contender.name));
      PUNA_TRY(Sample sample, run_once(contender, static_cast<std::uint64_t>(round), stop));
      auto why = guard.disturbance();
      while (why && again_left[place] > 0) {
        --again_left[place];
        ++rounds.redone;
        progress(format_text("round {} of {}, {} again: {}", round, settings.rounds, contender.name, *why));
        PUNA_TRY(sample, run_once(contender, static_cast<std::uint64_t>(settings.rounds + rounds.redone), stop));
        why = guard.disturbance();
      }
      if (why) {
        rounds.calm = false;
        rounds.why = *std::move(why);
      }
      rounds.samples[place].push_back(sample);
    }
  }
  return rounds;
}

}  // namespace puna::bench
