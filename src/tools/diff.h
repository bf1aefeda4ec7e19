// What an edit did, in the form that patch(1) reads.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace puna::tools {

// Bytes [begin, end) of the old text gave way to `text`.
struct Replaced {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string_view text;
};

// A unified diff with three lines around each change. `changes` in order, without overlaps, at least one.
[[nodiscard]] std::string unified_diff(std::string_view path, std::string_view old_text,
                                       const std::vector<Replaced>& changes);

}  // namespace puna::tools
