// A token's number in a vocabulary.
#pragma once

#include <cstdint>

namespace puna {

using Token = std::int32_t;

// Tokens up to this one are no words: a row of them stands in a prompt for a picture or sound, each for one vector. Two
// of them are equal only for the same content. They mean something to the engine of one process only.
inline constexpr Token kMediaTokensEnd = -2;
[[nodiscard]] constexpr bool is_media(Token token) { return token <= kMediaTokensEnd; }

}  // namespace puna
