// Whether a logit can be compared and counted.
#pragma once

#include <cmath>
#include <limits>

namespace puna::engine {

// False for NaN and infinities.
[[nodiscard]] inline bool is_finite(float value) { return std::abs(value) <= std::numeric_limits<float>::max(); }

}  // namespace puna::engine
