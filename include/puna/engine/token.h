// A token's number in a vocabulary.
#pragma once

#include <cstdint>

namespace puna {

using Token = std::int32_t;

}  // namespace puna
