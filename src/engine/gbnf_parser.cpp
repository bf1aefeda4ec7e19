// A recursive-descent parser whose depth is bounded by kGbnfDepthMax.
#include "engine/gbnf_parser.h"

#include <algorithm>
#include <array>
#include <utility>

#include "puna/base/format.h"
#include "puna/base/text.h"

namespace puna::engine {
namespace {

constexpr bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
}

constexpr int hex_digit(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

}  // namespace

std::unexpected<Error> GbnfParser::refuse(std::string_view reason) const {
  const std::string_view before = text_.substr(0, std::min(position_, text_.size()));
  const auto line = 1 + std::ranges::count(before, '\n');
  return fail(ErrorCode::invalid_argument, format_text("grammar, line {}: {}", line, reason),
              "see the GBNF guide of llama.cpp for the language");
}

void GbnfParser::skip_space(bool lines_too) {
  while (!at_end()) {
    const char c = here();
    if (c == '#') {
      while (!at_end() && here() != '\n' && here() != '\r') {
        ++position_;
      }
    } else if (c == ' ' || c == '\t' || (lines_too && (c == '\n' || c == '\r'))) {
      ++position_;
    } else {
      return;
    }
  }
}

std::string_view GbnfParser::name() {
  const std::size_t start = position_;
  while (!at_end() && is_name_character(here())) {
    ++position_;
  }
  return text_.substr(start, position_ - start);
}

Result<void> GbnfParser::count_rules(std::uint64_t more) {
  rules_ += more;
  if (rules_ > kGbnfRulesMax) {
    return refuse(format_text("more than {} rules, counting those of groups and repetitions", kGbnfRulesMax));
  }
  return {};
}

Result<void> GbnfParser::count_elements(std::uint64_t more) {
  elements_ += more;
  if (elements_ > kGbnfElementsMax) {
    return refuse(
        format_text("more than {} characters and references once repetitions are written out", kGbnfElementsMax));
  }
  return {};
}

Result<std::size_t> GbnfParser::rule_named(std::string_view name) {
  const auto [entry, is_new] = rule_of_.try_emplace(std::string(name), shape_.rules.size());
  if (is_new) {
    PUNA_TRY_VOID(count_rules(1));
    shape_.rules.push_back({.name = std::string(name), .defined = false, .alternatives = {}});
  }
  return entry->second;
}

Result<GbnfShape> GbnfParser::parse() {
  skip_space(true);
  while (!at_end()) {
    PUNA_TRY_VOID(parse_rule());
  }
  return std::move(shape_);
}

Result<void> GbnfParser::parse_rule() {
  const std::string_view rule_name = name();
  if (rule_name.empty()) {
    return refuse("a rule's name is expected");
  }
  skip_space(false);
  if (!text_.substr(position_).starts_with("::=")) {
    return refuse(format_text("\"::=\" is expected after \"{}\"", rule_name));
  }
  position_ += 3;
  skip_space(true);
  PUNA_TRY(const std::size_t rule, rule_named(rule_name));
  if (std::exchange(shape_.rules[rule].defined, true)) {
    return refuse(format_text("the rule \"{}\" is defined twice", rule_name));
  }
  PUNA_TRY_VOID(parse_alternatives(rule, 0));
  if (!at_end() && here() != '\n' && here() != '\r') {
    return refuse(format_text("\"{}\" cannot stand here", printable(std::string(1, here()))));
  }
  skip_space(true);
  return {};
}

Result<void> GbnfParser::parse_alternatives(std::size_t rule, int depth) {
  for (;;) {
    if (++alternatives_ > kGbnfAlternativesMax) {
      return refuse(format_text("more than {} alternatives", kGbnfAlternativesMax));
    }
    PUNA_TRY(GbnfSequence sequence, parse_sequence(depth));
    shape_.rules[rule].alternatives.push_back(std::move(sequence));
    if (here() != '|') {
      return {};
    }
    ++position_;
    skip_space(true);
  }
}

Result<GbnfSequence> GbnfParser::parse_sequence(int depth) {
  constexpr std::string_view kItemStarts = "\"[<!(.";
  GbnfSequence sequence;
  while (!at_end() && (kItemStarts.contains(here()) || is_name_character(here()))) {
    PUNA_TRY(Item item, parse_item(depth));
    skip_space(depth > 0);
    PUNA_TRY_VOID(parse_repetition(item, depth > 0));
    if (!item.empty) {
      PUNA_TRY_VOID(count_elements(item.elements));
      sequence.push_back(item.symbol);
    }
  }
  return sequence;
}

Result<GbnfParser::Item> GbnfParser::parse_item(int depth) {
  switch (here()) {
    case '"':
      return parse_literal();
    case '[':
      return parse_class();
    case '<':
    case '!':
      return parse_token();
    case '(':
      return parse_group(depth);
    case '.':
      ++position_;
      return Item{.symbol = {.rule = GbnfSymbol::kNoRule}};
    default: {
      PUNA_TRY(const std::size_t rule, rule_named(name()));
      return Item{.symbol = {.rule = rule}};
    }
  }
}

Result<char32_t> GbnfParser::parse_character() {
  if (here() != '\\') {
    const auto lead = static_cast<unsigned char>(here());
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    char32_t value = length == 1 ? lead : lead & (0x7FU >> length);
    for (std::size_t i = 1; i < length; ++i) {  // the whole text is valid UTF-8
      value = (value << 6) | (static_cast<unsigned char>(text_[position_ + i]) & 0x3FU);
    }
    position_ += length;
    return value;
  }
  ++position_;
  const char kind = here();
  constexpr std::array<std::pair<char, char32_t>, 7> kSimple = {
      {{'t', U'\t'}, {'r', U'\r'}, {'n', U'\n'}, {'\\', U'\\'}, {'"', U'"'}, {'[', U'['}, {']', U']'}}};
  for (const auto& [letter, value] : kSimple) {
    if (letter == kind) {
      ++position_;
      return value;
    }
  }
  const std::size_t digits = kind == 'x' ? 2 : kind == 'u' ? 4 : kind == 'U' ? 8 : 0;
  if (digits == 0) {
    return refuse("an unknown escape after \"\\\"");
  }
  ++position_;
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < digits; ++i, ++position_) {
    if (hex_digit(here()) < 0) {
      return refuse(format_text("\"\\{}\" needs {} hexadecimal digits", kind, digits));
    }
    value = value * 16 + static_cast<std::uint64_t>(hex_digit(here()));
  }
  if (value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) {
    return refuse("an escape that is no character");
  }
  return static_cast<char32_t>(value);
}

