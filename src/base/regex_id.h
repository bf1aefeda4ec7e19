// An expression's place in its pool.
#pragma once

#include <cstdint>

#include "puna/base/regex_pool.h"

namespace puna {

[[nodiscard]] inline std::uint32_t id(Regex regex) { return static_cast<std::uint32_t>(regex); }

}  // namespace puna
