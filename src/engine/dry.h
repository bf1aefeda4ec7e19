// DRY ("don't repeat yourself"): which tokens would go on repeating a sequence that was said before, and how long it
// is.
//
// Source: the sampler's description, https://github.com/oobabooga/text-generation-webui/pull/5677, and its rules for
// breakers in llama.cpp. Pure functions of the tokens: there is no state to save.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "puna/base.h"
#include "puna/engine/token.h"

namespace puna::engine {

// The token sequences that contain or spell a text over which no repetition goes on.
class DryBreakers {
 public:
  using Bytes = std::function<std::string_view(Token)>;
  using Tokenize = std::function<Result<std::vector<Token>>(std::string_view)>;

  // Cost  every token's bytes are searched for every text.
  // Errors  those of tokenize
  [[nodiscard]] static Result<DryBreakers> create(std::span<const std::string> texts, int vocabulary,
                                                  const Bytes& bytes, const Tokenize& tokenize);

  // How many of the latest tokens come after the last breaker.
  [[nodiscard]] std::size_t tokens_after(std::span<const Token> tokens) const;
  // The token is a breaker by itself.
  [[nodiscard]] bool is_breaker(Token token) const;

 private:
  struct Breaker {
    Token head;
    std::vector<Token> tail;
    auto operator<=>(const Breaker&) const = default;
  };
  [[nodiscard]] std::span<const Breaker> beginning_with(Token head) const;

  std::vector<Breaker> breakers_;  // sorted
};

struct Repeat {
  Token token = 0;
  int length = 0;  // of the longest sequence that ends the tokens and went on with this one before
};

// The tokens that would go on repeating at least `allowed` tokens, sorted, each once. scratch is overwritten.
void find_repeats(std::span<const Token> tokens, std::size_t limit, int allowed, std::vector<int>& scratch,
                  std::vector<Repeat>& repeats);

}  // namespace puna::engine
