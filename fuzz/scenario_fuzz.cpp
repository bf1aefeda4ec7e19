// Any text as a scenario file: read with what it promises, or refused with a place.
#include <cstdint>

#include "input.h"
#include "puna/sim/scenario.h"
#include "puna/sim/world.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace puna::sim;
  static const Worlds worlds = Worlds::built_in();
  const auto read = read_scenario(puna::fuzz::text_of(data, size), worlds);
  if (!read) {
    PUNA_CHECK(!read.error().empty(), "a bad scenario has a problem");
    for (const Problem& problem : read.error()) {
      PUNA_CHECK(problem.place.line > 0 && problem.place.column > 0 && !problem.what.empty(), "a problem has a place");
    }
    return 0;
  }
  PUNA_CHECK(!read->id.empty() && read->id.find('/') == std::string::npos, "an id names files");
  PUNA_CHECK(worlds.find(read->world) != nullptr, "its world is there");
  PUNA_CHECK(Proxy::create(read->proxy).has_value() && validate(read->payoff).has_value(), "its numbers are in range");
  int agents = 0;
  for (const AgentGroup& group : read->agents) {
    agents += group.count;
  }
  PUNA_CHECK(agents > 0 && agents <= kAgentsMax, "it has agents");
  return 0;
}
