// The tags of reasoning and calls, as the generic format, the grammar and the parser of replies all spell them.
#pragma once

#include <string_view>

namespace puna {

inline constexpr std::string_view kThinkStart = "<think>";
inline constexpr std::string_view kThinkEnd = "</think>";
inline constexpr std::string_view kCallStart = "<tool_call>";
inline constexpr std::string_view kCallEnd = "</tool_call>";
inline constexpr std::string_view kResultStart = "<tool_response>";
inline constexpr std::string_view kResultEnd = "</tool_response>";

}  // namespace puna
