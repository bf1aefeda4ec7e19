// What a folder says to agents: AGENTS.md files, and skills (folders with a SKILL.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "puna/tools.h"
#include "puna/tools/permission.h"

namespace puna {

// ---- AGENTS.md ----------------------------------------------------------------------------------------------------

struct AgentsFile {
  std::filesystem::path file;
  std::string text;
};
// The AGENTS.md files of a folder and of those above it, up to the root of its repository (the first that has a .git);
// where there is none, of the folder alone. The nearest first. Links out of their folders are not followed.
// Errors  not_found  no such folder;  invalid_argument  a file that is not text;  limit  over kAgentsBytesMax in all;
// io
[[nodiscard]] Result<std::vector<AgentsFile>> agents_files(const std::filesystem::path& folder);
inline constexpr std::size_t kAgentsBytesMax = 65'536;
// As a part of a system prompt: each text behind a line that names its file; the first is said to count most. Empty for
// none.
[[nodiscard]] std::string as_instructions(const std::vector<AgentsFile>& files);

// ---- skills -------------------------------------------------------------------------------------------------------

// A SKILL.md is YAML between two lines "---" with name and description, then text for the model.
struct Skill {
  enum class Origin : std::uint8_t { user, project };
  std::string name;  // 1 to 64 of a-z, 0-9 and -; the name of its folder
  std::string description;
  std::string body;
  std::filesystem::path folder;
  Origin origin = Origin::user;
  std::string hash;  // of the whole SKILL.md: what trust is bound to
};
// Errors  corrupt  no such beginning, not YAML, a wrong or missing name or description; the message names file_name
[[nodiscard]] Result<Skill> parse_skill(std::string_view text, std::string_view file_name);

struct FoundSkills {
  std::vector<Skill> skills;          // sorted by name; a project's before the user's of the same name
  std::vector<std::string> problems;  // of skills that were left out, for people
};
// NAME/SKILL.md beneath each folder; folders that do not exist have none. At most kSkillsMax.
[[nodiscard]] FoundSkills find_skills(const std::filesystem::path& project_skills,
                                      const std::filesystem::path& user_skills);
inline constexpr std::size_t kSkillBytesMax = 65'536;
inline constexpr std::size_t kSkillsMax = 200;

// Leaves out skills of the project that nobody trusted, by an earlier answer for exactly this text or by one now:
// whoever wrote the repository wrote them. Of two that are left with one name, the first. `approver` may be nullptr:
// nobody is there.
[[nodiscard]] std::vector<Skill> trusted_skills(std::vector<Skill> skills, Approvals& approvals, Approver* approver,
                                                const std::stop_token& stop = {});

// {name}: the skill's text. The tool's description lists names and descriptions, so that a skill costs one line until
// it is used. Requires  at least one skill.
[[nodiscard]] std::unique_ptr<Tool> make_skill_tool(std::vector<Skill> skills);

}  // namespace puna
