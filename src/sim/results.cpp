// See results.h.
#include "sim/results.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <functional>

#include "sim/result_files.h"

namespace puna::sim {
namespace {

struct Measure {
  std::string_view name;
  bool is_minimum;
  double (*value)(const RunResult&);
};
double part(double some, double all) { return all > 0 ? some / all : 0; }
int sum_of(const RunResult& result, int AgentResult::* member) {
  int sum = 0;
  for (const AgentResult& agent : result.agents) {
    sum += agent.*member;
  }
  return sum;
}

const std::array<Measure, 11> kMeasures{
    {{"min_epochs", true, [](const RunResult& r) { return static_cast<double>(r.epochs.size()); }},
     {"min_agents", true, [](const RunResult& r) { return static_cast<double>(r.agents.size()); }},
     {"min_interactions", true, [](const RunResult& r) { return static_cast<double>(r.total.interactions); }},
     {"min_accepted", true, [](const RunResult& r) { return static_cast<double>(r.total.accepted); }},
     {"max_toxicity", false, [](const RunResult& r) { return r.total.toxicity; }},
     {"toxicity_threshold", false, [](const RunResult& r) { return r.total.toxicity; }},
     {"min_welfare", true, [](const RunResult& r) { return r.total.welfare; }},
     {"min_net_social_welfare", true, [](const RunResult& r) { return r.total.net_social_welfare; }},
     {"min_quality_gap", true, [](const RunResult& r) { return r.total.quality_gap; }},
     {"max_noop_share", false,
      [](const RunResult& r) { return part(sum_of(r, &AgentResult::noops), sum_of(r, &AgentResult::actions)); }},
     {"max_failures", false,
      [](const RunResult& r) { return static_cast<double>(sum_of(r, &AgentResult::failures)); }}}};

std::string table(const std::vector<Json>& rows) {
  std::string text = rows.empty() ? "" : csv_head(rows.front());
  for (const Json& row : rows) {
    text += csv_row(row);
  }
  return text;
}

Json row_of(const RunResult& result, std::size_t epoch) {
  Json row = Json::object({{"epoch", epoch}});
  for (const Json::Member& member : to_json(result.epochs[epoch]).as_object()) {
    row.set(member.key, member.value);
  }
  const auto& calibration = result.calibrations[epoch];
  for (const Json::Member& member : to_json(calibration.value_or(Calibration{})).as_object()) {
    row.set("calibration_" + member.key, calibration ? member.value : Json());
  }
  return row;
}

Json row_of(const AgentResult& agent) {
  return Json::object({{"agent", agent.name},
                       {"type", name_of(agent.type)},
                       {"actions", agent.actions},
                       {"noops", agent.noops},
                       {"refused", agent.refused},
                       {"failures", agent.failures},
                       {"interactions", agent.interactions},
                       {"accepted", agent.accepted},
                       {"p", agent.p},
                       {"payoff", agent.payoff},
                       {"reputation", agent.reputation},
                       {"resources", agent.resources},
                       {"score", agent.score}});
}

}  // namespace

std::string csv_cell(const Json& value) {
  if (value.is_null()) {
    return "";
  }
  if (!value.is_string()) {
    return value.dump();
  }
  std::string text = value.as_string();
  if (text.find_first_of(",\"\r\n") == std::string::npos) {
    return text;
  }
  for (std::size_t at = 0; (at = text.find('"', at)) != std::string::npos; at += 2) {
    text.insert(at, 1, '"');
  }
  return "\"" + text + "\"";
}

std::string csv_head(const Json& row) {
  std::string line;
  for (const Json::Member& member : row.as_object()) {
    line += (line.empty() ? "" : ",") + csv_cell(member.key);
  }
  return line + "\n";
}

std::string csv_row(const Json& row) {
  std::string line;
  for (const Json::Member& member : row.as_object()) {
    line += (&member == row.as_object().data() ? "" : ",") + csv_cell(member.value);
  }
  return line + "\n";
}

std::vector<std::string_view> criterion_names() {
  std::vector<std::string_view> names;
  for (const Measure& measure : kMeasures) {
    names.push_back(measure.name);
  }
  return names;
}

std::vector<Verdict> verdicts_of(const Scenario& scenario, const RunResult& result) {
  std::vector<Verdict> verdicts;
  for (const Criterion& criterion : scenario.success) {
    const auto* const measure = std::ranges::find(kMeasures, criterion.name, &Measure::name);
    const double value = measure->value(result);
    verdicts.push_back({.name = criterion.name,
                        .bound = criterion.bound,
                        .value = value,
                        .is_met = measure->is_minimum ? value >= criterion.bound : value <= criterion.bound});
  }
  return verdicts;
}

bool RunResult::is_success() const { return std::ranges::all_of(verdicts, &Verdict::is_met); }

std::string epochs_csv(const RunResult& result) {
  std::vector<Json> rows;
  for (std::size_t epoch = 0; epoch < result.epochs.size(); ++epoch) {
    rows.push_back(row_of(result, epoch));
  }
  return table(rows);
}

std::string agents_csv(const RunResult& result, const std::vector<AgentUsage>& logged) {
  std::vector<Json> rows;
  for (std::size_t agent = 0; agent < result.agents.size(); ++agent) {
    Json row = row_of(result.agents[agent]);
    row.set("prompt_tokens", logged[agent].prompt_tokens);
    row.set("output_tokens", logged[agent].output_tokens);
    rows.push_back(std::move(row));
  }
  return table(rows);
}

Json export_json(const Scenario& scenario, const RunResult& result) {
  Json epochs = Json::array();
  for (std::size_t epoch = 0; epoch < result.epochs.size(); ++epoch) {
    epochs.push(row_of(result, epoch));
  }
  Json agents = Json::array();
  for (const AgentResult& agent : result.agents) {
    agents.push(row_of(agent));
  }
  Json verdicts = Json::array();
  for (const Verdict& verdict : result.verdicts) {
    verdicts.push(Json::object(
        {{"name", verdict.name}, {"bound", verdict.bound}, {"value", verdict.value}, {"met", verdict.is_met}}));
  }
  return Json::object({{"scenario", scenario.id},
                       {"description", scenario.description},
                       {"world", scenario.world},
                       {"seed", result.seed},
                       {"total", to_json(result.total)},
                       {"calibration", result.calibration ? to_json(*result.calibration) : Json()},
                       {"epochs", std::move(epochs)},
                       {"agents", std::move(agents)},
                       {"success_criteria", std::move(verdicts)}});
}

namespace {

struct UsageField {
  std::string_view name;
  std::int64_t AgentUsage::* value;
};
constexpr std::int64_t kUsageMax = std::int64_t{1} << 60;  // of a file that somebody changed
constexpr std::array<UsageField, 6> kUsage{{{.name = "requests", .value = &AgentUsage::requests},
                                            {.name = "prompt_tokens", .value = &AgentUsage::prompt_tokens},
                                            {.name = "cached_tokens", .value = &AgentUsage::cached_tokens},
                                            {.name = "output_tokens", .value = &AgentUsage::output_tokens},
                                            {.name = "retries", .value = &AgentUsage::retries},
                                            {.name = "failures", .value = &AgentUsage::failures}}};

}  // namespace

Json usage_json(const UsageTable& table) {
  Json agents = Json::array();
  for (std::size_t i = 0; i < table.agents.size(); ++i) {
    Json agent = Json::object({{"agent", table.agents[i]}});
    for (const UsageField& field : kUsage) {
      agent.set(std::string(field.name), table.own[i].*field.value + table.before[i].*field.value);
    }
    agent.set("cost", 0);
    agents.push(std::move(agent));
  }
  return Json::object({{"events_found", table.events_found}, {"agents", std::move(agents)}});
}

std::vector<AgentUsage> usage_in(const std::filesystem::path& file, const std::vector<std::string>& agents) {
  std::vector<AgentUsage> all(agents.size());
  const auto text = read_result_file(file);
  const auto json = Json::parse(text ? *text : "");
  const Json* rows = json && json->is_object() ? json->find("agents") : nullptr;
  if (rows == nullptr || !rows->is_array()) {
    return all;
  }
  for (const Json& row : rows->as_array()) {
    const auto found = row.is_object() ? std::ranges::find(agents, row.text_or("agent")) : agents.end();
    if (found == agents.end()) {
      continue;
    }
    for (const UsageField& field : kUsage) {
      const Json* value = row.find(field.name);
      all[static_cast<std::size_t>(found - agents.begin())].*field.value =
          value != nullptr && value->is_integer() ? std::clamp<std::int64_t>(value->as_integer(), 0, kUsageMax) : 0;
    }
  }
  return all;
}

std::size_t events_found_in(const std::filesystem::path& file) {
  const auto text = read_result_file(file);
  const auto json = Json::parse(text ? *text : "");
  const Json* found = json && json->is_object() ? json->find("events_found") : nullptr;
  return found != nullptr && found->is_integer()
             ? static_cast<std::size_t>(std::max<std::int64_t>(0, found->as_integer()))
             : 0;
}

Result<void> write_whole(const std::filesystem::path& file, std::string_view text) {
  std::error_code code;
  if (file.has_parent_path()) {
    std::filesystem::create_directories(file.parent_path(), code);
  }
  std::filesystem::path beside = file;
  beside += kBeside;
  {
    errno = 0;
    std::ofstream out(beside, std::ios::binary | std::ios::trunc);
    out << text;
    out.flush();
    if (!out) {
      const int reason = errno;
      std::filesystem::remove(beside, code);
      return fail(ErrorCode::io,
                  format_text("cannot write '{}': {}", printable(file.string()),
                              reason == 0 ? "the disk takes no more" : std::strerror(reason)),
                  "free space on the disk, or another folder with --out");
    }
  }
  std::filesystem::rename(beside, file, code);
  if (code) {
    return fail(ErrorCode::io, format_text("cannot write '{}': {}", printable(file.string()), code.message()),
                "another folder with --out");
  }
  return {};
}

}  // namespace puna::sim
