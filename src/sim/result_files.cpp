// See result_files.h.
#include "sim/result_files.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <system_error>
#include <utility>

#include "sim/read_csv.h"
#include "sim/read_events.h"
#include "sim/scale.h"

namespace puna::sim {
namespace {

constexpr std::uintmax_t kResultBytesMax = std::uintmax_t{1} << 30U;
constexpr std::size_t kEntriesMax = 100'000;

std::string path_text(const std::filesystem::path& path) { return printable(path.string()); }

std::unexpected<Error> missing_result(const std::filesystem::path& file) {
  return fail(ErrorCode::not_found, format_text("{} is missing, and the run ended", path_text(file)),
              "the same puna sim run with the same --out writes it again");
}

// FNV-1a, to order runs and to know equal ones again.
std::uint64_t hash_of(std::string_view text, std::uint64_t hash = 0xcbf29ce484222325U) {
  for (const char byte : text) {
    hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3U;
  }
  return hash;
}

// The tables of a run that ended lie here: the log may be named to lie below.
std::filesystem::path folder_of(const RunRecord& run, const std::filesystem::path& log) {
  std::filesystem::path folder = log.parent_path();
  if (run.scenario && !run.scenario->outputs.event_log.empty()) {
    const std::filesystem::path name = std::filesystem::path(run.scenario->outputs.event_log).lexically_normal();
    const auto levels = std::distance(name.begin(), name.end());
    for (std::ptrdiff_t level = 1; level < levels; ++level) {
      folder = folder.parent_path();
    }
  }
  return folder;
}

Result<void> read_epochs(const std::filesystem::path& file, RunRecord& run) {
  if (std::error_code unknown; !std::filesystem::exists(file, unknown)) {
    return missing_result(file);
  }
  PUNA_TRY(const std::string text, read_result_file(file));
  run.rest_hash = hash_of(text, run.rest_hash);
  PUNA_TRY(const CsvTable table, read_csv(file, text));
  if (table.rows.size() != run.epochs_ended) {
    return damaged(file, table.lines.empty() ? 1 : table.lines.back(),
                   format_text("{} epochs, and the event log has {}", table.rows.size(), run.epochs_ended));
  }
  run.epochs.clear();
  for (const std::string& column : table.columns) {
    std::vector<double>& values = run.epochs[column];
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
      PUNA_TRY(const double value, table.number(row, column));
      values.push_back(value);
      if (column == "epoch" && value != static_cast<double>(row)) {
        return damaged(file, table.lines[row], format_text("epoch {} was expected here", row));
      }
    }
  }
  return {};
}

Result<void> read_agent_table(const std::filesystem::path& file, RunRecord& run) {
  if (std::error_code unknown; !std::filesystem::exists(file, unknown)) {
    return missing_result(file);
  }
  PUNA_TRY(const std::string text, read_result_file(file));
  run.rest_hash = hash_of(text, run.rest_hash);
  PUNA_TRY(const CsvTable table, read_csv(file, text));
  if (table.rows.size() != run.agents.size()) {
    return damaged(file, table.lines.empty() ? 1 : table.lines.back(),
                   format_text("{} agents, and the event log has {}", table.rows.size(), run.agents.size()));
  }
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    AgentRecord& agent = run.agents[row];
    if (table.text(row, "agent") != agent.name) {
      return damaged(file, table.lines[row], format_text("the agent '{}' was expected here", printable(agent.name)));
    }
    for (const auto& [column, member] : std::initializer_list<std::pair<std::string_view, double AgentRecord::*>>{
             {"actions", &AgentRecord::actions},
             {"noops", &AgentRecord::noops},
             {"failures", &AgentRecord::failures},
             {"interactions", &AgentRecord::interactions},
             {"accepted", &AgentRecord::accepted},
             {"p", &AgentRecord::p},
             {"payoff", &AgentRecord::payoff},
             {"reputation", &AgentRecord::reputation},
             {"prompt_tokens", &AgentRecord::prompt_tokens},
             {"output_tokens", &AgentRecord::output_tokens}}) {
      PUNA_TRY(agent.*member, table.number(row, column));
    }
    agent.p = agent.accepted > 0 ? agent.p : kNoValue;  // the table has 0 for the mean of nothing
  }
  return {};
}

