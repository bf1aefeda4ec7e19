// Regular expressions as users write them: RE2's syntax, which is JSON Schema's too where both have it, and lookahead.
//
// Refused, by name and place: back-references, lookbehind, word boundaries, anchors in the middle of a pattern,
// possessive repetition, the flags m and U, and names of Unicode classes other than general categories.
// Source: RE2's syntax page (github.com/google/re2/wiki/Syntax) and ECMA-262 section 22.2.
#pragma once

#include <string_view>

#include "chat/code_points.h"
#include "puna/base/error.h"

namespace puna {

inline constexpr int kPatternDepthMax = 100;
inline constexpr std::size_t kPatternBytesMax = 16 * 1024;
inline constexpr std::uint32_t kPatternRepeatMax = 100'000;

// The texts in which the pattern is found somewhere (JSON Schema's `pattern`), quotes included where the spelling has
// them. With `whole`, those that it matches from end to end.
// Errors  invalid_argument  what is refused above, or not well formed; the message says where
//         limit             longer or deeper than the bounds
[[nodiscard]] Result<Regex> texts_with(Spelling& spelling, std::string_view pattern, bool whole = false);

}  // namespace puna
