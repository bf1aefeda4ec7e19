// Inputs as vectors: from an embedder, and from a server's /v1/embeddings.
#pragma once

#include <stop_token>

#include "puna/model.h"

namespace puna::model {

[[nodiscard]] Result<Embeddings> embed(Embedder& embedder, const EmbeddingRequest& request,
                                       const std::stop_token& stop);

// The protocol's body, and what it is answered with.
// Source: OpenAI's API reference, "Create embeddings".
[[nodiscard]] Json embeddings_body(const EmbeddingRequest& request, std::string_view model_name);
// Errors  corrupt  not as many vectors as inputs, or not numbers
[[nodiscard]] Result<Embeddings> read_embeddings(const Json& answer, std::size_t inputs);

}  // namespace puna::model
