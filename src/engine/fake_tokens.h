// Test support: the tokens of the fake vocabulary, in which every byte is one.
#pragma once

#include <string_view>
#include <vector>

#include "puna/engine/token.h"

namespace puna::engine::fake {

inline std::vector<Token> tokens_of(std::string_view text) {
  std::vector<Token> tokens;
  for (const char c : text) {
    tokens.push_back(static_cast<unsigned char>(c));
  }
  return tokens;
}

}  // namespace puna::engine::fake
