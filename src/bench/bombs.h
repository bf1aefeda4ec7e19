// What maskbench's schemas would never do.
#pragma once

#include <string>
#include <vector>

#include "puna/chat/output_format.h"

namespace puna::bench {

struct Bomb {
  std::string name;
  OutputFormat format;
};

[[nodiscard]] std::vector<Bomb> gbnf_bombs();
[[nodiscard]] std::vector<Bomb> pattern_bombs();
[[nodiscard]] std::vector<Bomb> schema_bombs();

}  // namespace puna::bench
