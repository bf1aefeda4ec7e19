#include "sim/action_grammar.h"

#include <gtest/gtest.h>

#include <memory>

#include "puna/base/grammar_matcher.h"
#include "puna/chat/output_format.h"

namespace puna::sim {
namespace {

class Matcher {
 public:
  explicit Matcher(const std::string& gbnf) {
    auto made = grammar_from_gbnf(gbnf);
    EXPECT_TRUE(made) << (made ? "" : made.error().message) << "\n" << gbnf;
    grammar_ = *made;
    matcher_ = std::make_unique<GrammarMatcher>(*grammar_, pool_);
  }
  [[nodiscard]] bool matches(std::string_view text) {
    return matcher_->may_end(matcher_->next(matcher_->start(), text));
  }

 private:
  std::shared_ptr<const Grammar> grammar_;
  RegexPool pool_;
  std::unique_ptr<GrammarMatcher> matcher_;
};

TEST(ActionGrammar, TakesExactlyTheWholeNumbersOfARange) {
  Random random(3);
  for (int round = 0; round < 60; ++round) {
    const auto pick = [&] { return static_cast<std::int64_t>(random.next() % 3'000) - (round % 2 == 0 ? 0 : 1'500); };
    const std::int64_t a = pick();
    const std::int64_t b = round % 5 == 0 ? a : pick();
    const std::int64_t min = std::min(a, b);
    const std::int64_t max = std::max(a, b);
    Matcher matcher("root ::= " + integer_rule(min, max));
    for (std::int64_t value = -1'700; value <= 3'200; value += value > min - 3 && value < max + 3 ? 1 : 7) {
      ASSERT_EQ(matcher.matches(std::to_string(value)), value >= min && value <= max)
          << value << " in " << min << ".." << max;
    }
    EXPECT_FALSE(matcher.matches("-0"));
    EXPECT_FALSE(matcher.matches("007"));
    EXPECT_FALSE(matcher.matches(""));
  }
}

TEST(ActionGrammar, HasOneSpellingForEachActionWhichFitsTheSchema) {
  const std::vector<std::string> colours{"red", "say \"hi\"\\"};
  const std::vector<ActionKind> kinds{
      {.name = "give", .what = {}, .parameters = {Parameter::integer("amount", 0, 20)}},
      {.name = "say", .what = {}, .parameters = {Parameter::choice("colour", colours), Parameter::text("text", 3)}}};
  Matcher matcher(grammar_of(kinds));
  Random random(5);
  for (int i = 0; i < 100; ++i) {
    const Action action = random_action(kinds, random);
    EXPECT_TRUE(matcher.matches(spaced_text(to_json(action)))) << spaced_text(to_json(action));
  }
  for (const std::string_view good :
       {R"({"action": "noop"})", R"({"action": "say", "colour": "red", "text": "éé!"})"}) {
    EXPECT_TRUE(matcher.matches(good)) << good;
    EXPECT_TRUE(action_from_json(*Json::parse(good), kinds)) << good;
  }
  for (const std::string_view bad :
       {R"({"action":"noop"})", R"({"action": "noo\u0070"})", R"({"action": "give", "amount": 21})",
        R"({"amount": 2, "action": "give"})", R"({"action": "give"})",
        R"({"action": "say", "colour": "red", "text": "long"})", R"({"action": "say", "colour": "red", "text": "\n"})",
        " {\"action\": \"noop\"}"}) {
    EXPECT_FALSE(matcher.matches(bad)) << bad;
  }
}

}  // namespace
}  // namespace puna::sim
