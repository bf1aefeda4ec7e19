// What `puna sweep` is told.
#pragma once

#include <string>

#include "cli/sim_options.h"

namespace puna::cli {

struct SweepOptions {
  std::string action;  // plan, run, collect, submit
  std::string file;
  std::string folder;  // of run, collect, submit
  std::string shard = "1/1";
  SimOptions sim;  // models, threads, agents at a time, quiet
  bool json = false;
  bool take_part = false;  // collect: join what there is
  bool slurm = false;      // submit
  bool dry_run = false;
  int shards = 1;
  std::string time;  // as Slurm reads them
  std::string memory;
  std::string partition;
  int cpus = 0;  // 0 = not asked for
};

// Borrows the options until the command line is parsed.
void add_sweep_flags(CLI::App& app, SweepOptions& options, bool& no_color);

}  // namespace puna::cli
