// Where the code stands in a reply.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace puna::agent {

inline constexpr std::string_view kCodeStart = "<code>";
inline constexpr std::string_view kCodeEnd = "</code>";

// All blocks between the tags, else all fences for Python, with an empty line between them; empty where there is
// neither. A last block that was not closed counts: a model may end its turn without the tag.
[[nodiscard]] std::string code_of(std::string_view reply);

// The replies of a code agent as a regular expression: text, and then at most one block, or exactly one, which is
// closed and ends the reply.
enum class Block : std::uint8_t { optional, required };
[[nodiscard]] std::string code_reply_pattern(Block block);

}  // namespace puna::agent
