// A sweep as jobs of Slurm: the scripts, and how they get into its queue.
// Source: sbatch(1), "INPUT ENVIRONMENT VARIABLES" and "--signal", of Slurm 26.05.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "cli/sweep_options.h"
#include "puna/base.h"

namespace puna::cli {

struct SlurmScripts {
  std::string shards;   // an array job, a task for each shard
  std::string collect;  // after it, however it ends
};

struct SlurmJob {
  std::string name;               // of the sweep
  std::filesystem::path program;  // absolute, as all of these
  std::filesystem::path file;
  std::filesystem::path folder;
  std::filesystem::path work;  // where relative paths of models begin
};

// Errors  invalid_argument  a path or a value that cannot stand in a script
[[nodiscard]] Result<SlurmScripts> slurm_scripts(const SlurmJob& job, const SweepOptions& options);

// Writes the scripts below FOLDER/slurm and submits both. Returns the ids of the jobs.
// Errors  not_found  there is no sbatch;  unavailable  it refused: its own words;  io
[[nodiscard]] Result<std::vector<std::string>> submit_to_slurm(const SlurmScripts& scripts,
                                                               const std::filesystem::path& folder);

// The text as one word of a shell's line.
[[nodiscard]] std::string shell_word(std::string_view text);

}  // namespace puna::cli
