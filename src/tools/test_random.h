// Random choices of tests. Tests only.
#pragma once

#include <cstddef>

#include "puna/base.h"

namespace puna::tools {

// One of [0, end).
inline std::size_t below(Random& random, std::size_t end) { return random.next() % end; }

}  // namespace puna::tools
