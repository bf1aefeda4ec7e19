// What is asked of a prompt's tokens before they reach the engine's thread. Pure.
#pragma once

#include <span>

#include "engine/backend.h"

namespace puna::engine {

// Words are in the vocabulary, and every row of media tokens has its vectors.
// Errors  invalid_argument  the message says which token
[[nodiscard]] Result<void> check_tokens(const GenerationRequest& request, const EngineWeights& weights);

// Media tokens mean something to this process only.
// Errors  invalid_argument  there is one
[[nodiscard]] Result<void> check_for_files(std::span<const Token> tokens);

}  // namespace puna::engine
