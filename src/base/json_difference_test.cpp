// Where two values begin to differ.
#include "puna/base/json_difference.h"

#include <gtest/gtest.h>

namespace puna {
namespace {

std::string difference(std::string_view was, std::string_view is) {
  const auto found = first_difference(Json::parse(was).value(), Json::parse(is).value());
  return found ? found->text() : "";
}

TEST(JsonDifference, EqualBytesHaveNone) { EXPECT_EQ(difference(R"({"a":[1,"x"]})", R"({"a":[1,"x"]})"), ""); }

TEST(JsonDifference, NamesThePlaceAndBothSides) {
  EXPECT_EQ(difference(R"({"a":[{"b":1}]})", R"({"a":[{"b":2}]})"), "a[0].b: was 1, is 2");
  EXPECT_EQ(difference(R"({"a":[1,2]})", R"({"a":[1]})"), "a[1]: was 2, is nothing");
  EXPECT_EQ(difference(R"({"a":1})", R"({"a":1,"b":[]})"), "b: was nothing, is []");
  EXPECT_EQ(difference(R"({"a":1,"b":2})", R"({"b":2,"a":1})"), R"(was {"a":1,"b":2}, is {"b":2,"a":1})");
  EXPECT_EQ(difference("1", "1.0"), "was 1, is 1.0");
}

TEST(JsonDifference, OfTextsShowsWhatStandsAroundTheFirstByte) {
  EXPECT_EQ(difference(R"("abc")", R"("abd")"), R"(byte 2: was "abc", is "abd")");
  const std::string umlauts =
      "\u00e4\u00f6\u00fc\u00e4\u00f6\u00fc\u00e4\u00f6\u00fc\u00e4\u00f6\u00fc\u00e4\u00f6\u00fc";
  const auto found = first_difference(Json("x" + umlauts + "a"), Json("x" + umlauts + "b" + std::string(200, 'c')));
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->was.starts_with("...\"")) << found->was;
  EXPECT_TRUE(found->is.ends_with("\"...")) << found->is;
  EXPECT_FALSE(found->text().contains("\uFFFD")) << "no half characters";
}

}  // namespace
}  // namespace puna
