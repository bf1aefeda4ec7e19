// How the next token is chosen.
#pragma once

#include <cstdint>

#include "puna/base.h"

namespace puna {

// How the next token is chosen. Order: grammar (rejection first), penalties, top-k, typical, top-p, min-p, temperature,
// draw. The defaults are llama.cpp's.  temperature 0 = greedy: the most likely allowed token, no random number drawn.
struct Sampling {
  float temperature = 0.8F;     // >= 0
  int top_k = 40;               // 0 = off
  float top_p = 0.95F;          // 1 = off
  float min_p = 0.05F;          // 0 = off
  float typical_p = 1.0F;       // 1 = off
  float repeat_penalty = 1.0F;  // 1 = off
  float frequency_penalty = 0.0F;
  float presence_penalty = 0.0F;
  int penalty_last_tokens = 64;  // how far back the penalties look; -1 = the whole window
  std::uint64_t seed = 0;        // two generations with one seed and one prompt draw the same numbers

  bool operator==(const Sampling&) const = default;
};
// Errors  invalid_argument  a value out of its range or NaN; the message names it.
[[nodiscard]] Result<void> validate(const Sampling& sampling);

}  // namespace puna
