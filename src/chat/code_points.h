// Sets of Unicode code points, and the bytes that they are written with: as UTF-8, or inside a JSON string.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "puna/base/regex_pool.h"

namespace puna {

// Sorted ranges that neither overlap nor touch. Surrogates are no characters and are never in a set.
class CodePoints {
 public:
  using Range = std::pair<char32_t, char32_t>;  // both ends included

  CodePoints() = default;
  CodePoints(char32_t first, char32_t last) { add(first, last); }
  [[nodiscard]] static CodePoints all() { return {0, 0x10FFFF}; }

  void add(char32_t first, char32_t last);
  void add(char32_t point) { add(point, point); }
  void add(const CodePoints& other);
  [[nodiscard]] CodePoints complement() const;
  [[nodiscard]] bool has(char32_t point) const;
  // With the other case of every ASCII letter in it.
  [[nodiscard]] CodePoints without_case() const;
  [[nodiscard]] const std::vector<Range>& ranges() const { return ranges_; }

  auto operator<=>(const CodePoints&) const = default;

 private:
  std::vector<Range> ranges_;
};

// The character at `position`, which is moved behind it. Requires valid UTF-8 and position < text.size().
[[nodiscard]] char32_t next_character(std::string_view text, std::size_t& position);

// How characters are written. In JSON text a character is raw, or one of its escapes: every way of writing it that is
// allowed is in the expression, so that the complement of a set of texts is the complement of the set of their
// spellings.
class Spelling {
 public:
  enum class Kind : std::uint8_t {
    utf8,          // as they are
    json,          // in a JSON string
    json_in_json,  // in a JSON string of a JSON text that itself stands in a JSON string
    python,        // in single quotes, as Python's repr() has it; other escapes are JSON's
  };
  enum class Escapes : std::uint8_t {
    all,       // any character may be escaped
    required,  // only those that must be, as printers of JSON do; not for Python
  };
  // The pool is borrowed. `excluded`: what cannot stand between the quotes.
  Spelling(RegexPool& pool, Kind kind, Regex excluded = Regex::nothing, Escapes escapes = Escapes::all)
      : pool_(pool), kind_(kind), excluded_(excluded), escapes_(escapes) {}
  // utf8 between these marks.
  Spelling(RegexPool& pool, Regex mark, Regex excluded) : pool_(pool), mark_(mark), excluded_(excluded) {}

  // One character of the set.
  [[nodiscard]] Regex one_of(const CodePoints& points);
  [[nodiscard]] Regex any() { return one_of(CodePoints::all()); }
  // These characters in a row, then `tail`. Requires valid UTF-8.
  [[nodiscard]] Regex text(std::string_view text, Regex tail = Regex::empty);
  // With the quotes around it, where there are any.
  [[nodiscard]] Regex quoted(Regex inside);
  [[nodiscard]] Regex quoted_text(std::string_view text) {
    return pool_.matches(excluded_, text) ? Regex::nothing : pool_.sequence(quote(), this->text(text, quote()));
  }
  [[nodiscard]] Regex quote();
  // The strings, quotes included, without those that are excluded.
  [[nodiscard]] Regex allowed(Regex strings);

  [[nodiscard]] RegexPool& pool() { return pool_; }
  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] bool is_plain() const { return escapes_ == Escapes::required; }

 private:
  [[nodiscard]] Regex escapes(const CodePoints& points);
  [[nodiscard]] bool must_escape(char32_t point) const;

  [[nodiscard]] Regex between_quotes(Regex inside);
  [[nodiscard]] char quote_sign() const { return kind_ == Kind::python ? '\'' : '"'; }

  RegexPool& pool_;
  Kind kind_ = Kind::utf8;
  Regex mark_ = Regex::empty;
  Regex excluded_ = Regex::nothing;
  Escapes escapes_ = Escapes::all;
  std::map<CodePoints, Regex> made_;
  std::array<Regex, 128> ascii_{};  // the same of single characters; nothing: not made yet
};

}  // namespace puna
