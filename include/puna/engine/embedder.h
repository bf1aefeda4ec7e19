// Texts as vectors, computed by the weights that generate.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>
#include <string_view>
#include <vector>

#include "puna/base.h"
#include "puna/engine.h"

namespace puna {

// How the vectors of a text's tokens become one: their mean, the first one's or the last one's. as_model: what the
// model's file says (PREFIX.pooling_type), else the mean.
enum class Pooling : std::uint8_t { as_model, mean, cls, last };

struct EmbedderOptions {
  Pooling pooling = Pooling::as_model;
  int text_tokens_max = 0;  // of one text; 0 = the trained window, at most 2,048
};

// What an embedder takes beside the weights once it is used: for EngineOptions::reserved_bytes. An estimate from the
// model's sizes.
[[nodiscard]] std::uint64_t estimate_embedder_bytes(const ModelFacts& facts, const EmbedderOptions& options,
                                                    Profile profile);

// Each text is computed alone, so that its vector does not depend on those beside it, nor on what the engine does.
// Memory is taken at the first embed().
//
// Thread  any; one text is computed at a time, further ones wait.
class Embedder {
 public:
  virtual ~Embedder() = default;

  // Of engine: profile and threads_batch, with every 0 replaced (Engine::options()).
  // Errors  invalid_argument  an option out of range; weights without a model (load_vocabulary())
  [[nodiscard]] static Result<std::unique_ptr<Embedder>> create(std::shared_ptr<const Weights> weights,
                                                                const EmbedderOptions& options,
                                                                const EngineOptions& engine);

  // The text's tokens with those that the vocabulary puts around it; no text spells a control token.
  enum class Length : bool { whole, cut };  // cut: to text_tokens_max(), at the text's end
  [[nodiscard]] virtual Result<std::vector<Token>> tokenize(std::string_view text, Length length) const = 0;
  // A vector of dimensions() numbers and of length 1.
  // Errors  invalid_argument  no tokens, or an id outside of the vocabulary
  //         limit             more tokens than text_tokens_max() (the message says both), or no memory
  //         cancelled         stop was asked for
  [[nodiscard]] virtual Result<std::vector<float>> embed(std::span<const Token> tokens, std::stop_token stop = {}) = 0;

  [[nodiscard]] virtual int dimensions() const = 0;
  [[nodiscard]] virtual int text_tokens_max() const = 0;
};

}  // namespace puna
