// puna sweep plan, run, collect, submit.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <optional>
#include <utility>

#include "cli/commands.h"
#include "cli/sim_open.h"
#include "cli/sweep_submit.h"
#include "puna/sim.h"

namespace puna::cli {
namespace {

constexpr int kTryAgain = 75;                    // exit status
constexpr std::size_t kTitleValueBytesMax = 60;  // in a title
constexpr std::size_t kSweepBytesMax = std::size_t{2} << 20U;

// The plan; or nothing, after the problems of the sweep or of its scenario were said. Runs have no ids yet.
Result<std::optional<sim::SweepPlan>> read_plan(Console& console, const SweepOptions& options) {
  PUNA_TRY(const std::string text, read_text_file(options.file, kSweepBytesMax));
  const auto sweep = sim::read_sweep(text);
  if (!sweep) {
    say_problems(console, sweep.error(), options.file);
    return std::nullopt;
  }
  const std::string scenario_file =
      (std::filesystem::path(options.file).parent_path() / sweep->scenario).lexically_normal().string();
  PUNA_TRY(const auto scenario, read_scenario_file(console, scenario_file));
  if (!scenario) {
    return std::nullopt;
  }
  auto plan = sim::plan_sweep(*sweep, scenario->text);
  if (!plan) {
    say_problems(console, plan.error(), options.file);
    return std::nullopt;
  }
  return *std::move(plan);
}

Result<sim::ModelPlaces> sweep_places(Console& console, const SweepOptions& options, const sim::SweepPlan& plan) {
  const bool needs_demo = std::ranges::any_of(
      plan.runs, [&](const sim::SweepRun& run) { return needs_demo_model(*run.scenario, options.sim); });
  return places_of(console, options.sim, needs_demo);
}

std::string run_title(const sim::SweepPlan& plan, std::size_t number) {
  const sim::SweepRun& run = plan.runs[number];
  std::string title = format_text("{}  seed {}", run.id, run.seed);
  for (std::size_t axis = 0; axis < plan.axes.size(); ++axis) {
    title += "  " + plan.axes[axis].path + " " +
             std::string(utf8::truncate(sim::value_text(plan, run, axis), kTitleValueBytesMax));
  }
  std::ranges::replace(title, '\n', ' ');  // a run is one line
  return printable(title);
}

std::string run_line(const sim::SweepPlan& plan, const sim::SweepRun& run) {
  const Json line = Json::object(
      {{"run", run.id}, {"seed", run.seed}, {"values", sim::values_json(plan, run)}, {"scenario", run.scenario->text}});
  return line.dump();
}

Result<int> print_plan(Console& console, const SweepOptions& options) {
  PUNA_TRY(auto plan, read_plan(console, options));
  if (!plan) {
    return kBadScenario;
  }
  PUNA_TRY(const sim::ModelPlaces places, sweep_places(console, options, *plan));
  PUNA_TRY_VOID(sim::name_runs(*plan, places));
  for (std::size_t number = 0; number < plan->runs.size(); ++number) {
    console.out((options.json ? run_line(*plan, plan->runs[number]) : run_title(*plan, number)) + "\n");
  }
  console.err(format_text("{} runs\n", plan->runs.size()), Style::dim);
  return 0;
}

std::optional<int> whole_number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

// An array may hold some of its tasks only (sbatch --array=3,7): then its numbers say nothing about shards.
Result<std::pair<int, int>> slurm_shard() {
  std::map<std::string, int> numbers;
  for (const std::string name : {"ID", "MIN", "MAX", "COUNT"}) {
    const char* text = std::getenv(("SLURM_ARRAY_TASK_" + name).c_str());
    const auto number = whole_number(text == nullptr ? "" : text);
    if (!number) {
      return fail(ErrorCode::invalid_argument, format_text("SLURM_ARRAY_TASK_{} holds no number", name),
                  "--shard slurm is for array jobs; elsewhere --shard I/N");
    }
    numbers[name] = *number;
  }
  if (numbers["MIN"] != 1 || numbers["MAX"] != numbers["COUNT"]) {
    return fail(ErrorCode::invalid_argument, "this array job is not numbered from 1 to its number of tasks",
                "sbatch --array=1-N, or --shard \"$SLURM_ARRAY_TASK_ID/N\"");
  }
  return std::pair(numbers["ID"], numbers["COUNT"]);
}

Result<std::pair<int, int>> shard_of(const std::string& text) {
  if (text == "slurm") {
    return slurm_shard();
  }
  const std::size_t slash = text.find('/');
  const auto shard = whole_number(std::string_view(text).substr(0, slash));
  const auto shards =
      whole_number(slash == std::string::npos ? std::string_view() : std::string_view(text).substr(slash + 1));
  if (!shard || !shards || *shard < 1 || *shard > *shards) {
    return fail(ErrorCode::invalid_argument, format_text("--shard cannot be '{}'", printable(text)),
                "I/N with 1 <= I <= N, as 2/8; or slurm");
  }
  return std::pair(*shard, *shards);
}

struct StateCounts {
  std::map<sim::RunState, std::size_t> of;
  bool may_help_to_try_again = true;  // what failed, failed for want of a model

