// GBNF, patterns and choices as grammars; texts made to hang or crash a reader end as errors or as grammars.
#include "puna/chat/output_format.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "chat/match_testing.h"
#include "chat/walk_testing.h"

namespace puna {
namespace {

using testing::TextMatcher;

TextMatcher gbnf(std::string_view text) {
  const auto grammar = grammar_from_gbnf(text);
  EXPECT_TRUE(grammar) << text << ": " << (grammar ? "" : grammar.error().message);
  return TextMatcher(*grammar);
}

TEST(Gbnf, SyntaxMeansWhatLlamaCppReads) {
  TextMatcher list = gbnf(
      "# a list\nroot ::= \"[\" ws (item (\",\" ws item)*)? \"]\"\nitem ::= [a-c]{2,3} ws\n"
      "  | \"(\" root \")\"\nws ::= [ \\t\\n]*\n");
  EXPECT_TRUE(list.matches("[ ab, abc ,([])]"));
  EXPECT_FALSE(list.matches("[a]"));
  EXPECT_FALSE(list.matches("[ab,]"));
  TextMatcher escapes = gbnf("root ::= \"\\x41\\u00e9\\U0001F600\\\"\\\\\" [^\\]\\\\] . \"\"");
  EXPECT_TRUE(escapes.matches("Aé😀\"\\x\n"));
  EXPECT_FALSE(escapes.matches("Aé😀\"\\]x"));
  TextMatcher counts = gbnf("root ::= \"a\"{3} \"b\"{2,} \"c\"{,2} x+ x?\nx ::= \"x\"");
  EXPECT_TRUE(counts.matches("aaabbbbccxx"));
  EXPECT_FALSE(counts.matches("aaabbcccx"));
  EXPECT_FALSE(counts.matches("aabbx"));
  TextMatcher token = gbnf("root ::= <|call|> \"x\"");
  EXPECT_TRUE(token.matches(control_token("<|call|>") + "x"));
  EXPECT_TRUE(token.matches("<|call|>x"));
}

TEST(Gbnf, MistakesNameLineAndReason) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"root ::= \"a", "line 1: a literal does not end"},
      {"root ::= x\n", "the rule 'x' is used and not defined"},
      {"a ::= \"x\"", "no rule 'root'"},
      {"root ::= \"a\"\nroot ::= \"b\"", "line 2: the rule 'root' is defined twice"},
      {"root ::= (\"a\"", "a '(' without its ')'"},
      {"root ::= \"a\"{5,2}", "the least count is above"},
      {"root ::= [z-a]", "runs backwards"},
      {"root = \"a\"", "'::=' is expected"},
      {"root ::= <[17]>", "by its number"},
      {"root ::= x \"a\"\nx ::= \"b\"? x \"c\" | \"d\"", "'x' can begin with itself"},
      {"root ::= \"a\" root", "nothing matches"}};
  for (const auto& [text, expected] : cases) {
    const auto grammar = grammar_from_gbnf(text);
    ASSERT_FALSE(grammar) << text;
    EXPECT_EQ(grammar.error().code, ErrorCode::invalid_argument) << text;
    EXPECT_TRUE(grammar.error().message.contains(expected)) << grammar.error().message;
  }
}

