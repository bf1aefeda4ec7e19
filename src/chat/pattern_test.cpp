// Patterns against the standard library's matcher, on random patterns and every short text; what is refused is named.
#include "chat/pattern.h"

#include <gtest/gtest.h>

#include <regex>
#include <string>
#include <vector>

#include "base/test_rounds.h"
#include "puna/base.h"

namespace puna {
namespace {

bool found(std::string_view pattern, const std::string& text) {
  RegexPool pool;
  Spelling spelling(pool, Spelling::Kind::json);
  const auto texts = texts_with(spelling, pattern);
  EXPECT_TRUE(texts) << pattern << ": " << (texts ? "" : texts.error().message);
  return texts && pool.matches(*texts, Json(text).dump());
}

std::string random_pattern(Random& random, int depth) {
  static constexpr std::string_view kAtoms[] = {"a", "b", ".", "[ab]", "[^a]", "(?:a|b)"};
  static constexpr std::string_view kRepeats[] = {"", "", "", "*", "+", "?", "{2}", "{1,2}", "{0,1}?"};
  std::string text;
  const std::uint64_t count = 1 + random.next() % 3;
  for (std::uint64_t i = 0; i < count; ++i) {
    text += depth > 0 && random.next() % 3 == 0 ? "(" + random_pattern(random, depth - 1) + ")"
                                                : std::string(kAtoms[random.next() % std::size(kAtoms)]);
    text += kRepeats[random.next() % std::size(kRepeats)];
  }
  return random.next() % 4 == 0 ? text + "|" + std::string(kAtoms[random.next() % std::size(kAtoms)]) : text;
}

// Of the letters a and b, up to five.
std::vector<std::string> short_texts() {
  std::vector<std::string> texts = {""};
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (texts[i].size() < 5) {
      texts.push_back(texts[i] + "a");
      texts.push_back(texts[i] + "b");
    }
  }
  return texts;
}

TEST(Pattern, RandomPatternsWithLookaheadsMatchTheWholeTextWhereTheStandardMatcherDoes) {
  const std::vector<std::string> texts = short_texts();
  Random random(4);
  int matches = 0;
  for (int round = 0; round < test::rounds(300); ++round) {
    std::string pattern;
    for (int part = 0; part < 3; ++part) {
      if (random.next() % 2 == 0) {
        pattern += (random.next() % 2 == 0 ? "(?=" : "(?!") + random_pattern(random, 1);
        pattern += random.next() % 4 == 0 ? "$)" : ")";
      }
      pattern += "(?:" + random_pattern(random, 1) + ")";
    }
    const std::regex judge(pattern);
    RegexPool pool;
    Spelling spelling(pool, Spelling::Kind::utf8);
    const auto ours = texts_with(spelling, pattern, true);
    ASSERT_TRUE(ours) << pattern << ": " << ours.error().message;
    for (const std::string& text : texts) {
      const bool is_match = std::regex_match(text, judge);
      matches += is_match ? 1 : 0;
      ASSERT_EQ(pool.matches(*ours, text), is_match) << pattern << " '" << text << "'";
    }
  }
  EXPECT_GT(matches, test::rounds(300));
}

TEST(Pattern, RandomPatternsAreFoundWhereTheStandardMatcherFindsThem) {
  const std::vector<std::string> texts = short_texts();
  Random random(3);
  for (int round = 0; round < test::rounds(400); ++round) {
    std::string pattern = random_pattern(random, 2);
    switch (random.next() % 5) {
      case 0:
        pattern = "^(?:" + pattern + ")";
        break;
      case 1:
        pattern = "(?:" + pattern + ")$";
        break;
      case 2:
        pattern = "^(?:" + pattern + ")$";
        break;
      case 3:
        pattern = "^(?!" + random_pattern(random, 0) + ")" + pattern;
        break;
      default:
        break;
    }
    const std::regex judge(pattern);
    RegexPool pool;
    Spelling spelling(pool, Spelling::Kind::json);
    const auto ours = texts_with(spelling, pattern);
    ASSERT_TRUE(ours) << pattern << ": " << ours.error().message;
    for (const std::string& text : texts) {
      ASSERT_EQ(pool.matches(*ours, Json(text).dump()), std::regex_search(text, judge))
          << pattern << " '" << text << "'";
    }
  }
}

TEST(Pattern, EscapesClassesAndFlagsMeanWhatTheySay) {
  struct Case {
    std::string_view pattern;
    std::string_view in;
    std::string_view not_in;
  };
  const Case cases[] = {{"^\\d{3}-\\d{4}$", "555-1234", "555-123a"},
                        {"^[[:alpha:]]+$", "abcXYZ", "ab1"},
                        {"^\\p{Lu}\\p{L}+$", "Éric", "éric"},
                        {"(?i)^straße$", "STRAßE", "strasse"},
                        {"^(?i:a)b$", "Ab", "AB"},
                        {"^\\x41\\u00e9\\x{1F600}$", "Aé😀", "Ae😀"},
                        {"^\\ud83d\\ude00$", "😀", "😁"},
                        {"^[^\\s\"\\\\]+$", "a/b", "a\"b"},
                        {"^\\t\\n\\/\\.$", "\t\n/.", "\t\n/x"},
                        {"^[a-c\\-x]+$", "a-x", "a-d"},
                        {"^a{,2}$", "a{,2}", "aa"},
                        {"^(a|b|c$)", "bx", "c1"},
                        {"^(?=.*[0-9])(?=.*[a-z]).{4,}$", "ab12", "abcd"},
                        {"^.$", "ü", "\n"}};
  for (const Case& each : cases) {
    EXPECT_TRUE(found(each.pattern, std::string(each.in))) << each.pattern;
    EXPECT_FALSE(found(each.pattern, std::string(each.not_in))) << each.pattern;
  }
}

TEST(Pattern, WhatIsNotSupportedIsRefusedWithItsPlace) {
  RegexPool pool;
  Spelling spelling(pool, Spelling::Kind::json);
  for (const std::string_view pattern :
       {"(a", "a)", "[a", "*a", "a**+", "(?<=a)b", "(a)\\1", "\\bword", "a{3,2}", "\\p{Greek}", "\\q", "(?m)a", "[z-a]",
        "\\ud800", "(^a)*", "a^", "\\", "(?<name"}) {
    const auto texts = texts_with(spelling, pattern);
    ASSERT_FALSE(texts) << pattern;
    EXPECT_EQ(texts.error().code, ErrorCode::invalid_argument) << pattern;
    EXPECT_TRUE(texts.error().message.contains("pattern")) << texts.error().message;
  }
  EXPECT_EQ(texts_with(spelling, std::string(60'000, '(')).error().code, ErrorCode::limit);
  EXPECT_EQ(texts_with(spelling, std::string(5'000, '(') + std::string(5'000, ')')).error().code, ErrorCode::limit);
  EXPECT_EQ(texts_with(spelling, "a{0,999999}").error().code, ErrorCode::limit);
}

TEST(Pattern, NestedRepetitionsAreWalkedWithoutMultiplying) {
  EXPECT_TRUE(found("^((a{0,1000}){0,1000}){0,1000}$", std::string(300, 'a')));
  EXPECT_FALSE(found("^(a+)+$", std::string(300, 'a') + "b"));
}

}  // namespace
}  // namespace puna
