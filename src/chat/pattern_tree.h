// A pattern, parsed. Used by pattern.cpp only.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "chat/code_points.h"
#include "puna/base/error.h"

namespace puna::pattern {

struct Node {
  enum class Kind : std::uint8_t { one, sequence, either, repeat, start, end, ahead, not_ahead };
  Kind kind = Kind::sequence;
  CodePoints points;  // one
  std::uint32_t min = 0;
  std::uint32_t max = 0;
  std::vector<Node> parts;     // repeat, ahead, not_ahead: one part
  bool has_assertion = false;  // an anchor or a lookahead in it
};

// Errors  as texts_with()
[[nodiscard]] Result<Node> parse(std::string_view pattern);

}  // namespace puna::pattern
