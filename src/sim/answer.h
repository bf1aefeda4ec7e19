// What an LLM agent wrote, as the JSON that it meant. The grammar leaves nothing to guess; servers that know no grammar
// let models put a fence or a sentence around their answer.
#pragma once

#include <string_view>

namespace puna::sim {

// The inside of the first fenced block; else from the first brace to the last; else all of it. A part of `text`.
[[nodiscard]] std::string_view json_part(std::string_view text);

}  // namespace puna::sim