double json_number(const Json& object, std::string_view name) {
  const Json* value = object.find(name);
  return value != nullptr && value->is_number() ? value->as_double() : kNoValue;
}

Result<Json> read_json_object(const std::filesystem::path& file, RunRecord& run) {
  PUNA_TRY(const std::string text, read_result_file(file));
  run.rest_hash = hash_of(text, run.rest_hash);
  auto json = Json::parse(text);
  if (!json || !json->is_object()) {
    return damaged(file, 1, json ? "not a JSON object" : json.error().message);
  }
  return *std::move(json);
}

Result<void> read_verdicts(const std::filesystem::path& file, RunRecord& run) {
  if (std::error_code unknown; !std::filesystem::exists(file, unknown)) {
    return missing_result(file);
  }
  PUNA_TRY(const Json json, read_json_object(file, run));
  const Json* seed = json.find("seed");
  if (json.text_or("scenario") != run.id || seed == nullptr || *seed != Json(run.seed)) {
    return damaged(file, 1, "it is of another run than the event log");
  }
  const Json* criteria = json.find("success_criteria");
  if (criteria == nullptr || !criteria->is_array()) {
    return damaged(file, 1, "it has no success_criteria");
  }
  for (const Json& criterion : criteria->as_array()) {
    const Json* met = criterion.find("met");
    if (met == nullptr || !met->is_bool()) {
      return damaged(file, 1, "one of the success_criteria does not say whether it is met");
    }
    run.verdicts.push_back({.name = std::string(criterion.text_or("name")),
                            .bound = json_number(criterion, "bound"),
                            .value = json_number(criterion, "value"),
                            .is_met = met->as_bool()});
  }
  return {};
}

// The account of the models may be missing: it is what differs between equal runs, and left out where that disturbs.
Result<void> read_usage(const std::filesystem::path& file, RunRecord& run) {
  if (std::error_code unknown; !std::filesystem::exists(file, unknown)) {
    return {};
  }
  PUNA_TRY(const Json json, read_json_object(file, run));
  const Json* agents = json.find("agents");
  if (agents == nullptr || !agents->is_array()) {
    return damaged(file, 1, "it has no agents");
  }
  for (const Json& used : agents->as_array()) {
    const auto agent = std::ranges::find(run.agents, used.text_or("agent"), &AgentRecord::name);
    if (agent == run.agents.end()) {
      return damaged(file, 1, format_text("no agent is called '{}'", printable(used.text_or("agent"))));
    }
    agent->requests = json_number(used, "requests");
    agent->cached_tokens = json_number(used, "cached_tokens");
    agent->read_tokens = json_number(used, "prompt_tokens");
  }
  const double found = json_number(json, "events_found");
  run.events_found = found >= 0 && found < 1e15 ? static_cast<std::size_t>(found) : 0;
  run.has_usage = true;
  return {};
}

Result<RunRecord> read_run(const std::filesystem::path& log, const std::string& text, const Worlds& worlds,
                           bool with_account) {
  PUNA_TRY(RunRecord run, read_events(log, text, worlds));
  run.log_hash = hash_of(text);
  if (!run.is_finished) {
    return run;
  }
  const std::filesystem::path folder = folder_of(run, log);
  const std::string csv = run.scenario ? run.scenario->outputs.metrics_csv : "";
  PUNA_TRY_VOID(read_epochs(folder / (csv.empty() ? run.id + "_epochs.csv" : csv), run));
  PUNA_TRY_VOID(read_agent_table(folder / (run.id + "_agents.csv"), run));
  PUNA_TRY_VOID(read_verdicts(folder / (run.id + ".json"), run));
  if (with_account) {
    PUNA_TRY_VOID(read_usage(folder / (run.id + "_usage.json"), run));
  }
  return run;
}