TEST(Gbnf, TextsMadeToHangOrCrashAReaderEnd) {
  EXPECT_EQ(grammar_from_gbnf("root ::= " + std::string(60'000, '(')).error().code, ErrorCode::limit);
  EXPECT_EQ(grammar_from_gbnf(std::string(kGbnfBytesMax + 1, 'a')).error().code, ErrorCode::limit);
  EXPECT_EQ(grammar_from_gbnf("root ::= \"a\"{999999}").error().code, ErrorCode::limit);
  EXPECT_FALSE(grammar_from_gbnf("root ::= a\na ::= a | b\nb ::= a"));
  TextMatcher nullable = gbnf("root ::= ((\"a\"* b*)* c?)+ \"x\"\nb ::= \"b\"*\nc ::= b b b");
  EXPECT_TRUE(nullable.matches("abbaabx"));
  TextMatcher product = gbnf("root ::= x{0,900}\nx ::= (y{0,900}){0,900}\ny ::= \"a\" | \"b\"");
  EXPECT_TRUE(product.begins(std::string(20, 'a')));
  static_cast<void>(product.begins(std::string(400, 'a')));  // or it is too much, which ends as well
  std::string chain = "root ::= r0\n";
  for (int i = 0; i < 5'000; ++i) {
    chain += "r" + std::to_string(i) + " ::= r" + std::to_string(i + 1) + " | \"x\" r" + std::to_string(i + 1) + "\n";
  }
  TextMatcher rules = gbnf(chain + "r5000 ::= \"y\"\n");
  EXPECT_TRUE(rules.matches("xxy"));
}

TEST(OutputFormat, APatternHoldsTheWholeAnswerAndAChoiceIsOneOfItsTexts) {
  TextMatcher pattern(*grammar_from_regex("^[a-z]+(-[a-z]+)*$"));
  EXPECT_TRUE(pattern.matches("one-two"));
  EXPECT_FALSE(pattern.matches("one-"));
  TextMatcher loose(*grammar_from_regex("a|b"));
  EXPECT_FALSE(loose.matches("ab"));
  TextMatcher ahead(*grammar_from_regex("(?=.*[0-9])(?=.*[a-z])(?!no).*"));
  EXPECT_TRUE(ahead.matches("a1!"));
  EXPECT_FALSE(ahead.matches("a!"));
  EXPECT_FALSE(ahead.matches("not1"));
  EXPECT_FALSE(grammar_from_regex("(?!a)a"));
  const std::vector<std::string> choices = {"yes", "yes, but", "no"};
  TextMatcher choice(*grammar_from_choices(choices));
  EXPECT_TRUE(choice.matches("yes"));
  EXPECT_TRUE(choice.matches("yes, but"));
  EXPECT_FALSE(choice.matches("yes,"));
  EXPECT_FALSE(grammar_from_choices({}));
  EXPECT_FALSE(grammar_from_choices(std::vector<std::string>{""}));
}

// Each text that one grammar lets through matches the other.
void expect_equal(const std::shared_ptr<const Grammar>& one, const std::shared_ptr<const Grammar>& other,
                  std::string_view what) {
  Random random(7);
  for (const auto& [from, to] : {std::pair(one, other), std::pair(other, one)}) {
    testing::Walker walker(from, {"<code>", "</code>", "aa", "é"});
    TextMatcher matcher(to);
    for (int i = 0; i < 60; ++i) {
      if (const auto text = walker.walk(random, 40)) {
        EXPECT_TRUE(matcher.matches(*text)) << what << ": " << *text;
      }
    }
  }
}

TEST(GbnfFrom, PatternsAndChoicesAreTheSameLanguageAsText) {
  for (const std::string_view pattern :
       {"a|b", "^[a-z]+(-[a-z]+)*$", "", "(|a|ab){2,3}x?", "[^\\n<\"\\\\\\]\\x01-]*", "(?i)été|\\p{Lu}{2}",
        "a{3}b{2,}(c{0,4}|d)+", ".*\\.(cpp|h)", "[\\x{1F300}-\\x{1F5FF}]|\\x00"}) {
    const auto text = gbnf_from(format::Pattern{std::string(pattern)});
    ASSERT_TRUE(text) << pattern << ": " << text.error().message;
    const auto read = grammar_from_gbnf(*text);
    ASSERT_TRUE(read) << pattern << " as " << *text << ": " << read.error().message;
    expect_equal(*grammar_from_regex(pattern), *read, pattern);
  }
  const std::vector<std::string> choices = {"yes", "a \"b\" \\ c", "line\nend\t\x01", "été 🌊 [x-z]"};
  const auto text = gbnf_from(format::Choice{choices});
  ASSERT_TRUE(text);
  TextMatcher matcher(*grammar_from_gbnf(*text));
  for (const std::string& choice : choices) {
    EXPECT_TRUE(matcher.matches(choice)) << *text;
    EXPECT_FALSE(matcher.matches(choice + "x"));
  }
  EXPECT_EQ(*gbnf_from(format::Gbnf{.text = "root ::= \"a\""}), "root ::= \"a\"");
}

TEST(GbnfFrom, WhatHasNoSuchTextIsRefused) {
  for (const OutputFormat& format :
       std::vector<OutputFormat>{format::Pattern{"(?=a)a"}, format::Pattern{"(?!b)a"}, format::Pattern{"("},
                                 format::Choice{}, format::Gbnf{.text = "x ::= \"a\"", .root = "x"},
                                 format::Gbnf{.text = "root ::= y"}, format::Schema{Json::object()}}) {
    const auto text = gbnf_from(format);
    ASSERT_FALSE(text) << *text;
    EXPECT_EQ(text.error().code, ErrorCode::invalid_argument) << text.error().message;
  }
}

}  // namespace
}  // namespace puna
