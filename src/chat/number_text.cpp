#include "chat/number_text.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>
#include <vector>

namespace puna {
namespace {

constexpr std::uint32_t kDigitsMax = 25;

Regex digit(RegexPool& pool, char low, char high) {
  if (low > high) {
    return Regex::nothing;
  }
  return pool.bytes(ByteSet::range(static_cast<std::uint8_t>(low), static_cast<std::uint8_t>(high)));
}
Regex digits(RegexPool& pool, std::uint32_t min, std::uint32_t max) {
  return pool.repeat(digit(pool, '0', '9'), min, max);
}

// Up to 279: with 25 digits before it, a number stays within a double.
Regex exponent_digits(RegexPool& pool) {
  const Regex from_200 = pool.sequence(pool.literal("2"), pool.sequence(digit(pool, '0', '7'), digits(pool, 1, 1)));
  return pool.either({digits(pool, 1, 2), pool.sequence(pool.literal("1"), digits(pool, 2, 2)), from_200});
}

// Digits that are not all zero.
Regex not_zero(RegexPool& pool) {
  return pool.sequence(pool.repeat(digit(pool, '0', '0'), 0, kDigitsMax),
                       pool.sequence(digit(pool, '1', '9'), digits(pool, 0, kDigitsMax)));
}

Regex after_point(RegexPool& pool, Regex fraction) { return pool.sequence(pool.literal("."), fraction); }

Regex any_fraction(RegexPool& pool) { return pool.optional(after_point(pool, digits(pool, 1, kDigitsMax))); }
Regex zero_fraction(RegexPool& pool) {
  return pool.optional(after_point(pool, pool.repeat(digit(pool, '0', '0'), 1, 6)));
}

// Digits after the point that make at least 0.bound. `rest` is what is left of the bound.
Regex digits_from(RegexPool& pool, std::string_view rest, bool excluded) {
  if (rest.empty()) {
    return excluded ? not_zero(pool) : digits(pool, 0, kDigitsMax);
  }
  const Regex above = pool.sequence(digit(pool, static_cast<char>(rest[0] + 1), '9'), digits(pool, 0, kDigitsMax));
  const Regex equal = pool.sequence(digit(pool, rest[0], rest[0]), digits_from(pool, rest.substr(1), excluded));
  return pool.either({above, equal});
}

// Digits after the point that make at most 0.bound. They may end early: what is missing is zero.
Regex digits_to(RegexPool& pool, std::string_view rest, bool excluded) {
  const Regex zeros = pool.repeat(digit(pool, '0', '0'), 0, kDigitsMax);
  if (rest.empty()) {
    return excluded ? Regex::nothing : zeros;
  }
  const Regex below = pool.sequence(digit(pool, '0', static_cast<char>(rest[0] - 1)), digits(pool, 0, kDigitsMax));
  const Regex equal = pool.sequence(digit(pool, rest[0], rest[0]), digits_to(pool, rest.substr(1), excluded));
  return pool.either({Regex::empty, below, equal});  // the bound does not end in zeros: what is left is above zero
}

Regex fraction_from(RegexPool& pool, const Decimal& bound, bool excluded) {
  if (bound.fraction.empty()) {
    return excluded ? after_point(pool, not_zero(pool)) : any_fraction(pool);
  }
  return after_point(pool, digits_from(pool, bound.fraction, excluded));
}

Regex fraction_to(RegexPool& pool, const Decimal& bound, bool excluded) {
  if (bound.fraction.empty() && excluded) {
    return Regex::nothing;
  }
  const Regex at_least_one = digits(pool, 1, 2 * kDigitsMax);
  return pool.optional(after_point(pool, pool.both({at_least_one, digits_to(pool, bound.fraction, excluded)})));
}

// Whole numbers of as many digits as both bounds have, between them.
Regex same_length(RegexPool& pool, std::string_view low, std::string_view high) {
  const auto length = static_cast<std::uint32_t>(low.size());
  if (low.find_first_not_of('0') == std::string_view::npos && high.find_first_not_of('9') == std::string_view::npos) {
    return digits(pool, length, length);
  }
  if (low[0] == high[0]) {
    return pool.sequence(digit(pool, low[0], low[0]), same_length(pool, low.substr(1), high.substr(1)));
  }
  const std::uint32_t more = length - 1;
  return pool.either(
      {pool.sequence(digit(pool, low[0], low[0]), same_length(pool, low.substr(1), std::string(more, '9'))),
       pool.sequence(digit(pool, static_cast<char>(low[0] + 1), static_cast<char>(high[0] - 1)),
                     digits(pool, more, more)),
       pool.sequence(digit(pool, high[0], high[0]), same_length(pool, std::string(more, '0'), high.substr(1)))});
}

bool whole_less(std::string_view a, std::string_view b) { return a.size() != b.size() ? a.size() < b.size() : a < b; }

std::string successor(std::string whole) {
  for (auto c = whole.rbegin(); c != whole.rend(); ++c) {
    if (*c != '9') {
      ++*c;
      return whole;
    }
    *c = '0';
  }
  return "1" + whole;
}

std::string predecessor(std::string whole) {  // of at least 1
  for (auto c = whole.rbegin(); c != whole.rend(); ++c) {
    if (*c != '0') {
      --*c;
      break;
    }
    *c = '9';
  }
  whole.erase(0, std::min(whole.find_first_not_of('0'), whole.size() - 1));
  return whole;
}

// Whole numbers from low to high, both included; no high = up to kDigitsMax digits.
Regex whole_range(RegexPool& pool, const std::string& low, const std::optional<std::string>& high) {
  if (high && whole_less(*high, low)) {
    return Regex::nothing;
  }
  std::vector<Regex> options;
  const std::size_t longest = high ? high->size() : std::max<std::size_t>(low.size() + 1, kDigitsMax);
  for (std::size_t length = low.size(); length <= longest; ++length) {
    const std::string first = length == low.size() ? low : "1" + std::string(length - 1, '0');
    const std::string last = high && length == high->size() ? *high : std::string(length, '9');
    options.push_back(same_length(pool, first, last));
  }
  return pool.either(options);
}

// Numbers without a sign between two that are not negative.
Regex magnitude(RegexPool& pool, const NumberBounds& bounds) {
  const Decimal low = bounds.min.value_or(Decimal{});
  if (bounds.is_integer) {
    const bool up = !low.fraction.empty() || (bounds.excludes_min && bounds.min);
    std::optional<std::string> high;
    if (bounds.max) {
      const bool down = bounds.max->fraction.empty() && bounds.excludes_max;
      if (down && bounds.max->whole == "0") {
        return Regex::nothing;
      }
      high = down ? predecessor(bounds.max->whole) : bounds.max->whole;
    }
    return pool.sequence(whole_range(pool, up ? successor(low.whole) : low.whole, high), zero_fraction(pool));
  }
  const bool excludes_min = bounds.min && bounds.excludes_min;
  if (bounds.max && bounds.max->whole == low.whole) {
    return pool.sequence(pool.literal(low.whole), pool.both({fraction_from(pool, low, excludes_min),
                                                             fraction_to(pool, *bounds.max, bounds.excludes_max)}));
  }
  std::vector<Regex> options = {pool.sequence(pool.literal(low.whole), fraction_from(pool, low, excludes_min))};
  std::optional<std::string> between;
  if (bounds.max) {
    if (whole_less(bounds.max->whole, low.whole)) {
      return Regex::nothing;
    }
    between = predecessor(bounds.max->whole);
    options.push_back(
        pool.sequence(pool.literal(bounds.max->whole), fraction_to(pool, *bounds.max, bounds.excludes_max)));
  }
  options.push_back(pool.sequence(whole_range(pool, successor(low.whole), between), any_fraction(pool)));
  return pool.either(options);
}

Decimal negated(Decimal value) {
  value.is_negative = !value.is_negative && !value.is_zero();
  return value;
}

// The part of the bounds at or above zero.
std::optional<NumberBounds> not_negative(const NumberBounds& bounds) {
  if (bounds.max && bounds.max->is_negative) {
    return std::nullopt;
  }
  NumberBounds part = bounds;
  if (part.min && part.min->is_negative) {
    part.min.reset();
    part.excludes_min = false;
  }
  return part;
}

NumberBounds mirrored(const NumberBounds& bounds) {
  NumberBounds mirror{.is_integer = bounds.is_integer};
  if (bounds.max) {
    mirror.min = negated(*bounds.max);
    mirror.excludes_min = bounds.excludes_max;
  }
  if (bounds.min) {
    mirror.max = negated(*bounds.min);
    mirror.excludes_max = bounds.excludes_min;
  }
  return mirror;
}

std::optional<std::int64_t> scaled(const Decimal& value, std::size_t places) {
  if (value.fraction.size() > places || value.whole.size() + places > 17) {
    return std::nullopt;
  }
  const std::string text = value.whole + value.fraction + std::string(places - value.fraction.size(), '0');
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return value.is_negative ? -number : number;
}

Decimal unscaled(std::int64_t value, std::size_t places) {
  Decimal decimal{.is_negative = value < 0};
  std::string text = std::to_string(value < 0 ? -value : value);
  text.insert(0, places + 1 > text.size() ? places + 1 - text.size() : 0, '0');
  decimal.whole = text.substr(0, text.size() - places);
  decimal.fraction = text.substr(text.size() - places);
  decimal.fraction.erase(decimal.fraction.find_last_not_of('0') + 1);
  return decimal;
}

// All multiples inside the bounds, one by one.
std::optional<Regex> each_multiple(RegexPool& pool, const Decimal& step, const NumberBounds& bounds) {
  std::size_t places = step.fraction.size();
  for (const auto& bound : {bounds.min, bounds.max}) {
    places = std::max(places, bound ? bound->fraction.size() : std::size_t{100});
  }
  if (places > 15) {
    return std::nullopt;
  }
  const auto unit = scaled(step, places);
  const auto low = scaled(*bounds.min, places);
  const auto high = scaled(*bounds.max, places);
  if (!unit || !low || !high || (*high - *low) / *unit > kMultiplesMax) {
    return std::nullopt;
  }
  std::vector<Regex> options;
  for (std::int64_t multiple = *low / *unit - 1; multiple * *unit <= *high; ++multiple) {
    const Decimal value = unscaled(multiple * *unit, places);
    const bool is_inside = multiple * *unit >= *low && !(bounds.excludes_min && multiple * *unit == *low) &&
                           !(bounds.excludes_max && multiple * *unit == *high);
    if (is_inside && !(bounds.is_integer && !value.fraction.empty())) {
      options.push_back(number_literal(pool, value));
    }
  }
  return pool.either(options);
}

// The step times 10^places is a divisor of 10^more: only the last digits decide.
std::optional<Regex> last_digits(RegexPool& pool, const Decimal& step) {
  const std::size_t places = step.fraction.size();
  const auto unit = scaled(step, places);
  std::int64_t power = 1;
  std::size_t more = 0;
  while (unit && *unit > 0 && power % *unit != 0 && more < 6) {
    power *= 10;
    ++more;
  }
  const std::size_t count = std::max(more, places);  // of digits that decide, the last `places` of them after the point
  if (!unit || *unit <= 0 || power % *unit != 0 || count > 6) {
    return std::nullopt;
  }
  std::int64_t end = 1;
  for (std::size_t i = 0; i < count; ++i) {
    end *= 10;
  }
  if (end / *unit > kMultiplesMax) {
    return std::nullopt;
  }
  const Regex prefix = pool.sequence(digit(pool, '1', '9'), digits(pool, 0, kDigitsMax));
  std::vector<Regex> options;
  for (std::int64_t value = 0; value < end; value += *unit) {
    const Decimal decimal = unscaled(value, places);
    options.push_back(number_literal(pool, decimal));
    // The same digits behind a longer whole part.
    const std::size_t whole_digits = count - places;
    std::string whole = whole_digits == 0 ? "" : decimal.whole;
    whole.insert(0, whole_digits - std::min(whole_digits, whole.size()), '0');
    const std::string fraction = decimal.fraction.empty() ? "" : "." + decimal.fraction;
    const Regex zeros = decimal.fraction.empty() ? zero_fraction(pool) : pool.repeat(digit(pool, '0', '0'), 0, 6);
    options.push_back(pool.sequence(prefix, pool.sequence(pool.literal(whole + fraction), zeros)));
  }
  return pool.sequence(pool.optional(pool.literal("-")), pool.either(options));
}

}  // namespace

Decimal Decimal::of(const Json& value) {
  std::string text = value.dump();
  Decimal decimal{.is_negative = text.starts_with('-')};
  text.erase(0, decimal.is_negative ? 1 : 0);
  std::int64_t exponent = 0;
  if (const std::size_t e = text.find_first_of("eE"); e != std::string::npos) {
    const std::size_t sign = text[e + 1] == '+' ? e + 2 : e + 1;
    std::from_chars(text.data() + sign, text.data() + text.size(), exponent);
    text.erase(e);
  }
  const std::size_t point = std::min(text.find('.'), text.size());
  std::string all = text.substr(0, point) + (point < text.size() ? text.substr(point + 1) : "");
  std::int64_t whole_size = static_cast<std::int64_t>(point) + exponent;
  if (whole_size <= 0) {
    all.insert(0, static_cast<std::size_t>(1 - whole_size), '0');
    whole_size = 1;
  }
  all.append(all.size() < static_cast<std::size_t>(whole_size) ? static_cast<std::size_t>(whole_size) - all.size() : 0,
             '0');
  decimal.whole = all.substr(0, static_cast<std::size_t>(whole_size));
  decimal.fraction = all.substr(static_cast<std::size_t>(whole_size));
  decimal.whole.erase(0, std::min(decimal.whole.find_first_not_of('0'), decimal.whole.size() - 1));
  decimal.fraction.erase(decimal.fraction.find_last_not_of('0') + 1);
  decimal.is_negative = decimal.is_negative && !decimal.is_zero();
  return decimal;
}

std::string Decimal::text() const {
  return (is_negative ? "-" : "") + whole + (fraction.empty() ? "" : "." + fraction);
}

bool operator<(const Decimal& a, const Decimal& b) {
  if (a.is_negative != b.is_negative) {
    return a.is_negative;
  }
  const Decimal& low = a.is_negative ? b : a;
  const Decimal& high = a.is_negative ? a : b;
  return low.whole != high.whole ? whole_less(low.whole, high.whole) : low.fraction < high.fraction;
}

void NumberBounds::at_least(const Decimal& bound, bool excluded) {
  if (!min || *min < bound || (*min == bound && excluded)) {
    min = bound;
    excludes_min = excluded;
  }
}

void NumberBounds::at_most(const Decimal& bound, bool excluded) {
  if (!max || bound < *max || (*max == bound && excluded)) {
    max = bound;
    excludes_max = excluded;
  }
}

Regex number_literal(RegexPool& pool, const Decimal& value) {
  const Regex zeros = value.fraction.empty() ? zero_fraction(pool) : pool.repeat(digit(pool, '0', '0'), 0, 6);
  const Regex text = pool.literal(value.text(), zeros);
  return value.is_zero() ? pool.sequence(pool.optional(pool.literal("-")), text) : text;
}

Regex number_text(RegexPool& pool, const NumberBounds& bounds) {
  if (!bounds.has_any()) {
    const Regex whole =
        pool.either({pool.literal("0"), pool.sequence(digit(pool, '1', '9'), digits(pool, 0, kDigitsMax - 1))});
    const Regex sign = pool.optional(pool.literal("-"));
    if (bounds.is_integer) {
      return pool.sequence(sign, pool.sequence(whole, zero_fraction(pool)));
    }
    ByteSet e = ByteSet::one('e');
    e.add('E');
    ByteSet signs = ByteSet::one('+');
    signs.add('-');
    const Regex exponent = pool.optional(
        pool.sequence(pool.bytes(e), pool.sequence(pool.optional(pool.bytes(signs)), exponent_digits(pool))));
    return pool.sequence(sign, pool.sequence(whole, pool.sequence(any_fraction(pool), exponent)));
  }
  std::vector<Regex> options;
  if (const auto part = not_negative(bounds)) {
    options.push_back(magnitude(pool, *part));
  }
  if (const auto part = not_negative(mirrored(bounds))) {
    options.push_back(pool.sequence(pool.literal("-"), magnitude(pool, *part)));
  }
  return pool.either(options);
}

std::optional<Regex> multiples_text(RegexPool& pool, const Decimal& step, const NumberBounds& bounds) {
  if (bounds.min && bounds.max) {
    if (auto all = each_multiple(pool, step, bounds)) {
      return all;
    }
  }
  const auto multiples = last_digits(pool, step);
  return multiples ? std::optional(pool.both({*multiples, number_text(pool, bounds)})) : std::nullopt;
}

}  // namespace puna
