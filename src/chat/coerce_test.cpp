// Values in the types that a schema wants: only where they do not fit, and only one way is left.
#include <gtest/gtest.h>

#include "chat/json_testing.h"
#include "puna/chat/repair.h"

namespace puna {
namespace {

using testing::json;

std::string made(std::string_view schema, std::string_view value) {
  const auto changed = coerced(json(schema), json(value));
  return changed ? changed->dump() : "nothing";
}
// For a member "v".
std::string member(std::string_view schema, std::string_view value) {
  const std::string object = R"({"type":"object","properties":{"v":)" + std::string(schema) + "}}";
  const std::string changed = made(object, R"({"v":)" + std::string(value) + "}");
  return changed == "nothing" ? changed : changed.substr(5, changed.size() - 6);
}

TEST(Coerced, ATypeWithOneOtherReadingIsChanged) {
  EXPECT_EQ(member(R"({"type":"integer"})", R"("5")"), "5");
  EXPECT_EQ(member(R"({"type":"integer"})", R"("-5.0")"), "-5.0");
  EXPECT_EQ(member(R"({"type":"number"})", R"("2.5e3")"), "2500.0");
  EXPECT_EQ(member(R"({"type":"boolean"})", R"("true")"), "true");
  EXPECT_EQ(member(R"({"type":"boolean"})", R"("False")"), "false");
  EXPECT_EQ(member(R"({"type":"array","items":{"type":"string"}})", R"("a")"), R"(["a"])");
  EXPECT_EQ(member(R"({"type":"array","items":{"type":"integer"}})", R"("5")"), "[5]");
  EXPECT_EQ(member(R"({"type":"array","items":{"type":"integer"}})", R"("[1, 2]")"), "[1,2]");
  EXPECT_EQ(member(R"({"type":"array","items":{"type":"integer"}})", R"(["1", 2])"), "[1,2]");
  EXPECT_EQ(member(R"({"type":"object","properties":{"n":{"type":"integer"}}})", R"("{\"n\": \"1\"}")"), R"({"n":1})");
  EXPECT_EQ(member(R"({"type":["integer","null"]})", R"("5")"), "5");
  EXPECT_EQ(made(R"({"type":"object","additionalProperties":{"type":"number"}})", R"({"x":"1","y":2})"),
            R"({"x":1,"y":2})");
}

TEST(Coerced, WhatFitsIsNeverChanged) {
  EXPECT_EQ(member(R"({"type":"integer"})", "5.0"), "nothing");
  EXPECT_EQ(member(R"({"type":["string","integer"]})", R"("5")"), "nothing");
  EXPECT_EQ(member("{}", R"("5")"), "nothing");
  EXPECT_EQ(member(R"({"type":"array"})", "[]"), "nothing");
}

TEST(Coerced, WhatCouldBeTwoThingsOrFitsNeitherWayIsLeft) {
  EXPECT_EQ(member(R"({"type":"integer"})", R"("five")"), "nothing");
  EXPECT_EQ(member(R"({"type":"integer"})", R"("5.5")"), "nothing");
  EXPECT_EQ(member(R"({"type":"integer"})", R"("")"), "nothing");
  EXPECT_EQ(member(R"({"type":"integer"})", "true"), "nothing");
  EXPECT_EQ(member(R"({"type":"integer","maximum":4})", R"("5")"), "nothing");
  EXPECT_EQ(member(R"({"type":"boolean"})", "1"), "nothing");
  EXPECT_EQ(member(R"({"type":"boolean"})", R"("yes")"), "nothing");
  EXPECT_EQ(member(R"({"type":"string"})", "5"), "nothing");
  EXPECT_EQ(member(R"({"type":"null"})", R"("null")"), "nothing");
  EXPECT_EQ(member(R"({"type":["integer","array"],"items":{"type":"integer"}})", R"("5")"), "nothing");
  EXPECT_EQ(member(R"({"type":"array","items":{"type":"string"}})", R"("[\"a\"]")"), "nothing");
  EXPECT_EQ(member(R"({"type":"array"})", R"("a")"), "nothing") << "nothing says that such are wanted";
  EXPECT_EQ(made(R"({"type":"object","required":["b"],"properties":{"a":{"type":"integer"}}})", R"({"a":"5"})"),
            "nothing")
      << "the rest is wrong too";
}

}  // namespace
}  // namespace puna
