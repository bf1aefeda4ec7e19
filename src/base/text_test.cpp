#include "puna/base/text.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace puna {
namespace {

TEST(Utf8, SanitizeReplacesEachWrongByteAndNothingElse) {
  EXPECT_EQ(utf8::sanitize("grüße 🎉"), "grüße 🎉");
  EXPECT_EQ(utf8::sanitize("a\x80"
                           "b\xC3"),
            "a\xEF\xBF\xBD"
            "b\xEF\xBF\xBD");
  EXPECT_TRUE(utf8::is_valid(utf8::sanitize("\xED\xA0\x80\xF5\xC0\xAF")));
}

TEST(Base64, HasTheFormsOfTheRfc) {
  for (const auto& [bytes, text] :
       std::array<std::pair<std::string_view, std::string_view>, 7>{{{"", ""},
                                                                     {"f", "Zg=="},
                                                                     {"fo", "Zm8="},
                                                                     {"foo", "Zm9v"},
                                                                     {"foob", "Zm9vYg=="},
                                                                     {"fooba", "Zm9vYmE="},
                                                                     {"foobar", "Zm9vYmFy"}}}) {
    EXPECT_EQ(base64(bytes), text);
  }
  EXPECT_EQ(base64("\xff\xfe\xfd"), "//79");
}

TEST(Base64, IsReadBackWithoutPaddingAndBetweenBlanksAndNothingElseIs) {
  for (const std::string_view bytes : {"", "f", "fo", "foo", "foob", "\xff\xfe\xfd"}) {
    EXPECT_EQ(from_base64(base64(bytes)), std::string(bytes));
  }
  EXPECT_EQ(from_base64("Zm9v\r\nYg"), "foob");
  for (const std::string_view bad : {"Z", "Zm9v!", "Zm=v", "Zm9vY", "Zm9vYg=x"}) {
    EXPECT_EQ(from_base64(bad), std::nullopt) << bad;
  }
}

TEST(Utf8, CompletePrefixHoldsBackOnlyAnUnfinishedCharacter) {
  const std::string party = "x🎉";
  EXPECT_EQ(utf8::complete_prefix(party), party.size());
  for (std::size_t cut = 2; cut < party.size(); ++cut) {
    EXPECT_EQ(utf8::complete_prefix(std::string_view(party).substr(0, cut)), 1U) << cut;
  }
  EXPECT_EQ(utf8::complete_prefix(""), 0U);
}

TEST(Utf8, CompletePrefixDoesNotHoldBackBytesThatNeverBecomeValid) {
  for (const std::string_view rubbish : {"x\x80", "x\xFF", "x\xC0", "x\xE0\x80", "x\xED\xA0", "x\xF4\x90", "x\xF5"}) {
    EXPECT_EQ(utf8::complete_prefix(rubbish), rubbish.size());
  }
}

TEST(Utf8, EverySplitOfAStreamGivesTheSameText) {
  const std::string text =
      "aé漢🎉z\xE2\x82"
      "a\xF0\x9F";
  const std::string whole = utf8::sanitize(text);
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    std::string pending = text.substr(0, cut);
    const std::size_t ready = utf8::complete_prefix(pending);
    std::string joined = utf8::sanitize(pending.substr(0, ready));
    joined += utf8::sanitize(pending.substr(ready) + text.substr(cut));
    EXPECT_EQ(joined, whole) << cut;
  }
}

TEST(Utf8, TruncateNeverSplitsACharacter) {
  EXPECT_EQ(utf8::truncate("aé", 2), "a");
  EXPECT_EQ(utf8::truncate("aé", 3), "aé");
  EXPECT_EQ(utf8::truncate("aé", 0), "");
}

TEST(Printable, ShowsControlCharactersInsteadOfObeyingThem) {
  EXPECT_EQ(printable("a\tb\n\x1b[31mred\x7f\r"), "a\tb\n\\x1b[31mred\\x7f\\x0d");
  EXPECT_EQ(printable("\xC2\x9B"
                      "31m"),
            "\\x9b31m");
  EXPECT_EQ(printable("é"), "é");
}

TEST(NearestName, IsTheOneWithTheFewestChangesAndNothingWhenNoneIsNear) {
  const std::array<std::string_view, 4> names{"top_k", "top_p", "temperature", "min_p"};
  EXPECT_EQ(nearest_name("top-p", names), "top_p");
  EXPECT_EQ(nearest_name("temprature", names), "temperature");
  EXPECT_EQ(nearest_name("top_x", names), "top_k");  // the first of equals
  EXPECT_EQ(nearest_name("frequency", names), "");
  EXPECT_EQ(nearest_name("", names), "");
  EXPECT_EQ(nearest_name("top_k", {}), "");
}

}  // namespace
}  // namespace puna