// By its name or by how it begins: a scenario may name it as it likes.
bool is_event_log(const std::filesystem::path& file) {
  constexpr std::string_view kBeginning = R"({"id":"e00000001","t":1,"type":"simulation_started")";
  if (file.filename().string().ends_with("_events.jsonl")) {
    return true;
  }
  std::array<char, kBeginning.size()> begin{};
  std::ifstream in(file, std::ios::binary);
  in.read(begin.data(), begin.size());
  return std::string_view(begin.data(), static_cast<std::size_t>(in.gcount())) == kBeginning;
}

}  // namespace

double RunRecord::value(std::string_view column, std::size_t epoch) const {
  const auto found = epochs.find(column);
  return found == epochs.end() || epoch >= found->second.size() ? kNoValue : found->second[epoch];
}

std::unexpected<Error> damaged(const std::filesystem::path& file, std::size_t line, std::string_view what) {
  return fail(ErrorCode::corrupt, format_text("{}:{}: {}", path_text(file), line, what),
              "run the scenario again into another folder, or leave this folder out");
}

Result<std::string> read_result_file(const std::filesystem::path& file) {
  std::error_code code;
  const std::uintmax_t bytes =
      std::filesystem::is_regular_file(file, code) ? std::filesystem::file_size(file, code) : 0;
  if (code) {
    return fail(code == std::errc::no_such_file_or_directory ? ErrorCode::not_found : ErrorCode::io,
                format_text("cannot read {}: {}", path_text(file), code.message()),
                "the folder that puna sim run --out wrote, or a file in it");
  }
  if (!std::filesystem::is_regular_file(file, code)) {
    return fail(ErrorCode::io, format_text("{} is no file that stays", path_text(file)), "write it to a file first");
  }
  if (bytes > kResultBytesMax) {
    return fail(ErrorCode::limit,
                format_text("{} has {} bytes; at most {} are read", path_text(file), bytes, kResultBytesMax));
  }
  std::ifstream in(file, std::ios::binary);
  std::string text(bytes, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(std::max<std::streamsize>(0, in.gcount())));
  if (!in.is_open() || in.bad()) {
    return fail(ErrorCode::io, format_text("cannot read {}", path_text(file)), "may you read it?");
  }
  return text;
}

Result<std::vector<std::filesystem::path>> event_logs(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> found;
  std::error_code code;
  if (std::filesystem::is_regular_file(folder, code) && is_event_log(folder)) {
    return std::vector{std::filesystem::absolute(folder)};  // its tables may lie above it
  }
  std::size_t entries = 0;
  for (std::filesystem::recursive_directory_iterator at(folder, code), end; !code && at != end; at.increment(code)) {
    if (++entries > kEntriesMax) {
      return fail(ErrorCode::limit, format_text("{} holds more than {} files", path_text(folder), kEntriesMax),
                  "name the folders of the runs themselves");
    }
    if (at.depth() >= kResultFoldersMax) {
      at.disable_recursion_pending();
    }
    std::error_code none;
    if (at->is_regular_file(none) && is_event_log(at->path())) {
      found.push_back(at->path());
    }
  }
  if (code) {
    return fail(code == std::errc::no_such_file_or_directory || code == std::errc::not_a_directory
                    ? ErrorCode::not_found
                    : ErrorCode::io,
                format_text("cannot read the folder {}: {}", path_text(folder), code.message()),
                "the folder that puna sim run --out wrote");
  }
  std::ranges::sort(found);  // so that of several damaged files it is always the same one that is named
  return found;
}

Result<std::vector<RunRecord>> read_runs(const std::filesystem::path& folder, const Worlds& worlds, bool with_account) {
  PUNA_TRY(const std::vector<std::filesystem::path> files, event_logs(folder));
  std::vector<RunRecord> runs;
  for (const std::filesystem::path& file : files) {
    PUNA_TRY(const std::string text, read_result_file(file));
    PUNA_TRY(RunRecord run, read_run(file, text, worlds, with_account));
    runs.push_back(std::move(run));
  }
  if (runs.empty()) {
    return fail(ErrorCode::not_found, format_text("no event log of puna sim run is in {}", path_text(folder)),
                "the folder that puna sim run --out wrote, or one that holds such folders");
  }
  return runs;
}

}  // namespace puna::sim