Result<GbnfParser::Item> GbnfParser::parse_literal() {
  ++position_;
  std::uint64_t characters = 0;
  while (here() != '"') {
    if (at_end()) {
      return refuse("a string without its closing quote");
    }
    PUNA_TRY(const char32_t character, parse_character());
    static_cast<void>(character);
    ++characters;
  }
  ++position_;
  return Item{.symbol = {.rule = GbnfSymbol::kNoRule}, .elements = characters, .empty = characters == 0};
}

Result<GbnfParser::Item> GbnfParser::parse_class() {
  ++position_;
  if (here() == '^') {
    ++position_;
  }
  std::uint64_t ranges = 0;
  while (here() != ']') {
    if (at_end()) {
      return refuse("a character class without its closing bracket");
    }
    PUNA_TRY(const char32_t first, parse_character());
    ++ranges;
    if (here() == '-' && position_ + 1 < text_.size() && text_[position_ + 1] != ']') {
      ++position_;
      PUNA_TRY(const char32_t last, parse_character());
      if (last < first) {
        return refuse("a character range that ends before it begins");
      }
    }
  }
  ++position_;
  if (ranges == 0) {
    return refuse("an empty character class");
  }
  return Item{.symbol = {.rule = GbnfSymbol::kNoRule}, .elements = ranges * 2};
}

