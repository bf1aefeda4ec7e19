// Named sets of characters in patterns.
#pragma once

#include <optional>
#include <string_view>

#include "chat/code_points.h"

namespace puna::pattern {

// \d, \w, \s and their complements, by letter. RE2's: ASCII only, but \s has the vertical tab, as in ECMA-262.
[[nodiscard]] std::optional<CodePoints> perl_class(char letter);
// "alpha" for [[:alpha:]].
[[nodiscard]] std::optional<CodePoints> posix_class(std::string_view name);
// A general category of Unicode: "L", "Lu", "Letter".
[[nodiscard]] std::optional<CodePoints> unicode_class(std::string_view name);

}  // namespace puna::pattern
