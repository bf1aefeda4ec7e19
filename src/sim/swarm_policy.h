// How scripted agents behave in the interaction world, and how efforts look.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "puna/sim/world.h"

namespace puna::sim {

inline const std::array<std::string, 3> kEfforts{"full", "half", "none"};

[[nodiscard]] Observables observables_of(std::string_view effort);
[[nodiscard]] std::string_view quality_of(std::string_view effort);  // "good", "poor", "harmful"

struct SwarmSight {
  AgentType type = AgentType::honest;
  std::vector<ActionKind> allowed;
  double own_reputation = 0;
  double sender_reputation = 0;  // of the first waiting proposal's
  std::int64_t offer = 0;        // that it makes
};
// Answers proposals first, then hands in its task, then begins something.
[[nodiscard]] Action swarm_policy(const SwarmSight& sight, Random& random);

}  // namespace puna::sim
