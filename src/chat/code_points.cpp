#include "chat/code_points.h"

#include <algorithm>
#include <array>
#include <functional>
#include <iterator>
#include <span>

namespace puna {
namespace {

constexpr char32_t kLast = 0x10FFFF;
constexpr CodePoints::Range kSurrogates{0xD800, 0xDFFF};

// A number written with digits: sequences of equal length whose digits at each place run from 0 to `last` of the place.
struct Digits {
  std::vector<char32_t> low;
  std::vector<char32_t> high;
  std::vector<char32_t> least;  // at each place
  std::vector<char32_t> greatest;
};

using WriteDigit = std::function<Regex(std::size_t place, char32_t low, char32_t high)>;

// All sequences between low and high, in the order of numbers.
Regex between(RegexPool& pool, const Digits& digits, const std::vector<char32_t>& low,
              const std::vector<char32_t>& high, std::size_t place, const WriteDigit& write) {
  const std::size_t count = digits.least.size();
  if (place == count) {
    return Regex::empty;
  }
  const auto is_edge = [&](const std::vector<char32_t>& digit, const std::vector<char32_t>& edge) {
    return std::equal(digit.begin() + static_cast<std::ptrdiff_t>(place) + 1, digit.end(),
                      edge.begin() + static_cast<std::ptrdiff_t>(place) + 1);
  };
  if (low[place] == high[place]) {
    return pool.sequence(write(place, low[place], low[place]), between(pool, digits, low, high, place + 1, write));
  }
  char32_t first = low[place];
  char32_t last = high[place];
  std::vector<Regex> options;
  if (!is_edge(low, digits.least)) {
    options.push_back(
        pool.sequence(write(place, first, first), between(pool, digits, low, digits.greatest, place + 1, write)));
    ++first;
  }
  if (!is_edge(high, digits.greatest)) {
    options.push_back(
        pool.sequence(write(place, last, last), between(pool, digits, digits.least, high, place + 1, write)));
    --last;
  }
  if (first <= last) {
    options.push_back(pool.sequence(write(place, first, last),
                                    between(pool, digits, digits.least, digits.greatest, place + 1, write)));
  }
  return pool.either(options);
}

Regex between(RegexPool& pool, const Digits& digits, const WriteDigit& write) {
  return between(pool, digits, digits.low, digits.high, 0, write);
}

// Calls `each` with the part of the range inside [first, last].
template <class Each>
void cut(CodePoints::Range range, char32_t first, char32_t last, Each&& each) {
  if (range.first <= last && range.second >= first) {
    each(std::max(range.first, first), std::min(range.second, last));
  }
}

// Source: RFC 3629, UTF-8: 7, 5+6, 4+6+6 and 3+6+6+6 bits.
Regex utf8_range(RegexPool& pool, char32_t first, char32_t last) {
  static constexpr std::array<std::pair<char32_t, char32_t>, 4> kSizes = {
      std::pair{0U, 0x7FU}, {0x80U, 0x7FFU}, {0x800U, 0xFFFFU}, {0x10000U, kLast}};
  static constexpr std::array<char32_t, 4> kLead = {0, 0xC0, 0xE0, 0xF0};
  std::vector<Regex> options;
  for (std::size_t size = 0; size < kSizes.size(); ++size) {
    cut({first, last}, kSizes[size].first, kSizes[size].second, [&](char32_t low, char32_t high) {
      Digits digits;
      for (std::size_t place = 0; place <= size; ++place) {
        const auto shift = 6 * (size - place);
        const char32_t mask = place == 0 ? 0x1FFFFF : 0x3F;
        digits.low.push_back((low >> shift) & mask);
        digits.high.push_back((high >> shift) & mask);
        digits.least.push_back(0);
        digits.greatest.push_back(place == 0 ? 0x7F : 0x3F);
      }
      options.push_back(between(pool, digits, [&](std::size_t place, char32_t a, char32_t b) {
        const char32_t lead = place == 0 ? kLead[size] : 0x80;
        return pool.bytes(ByteSet::range(static_cast<std::uint8_t>(lead | a), static_cast<std::uint8_t>(lead | b)));
      }));
    });
  }
  return pool.either(options);
}

Digits hex_digits(char32_t low, char32_t high) {
  Digits digits;
  for (int shift = 12; shift >= 0; shift -= 4) {
    digits.low.push_back((low >> shift) & 0xF);
    digits.high.push_back((high >> shift) & 0xF);
    digits.least.push_back(0);
    digits.greatest.push_back(0xF);
  }
  return digits;
}

Regex hex_range(RegexPool& pool, std::string_view start, char32_t low, char32_t high) {
  const auto write = [&pool](std::size_t, char32_t a, char32_t b) {
    ByteSet set;
    for (char32_t digit = a; digit <= b; ++digit) {
      if (digit < 10) {
        set.add(static_cast<std::uint8_t>('0' + digit));
      } else {
        set.add(static_cast<std::uint8_t>('a' + digit - 10));
        set.add(static_cast<std::uint8_t>('A' + digit - 10));
      }
    }
    return pool.bytes(set);
  };
  return pool.sequence(pool.literal(start), between(pool, hex_digits(low, high), write));
}

// Source: RFC 8259 section 7: a character beyond U+FFFF is two escapes, of its UTF-16 surrogates.
Regex surrogate_range(RegexPool& pool, std::string_view start, char32_t first, char32_t last) {
  const auto halves = [](char32_t point) {
    return std::vector<char32_t>{(point - 0x10000) >> 10U, (point - 0x10000) & 0x3FF};
  };
  const Digits digits{.low = halves(first), .high = halves(last), .least = {0, 0}, .greatest = {0x3FF, 0x3FF}};
  return between(pool, digits, [&](std::size_t place, char32_t a, char32_t b) {
    const char32_t base = place == 0 ? 0xD800 : 0xDC00;
    return hex_range(pool, start, base + a, base + b);
  });
}

// Source: RFC 8259 section 7.
constexpr std::array<std::pair<char32_t, char>, 8> kShortEscapes = {std::pair{U'"', '"'}, {U'\\', '\\'}, {U'/', '/'},
                                                                    {U'\b', 'b'},         {U'\f', 'f'},  {U'\n', 'n'},
                                                                    {U'\r', 'r'},         {U'\t', 't'}};

}  // namespace

char32_t next_character(std::string_view text, std::size_t& position) {
  const auto lead = static_cast<unsigned char>(text[position++]);
  const int more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : lead >= 0xC0 ? 1 : 0;
  char32_t point = more == 0 ? lead : lead & (0x3FU >> static_cast<unsigned>(more));
  for (int i = 0; i < more && position < text.size(); ++i) {
    point = (point << 6U) | (static_cast<unsigned char>(text[position++]) & 0x3FU);
  }
  return point;
}

void CodePoints::add(char32_t first, char32_t last) {
  if (first < kSurrogates.first && last >= kSurrogates.first) {
    add(first, kSurrogates.first - 1);
    first = kSurrogates.first;
  }
  if (first <= kSurrogates.second && last >= kSurrogates.first) {
    first = kSurrogates.second + 1;
  }
  last = std::min(last, kLast);
  if (first > last) {
    return;
  }
  const auto touches = [&](const Range& range) { return range.first <= last + 1 && first <= range.second + 1; };
  for (const Range& range : ranges_) {
    if (touches(range)) {
      first = std::min(first, range.first);
      last = std::max(last, range.second);
    }
  }
  std::erase_if(ranges_, touches);
  ranges_.insert(std::ranges::lower_bound(ranges_, Range{first, last}), Range{first, last});
}

void CodePoints::add(const CodePoints& other) {
  for (const auto& [first, last] : other.ranges_) {
    add(first, last);
  }
}

CodePoints CodePoints::complement() const {
  CodePoints rest;
  char32_t next = 0;
  for (const auto& [first, last] : ranges_) {
    if (first > next) {
      rest.add(next, first - 1);
    }
    next = last + 1;
  }
  if (next <= kLast) {
    rest.add(next, kLast);
  }
  return rest;
}

bool CodePoints::has(char32_t point) const {
  return std::ranges::any_of(ranges_,
                             [point](const Range& range) { return range.first <= point && point <= range.second; });
}

CodePoints CodePoints::without_case() const {
  CodePoints wider = *this;
  for (char32_t letter = U'a'; letter <= U'z'; ++letter) {
    const char32_t upper = letter - U'a' + U'A';
    if (has(letter) || has(upper)) {
      wider.add(letter);
      wider.add(upper);
    }
  }
  return wider;
}

Regex Spelling::one_of(const CodePoints& points) {
  const auto [known, added] = made_.try_emplace(points, Regex::nothing);
  if (!added) {
    return known->second;
  }
  CodePoints raw;
  for (const auto& [first, last] : points.ranges()) {
    if (kind_ == Kind::utf8) {
      raw.add(first, last);
      continue;
    }
    const auto quote = static_cast<char32_t>(quote_sign());
    cut({first, last}, 0x20, quote - 1, [&raw](char32_t a, char32_t b) { raw.add(a, b); });
    cut({first, last}, quote + 1, U'\\' - 1, [&raw](char32_t a, char32_t b) { raw.add(a, b); });
    cut({first, last}, U'\\' + 1, kLast, [&raw](char32_t a, char32_t b) { raw.add(a, b); });
  }
  std::vector<Regex> options;
  for (const auto& [first, last] : raw.ranges()) {
    options.push_back(utf8_range(pool_, first, last));
  }
  if (kind_ != Kind::utf8) {
    options.push_back(escapes(points));
  }
  return made_[points] = pool_.either(options);
}

bool Spelling::must_escape(char32_t point) const {
  return point < 0x20 || point == U'\\' || point == static_cast<char32_t>(quote_sign());
}

Regex Spelling::escapes(const CodePoints& points) {
  const bool is_twice = kind_ == Kind::json_in_json;
  const std::string start = is_twice ? "\\\\" : "\\";
  std::vector<Regex> options;
  for (const auto& [point, letter] : kShortEscapes) {
    if (points.has(point) && (!is_plain() || must_escape(point))) {
      const bool is_escaped_too = is_twice && (letter == '"' || letter == '\\');
      options.push_back(pool_.literal(start + (is_escaped_too ? "\\" : "") + letter));
    }
  }
  if (kind_ == Kind::python && points.has(U'\'')) {
    options.push_back(pool_.literal("\\'"));
  }
  const std::string hex = start + "u";
  if (is_plain()) {
    for (char32_t control = 0; control < 0x20; ++control) {
      const bool has_short = std::ranges::contains(kShortEscapes, control, &std::pair<char32_t, char>::first);
      if (points.has(control) && !has_short) {
        options.push_back(hex_range(pool_, hex, control, control));
      }
    }
    return pool_.either(options);
  }
  for (const auto& [first, last] : points.ranges()) {
    cut({first, last}, 0, 0xFFFF, [&](char32_t a, char32_t b) { options.push_back(hex_range(pool_, hex, a, b)); });
    cut({first, last}, 0x10000, kLast,
        [&](char32_t a, char32_t b) { options.push_back(surrogate_range(pool_, hex, a, b)); });
  }
  return pool_.either(options);
}

Regex Spelling::text(std::string_view text, Regex tail) {
  std::vector<Regex> parts;
  for (std::size_t position = 0; position < text.size();) {
    const char32_t point = next_character(text, position);
    if (point >= ascii_.size()) {
      parts.push_back(one_of(CodePoints(point, point)));
      continue;
    }
    Regex& made = ascii_[point];
    made = made == Regex::nothing ? one_of(CodePoints(point, point)) : made;
    parts.push_back(made);
  }
  parts.push_back(tail);
  return pool_.sequence(parts);
}

Regex Spelling::quote() {
  switch (kind_) {
    case Kind::utf8:
      return mark_;
    case Kind::json:
    case Kind::python:
      return pool_.literal(std::string(1, quote_sign()));
    case Kind::json_in_json:
      return pool_.literal("\\\"");
  }
  return Regex::nothing;
}

Regex Spelling::between_quotes(Regex inside) { return pool_.sequence(quote(), pool_.sequence(inside, quote())); }

Regex Spelling::quoted(Regex inside) {
  return between_quotes(excluded_ == Regex::nothing ? inside : pool_.without(inside, excluded_));
}

Regex Spelling::allowed(Regex strings) {
  return excluded_ == Regex::nothing ? strings : pool_.without(strings, between_quotes(excluded_));
}

}  // namespace puna
