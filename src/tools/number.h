// The calculator's numbers: a 64-bit integer as long as every step is exact, else a double.
//
// Invariant: a double is finite, and either has a fraction or lies beyond 2^53; every other value is an integer, so
// "6 / 2" stays exact and nothing prints as "3.0" or "-0".
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "puna/base.h"

namespace puna::tools {

using Number = std::variant<std::int64_t, double>;

// Errors  invalid_argument  NaN ("not a real number") or infinite ("the result is too large")
[[nodiscard]] Result<Number> number_from(double value);
[[nodiscard]] double to_double(const Number& number);

// All of these: Errors  invalid_argument  division by zero, result too large, not a real number.
// An integer step that does not fit 64 bits is done again in double.
[[nodiscard]] Result<Number> add(const Number& a, const Number& b);
[[nodiscard]] Result<Number> subtract(const Number& a, const Number& b);
[[nodiscard]] Result<Number> multiply(const Number& a, const Number& b);
[[nodiscard]] Result<Number> divide(const Number& a, const Number& b);
// Rounded down, and the remainder that belongs to it: it has the sign of b, as in Python.
[[nodiscard]] Result<Number> floor_divide(const Number& a, const Number& b);
[[nodiscard]] Result<Number> remainder(const Number& a, const Number& b);
[[nodiscard]] Result<Number> power(const Number& base, const Number& exponent);
[[nodiscard]] Result<Number> negate(const Number& number);
[[nodiscard]] bool less(const Number& a, const Number& b);

// The shortest text that reads back as the same number. Doubles of 1e16 and more, or under 1e-4, have an exponent:
// their digits beyond the seventeenth mean nothing.
[[nodiscard]] std::string to_text(const Number& number);

}  // namespace puna::tools
