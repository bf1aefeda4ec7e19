// Test support: grammars made by hand, since this room knows no schema.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>

#include "puna/base/grammar.h"

namespace puna::engine::testing_grammar {

inline std::shared_ptr<const Grammar> finished(std::shared_ptr<Grammar> grammar, ExprId root) {
  const Result<void> ok = grammar->finish(root);
  EXPECT_TRUE(ok) << (ok ? "" : ok.error().message);
  return grammar;
}

// [a-z ]{min,max}
inline std::shared_ptr<const Grammar> letters(std::uint32_t min, std::uint32_t max) {
  auto grammar = std::make_shared<Grammar>();
  RegexPool& pool = grammar->regexes;
  const Regex letter = pool.bytes(ByteSet::range('a', 'z') | ByteSet::one(' '));
  return finished(grammar, grammar->text(pool.repeat(letter, min, max)));
}

// {"answer": true, "n": 12}
inline std::shared_ptr<const Grammar> answer() {
  auto grammar = std::make_shared<Grammar>();
  RegexPool& pool = grammar->regexes;
  const Regex parts[] = {pool.literal("{\"answer\": "), pool.either({pool.literal("true"), pool.literal("false")}),
                         pool.literal(", \"n\": "), pool.repeat(pool.bytes(ByteSet::range('0', '9')), 1, 3),
                         pool.literal("}")};
  return finished(grammar, grammar->text(pool.sequence(parts)));
}

// Exactly this text.
inline std::shared_ptr<const Grammar> exactly(std::string_view text) {
  auto grammar = std::make_shared<Grammar>();
  return finished(grammar, grammar->text(grammar->regexes.literal(text)));
}

// Values of strings, digits, arrays, and objects with members in any order.
inline std::shared_ptr<const Grammar> json() {
  auto grammar = std::make_shared<Grammar>();
  RegexPool& pool = grammar->regexes;
  ByteSet plain = ByteSet::range(0x20, 0x7E);
  plain = plain & ~ByteSet::one('"') & ~ByteSet::one('\\');
  const Regex quote = pool.literal("\"");
  const Regex string = pool.sequence(quote, pool.sequence(pool.repeat(pool.bytes(plain), 0), quote));
  const Regex space = pool.repeat(pool.literal(" "), 0, 3);
  const Regex digits = pool.repeat(pool.bytes(ByteSet::range('0', '9')), 1, 12);
  const ExprId comma = grammar->text(pool.sequence(space, pool.sequence(pool.literal(","), space)));
  const ExprId colon = grammar->text(pool.sequence(pool.literal(":"), space));
  const ExprId value = grammar->add(expr::Reference{grammar->declare("value")});
  const auto entry = [&](Regex key) { return grammar->add(expr::Sequence{{grammar->text(key), colon, value}}); };
  const Regex known = pool.either({pool.literal("\"name\""), pool.literal("\"age\"")});
  const ExprId members = grammar->add(
      expr::Members{.entries = {{entry(pool.literal("\"name\"")), true}, {entry(pool.literal("\"age\"")), false}},
                    .others = {entry(pool.without(string, known))},
                    .separator = comma});
  const ExprId object =
      grammar->add(expr::Sequence{{grammar->text(pool.literal("{")), members, grammar->text(pool.literal("}"))}});
  const ExprId items = grammar->add(expr::Items{.first = {}, .rest = {value, value}, .separator = comma});
  const ExprId array =
      grammar->add(expr::Sequence{{grammar->text(pool.literal("[")), items, grammar->text(pool.literal("]"))}});
  const Regex text = pool.either({string, digits, pool.literal("true"), pool.literal("null")});
  grammar->define(RuleId{0}, grammar->add(expr::Choice{{object, array, grammar->text(text)}}));
  return finished(grammar, value);
}

}  // namespace puna::engine::testing_grammar
