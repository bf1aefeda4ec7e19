// First line a schema, the rest a value: a grammar that the engine takes or a refusal that says why, and a verdict on
// the value.
#include "input.h"
#include "puna/base/grammar_matcher.h"
#include "puna/chat.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest = puna::fuzz::text_of(data, size);
  const auto schema = puna::Json::parse(puna::fuzz::take_line(rest));
  if (!schema) {
    return 0;
  }
  const auto grammar = puna::grammar_from_schema(*schema);
  if (!grammar) {
    const puna::ErrorCode code = grammar.error().code;
    PUNA_CHECK(code == puna::ErrorCode::invalid_argument || code == puna::ErrorCode::limit,
               "a schema is refused as the caller's mistake or for its size");
    PUNA_CHECK(!grammar.error().message.empty(), "a refusal says why");
    return 0;
  }
  puna::RegexPool pool;
  puna::GrammarMatcher matcher(*grammar->grammar, pool);
  PUNA_CHECK(matcher.start() != puna::GrammarMatcher::State::dead, "a grammar that was made can begin");
  static_cast<void>(matcher.next(matcher.start(), rest));
  if (const auto value = puna::Json::parse(rest)) {
    const auto once = puna::schema_violations(*schema, *value);
    PUNA_CHECK(once == puna::schema_violations(*schema, *value), "the verdict on a value does not change");
  }
  return 0;
}
