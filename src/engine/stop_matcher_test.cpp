// Stop strings against std::string::find, in pieces of every size.
#include "engine/stop_matcher.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "puna/base/seam.h"

namespace puna::engine {
namespace {

TEST(StopMatcher, WithoutStringsNothingStops) {
  StopMatcher matcher({});
  EXPECT_TRUE(matcher.empty());
  EXPECT_FALSE(matcher.feed("anything"));
}

TEST(StopMatcher, AStringThatBeginsInsideItselfIsFound) {
  StopMatcher matcher({"aab"});
  EXPECT_FALSE(matcher.feed("aa"));
  EXPECT_TRUE(matcher.feed("ab"));
}

TEST(StopMatcher, StopsExactlyWhereASearchInTheWholeTextFindsTheFirstEnd) {
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    Random random(seed);
    const auto word = [&random](std::size_t most) {
      std::string text(1 + random.next() % most, 'a');
      for (char& c : text) {
        c = static_cast<char>('a' + random.next() % 2);
      }
      return text;
    };
    const std::vector<std::string> stops = {word(5), word(7), word(9)};
    const std::string text = word(40);
    std::size_t expected = std::string::npos;
    for (const std::string& stop : stops) {
      const std::size_t at = text.find(stop);
      expected = at == std::string::npos ? expected : std::min(expected, at + stop.size());
    }
    StopMatcher matcher(stops);
    std::size_t fed = 0;
    bool stopped = false;
    while (fed < text.size() && !stopped) {
      const std::size_t piece = std::min<std::size_t>(1 + random.next() % 4, text.size() - fed);
      stopped = matcher.feed(std::string_view(text).substr(fed, piece));
      fed += piece;
    }
    ASSERT_EQ(stopped, expected != std::string::npos) << seed;
    ASSERT_TRUE(!stopped || (fed >= expected && fed < expected + 4)) << seed;
  }
}

}  // namespace
}  // namespace puna::engine
