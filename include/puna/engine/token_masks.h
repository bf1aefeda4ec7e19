// The tokens that a grammar allows next, for callers that choose tokens themselves. The engine uses the same code.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "puna/base.h"
#include "puna/engine/weights.h"

namespace puna {

class Grammar;  // puna/base/grammar.h

// Masks over one vocabulary. What is found for one grammar is kept for all.
// Thread  one owner, with its texts.
class TokenMasks {
 public:
  // Reads the whole vocabulary once (about 50 ms for 100,000 tokens).
  [[nodiscard]] static Result<std::unique_ptr<TokenMasks>> create(std::shared_ptr<const Weights> weights);
  TokenMasks() = default;
  TokenMasks(const TokenMasks&) = delete;
  TokenMasks& operator=(const TokenMasks&) = delete;
  virtual ~TokenMasks() = default;

  // A text under way. Must not outlive the masks.
  class Text {
   public:
    Text() = default;
    Text(const Text&) = delete;
    Text& operator=(const Text&) = delete;
    virtual ~Text() = default;

    // Finds the tokens that may come next.  Errors  limit  the grammar needs more memory than it may have
    [[nodiscard]] virtual Result<void> mask() = 0;
    // Of the last mask(). Tokens that end a generation are allowed where the text may end.
    [[nodiscard]] virtual bool allows(Token token) const = 0;
    [[nodiscard]] virtual bool may_end() const = 0;
    // False, and nothing changes: the grammar refuses it.
    [[nodiscard]] virtual bool accept(Token token) = 0;
    // What must come next, in place of the token that was just accepted (none: at the start), and goes on behind it;
    // empty when nothing is certain. See GenerationRequest::forced_text.
    [[nodiscard]] virtual std::vector<Token> forced(std::optional<Token> last) = 0;
  };
  [[nodiscard]] virtual std::unique_ptr<Text> begin(std::shared_ptr<const Grammar> grammar) = 0;
};

}  // namespace puna
