// The context side of libllama behind the engine's seams. llama_backend.cpp, llama_batch.h, llama_embedder.cpp,
// llama_library.cpp, llama_peers.cpp and llama_weights.cpp are the only files of the project that include llama.h,
// besides tests of them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/backend.h"

struct llama_model;
struct llama_vocab;

namespace puna::engine {

// Requires  options with every 0 replaced; `model` outlives the result. cells: of the whole cache.
// model_fingerprint: see fingerprint().
// Errors    limit  the library could not allocate it;  invalid_argument  the model does not generate text
[[nodiscard]] Result<std::unique_ptr<Backend>> open_llama_backend(llama_model* model, const ModelFacts& facts,
                                                                  const EngineOptions& options, std::int64_t cells,
                                                                  std::uint64_t model_fingerprint);

// The library's model behind weights that have one; for other contexts than the engine's (llama_peers.cpp).
// Requires  weights from Weights::load().
[[nodiscard]] llama_model* library_model(const Weights& weights);

// Whether there are weights, not a vocabulary alone. Requires  weights from Weights::load() or load_vocabulary().
[[nodiscard]] bool can_compute(const Weights& weights);

// A whole text tokenised by the library at once, special tokens and BOS included: what parts are compared with.
// Requires  weights from Weights::load() or load_vocabulary().
[[nodiscard]] std::vector<Token> library_tokens(const Weights& weights, std::string_view text);

// Values and bytes of one block of a tensor type, by the library's account; nothing for types that it does not have.
// gguf_types.h is checked against it.
[[nodiscard]] std::optional<std::pair<std::uint64_t, std::uint64_t>> library_tensor_size(std::uint32_t type);

}  // namespace puna::engine
