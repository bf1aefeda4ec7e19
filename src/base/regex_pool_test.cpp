// Expressions against a simple judge: every text up to a length over a small alphabet, matched by a slow matcher that
// follows the definition.
#include "puna/base/regex_pool.h"

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "puna/base/seam.h"

namespace puna {
namespace {

// An expression and what it means, built side by side.
struct Pair {
  Regex regex;
  std::function<bool(std::string_view)> matches;
};

class Maker {
 public:
  explicit Maker(std::uint64_t seed) : random_(seed) {}
  RegexPool pool;

  Pair make(int depth) {
    const std::uint64_t kind = depth == 0 ? random_.next() % 2 : random_.next() % 8;
    if (kind <= 1) {
      const char c = static_cast<char>('a' + random_.next() % 2);
      return {pool.literal(std::string(1, c)), [c](std::string_view text) { return text == std::string(1, c); }};
    }
    const Pair a = make(depth - 1);
    if (kind == 2) {
      return {pool.complement(a.regex), [a](std::string_view text) { return !a.matches(text); }};
    }
    if (kind == 3) {
      const auto min = static_cast<std::uint32_t>(random_.next() % 3);
      const std::uint32_t max =
          random_.next() % 2 == 0 ? RegexPool::kEndless : min + static_cast<std::uint32_t>(random_.next() % 3);
      return {pool.repeat(a.regex, min, max),
              [a, min, max](std::string_view text) { return repeats(a, text, min, max); }};
    }
    const Pair b = make(depth - 1);
    if (kind <= 5) {
      return {pool.sequence(a.regex, b.regex), [a, b](std::string_view text) {
                for (std::size_t i = 0; i <= text.size(); ++i) {
                  if (a.matches(text.substr(0, i)) && b.matches(text.substr(i))) {
                    return true;
                  }
                }
                return false;
              }};
    }
    if (kind == 6) {
      return {pool.either({a.regex, b.regex}),
              [a, b](std::string_view text) { return a.matches(text) || b.matches(text); }};
    }
    return {pool.both({a.regex, b.regex}),
            [a, b](std::string_view text) { return a.matches(text) && b.matches(text); }};
  }

 private:
  static bool repeats(const Pair& inner, std::string_view text, std::uint32_t min, std::uint32_t max) {
    if (text.empty()) {
      return min == 0 || inner.matches("");
    }
    if (max == 0) {
      return false;
    }
    for (std::size_t i = 1; i <= text.size(); ++i) {
      if (inner.matches(text.substr(0, i)) &&
          repeats(inner, text.substr(i), min == 0 ? 0 : min - 1, max == RegexPool::kEndless ? max : max - 1)) {
        return true;
      }
    }
    // A turn that takes nothing still counts.
    return min > 0 && inner.matches("") && repeats(inner, text, min - 1, max == RegexPool::kEndless ? max : max - 1);
  }

  Random random_;
};

std::vector<std::string> texts_up_to(std::size_t length) {
  std::vector<std::string> texts = {""};
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (texts[i].size() < length) {
      texts.push_back(texts[i] + "a");
      texts.push_back(texts[i] + "b");
    }
  }
  return texts;
}

TEST(RegexPool, RandomExpressionsMeanWhatTheyWereBuiltFrom) {
  const std::vector<std::string> texts = texts_up_to(6);
  for (std::uint64_t seed = 0; seed < 600; ++seed) {
    Maker maker(seed);
    const Pair pair = maker.make(3);
    for (const std::string& text : texts) {
      ASSERT_EQ(maker.pool.matches(pair.regex, text), pair.matches(text)) << "seed " << seed << " '" << text << "'";
    }
  }
}

TEST(RegexPool, ACopyInAnotherPoolMeansTheSame) {
  const std::vector<std::string> texts = texts_up_to(6);
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Maker maker(seed);
    const Pair pair = maker.make(3);
    RegexPool other;
    static_cast<void>(other.literal("something that shifts all numbers"));
    const Regex copy = other.copy(maker.pool, std::array{pair.regex}).front();
    for (const std::string& text : texts) {
      ASSERT_EQ(other.matches(copy, text), maker.pool.matches(pair.regex, text)) << seed << " " << text;
    }
  }
}

TEST(RegexPool, DeadMeansThatNothingMatches) {
  const std::vector<std::string> texts = texts_up_to(8);
  int dead = 0;
  for (std::uint64_t seed = 0; seed < 600; ++seed) {
    Maker maker(seed);
    const Pair pair = maker.make(3);
    bool any = false;
    for (const std::string& text : texts) {
      any = any || pair.matches(text);
    }
    if (maker.pool.is_dead(pair.regex)) {
      ++dead;
      EXPECT_FALSE(any) << seed;
    }
  }
  EXPECT_GT(dead, 5);
}

