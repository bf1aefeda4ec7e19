// The field "agents" of a scenario file.
#pragma once

#include <vector>

#include "puna/sim/scenario.h"
#include "sim/section.h"

namespace puna::sim {

void read_agents(Section& file, std::vector<AgentGroup>& groups);
// What it reads, where the file is described.
void describe_agents(Section& file);

// "honest_2" of a group without a name, "mira" of one agent with that name, "mira_2" of several.
[[nodiscard]] std::vector<std::string> agent_names(const std::vector<AgentGroup>& groups);

}  // namespace puna::sim
