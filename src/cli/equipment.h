// What an agent of the command line has in its hands: tools, a folder, and who says what it may do.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "cli/console.h"
#include "cli/options.h"
#include "cli/terminal.h"
#include "puna/sandbox.h"
#include "puna/tools.h"
#include "puna/tools/gate.h"

namespace puna::cli {

// Owns what its parts borrow from each other.
struct Equipment {
  Toolbox tools;
  std::unique_ptr<Terminal> terminal;  // absent: nobody is there
  std::unique_ptr<Approvals> approvals;
  std::unique_ptr<Gate> gate;
  std::string instructions;  // of AGENTS.md files, for the system prompt; may be empty
};

// The tools that the options name; `otherwise` = all that only read when none were named.
//
// Beside them: the skills that somebody trusts, as one more tool, where there are any and tools at all.
//
// Tools may not write the policy, the configuration folder and the state folder, wherever they lie.
// Errors  invalid_argument, not_found, io, corrupt  a tool, the folder or the policy
enum class DefaultTools : bool { none, all };
[[nodiscard]] Result<Equipment> open_equipment(Console& console, const Options& options, DefaultTools otherwise);

// A folder for programs, in which they cannot write what no tool may write: read-only when it lies in such a folder.
[[nodiscard]] SandboxWorkspace sandbox_workspace(const Options& options, const std::filesystem::path& folder);
// A system prompt with the instructions behind it.
[[nodiscard]] std::string with_instructions(std::string prompt, const Equipment& equipment);

// The tools' names and limits, for --help.
[[nodiscard]] std::string tools_help();

// Puna's own folders, by the XDG variables or beneath HOME; empty without either.
[[nodiscard]] std::filesystem::path configuration_folder();
[[nodiscard]] std::filesystem::path state_folder();

}  // namespace puna::cli