TEST(RegexPool, AskingByteByByteSaysWhatTheRowSays) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Maker by_byte(seed);
    Maker by_row(seed);
    Regex a = by_byte.make(3).regex;
    Regex b = by_row.make(3).regex;
    Random random(seed);
    for (int step = 0; step < 12 && a != Regex::nothing; ++step) {
      const RegexPool::Row row = by_row.pool.row(b);
      for (const char each : std::string_view("abcxyz\"\xC3")) {
        const auto byte = static_cast<std::uint8_t>(each);
        const Regex to = by_byte.pool.next(a, byte);
        ASSERT_EQ(to == Regex::nothing, row[byte] == Regex::nothing) << seed << " " << each;
        ASSERT_EQ(by_byte.pool.matches_empty(to), by_row.pool.matches_empty(row[byte])) << seed << " " << each;
      }
      const auto chosen = static_cast<std::uint8_t>("abc"[random.next() % 3]);
      a = by_byte.pool.next(a, chosen);
      b = row[chosen];
    }
  }
}

// Of the subsets of letters that a text may still need, almost none is looked at.
TEST(RegexPool, AnIntersectionOfManyIsFoundAliveWithLittleRoom) {
  RegexPool pool;
  const Regex anything = pool.repeat(pool.bytes(ByteSet::all()), 0);
  std::vector<Regex> parts;
  for (char letter = 'a'; letter <= 't'; ++letter) {
    parts.push_back(pool.sequence(std::array{anything, pool.literal(std::string(1, letter)), anything}));
  }
  Regex all = pool.both(parts);
  EXPECT_FALSE(pool.is_dead(all));
  for (const char letter : std::string_view("the quick brown fox jumps over ")) {
    all = pool.next(all, static_cast<std::uint8_t>(letter));
    ASSERT_NE(all, Regex::nothing);
  }
  EXPECT_TRUE(pool.matches(all, "a lazy dog, grumbling"));
  EXPECT_FALSE(pool.matches(all, "lzy dog"));
  EXPECT_LT(pool.cells(), 20'000U);
  EXPECT_TRUE(pool.is_dead(pool.both({parts.front(), pool.complement(parts.front())})));
}

TEST(ByteSet, BordersAreWhereMembershipChanges) {
  Random random(1);
  for (int round = 0; round < 200; ++round) {
    ByteSet set;
    for (std::uint64_t i = random.next() % 300; i > 0; --i) {
      set.add(static_cast<std::uint8_t>(random.next()));
    }
    bool before = false;
    for (unsigned byte = 0; byte < 256; ++byte) {
      const auto one = static_cast<std::uint8_t>(byte);
      ASSERT_EQ(set.borders().has(one), set.has(one) != before) << byte;
      before = set.has(one);
    }
  }
}

TEST(RegexPool, TextsWithinALengthCannotTellTheEvenedExpressionApart) {
  RegexPool pool;
  const Regex digit = pool.bytes(ByteSet::range('0', '9'));
  for (const auto& [min, max] : {std::pair{0U, 100U}, {3U, 100U}, {50U, 60U}, {2U, 3U}}) {
    const Regex exact = pool.sequence(pool.repeat(digit, min, max), pool.literal("x"));
    const Regex even = pool.within(exact, 4);
    for (const std::string_view text : {"", "1", "12", "123", "1234", "x", "1x", "12x", "123x"}) {
      Regex a = exact;
      Regex b = even;
      for (const char c : text) {
        a = pool.next(a, static_cast<std::uint8_t>(c));
        b = pool.next(b, static_cast<std::uint8_t>(c));
      }
      EXPECT_EQ(a == Regex::nothing, b == Regex::nothing) << min << " " << text;
      EXPECT_EQ(pool.matches_empty(a), pool.matches_empty(b)) << min << " " << text;
    }
  }
  const Regex long_one = pool.repeat(digit, 0, 1000);
  EXPECT_EQ(pool.within(long_one, 8), pool.within(pool.repeat(digit, 0, 2000), 8));
}

TEST(RegexPool, EqualExpressionsAreOne) {
  RegexPool pool;
  const Regex a = pool.literal("ab");
  EXPECT_EQ(pool.literal("ab"), a);
  EXPECT_EQ(pool.either({a, pool.literal("ac")}),
            pool.sequence(pool.literal("a"), pool.either({pool.literal("c"), pool.literal("b")})));
  EXPECT_EQ(pool.complement(pool.complement(a)), a);
  EXPECT_EQ(pool.repeat(pool.repeat(a, 0), 0), pool.repeat(a, 0));
}

TEST(RegexPool, AFullPoolSaysSoAndAllowsNothing) {
  RegexPool pool;
  for (std::uint32_t i = 0; !pool.is_full(); ++i) {
    static_cast<void>(pool.repeat(pool.literal(std::to_string(i % 1000)), i % 7, 10 + i));
  }
  EXPECT_EQ(pool.next(pool.literal("never seen before"), 'n'), Regex::nothing);
}

TEST(RegexPool, NestedCountersAreBoundedWork) {
  RegexPool pool;
  Regex bomb = pool.literal("a");
  for (int i = 0; i < 6; ++i) {
    bomb = pool.repeat(pool.optional(bomb), 0, 1000);
  }
  Regex at = bomb;
  for (int i = 0; i < 50; ++i) {
    at = pool.next(at, 'a');
  }
  EXPECT_NE(at, Regex::nothing);
}

}  // namespace
}  // namespace puna
