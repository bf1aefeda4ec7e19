// A text for models with a head for programs: YAML between two lines "---", then the text.
#pragma once

#include <string>
#include <string_view>

#include "puna/base.h"

namespace puna::tools {

struct FrontMatter {
  Json head;  // an object; values are strings, lists of strings, or null for anything else
  std::string body;
};
// Errors  corrupt  no such beginning, over 8 KiB of it, not YAML, not names and values; the message names file_name
[[nodiscard]] Result<FrontMatter> front_matter(std::string_view text, std::string_view file_name);

// "file_name: what", as these readers say it.
[[nodiscard]] std::unexpected<Error> bad_file(std::string_view file_name, std::string_view what);

// A description on one line; empty: there is none, or it is too long.
[[nodiscard]] std::string description_of(const Json& head);
inline constexpr std::size_t kDescriptionBytesMax = 1'024;

}  // namespace puna::tools
