// What an agent of the command line has in its hands: tools, a folder, and who says what it may do.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "cli/console.h"
#include "cli/interrupt.h"
#include "cli/options.h"
#include "cli/terminal.h"
#include "puna/agent/sub_agent.h"
#include "puna/sandbox.h"
#include "puna/tools.h"
#include "puna/tools/gate.h"
#include "puna/tools/permission.h"
#include "puna/tools/results.h"

namespace puna::cli {

// Owns what its parts borrow from each other.
struct Equipment {
  std::unique_ptr<Terminal> terminal;           // absent: nobody is there
  std::unique_ptr<AgentDirectory> agents;       // that are among the tools; may be absent
  std::shared_ptr<const ResultFolder> results;  // of tools; absent when no tool could read them
  Toolbox tools;
  std::unique_ptr<Approvals> approvals;
  PermissionOptions permissions;  // of the gate
  std::unique_ptr<Gate> gate;
  std::string instructions;  // of AGENTS.md files, for the system prompt; may be empty
};

// What is offered when the options name no tools. All of them only read, and need no network: code computes by itself,
// and has the facts that come with Puna to search instead.
enum class DefaultTools : std::uint8_t { none, calls, code };
[[nodiscard]] std::vector<std::string> default_tools(DefaultTools which);

// The tools that the options name, else the default ones.
//
// Beside them: the skills that somebody trusts, as one more tool, where there are any and tools at all.
//
// Tools may not write the policy, the configuration folder, the state folder and stored sessions, wherever they lie.
// Errors  invalid_argument, not_found, io, corrupt  a tool, the folder or the policy
//         cancelled  the stop was asked for while a server was started; nothing of it is left
[[nodiscard]] Result<Equipment> open_equipment(Console& console, const Options& options, DefaultTools otherwise,
                                               const std::stop_token& stop = {});
// The same, stopped by Ctrl-C.
[[nodiscard]] Result<Equipment> open_equipment(Console& console, const Options& options, DefaultTools otherwise,
                                               Interrupt& interrupt);

// From now on a result too large for the model's window becomes a file, if a tool can read it there.
void keep_large_results(Equipment& equipment, const Model& model);

// Adds the agents of options.agents to the tools, those of the project only when somebody trusts them.
// Errors  not_found, io  a file or folder that was named;  invalid_argument  two agents, or an agent and a tool, of one
//         name
[[nodiscard]] Result<void> add_agents(Console& console, const Options& options, Equipment& equipment);

// A folder for programs, in which they cannot write what no tool may write: read-only when it lies in such a folder.
[[nodiscard]] SandboxWorkspace sandbox_workspace(const Options& options, const std::filesystem::path& folder);
// A system prompt with the instructions behind it.
[[nodiscard]] std::string with_instructions(std::string prompt, const Equipment& equipment);

// The tools' names and limits, for --help.
[[nodiscard]] std::string tools_help();

// Puna's own folders, by the XDG variables or beneath HOME; empty without either.
[[nodiscard]] std::filesystem::path configuration_folder();
[[nodiscard]] std::filesystem::path state_folder();
[[nodiscard]] std::filesystem::path data_folder();

}  // namespace puna::cli
