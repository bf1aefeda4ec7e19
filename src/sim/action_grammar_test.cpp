#include "sim/action_grammar.h"

#include <gtest/gtest.h>

#include <memory>

#include "puna/base/grammar_matcher.h"
#include "puna/chat/output_format.h"
#include "puna/chat/schema.h"
#include "sim/answer.h"

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
  Matcher matcher(grammar_of(kinds, 0));
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
        " {\"action\": \"noop\"}", R"({"reasoning": "", "action": "noop"})"}) {
    EXPECT_FALSE(matcher.matches(bad)) << bad;
  }
}

TEST(ActionGrammar, HasTheReasoningOfAnAgentThatReasonsBeforeItsAction) {
  const std::vector<ActionKind> kinds{
      {.name = "give", .what = {}, .parameters = {Parameter::integer("amount", 0, 20)}}};
  Matcher matcher(grammar_of(kinds, 5));
  for (const std::string_view good :
       {R"({"reasoning": "", "action": "noop"})", R"({"reasoning": "ééééé", "action": "give", "amount": 20})"}) {
    EXPECT_TRUE(matcher.matches(good)) << good;
    EXPECT_TRUE(schema_violations(answer_schema(kinds, 5), *Json::parse(good)).empty()) << good;
  }
  for (const std::string_view bad : {R"({"action": "noop"})", R"({"reasoning": "sixsix", "action": "noop"})",
                                     R"({"reasoning": "why"})", R"({"action": "noop", "reasoning": "why"})"}) {
    EXPECT_FALSE(matcher.matches(bad)) << bad;
  }
}

TEST(Answer, IsAnActionAndWhy) {
  const std::vector<ActionKind> kinds{
      {.name = "give", .what = {}, .parameters = {Parameter::integer("amount", 0, 20)}}};
  const auto read = [&](std::string text, int reasoning_max) {
    return read_answer({.message = {.role = Role::assistant, .content = std::move(text)}}, kinds, reasoning_max);
  };
  const auto whole = read(R"(So: {"amount": 3, "reasoning": "{\"all\": gave}", "action": "give"}.)", 20);
  ASSERT_TRUE(whole) << whole.error().message;
  EXPECT_EQ(whole->action.kind, "give");
  EXPECT_EQ(whole->action.integer("amount"), 3);
  EXPECT_EQ(whole->action.arguments.find("reasoning"), nullptr);
  EXPECT_EQ(whole->reasoning, "{\"all\": gave}");
  const auto silent = read(R"({"action": "noop"})", 20);  // of a server without grammars
  ASSERT_TRUE(silent) << silent.error().message;
  EXPECT_EQ(silent->reasoning, "");
  const auto fences = read(R"({"reasoning": "```json {} ```", "action": "noop"})", 20);
  ASSERT_TRUE(fences) << fences.error().message;
  EXPECT_EQ(fences->reasoning, "```json {} ```");
  EXPECT_FALSE(read(R"({"reasoning": "seven characters", "action": "noop"})", 7));
  EXPECT_FALSE(read(R"({"reasoning": 5, "action": "noop"})", 7));
  EXPECT_FALSE(read(R"({"reasoning": "why", "action": "noop"})", 0)) << "nobody asked why";
}

}  // namespace
}  // namespace puna::sim
