// Arithmetic as people and models write it.
//
//   sum      = product (("+" | "-") product)*
//   product  = signed (("*" | "/" | "//" | "%") signed)*
//   signed   = ("+" | "-") signed | power
//   power    = primary (("^" | "**") signed)?              so -2^2 is -4 and 2^3^2 is 512
//   primary  = number | name | name "(" sum ("," sum)* ")" | "(" sum ")"
//
// Also read: the signs U+00D7, U+00F7 and U+2212 for * / and -. "%" is the remainder, with the sign of the divisor, as
// in Python; "//" rounds down. Names: pi e; sqrt exp ln log10 log2 sin cos tan asin acos atan (radians) abs floor ceil
// round(x) round(x, digits) min max log(x) (natural, as in Python) log(x, base). Halves are rounded away from zero.
//
// "1,000" is a thousand: groups of exactly three digits after one to three. Inside a function's parentheses a comma
// always separates arguments; max(1,000) is refused, since "000" can only have been meant as a group.
#pragma once

#include <string_view>

#include "tools/number.h"

namespace puna::tools {

inline constexpr std::size_t kExpressionBytesMax = 2'000;
inline constexpr int kExpressionDepthMax = 100;

// Errors  invalid_argument  what is wrong and at which byte (counted from 1), or what cannot be computed
// Cost    O(length).
[[nodiscard]] Result<Number> evaluate(std::string_view expression);

}  // namespace puna::tools
