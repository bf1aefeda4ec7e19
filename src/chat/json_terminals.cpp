#include "chat/json_terminals.h"

#include <algorithm>
#include <utility>

namespace puna {
namespace {

// A space, or a new line with its indentation: models that are unsure like to go on with white space.
Regex bounded_space(RegexPool& pool, bool has_lines) {
  ByteSet blanks = ByteSet::one(' ');
  blanks.add('\t');
  if (!has_lines) {
    return pool.optional(pool.literal(" "));
  }
  const Regex blank = pool.bytes(blanks);
  const Regex newline = pool.sequence(pool.optional(pool.literal("\r")), pool.literal("\n"));
  return pool.sequence(pool.optional(blank), pool.optional(pool.sequence(newline, pool.repeat(blank, 0, 16))));
}

Regex any_string(Spelling& spelling) { return spelling.quoted(spelling.pool().repeat(spelling.any(), 0)); }

Regex any_json_string(RegexPool& pool) {
  Spelling json(pool, Spelling::Kind::json);
  return any_string(json);
}

// Whether a text of both can begin with the same byte.
bool starts_alike(RegexPool& pool, Regex a, Regex b) {
  for (unsigned byte = 0; byte < 256; ++byte) {
    if (pool.row(a)[byte] != Regex::nothing && pool.row(b)[byte] != Regex::nothing) {
      return true;
    }
  }
  return false;
}

bool is_bare_word(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

Regex bare_word(RegexPool& pool) {
  ByteSet letters;
  for (unsigned c = 0; c < 128; ++c) {
    if (is_bare_word(std::string(1, static_cast<char>(c)))) {
      letters.add(static_cast<std::uint8_t>(c));
    }
  }
  return pool.repeat(pool.bytes(letters), 1);
}

}  // namespace

JsonTerminals::JsonTerminals(Grammar& grammar, Spelling spelling, const std::optional<JsonSpacing>& spacing)
    : grammar_(grammar),
      spelling_(std::move(spelling)),
      space_(spacing ? Regex::empty : bounded_space(grammar.regexes, spelling_.kind() != Spelling::Kind::json_in_json)),
      own_string_(any_string(spelling_)),
      string_(spelling_.kind() == Spelling::Kind::json
                  ? own_string_
                  : grammar.regexes.either({own_string_, any_json_string(grammar.regexes)})),
      comma_(text(pool().sequence(space_, pool().sequence(pool().literal(spacing ? spacing->comma : ","), space_)))),
      colon_(text(pool().sequence(space_, pool().sequence(pool().literal(spacing ? spacing->colon : ":"), space_)))) {}

Regex JsonTerminals::string(std::string_view text) {
  const Regex regex = spelling_.quoted_text(text);
  meanings_.try_emplace(regex, text);
  return regex;
}

const std::string* JsonTerminals::meaning(Regex string) const {
  const auto known = meanings_.find(string);
  return known == meanings_.end() ? nullptr : &known->second;
}

// A string whose text is known, and what is no string, has nothing that is excluded.
ExprId JsonTerminals::text(Regex regex) {
  const bool may_be_string =
      regex != own_string_ && meaning(regex) == nullptr && starts_alike(pool(), regex, spelling_.quote());
  return grammar_.text(may_be_string ? spelling_.allowed(regex) : regex);
}

ExprId JsonTerminals::text(std::string_view text) {
  const std::string_view python = spelling_.kind() != Spelling::Kind::python ? ""
                                  : text == "true"                           ? "True"
                                  : text == "false"                          ? "False"
                                  : text == "null"                           ? "None"
                                                                             : "";
  const Regex word = pool().literal(text);
  return grammar_.text(python.empty() ? word : pool().either({word, pool().literal(python)}));
}

ExprId JsonTerminals::integer(Regex numbers) {
  if (!spelling_.is_plain()) {
    return text(numbers);
  }
  ByteSet point = ByteSet::one('.');
  const Regex any = pool().repeat(pool().bytes(ByteSet::all()), 0);
  return text(pool().without(numbers, pool().sequence(any, pool().sequence(pool().bytes(point), any))));
}

Regex JsonTerminals::written_key(Regex key) {
  if (string_ == own_string_) {
    return key;
  }
  const std::string* name = meaning(key);
  const bool is_any = key == string_;
  const Regex own = name != nullptr ? key : is_any ? own_string_ : pool().both({key, own_string_});
  const bool has_marks = spelling_.kind() == Spelling::Kind::utf8 && spelling_.quote() != Regex::empty;
  if (!has_marks || (!is_any && (name == nullptr || !is_bare_word(*name)))) {
    return own;
  }
  return pool().either({own, is_any ? bare_word(pool()) : pool().literal(*name)});
}

ExprId JsonTerminals::object(expr::Members members) {
  members.separator = comma_;
  const Regex open = pool().sequence(pool().literal("{"), space_);
  const Regex close = pool().sequence(space_, pool().literal("}"));
  return sequence({text(open), grammar_.add(std::move(members)), text(close)});
}

ExprId JsonTerminals::array(expr::Items items) {
  items.separator = comma_;
  const Regex open = pool().sequence(pool().literal("["), space_);
  const Regex close = pool().sequence(space_, pool().literal("]"));
  return sequence({text(open), grammar_.add(std::move(items)), text(close)});
}

void JsonTerminals::define_any() {
  if (any_) {
    return;
  }
  const RuleId rule = grammar_.declare("any JSON value");
  any_ = grammar_.add(expr::Reference{rule});
  any_object_ = object({.others = {entry(string_, *any_)}});
  any_array_ = array({.rest = {*any_, *any_}});
  grammar_.define(rule, choice({text(own_string_), text(number_text(pool(), {})), text("true"), text("false"),
                                text("null"), any_object_, any_array_}));
}

ExprId JsonTerminals::any() {
  define_any();
  return *any_;
}

ExprId JsonTerminals::any_object() {
  define_any();
  return any_object_;
}

ExprId JsonTerminals::any_array() {
  define_any();
  return any_array_;
}

ExprId JsonTerminals::literal(const Json& value) {
  if (value.is_string()) {
    return text(string(value.as_string()));
  }
  if (value.is_number()) {
    return text(number_literal(pool(), Decimal::of(value)));
  }
  if (value.is_array()) {
    expr::Items items;
    for (const Json& item : value.as_array()) {
      const ExprId each = literal(item);
      items.first.push_back({.plain = each, .counted = each});
    }
    items.rest = {.plain = grammar_.never(), .counted = grammar_.never()};
    items.min = items.max = static_cast<std::uint32_t>(value.as_array().size());
    return array(std::move(items));
  }
  if (value.is_object()) {
    expr::Members members;
    for (const Json::Member& member : value.as_object()) {
      members.entries.push_back({.entry = entry(string(member.key), literal(member.value)), .is_required = true});
    }
    return object(std::move(members));
  }
  return text(value.dump());
}

}  // namespace puna
