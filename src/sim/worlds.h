// The built-in worlds.
#pragma once

#include "puna/sim/world.h"

namespace puna::sim {

[[nodiscard]] WorldKind swarm_world();
[[nodiscard]] WorldKind public_goods_world();
[[nodiscard]] WorldKind market_world();
[[nodiscard]] WorldKind debate_world();

}  // namespace puna::sim
