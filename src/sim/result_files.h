// What runs left in folders, read back: event logs (event_log.h), tables, the JSON export and the account of the
// models. A run that ended must have its tables, and they must be of that run; one that has not ended is read from its
// log alone.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "puna/sim/run.h"
#include "puna/sim/scenario.h"
#include "puna/sim/world.h"

namespace puna::sim {

// An interaction, with what it paid. Agents by their places in RunRecord::agents.
struct Deal {
  int epoch = 0;
  int step = 0;
  int from = 0;
  int to = kEverybody;
  bool accepted = false;
  double p = 0;  // NaN: the log has none; so in the rest
  double surplus = 0;
  double externality = 0;
  double a = 0;  // what both sides got; of all together when it was with everybody
  double b = 0;
};

struct AgentRecord {
  std::string name;
  std::string type;
  // NaN where nothing says it.
  double actions = 0;
  double noops = 0;
  double failures = 0;
  double interactions = 0;
  double accepted = 0;
  double p = 0;
  double payoff = 0;
  double reputation = 0;
  double prompt_tokens = 0;
  double output_tokens = 0;
  double requests = 0;       // this and the next from the account of the models
  double cached_tokens = 0;  // of the prompts of that account
  double read_tokens = 0;    // prompts of that account, cached ones included
};

struct RunRecord {
  std::string id;    // of the scenario
  std::string text;  // of the scenario
  std::string world;
  std::uint64_t seed = 0;
  std::optional<Scenario> scenario;  // nothing: this program does not read its text
  bool is_finished = false;
  int epochs_begun = 0;
  int steps_begun = 0;  // in the last of them
  std::vector<AgentRecord> agents;
  std::vector<Deal> deals;
  std::map<std::string, std::vector<double>, std::less<>> epochs;  // columns, each with a value for each epoch or NaN
  std::size_t epochs_ended = 0;
  std::vector<Verdict> verdicts;              // of a run that ended
  std::map<std::string, std::size_t> events;  // of each type
  bool has_usage = false;
  std::size_t events_found = 0;  // that were in the log before the process that wrote the account
  std::uint64_t log_hash = 0;
  std::uint64_t rest_hash = 0;  // of the other files: it orders runs whose logs are equal

  // A metric of the CSV, from 0; NaN where the file has none.
  [[nodiscard]] double value(std::string_view column, std::size_t epoch) const;
};

// "FILE:LINE: what", and to run the scenario again.
[[nodiscard]] std::unexpected<Error> damaged(const std::filesystem::path& file, std::size_t line,
                                             std::string_view what);

// A regular file.  Errors  not_found, io, limit (1 GiB)
[[nodiscard]] Result<std::string> read_result_file(const std::filesystem::path& file);

inline constexpr int kResultFoldersMax = 4;  // between a folder of results and an event log below it

// Every event log below the folder, four levels deep, in the order of their names; or that log alone, if it is one.
// Errors  not_found  no such folder;  io, limit
[[nodiscard]] Result<std::vector<std::filesystem::path>> event_logs(const std::filesystem::path& folder);

// Every run below the folder, four levels deep, in the order of the files' names.
// Errors  not_found  no such folder, no event log in it, a table of a run that ended;  corrupt  damaged();  io, limit
// with_account  also ID_usage.json, which may differ between equal runs
[[nodiscard]] Result<std::vector<RunRecord>> read_runs(const std::filesystem::path& folder, const Worlds& worlds,
                                                       bool with_account);

}  // namespace puna::sim
