#include "chat/json_terminals.h"

#include <utility>

namespace puna {
namespace {

// A space, or a new line with its indentation: models that are unsure like to go on with white space.
Regex bounded_space(RegexPool& pool) {
  ByteSet blanks = ByteSet::one(' ');
  blanks.add('\t');
  const Regex blank = pool.bytes(blanks);
  const Regex newline = pool.sequence(pool.optional(pool.literal("\r")), pool.literal("\n"));
  return pool.sequence(pool.optional(blank), pool.optional(pool.sequence(newline, pool.repeat(blank, 0, 16))));
}

}  // namespace

JsonTerminals::JsonTerminals(Grammar& grammar)
    : grammar_(grammar),
      spelling_(grammar.regexes, Spelling::Kind::json),
      space_(bounded_space(grammar.regexes)),
      string_(spelling_.quoted(grammar.regexes.repeat(spelling_.any(), 0))),
      comma_(text(pool().sequence(space_, pool().sequence(pool().literal(","), space_)))),
      colon_(text(pool().sequence(space_, pool().sequence(pool().literal(":"), space_)))) {}

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
  grammar_.define(rule, choice({text(string_), text(number_text(pool(), {})), text("true"), text("false"), text("null"),
                                any_object_, any_array_}));
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