  void add(const sim::RunOutcome& outcome) {
    ++of[outcome.state];
    if (outcome.state == sim::RunState::failed && outcome.error.code != ErrorCode::unavailable) {
      may_help_to_try_again = false;
    }
  }
  [[nodiscard]] int exit_status() {
    if (of[sim::RunState::stopped] > 0) {
      return status_of(ErrorCode::cancelled).exit_status;
    }
    if (of[sim::RunState::failed] + of[sim::RunState::busy] == 0) {
      return 0;
    }
    return may_help_to_try_again ? kTryAgain : 1;
  }
};

void say_outcome(Console& console, const sim::SweepPlan& plan, const sim::RunOutcome& outcome, bool quiet) {
  console.clear_status();
  if (outcome.state == sim::RunState::failed) {
    console.err(run_title(plan, outcome.run) + "\n", Style::red);
    console.error(outcome.error);
  } else if (!quiet && outcome.state == sim::RunState::busy) {
    console.err(run_title(plan, outcome.run) + "  another process is at it\n", Style::yellow);
  } else if (!quiet && outcome.state == sim::RunState::finished) {
    const std::string before =
        outcome.events_found > 0 ? format_text(", {} of them from before", outcome.events_found) : "";
    console.err(run_title(plan, outcome.run) + format_text("  {} events{}\n", outcome.events, before), Style::dim);
  }
}

Result<int> run_runs(Console& console, const SweepOptions& options, Interrupt& interrupt) {
  PUNA_TRY(const auto shard, shard_of(options.shard));
  PUNA_TRY(auto plan, read_plan(console, options));
  if (!plan) {
    return kBadScenario;
  }
  const Interrupt::Scope scope(interrupt);
  PUNA_TRY(const sim::ModelPlaces places, sweep_places(console, options, *plan));
  PUNA_TRY_VOID(sim::name_runs(*plan, places));
  StateCounts counts;
  sim::ShardOptions how{.folder = options.folder,
                        .shard = shard.first,
                        .shards = shard.second,
                        .concurrent_max = options.sim.concurrent_max,
                        .ended = [&](const sim::RunOutcome& outcome) {
                          counts.add(outcome);
                          say_outcome(console, *plan, outcome, options.sim.quiet);
                        }};
  if (!options.sim.quiet) {
    how.progress = [&](std::size_t run, const sim::Progress& now) {
      console.status(format_text("run {}/{}  epoch {}/{} step {}/{}", run + 1, plan->runs.size(), now.epoch + 1,
                                 now.epochs, now.step + 1, now.steps));
    };
  }
  const auto open = [&](const sim::Scenario& all) { return sim::open_models(all, places, scope.token()); };
  PUNA_TRY(const auto outcomes, sim::run_shard(*plan, how, open, sim::Worlds::built_in(), scope.token()));
  if (!options.sim.quiet) {
    console.out(format_text("shard {}/{}: {} runs: {} done, {} there before, {} failed, {} busy, {} left\n",
                            shard.first, shard.second, outcomes.size(), counts.of[sim::RunState::finished],
                            counts.of[sim::RunState::found], counts.of[sim::RunState::failed],
                            counts.of[sim::RunState::busy], counts.of[sim::RunState::stopped]));
  }
  return counts.exit_status();
}

void say_collected(Console& console, const sim::SweepPlan& plan, const sim::Collected& collected) {
  for (const auto& [number, message] : collected.failed) {
    console.out("failed   " + run_title(plan, number) + "  " + printable(message) + "\n", Style::red);
  }
  for (const std::size_t number : collected.begun) {
    console.out("begun    " + run_title(plan, number) + "\n", Style::yellow);
  }
  for (const std::size_t number : collected.missing) {
    console.out("missing  " + run_title(plan, number) + "\n", Style::yellow);
  }
  console.out(format_text("{} of {} runs; {} meet every success criterion\n", collected.complete, plan.runs.size(),
                          collected.successes));
  for (const std::filesystem::path& file : collected.files) {
    console.err("wrote " + printable(file.string()) + "\n", Style::dim);
  }
}

Json collected_json(const sim::SweepPlan& plan, const sim::Collected& collected) {
  const auto ids = [&](const std::vector<std::size_t>& runs) {
    Json list = Json::array();
    for (const std::size_t run : runs) {
      list.push(plan.runs[run].id);
    }
    return list;
  };
  Json failed = Json::array();
  for (const auto& [number, message] : collected.failed) {
    failed.push(Json::object({{"run", plan.runs[number].id}, {"message", message}}));
  }
  return Json::object({{"runs", plan.runs.size()},
                       {"complete", collected.complete},
                       {"success", collected.successes},
                       {"missing", ids(collected.missing)},
                       {"begun", ids(collected.begun)},
                       {"failed", std::move(failed)}});
}

Result<int> collect_runs(Console& console, const SweepOptions& options) {
  PUNA_TRY(auto plan, read_plan(console, options));
  if (!plan) {
    return kBadScenario;
  }
  PUNA_TRY(const sim::ModelPlaces places, sweep_places(console, options, *plan));
  PUNA_TRY_VOID(sim::name_runs(*plan, places));
  PUNA_TRY(const sim::Collected collected, sim::collect_sweep(*plan, options.folder, options.take_part));
  if (options.json) {
    console.out(collected_json(*plan, collected).dump() + "\n");
  } else {
    say_collected(console, *plan, collected);
  }
  if (!collected.failed.empty()) {
    return 1;
  }
  return collected.is_complete() ? 0 : kTryAgain;
}

Result<int> submit_runs(Console& console, SweepOptions options) {
  PUNA_TRY(const auto plan, read_plan(console, options));
  if (!plan) {
    return kBadScenario;
  }
  options.shards = std::min(options.shards, static_cast<int>(plan->runs.size()));
  const SlurmJob job{.name = plan->id,
                     .program = program_folder() / "puna",
                     .file = std::filesystem::absolute(options.file),
                     .folder = std::filesystem::absolute(options.folder),
                     .work = std::filesystem::current_path()};
  PUNA_TRY(const SlurmScripts scripts, slurm_scripts(job, options));
  if (options.dry_run) {
    console.out(scripts.shards + "\n" + scripts.collect);
    return 0;
  }
  PUNA_TRY(const auto jobs, submit_to_slurm(scripts, job.folder));
  console.out(format_text("job {}: {} runs in {} shards\njob {}: collects them\n", jobs[0], plan->runs.size(),
                          options.shards, jobs[1]));
  return 0;
}

}  // namespace

Result<int> sweep_command(Console& console, const Options& options, Interrupt& interrupt) {
  const SweepOptions& sweep = options.sweep;
  if (sweep.action == "plan") {
    return print_plan(console, sweep);
  }
  if (sweep.action == "run") {
    return run_runs(console, sweep, interrupt);
  }
  return sweep.action == "collect" ? collect_runs(console, sweep) : submit_runs(console, sweep);
}

}  // namespace puna::cli