Result<GbnfParser::Item> GbnfParser::parse_token() {
  if (here() == '!') {
    ++position_;
    if (here() != '<') {
      return refuse("\"!\" must be followed by a token such as <[123]>");
    }
  }
  const std::size_t end = text_.find('>', position_);
  if (end == std::string_view::npos || end - position_ > 256 || end == position_ + 1) {
    return refuse("a token without its closing \">\"");
  }
  const std::string_view token = text_.substr(position_, end + 1 - position_);
  position_ = end + 1;
  if (!token.starts_with("<[")) {
    if (token.find_first_of(" \t\r\n\"") != std::string_view::npos) {
      return refuse("a token's text holds a space or quote");
    }
    shape_.tokens.texts.emplace_back(token);
    return Item{.symbol = {.rule = GbnfSymbol::kNoRule}};
  }
  const std::string_view digits = token.substr(2, token.size() < 4 ? 0 : token.size() - 4);
  const bool whole = !digits.empty() && digits.size() <= 9 && token.ends_with("]>") &&
                     std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; });
  if (!whole) {
    return refuse("a token's number must be written <[123]>");
  }
  std::uint64_t id = 0;
  for (const char c : digits) {
    id = id * 10 + static_cast<std::uint64_t>(c - '0');
  }
  shape_.tokens.ids.push_back(id);
  return Item{.symbol = {.rule = GbnfSymbol::kNoRule}};
}

Result<GbnfParser::Item> GbnfParser::parse_group(int depth) {
  if (depth >= kGbnfDepthMax) {
    return refuse(format_text("parentheses deeper than {}", kGbnfDepthMax));
  }
  ++position_;
  skip_space(true);
  const std::uint64_t rules_before = rules_;
  PUNA_TRY_VOID(count_rules(1));
  const std::size_t rule = shape_.rules.size();
  shape_.rules.push_back({.name = "(group)", .defined = true, .alternatives = {}});
  PUNA_TRY_VOID(parse_alternatives(rule, depth + 1));
  if (here() != ')') {
    return refuse("\")\" is expected");
  }
  ++position_;
  return Item{.symbol = {.rule = rule}, .elements = 1, .rules = rules_ - rules_before};
}

Result<std::uint64_t> GbnfParser::parse_count() {
  std::uint64_t count = 0;
  const std::size_t start = position_;
  for (; here() >= '0' && here() <= '9'; ++position_) {
    count = count * 10 + static_cast<std::uint64_t>(here() - '0');
    if (count > kGbnfRepetitionMax) {
      return refuse(format_text("a repetition beyond {}", kGbnfRepetitionMax));
    }
  }
  if (position_ == start) {
    return refuse("a number is expected in \"{ }\"");
  }
  return count;
}

Result<void> GbnfParser::parse_repetition(Item& item, bool nested) {
  std::uint64_t least = 0;
  std::uint64_t most = 1;
  bool unbounded = false;
  const char mark = here();
  if (mark == '*' || mark == '+') {
    least = mark == '+' ? 1 : 0;
    unbounded = true;
  } else if (mark == '{') {
    ++position_;
    skip_space(nested);
    PUNA_TRY(least, parse_count());
    most = least;
    skip_space(nested);
    if (here() == ',') {
      ++position_;
      skip_space(nested);
      unbounded = here() == '}';
      if (!unbounded) {
        PUNA_TRY(most, parse_count());
        skip_space(nested);
      }
    }
    if (here() != '}') {
      return refuse("\"}\" is expected");
    }
  } else if (mark != '?') {
    return {};
  }
  ++position_;
  skip_space(nested);
  if (item.empty) {
    return refuse("an empty string cannot be repeated");
  }
  if (!unbounded && most < least) {
    return refuse(format_text("a repetition of at least {} and at most {}", least, most));
  }
  if (std::string_view("*+?{").contains(here()) && !at_end()) {
    return refuse("a repetition of a repetition needs parentheses");
  }
  const std::uint64_t times = !unbounded && most > 0 ? most : std::max<std::uint64_t>(least, 1);
  if (item.rules * times > kGbnfRepetitionMax) {
    return refuse(
        format_text("{} repetitions of something made of {} rules (their product may be {}); give the inner "
                    "part a name of its own",
                    times, item.rules, kGbnfRepetitionMax));
  }
  PUNA_TRY_VOID(count_rules(unbounded ? 1 : most - least));
  item.elements = item.elements * (std::max<std::uint64_t>(least, 1) + (unbounded ? 1 : most - least));
  item.symbol.optional = least == 0;
  item.symbol.repeats = unbounded || most > 1;
  return {};
}

}  // namespace puna::engine
