// Stop strings, held-back text and characters cut between tokens, each against the definition.
#include "engine/output_text.h"

#include <gtest/gtest.h>

namespace puna::engine {
namespace {

struct Shown {
  std::string text;
  std::vector<Token> tokens;
  bool stopped = false;
  bool always_valid = true;
};

// Pushes the bytes in pieces of the given size, one token each.
Shown run(std::string_view bytes, std::vector<std::string> stops, std::size_t piece) {
  OutputText output(std::move(stops));
  Shown shown;
  const auto add = [&shown](const piece::Text& text) {
    shown.text += text.text;
    shown.tokens.insert(shown.tokens.end(), text.tokens.begin(), text.tokens.end());
    shown.always_valid = shown.always_valid && utf8::is_valid(text.text);
  };
  Token token = 0;
  for (std::size_t at = 0; at < bytes.size() && !output.stopped(); at += piece) {
    add(output.push(token++, bytes.substr(at, piece)));
  }
  if (!output.stopped()) {
    add(output.finish());
  }
  shown.stopped = output.stopped();
  EXPECT_EQ(shown.tokens.size(), static_cast<std::size_t>(token));
  return shown;
}

TEST(OutputText, WithoutStopStringsEverythingComesOutAtOnce) {
  OutputText output({});
  EXPECT_EQ(output.push(1, "abc").text, "abc");
  EXPECT_EQ(output.push(2, "d").tokens, std::vector<Token>{2});
}

TEST(OutputText, TheTextEndsBeforeTheStopStringHoweverTheTokensCutIt) {
  const std::string text = "one two three STOP four";
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    const Shown shown = run(text, {"STOP"}, piece);
    EXPECT_EQ(shown.text, "one two three ") << piece;
    EXPECT_TRUE(shown.stopped);
  }
}

TEST(OutputText, WhatOnlyLooksLikeAStopStringIsShownInTheEnd) {
  for (std::size_t piece = 1; piece < 8; ++piece) {
    const Shown shown = run("ST STO STOQ ST", {"STOP"}, piece);
    EXPECT_EQ(shown.text, "ST STO STOQ ST") << piece;
    EXPECT_FALSE(shown.stopped);
  }
}

TEST(OutputText, NoPartOfAStopStringIsEverShown) {
  OutputText output({"<|end|>"});
  EXPECT_EQ(output.push(1, "hello <").text, "hello ");
  EXPECT_EQ(output.push(2, "|en").text, "");
  const piece::Text text = output.push(3, "d|> more");
  EXPECT_EQ(text.text, "");
  EXPECT_EQ(text.tokens, (std::vector<Token>{1, 2, 3}));
  EXPECT_TRUE(output.stopped());
}

TEST(OutputText, TheEarliestOfSeveralStopStringsCounts) {
  EXPECT_EQ(run("aXbYc", {"Y", "X"}, 5).text, "a");
  EXPECT_EQ(run("aXbYc", {"Y", "bY"}, 5).text, "aX");
}

TEST(OutputText, AStopStringThatOverlapsItselfIsFound) {
  for (std::size_t piece = 1; piece < 6; ++piece) {
    EXPECT_EQ(run("aaab", {"aab"}, piece).text, "a") << piece;
    EXPECT_EQ(run("ababac!", {"abac"}, piece).text, "ab") << piece;
  }
}

TEST(OutputText, CharactersAreNeverSplitAndBrokenOnesAreReplaced) {
  const std::string text = "h\u00e9 \u20ac \U0001F600 \xFF\xC3 end\xE2\x82";
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    const Shown shown = run(text, {"never"}, piece);
    EXPECT_TRUE(shown.always_valid) << piece;
    EXPECT_EQ(shown.text, utf8::sanitize(text)) << piece;
  }
}

// Property: for random texts over a tiny alphabet, any cutting gives the definition's answer.
TEST(OutputText, RandomTextsMatchTheDefinition) {
  Random random(17);
  const auto word = [&random](std::size_t length) {
    std::string text;
    for (std::size_t i = 0; i < length; ++i) {
      text += static_cast<char>('a' + random.next() % 2);
    }
    return text;
  };
  for (int round = 0; round < 3000; ++round) {
    const std::string text = word(random.next() % 30);
    std::vector<std::string> stops;
    for (std::size_t i = 0; i < random.next() % 3; ++i) {
      stops.push_back(word(1 + random.next() % 5));
    }
    // One byte at a time: the first position where some stop string is complete decides.
    std::string expected = text;
    bool stopped = false;
    for (std::size_t end = 1; end <= text.size() && !stopped; ++end) {
      std::size_t first = std::string::npos;
      for (const std::string& stop : stops) {
        first = std::min(first, text.substr(0, end).find(stop));
      }
      if (first != std::string::npos) {
        expected = text.substr(0, first);
        stopped = true;
      }
    }
    const Shown shown = run(text, stops, 1);
    EXPECT_EQ(shown.text, expected) << text;
    EXPECT_EQ(shown.stopped, stopped);
  }
}

TEST(OutputText, BadStopStringsAreRefused) {
  EXPECT_FALSE(validate_stops(std::vector<std::string>{""}));
  EXPECT_FALSE(validate_stops(std::vector<std::string>(65, "x")));
  EXPECT_FALSE(validate_stops(std::vector<std::string>{std::string(1025, 'x')}));
  EXPECT_TRUE(validate_stops(std::vector<std::string>(64, "x")));
}

}  // namespace
}  // namespace puna::engine
