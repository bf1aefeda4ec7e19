// See equipment.h.
#include "cli/equipment.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>

#include "cli/commands.h"
#include "cli/kept_session.h"
#include "puna/tools/files.h"
#include "puna/tools/permission.h"
#include "puna/tools/policy.h"
#include "puna/tools/programs.h"
#include "puna/tools/skills.h"
#include "puna/tools/web.h"

namespace puna::cli {
namespace {

constexpr std::string_view kToolNames =
    "calculator, current_time, list_files, read_file, read, write, edit, glob, grep, list, bash, python, web_search, "
    "visit_page, user_input, or none";

std::filesystem::path own_folder(const char* variable, const char* beneath_home) {
  const char* base = std::getenv(variable);
  if (base != nullptr && std::filesystem::path(base).is_absolute()) {  // as the XDG rules say
    return std::filesystem::path(base) / "puna";
  }
  const char* home = std::getenv("HOME");
  return home == nullptr || *home == '\0' ? std::filesystem::path()
                                          : std::filesystem::path(home) / beneath_home / "puna";
}

std::filesystem::path default_policy() {
  const std::filesystem::path folder = configuration_folder();
  return folder.empty() ? folder : folder / "policy.toml";
}

Result<Policy> open_policy(const Options& options) {
  Policy policy;
  const std::filesystem::path standard = default_policy();
  std::error_code ignored;
  const bool has_standard = !standard.empty() && std::filesystem::exists(standard, ignored);
  if (!options.policy_file.empty() || has_standard) {
    const std::filesystem::path file =
        options.policy_file.empty() ? standard : std::filesystem::path(options.policy_file);
    PUNA_TRY(const std::string text, read_text_file(file, kPolicyBytesMax));
    PUNA_TRY(policy, Policy::parse(text, file.string()));
  }
  for (const auto& [verdict, flags] : {std::pair(Verdict::allow, &options.allow), std::pair(Verdict::ask, &options.ask),
                                       std::pair(Verdict::deny, &options.deny)}) {
    for (const std::string& flag : *flags) {
      PUNA_TRY_VOID(policy.add_flag(verdict, flag));
    }
  }
  return policy;
}

std::vector<std::filesystem::path> secured_folders() {
  std::vector<std::filesystem::path> folders;
  for (const std::filesystem::path& folder : {configuration_folder(), state_folder(), data_folder()}) {
    if (!folder.empty()) {
      folders.push_back(std::filesystem::absolute(folder));
    }
  }
  return folders;
}

constexpr const char* kResultsEnding = ".results";  // of the folder beside a store

// What no tool may write: these, the policy, and a store of sessions with what SQLite has beside it.
std::vector<std::filesystem::path> secured_paths(const Options& options) {
  std::vector<std::filesystem::path> secured = secured_folders();
  if (!options.policy_file.empty()) {
    secured.push_back(std::filesystem::absolute(options.policy_file));
  }
  for (const char* ending : {"", "-wal", "-shm", "-journal", ".lock", ".cache", kResultsEnding}) {
    if (!options.session.store.empty()) {
      secured.push_back(std::filesystem::absolute(options.session.store + ending));
    }
  }
  return secured;
}

Result<std::shared_ptr<const Workspace>> open_workspace(const Options& options) {
  return Workspace::open(options.root, secured_paths(options)).transform_error([](Error error) {
    error.code = ErrorCode::invalid_argument;
    error.message = "--root: " + error.message;
    return error;
  });
}

// A kept session can still read them when it goes on.
Result<std::shared_ptr<const ResultFolder>> open_results(const Options& options) {
  if (!options.session.is_kept()) {
    return ResultFolder::temporary();
  }
  PUNA_TRY(std::filesystem::path folder, store_file(options.session));
  folder += kResultsEnding;
  return ResultFolder::open(folder);
}

bool is_file_tool(std::string_view name) {
  constexpr auto kNames =
      std::to_array<std::string_view>({"list_files", "read_file", "read", "write", "edit", "glob", "grep", "list"});
  return std::ranges::contains(kNames, name);
}

bool is_program(std::string_view name) { return name == "bash" || name == "python"; }

std::unique_ptr<Tool> make_program(const std::string& name, const Options& options,
                                   const std::shared_ptr<const Sandbox>& sandbox) {
  SandboxWorkspace folder = sandbox_workspace(options, options.root);
  return name == "bash" ? make_bash(sandbox, {.workspace = std::move(folder)})
                        : make_python(sandbox, {.workspace = std::move(folder)});
}

Result<std::unique_ptr<Tool>> make_tool(const std::string& name, const std::shared_ptr<const Workspace>& workspace,
                                        User* user, const WebOptions& web) {
  using Maker = std::unique_ptr<Tool> (*)(std::shared_ptr<const Workspace>);
  const std::map<std::string, Maker> file_tools{
      {"list_files", [](std::shared_ptr<const Workspace> folder) { return make_list_files(std::move(folder)); }},
      {"read_file", [](std::shared_ptr<const Workspace> folder) { return make_read_file(std::move(folder)); }},
      {"read", make_read},
      {"write", make_write},
      {"edit", make_edit},
      {"glob", make_glob},
      {"grep", make_grep},
      {"list", make_list}};
  if (const auto maker = file_tools.find(name); maker != file_tools.end()) {
    return maker->second(workspace);
  }
  if (name == "calculator") {
    return make_calculator();
  }
  if (name == "current_time") {
    return make_current_time(Clock::system());
  }
  if (name == "web_search" || name == "visit_page") {
    return open_web_tool(name, web);
  }
  if (name == "user_input") {
    return make_user_input(user);
  }
  return fail(ErrorCode::invalid_argument, format_text("--tools: no tool is called '{}'", name),
              std::string(kToolNames));
}

// Answers that cannot be read do not count; the run goes on without them.
std::unique_ptr<Approvals> open_approvals(Console& console, const Options& options) {
  const std::filesystem::path state = state_folder();
  if (state.empty()) {
    return Approvals::in_memory();
  }
  auto approvals = Approvals::open(state / "approvals", options.root);
  if (approvals) {
    return *std::move(approvals);
  }
  if (approvals.error().code != ErrorCode::not_found) {
    console.err("note: " + approvals.error().message + "; earlier answers do not count\n", Style::yellow);
  }
  return Approvals::in_memory();
}

// What cannot be read is left out, and that is said.
std::string open_instructions(Console& console, const Options& options) {
  const auto files = options.no_agents_md ? std::vector<AgentsFile>() : agents_files(options.root);
  if (!files) {
    if (files.error().code != ErrorCode::not_found) {
      console.err("note: left out of the prompt: " + files.error().message + "\n", Style::yellow);
    }
    return {};
  }
  for (const AgentsFile& file : *files) {
    console.err("note: " + file.file.string() + " is part of the prompt (--no-agents-md leaves it out)\n", Style::dim);
  }
  return as_instructions(*files);
}

Result<void> add_skills(Console& console, const Options& options, Equipment& equipment) {
  const std::filesystem::path own = configuration_folder();
  FoundSkills found =
      find_skills(std::filesystem::path(options.root) / ".agents/skills", own.empty() ? own : own / "skills");
  for (const std::string& problem : found.problems) {
    console.err("note: no skill: " + problem + "\n", Style::yellow);
  }
  const std::size_t all = found.skills.size();
  std::vector<Skill> skills = trusted_skills(std::move(found.skills), *equipment.approvals, equipment.terminal.get());
  if (skills.size() < all && equipment.terminal == nullptr) {
    console.err("note: skills of the project are left out: nobody is at a terminal to trust them\n", Style::yellow);
  }
  return skills.empty() ? Result<void>() : equipment.tools.add(make_skill_tool(std::move(skills)));
}

// What allows a tool that the run does not have was meant for something else. To deny one is no mistake.
void note_idle_rules(Console& console, const Options& options, const Toolbox& tools) {
  for (const std::string& rule : options.allow) {
    const std::string name = rule.substr(0, rule.find(':'));
    if (name.find_first_of("*?[{\\") == std::string::npos && tools.find(name) == nullptr) {
      console.err(format_text("note: --allow {} does nothing: this run has no tool '{}' (--tools)\n", rule, name),
                  Style::yellow);
    }
  }
}

}  // namespace

std::vector<std::string> default_tools(DefaultTools which) {
  switch (which) {
    case DefaultTools::none:
      return {};
    case DefaultTools::calls:
      return {"calculator", "current_time", "list_files", "read_file"};
    case DefaultTools::code:
      return {"current_time", "list_files", "read_file", "web_search"};
  }
  return {};
}

std::string with_instructions(std::string prompt, const Equipment& equipment) {
  if (!equipment.instructions.empty()) {
    prompt += (prompt.empty() ? "" : "\n\n") + equipment.instructions;
  }
  return prompt;
}

std::filesystem::path configuration_folder() { return own_folder("XDG_CONFIG_HOME", ".config"); }
std::filesystem::path data_folder() { return own_folder("XDG_DATA_HOME", ".local/share"); }
std::filesystem::path state_folder() { return own_folder("XDG_STATE_HOME", ".local/state"); }

SandboxWorkspace sandbox_workspace(const Options& options, const std::filesystem::path& folder) {
  SandboxWorkspace workspace{.folder = folder};
  if (folder.empty()) {
    return workspace;
  }
  std::error_code ignored;
  const auto resolved = [&ignored](const std::filesystem::path& path) {
    return std::filesystem::weakly_canonical(path, ignored);
  };
  const auto is_beneath = [](const std::filesystem::path& name) {  // a relative name, of what may be the folder itself
    return !name.empty() && *name.begin() != "..";
  };
  const std::filesystem::path root = resolved(folder);
  for (const std::filesystem::path& path : secured_paths(options)) {
    const std::filesystem::path name = resolved(path).lexically_relative(root);
    if (is_beneath(root.lexically_relative(resolved(path)))) {
      workspace.writable = false;
    } else if (is_beneath(name)) {
      workspace.guarded.push_back(name.string() + (std::ranges::contains(secured_folders(), path) ? "/" : ""));
    }
  }
  return workspace;
}

Result<Equipment> open_equipment(Console& console, const Options& options, DefaultTools otherwise,
                                 Interrupt& interrupt) {
  const Interrupt::Scope scope(interrupt);
  return open_equipment(console, options, otherwise, scope.token());
}

Result<Equipment> open_equipment(Console& console, const Options& options, DefaultTools otherwise,
                                 const std::stop_token& stop) {
  std::vector<std::string> names = options.tools_given ? options.tools : default_tools(otherwise);
  if (names == std::vector<std::string>{"none"}) {
    names.clear();
  }
  PUNA_TRY(Policy policy, open_policy(options));
  Equipment equipment;
  if (!options.no_terminal && Terminal::is_there(console)) {
    equipment.terminal = std::make_unique<Terminal>(console);
  }
  std::shared_ptr<const Workspace> workspace;
  if (std::ranges::any_of(names, is_file_tool)) {
    PUNA_TRY(workspace, open_workspace(options));
  }
  if (otherwise != DefaultTools::code && std::ranges::contains(names, "read")) {  // code keeps results in variables
    PUNA_TRY(equipment.results, open_results(options));
    workspace = equipment.results->beside(std::move(workspace));
  }
  std::shared_ptr<const Sandbox> sandbox;
  if (std::ranges::any_of(names, is_program)) {
    PUNA_TRY(Sandbox opened, Sandbox::open());
    sandbox = std::make_shared<const Sandbox>(std::move(opened));
  }
  for (const std::string& name : names) {
    if (is_program(name)) {
      PUNA_TRY_VOID(equipment.tools.add(make_program(name, options, sandbox)));
      continue;
    }
    PUNA_TRY(auto tool, make_tool(name, workspace, equipment.terminal.get(), options.web));
    PUNA_TRY_VOID(equipment.tools.add(std::move(tool)));
  }
  PUNA_TRY_VOID(add_mcp_tools(console, options, equipment.tools, equipment.terminal.get(), stop));
  equipment.approvals = open_approvals(console, options);
  if (!names.empty() && !options.no_skills) {
    PUNA_TRY_VOID(add_skills(console, options, equipment));
  }
  PUNA_TRY_VOID(add_agents(console, options, equipment));
  if (equipment.agents == nullptr && otherwise != DefaultTools::code) {  // agents and code have more tools than these
    note_idle_rules(console, options, equipment.tools);
  }
  equipment.instructions = open_instructions(console, options);
  std::error_code ignored;
  equipment.permissions = {.policy = std::move(policy),
                           .workspace = std::move(workspace),
                           .project = std::filesystem::weakly_canonical(options.root, ignored),
                           .approver = equipment.terminal.get(),
                           .approvals = equipment.approvals.get()};
  equipment.gate = make_permissions(equipment.permissions);
  return equipment;
}

void keep_large_results(Equipment& equipment, const Model& model) {
  if (equipment.results != nullptr) {
    equipment.tools.keep_large_results(equipment.results, result_bytes_for(model.window_tokens()));
  }
}

std::string tools_help() {
  constexpr std::size_t kMiB = 1'048'576;
  return format_text(
      "Tools (--tools) and their limits:\n"
      "- calculator, current_time: those of numbers\n"
      "- list_files, list: folders of at most 2,000 entries\n"
      "- read_file: files up to 1 MiB, of which 32 KiB are shown\n"
      "- read: files up to {} MiB; {} lines or {} KiB at once, lines up to {} bytes\n"
      "- write: files up to {} MiB\n"
      "- edit: files up to {} MiB; of a difference {} KiB are shown\n"
      "- glob: {} paths; folders down to {} deep, {} entries\n"
      "- grep: {} lines; files up to {} MiB, {} MiB in all\n"
      "- web_search: 5 hits; --search names the engine, of whose answer 2 MiB are read in 30 s\n"
      "- visit_page: {} MiB of a page, read in 30 s; {} characters of it are shown\n"
      "- bash, python: 30 s, 512 MiB, no network, in the sandbox; they write to --root\n"
      "- user_input: 16 KiB of an answer\n"
      "An observation has at most {} KiB; with read among the tools, what is too large for the window is a file that "
      "read "
      "shows in pieces. --max-seconds ends every tool.\n"
      "\n"
      "Permissions: what reads is allowed; what writes, runs code or leaves the machine asks at the terminal, and is "
      "denied "
      "where there is none. A deny beats an ask, an ask beats an allow. docs/permissions.md says more.\n",
      kReadFileBytesMax / kMiB, kReadLinesMax, kReadShownBytesMax / 1'024, kReadLineBytesMax, kWriteBytesMax / kMiB,
      kEditFileBytesMax / kMiB, kDiffBytesMax / 1'024, kGlobShownMax, kWalkDepthMax, kWalkEntriesMax, kGrepLinesMax,
      kGrepFileBytesMax / kMiB, kGrepBytesMax / kMiB, kPageBytesMax / kMiB, kPageCharactersMax,
      kObservationBytesMax / 1'024);
}

}  // namespace puna::cli
