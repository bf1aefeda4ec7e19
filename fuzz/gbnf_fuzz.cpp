// First line how to read the rest: a GBNF grammar or a regular expression. What is taken can be walked, what is not is
// refused as the caller's mistake or as too large.
#include "input.h"
#include "puna/base/grammar_matcher.h"
#include "puna/chat.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest = puna::fuzz::text_of(data, size);
  const bool is_pattern = puna::fuzz::take_line(rest) == "pattern";
  const auto grammar = is_pattern ? puna::grammar_from_regex(rest) : puna::grammar_from_gbnf(rest);
  if (!grammar) {
    const puna::ErrorCode code = grammar.error().code;
    PUNA_CHECK(code == puna::ErrorCode::invalid_argument || code == puna::ErrorCode::limit,
               "a grammar is refused as the caller's mistake");
    PUNA_CHECK(!grammar.error().message.empty(), "a refusal says why");
    return 0;
  }
  puna::RegexPool pool;
  puna::GrammarMatcher matcher(**grammar, pool);
  PUNA_CHECK(matcher.start() != puna::GrammarMatcher::State::dead || matcher.is_full(), "what was taken can begin");
  static_cast<void>(matcher.next(matcher.start(), rest.substr(0, 200)));
  return 0;
}
