// See number.h.
#include "tools/number.h"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

namespace puna::tools {
namespace {

using Int = std::int64_t;
constexpr double kExactMax = 9007199254740992.0;  // 2^53: below, every integer is a double

struct Ints {
  Int a;
  Int b;
};
std::optional<Ints> both_integers(const Number& a, const Number& b) {
  const Int* x = std::get_if<Int>(&a);
  const Int* y = std::get_if<Int>(&b);
  return x != nullptr && y != nullptr ? std::optional(Ints{*x, *y}) : std::nullopt;
}

bool is_zero(const Number& number) { return to_double(number) == 0.0; }

std::unexpected<Error> division_by_zero() { return fail(ErrorCode::invalid_argument, "division by zero"); }

// base^exponent, or nothing when it does not fit. At most 63 rounds.
std::optional<Int> integer_power(Int base, Int exponent) {
  Int result = 1;
  while (exponent > 0) {
    if ((exponent & 1) != 0 && __builtin_mul_overflow(result, base, &result)) {
      return std::nullopt;
    }
    exponent >>= 1;
    if (exponent > 0 && __builtin_mul_overflow(base, base, &base)) {
      return std::nullopt;
    }
  }
  return result;
}

}  // namespace

Result<Number> number_from(double value) {
  if (std::isnan(value)) {
    return fail(ErrorCode::invalid_argument, "not a real number");
  }
  if (std::isinf(value)) {
    return fail(ErrorCode::invalid_argument, "the result is too large");
  }
  if (std::abs(value) <= kExactMax && std::trunc(value) == value) {
    return Number(static_cast<Int>(value));
  }
  return Number(value);
}

double to_double(const Number& number) {
  const Int* integer = std::get_if<Int>(&number);
  return integer != nullptr ? static_cast<double>(*integer) : std::get<double>(number);
}

Result<Number> add(const Number& a, const Number& b) {
  Int sum = 0;
  if (const auto ints = both_integers(a, b); ints && !__builtin_add_overflow(ints->a, ints->b, &sum)) {
    return Number(sum);
  }
  return number_from(to_double(a) + to_double(b));
}

Result<Number> subtract(const Number& a, const Number& b) {
  Int difference = 0;
  if (const auto ints = both_integers(a, b); ints && !__builtin_sub_overflow(ints->a, ints->b, &difference)) {
    return Number(difference);
  }
  return number_from(to_double(a) - to_double(b));
}

Result<Number> multiply(const Number& a, const Number& b) {
  Int product = 0;
  if (const auto ints = both_integers(a, b); ints && !__builtin_mul_overflow(ints->a, ints->b, &product)) {
    return Number(product);
  }
  return number_from(to_double(a) * to_double(b));
}

Result<Number> divide(const Number& a, const Number& b) {
  if (is_zero(b)) {
    return division_by_zero();
  }
  const auto ints = both_integers(a, b);
  if (ints && ints->b == -1) {
    return negate(a);
  }
  if (ints && ints->a % ints->b == 0) {
    return Number(ints->a / ints->b);
  }
  return number_from(to_double(a) / to_double(b));
}

Result<Number> floor_divide(const Number& a, const Number& b) {
  if (is_zero(b)) {
    return division_by_zero();
  }
  const auto ints = both_integers(a, b);
  if (ints && ints->b == -1) {
    return negate(a);
  }
  if (ints) {
    const bool round_down = ints->a % ints->b != 0 && (ints->a < 0) != (ints->b < 0);
    return Number(ints->a / ints->b - (round_down ? 1 : 0));
  }
  return number_from(std::floor(to_double(a) / to_double(b)));
}

Result<Number> remainder(const Number& a, const Number& b) {
  if (is_zero(b)) {
    return division_by_zero();
  }
  if (const auto ints = both_integers(a, b)) {
    if (ints->b == -1) {  // INT64_MIN % -1 traps
      return Number(Int{0});
    }
    const Int rest = ints->a % ints->b;
    return Number(rest != 0 && (rest < 0) != (ints->b < 0) ? rest + ints->b : rest);
  }
  const double divisor = to_double(b);
  const double rest = std::fmod(to_double(a), divisor);
  return number_from(rest != 0.0 && (rest < 0.0) != (divisor < 0.0) ? rest + divisor : rest);
}

Result<Number> power(const Number& base, const Number& exponent) {
  if (const auto ints = both_integers(base, exponent); ints && ints->b >= 0) {
    if (const auto exact = integer_power(ints->a, ints->b)) {
      return Number(*exact);
    }
  }
  if (is_zero(base) && to_double(exponent) < 0.0) {
    return division_by_zero();
  }
  return number_from(std::pow(to_double(base), to_double(exponent)));
}

Result<Number> negate(const Number& number) { return subtract(Number(Int{0}), number); }

bool less(const Number& a, const Number& b) {
  if (const auto ints = both_integers(a, b)) {
    return ints->a < ints->b;
  }
  return to_double(a) < to_double(b);
}

std::string to_text(const Number& number) {
  if (const Int* integer = std::get_if<Int>(&number)) {
    return std::to_string(*integer);
  }
  const double value = std::get<double>(number);
  const double size = std::abs(value);
  const auto form = size >= 1e16 || size < 1e-4 ? std::chars_format::scientific : std::chars_format::fixed;
  std::array<char, 64> buffer{};
  const auto written = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, form);
  PUNA_CHECK(written.ec == std::errc(), "the shortest text of a double has at most 26 characters");
  return {buffer.data(), written.ptr};
}

}  // namespace puna::tools
