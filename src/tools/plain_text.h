// Letters and white space of ASCII, as HTML and HTTP know them.
#pragma once

#include <string>
#include <string_view>

namespace puna::tools {

inline constexpr std::string_view kSpaces = " \t\n\r\f";
[[nodiscard]] constexpr bool is_space(char c) { return kSpaces.contains(c); }

// The letters A to Z as a to z.
[[nodiscard]] std::string lowered(std::string_view text);
[[nodiscard]] std::string_view trimmed(std::string_view text);
// The text with every run of white space as one space, and none at its ends.
[[nodiscard]] std::string collapsed(std::string_view text);

}  // namespace puna::tools
