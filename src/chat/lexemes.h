// Template text in units that markup is made of: a tag (<...>, [NAME]) is one unit, so is a word; every other character
// stands alone. What two texts begin or end with in common is measured in these, so that it never cuts a tag apart.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace puna {

inline constexpr std::size_t kTagBytesMax = 64;

[[nodiscard]] std::vector<std::string_view> lexemes(std::string_view text);
// <...> or [NAME], and nothing else.
[[nodiscard]] bool is_tag(std::string_view lexeme);

// Bytes that both texts begin, or end, with.
[[nodiscard]] std::size_t common_start(std::string_view a, std::string_view b);
[[nodiscard]] std::size_t common_end(std::string_view a, std::string_view b);

}  // namespace puna
