#include "puna/chat/output_format.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "chat/format_grammar.h"
#include "chat/pattern.h"
#include "chat/schema_grammar.h"

namespace puna {
namespace {

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};

Result<ExprId> add_pattern(Grammar& grammar, std::string_view pattern) {
  Spelling spelling(grammar.regexes, Spelling::Kind::utf8);
  PUNA_TRY(const Regex whole, texts_with(spelling, pattern, true));
  if (grammar.regexes.is_dead(whole)) {
    return fail(ErrorCode::invalid_argument, format_text("no text matches the pattern '{}'", pattern));
  }
  return grammar.text(whole);
}

Result<ExprId> add_choices(Grammar& grammar, std::span<const std::string> choices) {
  if (choices.empty() || std::ranges::any_of(choices, &std::string::empty)) {
    return fail(ErrorCode::invalid_argument, "a choice has no texts, or an empty one", "give at least one text");
  }
  std::vector<Regex> texts;
  for (const std::string& choice : choices) {
    if (!utf8::is_valid(choice)) {
      return fail(ErrorCode::invalid_argument, "a choice is not UTF-8");
    }
    texts.push_back(grammar.regexes.literal(choice));
  }
  return grammar.text(grammar.regexes.either(texts));
}

Result<std::shared_ptr<const Grammar>> finished(std::shared_ptr<Grammar> grammar, const Result<ExprId>& root) {
  if (!root) {
    return std::unexpected(root.error());
  }
  PUNA_TRY_VOID(grammar->finish(*root));
  return grammar;
}

}  // namespace

Result<ExprId> add_format(JsonTerminals& json, const OutputFormat& format) {
  const Overloaded add{[&json](const format::Schema& schema) {
                         std::vector<UnenforcedKeyword> unenforced;  // the answer is checked as a whole
                         return add_schema(json, schema.schema, {.closed = true}, unenforced);
                       },
                       [&json](const format::Gbnf& gbnf) { return add_gbnf(json.grammar(), gbnf); },
                       [&json](const format::Pattern& pattern) { return add_pattern(json.grammar(), pattern.pattern); },
                       [&json](const format::Choice& choice) { return add_choices(json.grammar(), choice.texts); }};
  return std::visit(add, format);
}

Result<std::shared_ptr<const Grammar>> grammar_from_regex(std::string_view pattern) {
  auto grammar = std::make_shared<Grammar>();
  const Result<ExprId> root = add_pattern(*grammar, pattern);
  return finished(std::move(grammar), root);
}

Result<std::shared_ptr<const Grammar>> grammar_from_choices(std::span<const std::string> choices) {
  auto grammar = std::make_shared<Grammar>();
  const Result<ExprId> root = add_choices(*grammar, choices);
  return finished(std::move(grammar), root);
}

}  // namespace puna
