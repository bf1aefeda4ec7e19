// Log probabilities of one row of logits, before anything that sampling does to it.
#pragma once

#include <span>

#include "puna/engine/generation.h"

namespace puna::engine {

// Fills out[0] with the chosen token's, out[1, size) with those of the likeliest, best first; where there are fewer
// finite logits, the rest has token -1. Logits that are not finite have no probability. No memory is taken.
// Requires  out is not empty; logits has the chosen token's, and it is finite.
void log_probabilities(std::span<const float> logits, Token chosen, std::span<TokenProbability> out);

}  // namespace puna::engine
