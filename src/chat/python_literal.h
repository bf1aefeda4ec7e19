// Values as Python prints them (True, None, 'text', [1, 2], {'a': 1}), which some templates and models write where JSON
// is meant.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "puna/base.h"

namespace puna {

struct PythonLiteral {
  Json value;
  std::size_t bytes = 0;  // of the text that was read, without white space behind it
};
// The literal at the start of the text; JSON's true, false and null count too. With a `quote`, strings may also stand
// between two of it, as they are, and keys may stand bare. Empty when there is none, or it nests deeper than
// kJsonDepthMax.
[[nodiscard]] std::optional<PythonLiteral> read_python_literal(std::string_view text, std::string_view quote = {});

}  // namespace puna
