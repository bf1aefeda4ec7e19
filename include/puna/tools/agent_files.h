// Agents as files: Markdown with a head.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "puna/tools/permission.h"

namespace puna {

// YAML between two lines "---", then the system prompt:
//
//   ---
//   name: reader                  # as a tool's
//   description: Reads files and says what is in them.
//   tools: read, list, grep       # or a YAML list; agents, too. Left out: all that its caller has, and no agent
//   start: fork                   # a copy of its caller instead of a fresh start
//   turns_max: 8                  # also output_tokens_max, seconds_max, reasoning_tokens_max
//   ---
//   You read files.
struct AgentFile {
  enum class Origin : std::uint8_t { user, project };
  std::string name;
  std::string description;
  std::string system_prompt;
  std::optional<std::vector<std::string>> tools;
  bool is_fork = false;
  std::optional<int> turns_max;
  std::optional<int> output_tokens_max;
  std::optional<int> seconds_max;
  std::optional<int> reasoning_tokens_max;
  std::vector<std::string> ignored;  // keys of other programs
  std::filesystem::path file;
  Origin origin = Origin::user;
  std::string hash;  // of the whole file: what trust is bound to
};
// Errors  corrupt  no such beginning, not YAML, a wrong or missing value; the message names file_name
[[nodiscard]] Result<AgentFile> parse_agent_file(std::string_view text, std::string_view file_name);

struct FoundAgents {
  std::vector<AgentFile> agents;      // sorted by name
  std::vector<std::string> problems;  // of files that were left out, for people
};
// A file, or the .md files of a folder. What really lies beneath `project` is the project's.
// Errors  not_found, io  the path itself
[[nodiscard]] Result<FoundAgents> find_agent_files(const std::filesystem::path& path,
                                                   const std::filesystem::path& project);
inline constexpr std::size_t kAgentFileBytesMax = 65'536;
inline constexpr std::size_t kAgentFilesMax = 100;

// Leaves out agents of the project that nobody trusted: see trusted_skills() of puna/tools/skills.h.
[[nodiscard]] std::vector<AgentFile> trusted_agent_files(std::vector<AgentFile> agents, Approvals& approvals,
                                                         Approver* approver, const std::stop_token& stop = {});

}  // namespace puna
