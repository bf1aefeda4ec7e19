#include "puna/chat/output_format.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "chat/pattern.h"
#include "puna/base/grammar.h"

namespace puna {

Result<std::shared_ptr<const Grammar>> grammar_from_regex(std::string_view pattern) {
  auto grammar = std::make_shared<Grammar>();
  Spelling spelling(grammar->regexes, Spelling::Kind::utf8);
  PUNA_TRY(const Regex whole, texts_with(spelling, pattern, true));
  PUNA_TRY_VOID(grammar->finish(grammar->text(whole)).transform_error([&](Error error) {
    error.message = error.code == ErrorCode::invalid_argument ? format_text("no text matches the pattern '{}'", pattern)
                                                              : error.message;
    return error;
  }));
  return grammar;
}

Result<std::shared_ptr<const Grammar>> grammar_from_choices(std::span<const std::string> choices) {
  if (choices.empty() || std::ranges::any_of(choices, &std::string::empty)) {
    return fail(ErrorCode::invalid_argument, "a choice has no texts, or an empty one", "give at least one text");
  }
  auto grammar = std::make_shared<Grammar>();
  std::vector<Regex> texts;
  for (const std::string& choice : choices) {
    if (!utf8::is_valid(choice)) {
      return fail(ErrorCode::invalid_argument, "a choice is not UTF-8");
    }
    texts.push_back(grammar->regexes.literal(choice));
  }
  PUNA_TRY_VOID(grammar->finish(grammar->text(grammar->regexes.either(std::move(texts)))));
  return grammar;
}

}  // namespace puna
