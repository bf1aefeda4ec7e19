// A run of a scenario: epochs of steps, results in a folder.
//
// The same scenario and seed give the same bytes in every file but PREFIX_usage.json, with any number of threads and of
// agents asked at a time (local models in the deterministic profile, or greedy), and also when the run was broken off,
// killed or lost its server, and the same call went on with it: the event log is the checkpoint.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "puna/base.h"
#include "puna/sim/metrics.h"
#include "puna/sim/models.h"
#include "puna/sim/scenario.h"
#include "puna/sim/world.h"

namespace puna::sim {

struct Progress {
  int epoch = 0;  // of the step that ended, from 0
  int epochs = 0;
  int step = 0;
  int steps = 0;
  int agents_asked = 0;  // of models, so far, in this process
  double toxicity = 0;   // of the last epoch that ended
  double welfare = 0;
};

struct RunOptions {
  std::filesystem::path folder;       // of the results; made where it is missing
  std::optional<std::uint64_t> seed;  // instead of the scenario's
  int concurrent_max = 8;             // agents that are asked at the same time
  bool audit = false;                 // PREFIX_prompts.jsonl: see puna/model/prompt_audit.h
  bool audit_system_prompt = false;   // the text of system prompts too
  std::vector<Secret> secrets;        // that the audit must not have
  std::function<void(const Progress&)> progress;
};

struct AgentUsage {
  std::int64_t requests = 0;
  std::int64_t prompt_tokens = 0;
  std::int64_t cached_tokens = 0;
  std::int64_t output_tokens = 0;
  std::int64_t retries = 0;   // answers that were lost half-way, and asked for again
  std::int64_t failures = 0;  // answers that were no action
};

struct AgentResult {
  std::string name;
  AgentType type = AgentType::honest;
  int actions = 0;
  int noops = 0;
  int refused = 0;
  int failures = 0;
  int interactions = 0;  // that it began
  int accepted = 0;
  double p = 0;  // mean of the accepted
  double payoff = 0;
  double reputation = 0;
  double resources = 0;
  double score = 0;
  AgentUsage usage;  // of this process; what was read from the log costs nothing
};

struct Verdict {
  std::string name;
  double bound = 0;
  double value = 0;
  bool is_met = false;
};

struct RunResult {
  std::uint64_t seed = 0;
  std::vector<Metrics> epochs;
  std::vector<std::optional<Calibration>> calibrations;  // of each epoch
  Metrics total;
  std::optional<Calibration> calibration;
  std::vector<AgentResult> agents;
  std::vector<Verdict> verdicts;  // of the success criteria
  std::size_t events = 0;
  std::size_t events_found = 0;  // of those, lines that were there already
  std::vector<std::filesystem::path> files;

  [[nodiscard]] bool is_success() const;
};

// Errors  invalid_argument  the folder is empty, or an option is out of range
//         io, corrupt, unavailable  as EventLog has them: the folder holds another run, or one that goes on now
//         unavailable, internal     a model is gone; the same call goes on from there
//         cancelled         stop was asked for; likewise
// Thread  caller's; agents of a step are asked on up to concurrent_max threads.
[[nodiscard]] Result<RunResult> run(const Scenario& scenario, const RunOptions& options, const ModelSet& models,
                                    const Worlds& worlds = Worlds::built_in(), std::stop_token stop = {});

}  // namespace puna::sim
