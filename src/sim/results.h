// What a run leaves behind it: tables, the JSON export, the verdicts of the success criteria.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "puna/sim/run.h"

namespace puna::sim {

[[nodiscard]] std::vector<Verdict> verdicts_of(const Scenario& scenario, const RunResult& result);

// A cell of the tables below, quoted where it must be; nothing for null.
[[nodiscard]] std::string csv_cell(const Json& value);
// An object's names, and its values, as lines of such a table.
[[nodiscard]] std::string csv_head(const Json& row);
[[nodiscard]] std::string csv_row(const Json& row);
// Comma-separated, a head line, "\n" at line ends; numbers are the shortest that read back the same.
[[nodiscard]] std::string epochs_csv(const RunResult& result);
[[nodiscard]] std::string agents_csv(const RunResult& result, const std::vector<AgentUsage>& logged);
[[nodiscard]] Json export_json(const Scenario& scenario, const RunResult& result);
// What LLM agents' models did, in this process and in earlier ones of the same run.
struct UsageTable {
  std::vector<std::string> agents;
  std::vector<AgentUsage> own;
  std::vector<AgentUsage> before;
  std::size_t events_found = 0;
};
[[nodiscard]] Json usage_json(const UsageTable& table);
// What such a file says of these agents; zeros for those that it does not know, or without a file.
[[nodiscard]] std::vector<AgentUsage> usage_in(const std::filesystem::path& file,
                                               const std::vector<std::string>& agents);
// Its events_found; 0 without a file.
[[nodiscard]] std::size_t events_found_in(const std::filesystem::path& file);

// What a file is called until it is whole.
inline constexpr std::string_view kBeside = ".new";
// A file that is there whole or not at all.  Errors  io
[[nodiscard]] Result<void> write_whole(const std::filesystem::path& file, std::string_view text);

}  // namespace puna::sim
