// The calculator's names: constants and functions.
#pragma once

#include <span>
#include <string_view>

#include "tools/number.h"

namespace puna::tools {

// pi, e.  Errors  invalid_argument  unknown name
[[nodiscard]] Result<Number> constant(std::string_view name);

// Requires  at least one argument.
// Errors    invalid_argument  unknown name (the message lists the known ones), wrong number of arguments, outside the
//           function's domain, result too large
[[nodiscard]] Result<Number> apply(std::string_view name, std::span<const Number> arguments);

}  // namespace puna::tools
