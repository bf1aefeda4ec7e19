// JSON numbers between bounds, as text.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "puna/base/json.h"
#include "puna/base/regex_pool.h"

namespace puna {

// A decimal number, exactly: -12.5 is {true, "12", "5"}. No leading zeros before the point (but for "0"), no trailing
// zeros after it.
struct Decimal {
  bool is_negative = false;
  std::string whole = "0";
  std::string fraction;

  // Requires value.is_number() and finite.
  [[nodiscard]] static Decimal of(const Json& value);
  [[nodiscard]] bool is_zero() const { return whole == "0" && fraction.empty(); }
  [[nodiscard]] std::string text() const;
  bool operator==(const Decimal&) const = default;
};
[[nodiscard]] bool operator<(const Decimal& a, const Decimal& b);

struct NumberBounds {
  bool is_integer = false;
  std::optional<Decimal> min;
  std::optional<Decimal> max;
  bool excludes_min = false;
  bool excludes_max = false;

  [[nodiscard]] bool has_any() const { return min || max; }
  // The tighter of the present and the new bound.
  void at_least(const Decimal& bound, bool excluded);
  void at_most(const Decimal& bound, bool excluded);
};

// At most 25 digits before and after the point. An exponent (of at most 279) only where there is no bound and
// the number need not be an integer. An integer may be written with a point and zeros after it: 1.0 is one.
[[nodiscard]] Regex number_text(RegexPool& pool, const NumberBounds& bounds);
// This number, also with zeros after the point.
[[nodiscard]] Regex number_literal(RegexPool& pool, const Decimal& value);
// Multiples of a positive number: exact where only the last digits decide (2, 5, 10, 0.01, 0.25), or where the bounds
// leave at most kMultiplesMax of them. Empty: cannot be told from digits.
inline constexpr int kMultiplesMax = 2'000;
[[nodiscard]] std::optional<Regex> multiples_text(RegexPool& pool, const Decimal& step, const NumberBounds& bounds);

}  // namespace puna
