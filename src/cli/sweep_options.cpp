// See sweep_options.h.
#include "cli/sweep_options.h"

#include <CLI/CLI.hpp>

namespace puna::cli {
namespace {

void add_submit_flags(CLI::App& submit, SweepOptions& options) {
  submit.add_flag("--slurm", options.slurm, "to Slurm: an array of shards, and a job that collects")->required();
  submit.add_option("--shards", options.shards, "how many shards, each with the models loaded once (default: 1)")
      ->check(CLI::Range(1, 10'000));
  submit.add_option("--time", options.time, "time limit of a shard; what it has not done goes into the queue again")
      ->type_name("TIME");
  submit.add_option("--mem", options.memory, "memory of a shard, as 8G")->type_name("SIZE");
  submit.add_option("--cpus", options.cpus, "processors of a shard, and its threads for decoding")
      ->check(CLI::Range(1, 512));
  submit.add_option("--partition", options.partition, "Slurm's partition")->type_name("NAME");
  submit.add_flag("--dry-run", options.dry_run, "print the scripts and submit nothing");
}

}  // namespace

void add_sweep_flags(CLI::App& app, SweepOptions& options, bool& no_color) {
  app.require_subcommand(1);
  CLI::App* plan = app.add_subcommand("plan", "print the runs with their ids; exit status 3 if the file is no sweep");
  CLI::App* run = app.add_subcommand("run", "do the runs of a shard that are not there yet");
  CLI::App* collect = app.add_subcommand("collect", "name the runs that are missing, or join the results");
  CLI::App* submit = app.add_subcommand("submit", "give the sweep to a batch system");
  for (CLI::App* action : {plan, run, collect, submit}) {
    action->add_option("file", options.file, "the sweep file (YAML)")->required()->type_name("FILE");
    action->add_flag("--no-color", no_color, "no colours (also: NO_COLOR)");
    action->callback([action, &options] { options.action = action->get_name(); });
    add_sim_model_flags(*action, options.sim);
  }
  for (CLI::App* action : {run, collect, submit}) {
    action->add_option("--out", options.folder, "folder of the results, which all shards share")
        ->required()
        ->type_name("FOLDER");
  }
  plan->add_flag("--json", options.json, "one JSON object for each run, a line each");
  run->add_option("--shard", options.shard, "I/N: every Nth run from the Ith; slurm: as Slurm numbers this array job")
      ->type_name("I/N");
  add_sim_speed_flags(*run, options.sim);
  run->add_flag("-q,--quiet", options.sim.quiet, "print nothing but errors");
  collect->add_flag("--partial", options.take_part, "join what there is, though runs are missing");
  collect->add_flag("--json", options.json, "say what there is as a JSON object");
  add_sim_speed_flags(*submit, options.sim);
  add_submit_flags(*submit, options);
}

}  // namespace puna::cli
