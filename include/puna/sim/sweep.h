// A sweep: one scenario with many seeds and parameters, as independent runs that any number of processes and machines
// share. docs/sweeps.md has the file and the folder.
//
// A run's id is a hash of what it computes, so it is the same on every machine and in every order, and a folder of
// results needs no daemon: whoever has the folder sees what is done.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "puna/base.h"
#include "puna/sim/models.h"
#include "puna/sim/run.h"
#include "puna/sim/scenario.h"
#include "puna/sim/world.h"

namespace puna::sim {

inline constexpr std::size_t kSweepRunsMax = 10'000;

struct SweepValue {
  Json value;
  std::string text;  // as YAML on one line
  Place place;
};
// A place in the scenario ("governance.bandwidth_cap", "agents.0.count"), and what stands there in turn.
struct SweepAxis {
  std::string path;
  Place place;
  std::vector<SweepValue> values;  // at least one; no two are equal
};
// Runs that are left out: those to which every condition applies.
struct SweepExclusion {
  struct Condition {
    std::string path;  // of an axis, or "seed"
    std::vector<Json> values;
  };
  Place place;
  std::vector<Condition> conditions;
};

// A sweep file. Invariant: at most kSweepRunsMax runs, exclusions not counted.
struct Sweep {
  std::string id;        // begins the names of collected files
  std::string scenario;  // a file, relative to this one
  Place scenario_place;
  std::vector<std::uint64_t> seeds;  // empty: the scenario's own
  std::vector<SweepAxis> axes;
  Place grid_place;
  std::vector<SweepExclusion> exclusions;
};
// Every problem there is, in the file's order; at least one, if it is no sweep.
[[nodiscard]] std::expected<Sweep, std::vector<Problem>> read_sweep(std::string_view text);

struct SweepRun {
  std::string id;  // 16 hexadecimal digits; empty until name_runs()
  std::uint64_t seed = 0;
  std::vector<std::size_t> values;           // of each axis, the index
  std::shared_ptr<const Scenario> scenario;  // with these values; shared by the seeds
};
struct SweepPlan {
  std::string id;
  std::vector<SweepAxis> axes;
  std::vector<SweepRun> runs;  // in the file's order: the first axis changes slowest, the seed fastest
};

// Puts the values into the scenario's text and reads every scenario that comes of it. The text of a scenario is written
// anew (keys sorted, no comments, no seed, the values at the end of its description), so it depends on what it says
// only. Requires  the scenario's text is one
// Errors  problems in the sweep file, at the path or value that makes them; the first twenty
[[nodiscard]] std::expected<SweepPlan, std::vector<Problem>> plan_sweep(const Sweep& sweep,
                                                                        std::string_view scenario_text,
                                                                        const Worlds& worlds = Worlds::built_in());

// Gives every run its id: a hash of the scenario's text, the seed, and the SHA-256 of each model file that agents use
// (a server is known by what the scenario says of it).
// Errors  not_found, io  a model file.  Cost  each model file is read whole, once
[[nodiscard]] Result<void> name_runs(SweepPlan& plan, const ModelPlaces& places);

// "0.1", "honest": a run's value of an axis, for people and tables.
[[nodiscard]] std::string value_text(const SweepPlan& plan, const SweepRun& run, std::size_t axis);
// {PATH: VALUE...}, of all axes.
[[nodiscard]] Json values_json(const SweepPlan& plan, const SweepRun& run);

enum class RunState : std::uint8_t {
  finished,  // now
  found,     // it was complete already
  failed,
  busy,    // another process is at it
  stopped  // the stop was asked for before or while it ran; the same call goes on with it
};
struct RunOutcome {
  std::size_t run = 0;  // of the plan
  RunState state = RunState::finished;
  Error error;                   // of failed
  std::size_t events = 0;        // of finished,
  std::size_t events_found = 0;  // and how many of them were there from a process before
};
struct ShardOptions {
  std::filesystem::path folder;  // that all shards share; made where it is missing
  int shard = 1;                 // from 1
  int shards = 1;
  int concurrent_max = 8;
  std::function<void(const RunOutcome&)> ended;                    // after each run
  std::function<void(std::size_t run, const Progress&)> progress;  // after each step
};
// Opens what the agents of a scenario need; called once, with the agents of all runs that are still to be done.
using ModelOpener = std::function<Result<ModelSet>(const Scenario& all)>;

// The runs of a shard: every shards-th of the plan. Results appear in FOLDER/runs/ID whole or not at all; until then
// they are in FOLDER/part/ID, whose event log is the checkpoint. What another version of the program left there is
// begun anew. A run that fails leaves FOLDER/failed/ID.json and does not stop the others; it is tried again by the next
// call.
//
// Any number of processes may work on one folder, also on the same shard: a run is locked (FOLDER/locks/ID, flock).
// Requires  name_runs()
// Returns  an outcome for each run of the shard, in the plan's order
// Errors   invalid_argument  no folder, no such shard;  io  the folder cannot be written
//          those of the opener: nothing was run
// Thread   caller's.
[[nodiscard]] Result<std::vector<RunOutcome>> run_shard(const SweepPlan& plan, const ShardOptions& options,
                                                        const ModelOpener& open,
                                                        const Worlds& worlds = Worlds::built_in(),
                                                        std::stop_token stop = {});

struct Collected {
  std::size_t complete = 0;
  std::size_t successes = 0;                                // of those, runs that meet every success criterion
  std::vector<std::size_t> missing;                         // runs of the plan that nobody began, or that
  std::vector<std::size_t> begun;                           // were begun and have not ended
  std::vector<std::pair<std::size_t, std::string>> failed;  // with what their last try said
  std::vector<std::filesystem::path> files;                 // written
  [[nodiscard]] bool is_complete() const { return missing.empty() && begun.empty() && failed.empty(); }
};
// Checks the folder against the plan. When every run is there, or in part is taken: writes FOLDER/SWEEP_runs.csv,
// SWEEP_epochs.csv, SWEEP_agents.csv and SWEEP.json, in the plan's order: the same bytes for any number of shards.
// report() makes a page of FOLDER/runs.
// Requires  name_runs()
// Errors  corrupt, not_found  a run's results are damaged, or those of another run;  io
[[nodiscard]] Result<Collected> collect_sweep(const SweepPlan& plan, const std::filesystem::path& folder,
                                              bool take_part = false, const Worlds& worlds = Worlds::built_in());

}  // namespace puna::sim
