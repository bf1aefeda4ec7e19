// --agents: agent files as tools of the agent.
#include <algorithm>
#include <cctype>
#include <chrono>
#include <iterator>
#include <utility>
#include <vector>

#include "cli/equipment.h"
#include "puna/tools/agent_files.h"

namespace puna::cli {
namespace {

// Other programs write tools with a capital.
std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// Names of agents are agents, of tools tools; the rest is said to nobody but the user.
void set_tools(Console& console, const AgentFile& file, const std::vector<AgentFile>& files, const Toolbox& tools,
               AgentSpec& spec) {
  if (!file.tools) {
    return;
  }
  spec.tools.emplace();
  for (const std::string& name : *file.tools) {
    if (std::ranges::contains(files, name, &AgentFile::name)) {
      spec.agents.push_back(name);
    } else if (const std::string known = tools.find(name) != nullptr ? name : lower(name);
               tools.find(known) != nullptr) {
      spec.tools->push_back(known);
    } else {
      console.err("note: agent " + file.name + " goes without '" + name + "': there is no such tool or agent\n",
                  Style::yellow);
    }
  }
}

AgentSpec spec_of(Console& console, const AgentFile& file, const std::vector<AgentFile>& files, const Toolbox& tools) {
  AgentSpec spec{.name = file.name,
                 .description = file.description,
                 .start = file.is_fork ? AgentSpec::Start::fork : AgentSpec::Start::fresh,
                 .system_prompt = file.system_prompt};
  set_tools(console, file, files, tools, spec);
  spec.reasoning_tokens_max = file.reasoning_tokens_max;
  spec.budget.turns_max = file.turns_max.value_or(spec.budget.turns_max);
  spec.budget.output_tokens_max = file.output_tokens_max.value_or(static_cast<int>(spec.budget.output_tokens_max));
  if (file.seconds_max) {
    spec.budget.time_max = std::chrono::seconds(*file.seconds_max);
  }
  return spec;
}

Result<std::vector<AgentFile>> trusted_files(Console& console, const Options& options, const Equipment& equipment) {
  std::vector<AgentFile> files;
  for (const std::string& path : options.agents) {
    PUNA_TRY(FoundAgents found, find_agent_files(path, options.root).transform_error([](Error error) {
      error.message = "--agents: " + error.message;
      return error;
    }));
    for (const std::string& problem : found.problems) {
      console.err("note: no agent: " + problem + "\n", Style::yellow);
    }
    files.insert(files.end(), std::move_iterator(found.agents.begin()), std::move_iterator(found.agents.end()));
  }
  const std::size_t all = files.size();
  files = trusted_agent_files(std::move(files), *equipment.approvals, equipment.terminal.get());
  if (files.size() < all && equipment.terminal == nullptr) {
    console.err("note: agents of the project are left out: nobody is at a terminal to trust them\n", Style::yellow);
  }
  for (const AgentFile& file : files) {
    for (const std::string& key : file.ignored) {
      console.err("note: '" + key + "' of " + file.file.string() + " means nothing here\n", Style::dim);
    }
  }
  return files;
}

}  // namespace

Result<void> add_agents(Console& console, const Options& options, Equipment& equipment) {
  PUNA_TRY(const std::vector<AgentFile> files, trusted_files(console, options, equipment));
  if (files.empty()) {
    return {};
  }
  std::vector<AgentSpec> specs;
  std::ranges::transform(files, std::back_inserter(specs),
                         [&](const AgentFile& file) { return spec_of(console, file, files, equipment.tools); });
  PUNA_TRY(equipment.agents, AgentDirectory::create(std::move(specs)));
  return equipment.agents->offer(equipment.tools);
}

}  // namespace puna::cli
