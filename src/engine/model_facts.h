// From a GGUF header to what people and the engine want to know about a model.
//
// Pure. Invariant of the result: architecture is not empty, vocabulary_tokens > 0.
#pragma once

#include <cstddef>
#include <span>

#include "engine/gguf_header.h"
#include "puna/engine/weights.h"

namespace puna::engine {

// Requires  `head` as it was given to parse_gguf_header().
// Leaves    file and file_bytes for the caller.
// Errors    corrupt  a key that libllama needs is missing, of another type, or has an impossible value
[[nodiscard]] Result<ModelFacts> model_facts(const GgufHeader& header, std::span<const std::byte> head);

}  // namespace puna::engine
