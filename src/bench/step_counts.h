// What the step counter printed. Pure.
#pragma once

#include <cstdint>
#include <string_view>

#include "puna/base.h"

namespace puna::bench {

// Allocations and mutex locks in Puna's own code on the engine's threads, over steps that only decode.
struct StepCounts {
  std::int64_t steps = 0;
  std::int64_t allocations = 0;
  std::int64_t locks = 0;
};

// Errors  corrupt  not the counter's line
[[nodiscard]] Result<StepCounts> parse_step_counts(std::string_view line);

}  // namespace puna::bench
