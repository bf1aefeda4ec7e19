#include "puna/base/json.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace puna {
namespace {

std::string again(std::string_view text) {
  const auto parsed = Json::parse(text);
  return parsed ? parsed->dump() : "error: " + parsed.error().message;
}

TEST(Json, PrintsWhatItReadInTheSameOrder) {
  EXPECT_EQ(again(R"({"b": [1, 2.5, -3, true, null], "a": {"x": "é\n"}})"),
            R"({"b":[1,2.5,-3,true,null],"a":{"x":"é\n"}})");
}

TEST(Json, ARepeatedKeyKeepsItsFirstPlaceAndLastValue) {
  EXPECT_EQ(again(R"({"a":1,"b":2,"a":3})"), R"({"a":3,"b":2})");
}

TEST(Json, ManyKeysAreReadAndARepeatedOneAmongThemIsFound) {
  std::string text = "{";
  for (int i = 0; i < 200'000; ++i) {
    text += "\"k" + std::to_string(i) + "\":0,";
  }
  text += "\"k0\":1}";
  const auto parsed = Json::parse(text);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->as_object().size(), 200'000U);
  EXPECT_EQ(parsed->find("k0")->as_integer(), 1);
}

TEST(Json, IntegersStayExactToTheirLimits) {
  EXPECT_EQ(again("[9223372036854775807,-9223372036854775808]"), "[9223372036854775807,-9223372036854775808]");
  EXPECT_EQ(again("[9223372036854775808,18446744073709551615]"), "[9223372036854775808,18446744073709551615]");
  EXPECT_EQ(again("18446744073709551616"), "1.8446744073709552e+19");
}

TEST(Json, AnIntegerWithZerosBehindItsPointKeepsItsDigits) {
  EXPECT_EQ(again("[9223372036854775807.0,18446744073709551615.00,-9007199254740993.0]"),
            "[9223372036854775807,18446744073709551615,-9007199254740993]");
  EXPECT_EQ(again("[1.0,9007199254740993.5,1e300,18446744073709551616.0]"),
            "[1.0,9.007199254740994e+15,1e+300,1.8446744073709552e+19]");
}

// Schemas call 5.0 an integer, and so do programs that read what fits a schema.
TEST(Json, AWholeNumberIsAnIntegerHoweverItIsWritten) {
  const auto number = [](std::string_view text) { return Json::parse(text).value(); };
  for (const std::string_view text : {"5", "5.0", "5.00", "0.5e1"}) {
    EXPECT_TRUE(number(text).is_integer()) << text;
    EXPECT_EQ(number(text).as_integer(), 5) << text;
    EXPECT_EQ(number(text), Json(5)) << text;
  }
  EXPECT_EQ(number("-0.0").as_integer(), 0);
  EXPECT_EQ(number("5.0").dump(), "5.0");
  EXPECT_TRUE(number("5.0").has_point());
  EXPECT_FALSE(number("5").has_point());
  for (const std::string_view text : {"5.5", "1e300", "\"5\""}) {
    EXPECT_FALSE(number(text).is_integer()) << text;
  }
}

TEST(Json, AnIntegerIsLargeOnlyWhereASignedOneCannotHoldIt) {
  constexpr auto kSigned = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  EXPECT_TRUE(Json(kSigned).is_integer());
  const Json large(kSigned + 1);
  EXPECT_TRUE(large.is_large_integer());
  EXPECT_TRUE(large.is_number());
  EXPECT_FALSE(large.is_integer());
  EXPECT_EQ(large.as_large_integer(), kSigned + 1);
  EXPECT_EQ(large.as_double(), 0x1p63);
  EXPECT_EQ(large, Json(0x1p63));
  EXPECT_NE(large, Json(kSigned + 2)) << "two that the same double stands for";
  EXPECT_EQ(Json(-1).as_integer(), -1);
}

TEST(Json, DamageIsAnErrorThatSaysWhere) {
  for (const std::string_view text : {"", "{", "[1,]", "nul", "{\"a\" 1}", "\"\x80\"", "1e999", "[1] x", "'a'"}) {
    const auto parsed = Json::parse(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, ErrorCode::corrupt) << text;
    EXPECT_FALSE(parsed.error().message.empty());
  }
}

TEST(Json, NestingIsBounded) {
  const auto nested = [](int depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(Json::parse(nested(kJsonDepthMax)));
  const auto parsed = Json::parse(nested(kJsonDepthMax + 1));
  ASSERT_FALSE(parsed);
  EXPECT_NE(parsed.error().message.find("64"), std::string::npos);
  EXPECT_FALSE(Json::parse(std::string(1'000'000, '[')));
}

TEST(Json, EqualityIgnoresKeyOrderAndNumberKind) {
  EXPECT_EQ(*Json::parse(R"({"a":1,"b":2.0})"), *Json::parse(R"({"b":2,"a":1.0})"));
  EXPECT_NE(*Json::parse(R"({"a":1})"), *Json::parse(R"({"a":"1"})"));
  EXPECT_NE(*Json::parse("[1,2]"), *Json::parse("[2,1]"));
  EXPECT_NE(Json(false), Json());
}

TEST(Json, BytesThatAreNoUtf8PrintAsReplacementCharacters) {
  EXPECT_EQ(Json(std::string("a\xFF"
                             "b"))
                .dump(),
            "\"a\xEF\xBF\xBD"
            "b\"");
}

TEST(Json, NumbersThatAreNotFinitePrintAsNull) {
  EXPECT_EQ(Json(std::numeric_limits<double>::infinity()).dump(), "null");
}

TEST(Json, FindAndSetWorkOnObjectsOnly) {
  Json json;
  json.set("a", 1).set("b", "x").set("a", 2);
  EXPECT_EQ(json.dump(), R"({"a":2,"b":"x"})");
  EXPECT_EQ(json.find("c"), nullptr);
  EXPECT_EQ(Json(3).find("a"), nullptr);
  EXPECT_EQ(json.text_or("b"), "x");
  EXPECT_EQ(json.text_or("a", "none"), "none");
}

}  // namespace
}  // namespace puna
