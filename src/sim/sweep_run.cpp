// A shard of a sweep: its runs, one after the other, each locked, done and moved into place.
#include <system_error>
#include <utility>

#include "puna/sim/sweep.h"
#include "sim/results.h"
#include "sim/sweep_folder.h"

namespace puna::sim {
namespace {

std::vector<std::size_t> runs_of(const SweepPlan& plan, const ShardOptions& options) {
  std::vector<std::size_t> mine;
  for (std::size_t run = 0; run < plan.runs.size(); ++run) {
    if (run % static_cast<std::size_t>(options.shards) == static_cast<std::size_t>(options.shard - 1)) {
      mine.push_back(run);
    }
  }
  return mine;
}

// The models of all runs that are not there yet; no model, where none of them asks one.
Result<ModelSet> models_of(const SweepPlan& plan, const std::vector<std::size_t>& runs, const SweepFolder& folder,
                           const ModelOpener& open) {
  Scenario all;
  const Scenario* before = nullptr;
  for (const std::size_t run : runs) {
    const Scenario* scenario = plan.runs[run].scenario.get();
    std::error_code code;
    if (scenario == before || std::filesystem::exists(folder.complete(plan.runs[run].id), code)) {
      continue;
    }
    before = scenario;
    for (AgentGroup group : scenario->agents) {
      if (group.type == AgentType::llm) {
        group.place = {};  // in a text that nobody wrote
        all.agents.push_back(std::move(group));
      }
    }
  }
  return all.agents.empty() ? ModelSet() : open(all);
}

class Shard {
 public:
  Shard(const SweepPlan& plan, const ShardOptions& options, SweepFolder folder, const ModelSet& models,
        const Worlds& worlds)
      : plan_(plan), options_(options), folder_(std::move(folder)), models_(models), worlds_(worlds) {}

  // Errors  of the folder; what is wrong with the run is in the outcome
  Result<RunOutcome> play(std::size_t number, const std::stop_token& stop) {
    const SweepRun& run = plan_.runs[number];
    RunOutcome outcome{.run = number, .state = RunState::found, .events_found = 0};
    auto is_there = folder_.has(run.id, *run.scenario);
    if (!is_there) {
      return failed(outcome, std::move(is_there).error());
    }
    if (*is_there) {
      return outcome;
    }
    if (stop.stop_requested()) {
      outcome.state = RunState::stopped;
      return outcome;
    }
    PUNA_TRY(const std::optional<RunLock> lock, RunLock::take(folder_.lock(run.id)));
    if (!lock) {
      outcome.state = RunState::busy;
      return outcome;
    }
    std::error_code code;
    if (!std::filesystem::exists(folder_.complete(run.id), code)) {  // else its process ended just now
      PUNA_TRY(outcome, play_locked(outcome, run, stop));
    }
    if (outcome.state == RunState::finished || outcome.state == RunState::found) {
      lock->remove();
    }
    return outcome;
  }

 private:
  Result<RunOutcome> play_locked(RunOutcome outcome, const SweepRun& run, const std::stop_token& stop) {
    auto result = play_scenario(outcome.run, run, stop);
    if (!result && result.error().code == ErrorCode::corrupt) {  // of another version: it cannot be gone on with
      std::error_code code;
      std::filesystem::remove_all(folder_.part(run.id), code);
      result = play_scenario(outcome.run, run, stop);
    }
    if (!result) {
      if (result.error().code == ErrorCode::cancelled) {
        outcome.state = RunState::stopped;
        return outcome;
      }
      return failed(outcome, std::move(result).error());
    }
    outcome.events = result->events;
    outcome.events_found = result->events_found;
    outcome.state = RunState::finished;
    PUNA_TRY_VOID(folder_.finish(run.id));
    return outcome;
  }
  Result<RunResult> play_scenario(std::size_t number, const SweepRun& run, const std::stop_token& stop) {
    RunOptions how{.folder = folder_.part(run.id), .seed = run.seed, .concurrent_max = options_.concurrent_max};
    if (options_.progress) {
      how.progress = [&, number](const Progress& now) { options_.progress(number, now); };
    }
    return sim::run(*run.scenario, how, models_, worlds_, stop);
  }
  Result<RunOutcome> failed(RunOutcome outcome, Error error) {
    const SweepRun& run = plan_.runs[outcome.run];
    const Json record = Json::object({{"run", run.id},
                                      {"seed", run.seed},
                                      {"values", values_json(plan_, run)},
                                      {"code", name_of(error.code)},
                                      {"message", error.message},
                                      {"hint", error.hint}});
    if (const auto kept = write_whole(folder_.failure(run.id), record.dump(1) + "\n"); !kept) {
      error.message += format_text(" (and {})", kept.error().message);
    }
    outcome.state = RunState::failed;
    outcome.error = std::move(error);
    return outcome;
  }

  const SweepPlan& plan_;
  const ShardOptions& options_;
  const SweepFolder folder_;
  const ModelSet& models_;
  const Worlds& worlds_;
};

}  // namespace

Result<std::vector<RunOutcome>> run_shard(const SweepPlan& plan, const ShardOptions& options, const ModelOpener& open,
                                          const Worlds& worlds, std::stop_token stop) {
  if (options.folder.empty() || options.shards < 1 || options.shard < 1 || options.shard > options.shards) {
    return fail(ErrorCode::invalid_argument,
                options.folder.empty() ? "a sweep needs a folder for its results"
                                       : format_text("there is no shard {} of {}", options.shard, options.shards),
                options.folder.empty() ? "--out FOLDER" : "--shard 1/4, ... --shard 4/4");
  }
  const SweepFolder folder{.root = options.folder};
  PUNA_TRY_VOID(folder.make());
  const std::vector<std::size_t> mine = runs_of(plan, options);
  PUNA_TRY(const ModelSet models, models_of(plan, mine, folder, open));
  Shard shard(plan, options, folder, models, worlds);
  std::vector<RunOutcome> outcomes;
  for (const std::size_t run : mine) {
    PUNA_TRY(RunOutcome outcome, shard.play(run, stop));
    if (options.ended) {
      options.ended(outcome);
    }
    outcomes.push_back(std::move(outcome));
  }
  return outcomes;
}

}  // namespace puna::sim
