// The sampling that a model's file asks for.
#pragma once

#include "engine/gguf_header.h"
#include "puna/engine/weights.h"

namespace puna::engine {

// Fills facts.sampling from the keys general.sampling.*. A key that cannot be used (of another type, out of range, an
// unknown stage) is advice that is not taken, not a damaged file: it goes to facts.sampling_refused.
// Source: LLAMA_MODEL_META_KEY_SAMPLING_* in llama.h.
void read_sampling(const GgufHeader& header, ModelFacts& facts);

}  // namespace puna::engine
