// Schemas: the grammar accepts what fits, refuses what does not, and agrees with the check; what is not supported is
// named. The official test suite and a set of schemas from the world are the outside judges.
#include "puna/chat/schema.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

#include "chat/json_testing.h"
#include "chat/match_testing.h"

namespace puna {
namespace {

using testing::json;

bool grammar_takes(std::string_view schema, std::string_view value) {
  const auto grammar = grammar_from_schema(json(schema));
  EXPECT_TRUE(grammar) << schema << ": " << (grammar ? "" : grammar.error().message);
  return grammar && testing::TextMatcher(grammar->grammar).matches(value);
}

bool fits(std::string_view schema, std::string_view value) {
  return schema_violations(json(schema), json(value)).empty();
}

struct Case {
  std::string_view schema;
  std::string_view value;
  bool is_fit;
};

TEST(Schema, GrammarAndCheckAgreeOnEachKeyword) {
  const Case cases[] = {
      {R"({"type": "string"})", R"("a \" \\ \n \u00e9 é")", true},
      {R"({"type": "string"})", "3", false},
      {R"({"type": "integer"})", "-12", true},
      {R"({"type": "integer"})", "1.5", false},
      {R"({"type": "number"})", "-1.5e+10", true},
      {R"({"type": "number"})", "\"1\"", false},
      {R"({"type": "boolean"})", "true", true},
      {R"({"type": "boolean"})", "null", false},
      {R"({"type": "null"})", "null", true},
      {R"({"type": ["string", "null"]})", "null", true},
      {R"({"type": ["string", "null"]})", "0", false},
      {R"({"enum": ["a", 1, null, {"k": [1]}]})", R"({"k":[1]})", true},
      {R"({"enum": ["a", 1]})", R"("b")", false},
      {R"({"type": "string", "enum": ["a", 1]})", "1", false},
      {R"({"const": "x\"y"})", R"("x\"y")", true},
      {R"({"const": "x"})", R"("y")", false},
      {R"({"type": "array", "items": {"type": "integer"}})", "[1, 2,3]", true},
      {R"({"type": "array", "items": {"type": "integer"}})", "[]", true},
      {R"({"type": "array", "items": {"type": "integer"}})", "[1, \"2\"]", false},
      {R"({"type": "array"})", R"([1, "a", [null], {"b": true}])", true},
      {R"({"type": "object"})", R"({"any": {"thing": [1]}})", true},
      {R"({"type": "object", "properties": {}})", "{}", true},
      {R"({"type": "object", "additionalProperties": false})", "{}", true},
      {R"({"type": "object", "additionalProperties": false})", R"({"a": 1})", false},
      {R"({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]})", R"({"a": "x"})", true},
      {R"({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]})", "{}", false},
      {R"({"type": "object", "required": ["a"]})", R"({"a": [1]})", true},
      {R"({"type": "object", "required": ["a"]})", "{}", false},
      {R"({"type": "object", "properties": {"a": {}}, "additionalProperties": false})", R"({"a": {"x": 1}})", true},
      {"{}", R"({"a": [1, {"b": null}]})", true},
      {"true", "3", true},
      {R"({"patternProperties": {"^n": {"type": "integer"}}})", R"({"n1": 2, "x": "y"})", true},
      {R"({"patternProperties": {"^n": {"type": "integer"}}})", R"({"n1": "y"})", false},
      {R"({"additionalProperties": {"type": "null"}, "properties": {"a": {}}})", R"({"a": 1, "b": null})", true},
      {R"({"additionalProperties": {"type": "null"}, "properties": {"a": {}}})", R"({"b": 1})", false},
      {R"({"propertyNames": {"maxLength": 2}})", R"({"abc": 1})", false},
      {R"({"prefixItems": [{"type": "string"}], "items": false})", R"(["a", 1])", false},
      {R"({"contains": {"type": "integer"}, "maxContains": 1})", R"(["a", 1])", true},
      {R"({"contains": {"type": "integer"}, "maxContains": 1})", R"([1, "a", 2])", false},
      {R"({"oneOf": [{"minimum": 2}, {"maximum": 5}], "type": "integer"})", "3", false},
      {R"({"if": {"required": ["a"]}, "then": {"required": ["b"]}})", R"({"a": 1})", false},
      {R"({"dependentRequired": {"a": ["b"]}})", R"({"a": 1})", false},
      {R"({"$ref": "#/$defs/n", "maximum": 4, "$defs": {"n": {"type": "integer"}}})", "5", false},
      {R"({"allOf": [{"minLength": 2}, {"pattern": "^a"}], "type": "string"})", R"("ba")", false},
      {R"({"type": "string", "format": "date"})", R"("2023-02-29")", false},
  };
  for (const Case& test : cases) {
    EXPECT_EQ(grammar_takes(test.schema, test.value), test.is_fit) << test.schema << " " << test.value;
    EXPECT_EQ(fits(test.schema, test.value), test.is_fit) << test.schema << " " << test.value;
  }
}

TEST(Schema, EverySubsetOfOptionalMembersIsTakenInAnyOrder) {
  const std::string_view schema = R"({"type": "object", "required": ["c"], "properties":
      {"a": {"type": "integer"}, "b": {"type": "integer"}, "c": {"type": "integer"}, "d": {"type": "integer"}}})";
  for (unsigned mask = 0; mask < 16; ++mask) {
    std::string value;
    for (unsigned i = 0; i < 4; ++i) {
      if ((mask & (1U << i)) != 0) {
        value += (value.empty() ? "" : ", ") + std::string("\"") + "abcd"[i] + "\": 1";
      }
    }
    const bool has_required = (mask & 4U) != 0;
    EXPECT_EQ(grammar_takes(schema, "{" + value + "}"), has_required) << value;
  }
  EXPECT_TRUE(grammar_takes(schema, R"({"c": 1, "a": 1})"));
  EXPECT_TRUE(grammar_takes(schema, R"({"c": 1, "x": 1})"));
  EXPECT_FALSE(grammar_takes(schema, R"({"c": 1, "a": 1, "c": 2})"));
  EXPECT_FALSE(grammar_takes(schema, R"({"c": 1,})"));
  EXPECT_FALSE(grammar_takes(schema, R"({, "c": 1})"));
}

TEST(Schema, ManyOptionalMembersMakeASmallGrammar) {
  Json properties = Json::object();
  for (int i = 0; i < 400; ++i) {
    properties.set("member" + std::to_string(i), Json::object({{"type", "string"}}));
  }
  const Json schema = Json::object({{"type", "object"}, {"properties", properties}});
  const auto grammar = grammar_from_schema(schema);
  ASSERT_TRUE(grammar);
  EXPECT_LT(grammar->grammar->exprs(), 400U * 8U);
}

TEST(Schema, GrammarLeavesNoWayToLoopOnSpaceOrDigits) {
  EXPECT_FALSE(grammar_takes(R"({"type": "integer"})", std::string(26, '9')));
  EXPECT_TRUE(grammar_takes(R"({"type": "integer"})", std::string(25, '9')));
  EXPECT_FALSE(grammar_takes(R"({"type": "integer"})", "012"));
  EXPECT_FALSE(grammar_takes(R"({"type": "number"})", "1e300"));
  EXPECT_FALSE(grammar_takes(R"({"type": "array", "items": {}})", "[    1]"));
  EXPECT_TRUE(grammar_takes(R"({"type": "array", "items": {"type": "integer"}})", "[\n    1,\n    2\n]"));
  EXPECT_FALSE(grammar_takes(R"({"type": "array", "items": {}})", "[\n\n1]"));
}

TEST(Schema, StringsThatTheGrammarTakesAlwaysParse) {
  const std::string_view string = R"({"type": "string"})";
  EXPECT_TRUE(grammar_takes(string, R"("\ud83d\ude00")"));
  EXPECT_FALSE(grammar_takes(string, R"("\ud83d")"));
  EXPECT_FALSE(grammar_takes(string, R"("\ude00")"));
  EXPECT_FALSE(grammar_takes(string, R"("\ud83dx")"));
  EXPECT_FALSE(grammar_takes(string, R"("\x41")"));
  EXPECT_FALSE(grammar_takes(string, "\"a\nb\""));
  EXPECT_FALSE(grammar_takes(string, "\"a\x01\""));
}

TEST(Schema, NamesWithQuotesLineEndsAndOtherScriptsAreKept) {
  const std::string_view schema = R"({"type": "object", "properties": {"a\"\n\\é]": {"const": "]\"\\\u0001"}}})";
  const std::string value = json(R"({"a\"\n\\é]": "]\"\\\u0001"})").dump();
  EXPECT_TRUE(grammar_takes(schema, value)) << value;
  EXPECT_TRUE(fits(schema, value));
}

TEST(Schema, WhatIsRefusedIsNamedWithItsPath) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {R"({"properties": {"a/b": {"type": "string", "pattern": "(?<=x)y"}}})", "'pattern' at '/properties/a~1b'"},
      {R"({"$ref": "#/$defs/y", "$defs": {"x": {}}})", "'$ref'"},
      {R"({"type": "strin"})", "\"strin\""},
      {R"({"anyOf": []})", "'anyOf'"},
      {R"({"required": "a"})", "'required'"},
      {R"({"required": [1]})", "'required'"},
      {R"({"properties": []})", "'properties'"},
      {R"({"items": {"minimum": "3"}})", "'minimum' at '/items'"},
      {R"({"multipleOf": 0})", "'multipleOf'"},
      {R"({"maxLength": -1})", "'maxLength'"},
      {R"({"$puna-is": 0})", "'$puna-is'"},
      {"3", "not 3"},
  };
  for (const auto& [schema, expected] : cases) {
    const auto grammar = grammar_from_schema(json(schema));
    ASSERT_FALSE(grammar) << schema;
    EXPECT_EQ(grammar.error().code, ErrorCode::invalid_argument) << schema;
    EXPECT_TRUE(grammar.error().message.contains(expected)) << schema << grammar.error().message;
  }
}

TEST(Schema, KeywordsThatNoGrammarCanEnforceAreNamed) {
  const auto grammar = grammar_from_schema(json(R"({"items": {"type": "array", "uniqueItems": true}})"));
  ASSERT_TRUE(grammar);
  ASSERT_EQ(grammar->unenforced.size(), 1U);
  EXPECT_EQ(grammar->unenforced[0].keyword, "uniqueItems");
  EXPECT_EQ(grammar->unenforced[0].path, "/items");
}

TEST(Schema, RefusesSchemasThatNoValueFits) {
  EXPECT_FALSE(grammar_from_schema(json(R"({"type": "string", "enum": [1, 2]})")));
  EXPECT_FALSE(grammar_from_schema(json(R"({"type": "object", "required": ["a"], "additionalProperties": false})")));
  EXPECT_FALSE(grammar_from_schema(json(R"({"enum": [1, 2], "const": 3})")));
}

TEST(Schema, DepthAndSizeAreBounded) {
  const auto nested = [](int depth) {
    Json schema = Json::object({{"type", "integer"}});
    for (int i = 0; i < depth; ++i) {
      schema = Json::object({{"type", "array"}, {"items", schema}});
    }
    return schema;
  };
  EXPECT_TRUE(grammar_from_schema(nested(kSchemaDepthMax - 4)));
  EXPECT_EQ(grammar_from_schema(nested(kSchemaDepthMax + 1)).error().code, ErrorCode::limit);
  Json many = Json::array();
  for (std::size_t i = 0; i <= kSchemaNodesMax; ++i) {
    many.push(Json::object());
  }
  EXPECT_EQ(grammar_from_schema(Json::object({{"allOf", many}})).error().code, ErrorCode::limit);
}

TEST(Schema, ViolationsSayWhatIsWrongAndWhere) {
  const Json schema = json(R"({"type": "object", "additionalProperties": false, "required": ["path", "n"], "properties":
      {"path": {"type": "string"}, "n": {"type": "number"}, "unit": {"enum": ["c", "f"]},
       "list": {"type": "array", "items": {"type": "object", "properties": {"id": {"type": "integer"}}}}}})");
  std::vector<std::string> found =
      schema_violations(schema, json(R"({"n": "x", "unit": "k", "list": [{"id": 1}, {"id": 1.5}], "z": 0})"));
  std::ranges::sort(found);
  EXPECT_EQ(found,
            (std::vector<std::string>{"'list[1].id' must be an integer, not 1.5", "'n' must be a number, not \"x\"",
                                      "'path' is missing", "'unit' must be one of [\"c\",\"f\"], not \"k\"",
                                      "'z' is not one of the members: path, n, unit, list"}));
  EXPECT_EQ(schema_violations(schema, json("[]")), std::vector<std::string>{"the value must be an object, not []"});
  EXPECT_EQ(schema_violations(schema, json(R"({"path": "a", "n": 1})")), std::vector<std::string>{});
  EXPECT_EQ(schema_violations(json(R"({"type": ["integer", "null"]})"), json("\"a\"")),
            std::vector<std::string>{"the value must be an integer or null, not \"a\""});
}

TEST(Schema, KeywordsWithValuesOfAnotherTypeEndNothing) {
  for (const std::string_view schema :
       {R"({"not": {"required": [1]}})", R"({"if": {"required": [1, "a"]}, "else": false})",
        R"({"not": {"maxLength": 1e300}})", R"({"not": {"minItems": -1e300}})",
        R"({"type": "array", "not": {"contains": true, "minContains": "x"}})",
        R"({"contains": true, "minContains": "x", "maxContains": [1]})"}) {
    static_cast<void>(grammar_from_schema(json(schema)));
    for (const std::string_view value : {"[1]", "{\"a\": 1}", "\"a\"", "1"}) {
      static_cast<void>(schema_violations(json(schema), json(value)));
    }
  }
  EXPECT_TRUE(fits(R"({"contains": true, "minContains": "x"})", "[1]"));
}

TEST(Schema, OurOwnLinksAreRefusedWhereverTheyStand) {
  for (const std::string_view schema : {R"({"type": "object", "properties": {"default": {"$puna-is": "x"}}})",
                                        R"({"type": "object", "properties": {"default": {"$puna-is": 4000000}}})",
                                        R"({"$ref": "#/default", "default": {"$puna-not-enum": 1}})",
                                        R"({"$ref": "#/examples/0", "examples": [{"allOf": [{"$puna-is": "x"}]}]})"}) {
    const auto grammar = grammar_from_schema(json(schema));
    ASSERT_FALSE(grammar) << schema;
    EXPECT_TRUE(grammar.error().message.contains("$puna-")) << grammar.error().message;
    EXPECT_FALSE(fits(schema, "1")) << schema;
  }
}

TEST(Schema, ACheckThatGrowsWithoutEndIsGivenUp) {
  const auto found = schema_violations(json(R"({"allOf": [{"$ref": "#"}, {"$ref": "#"}]})"), json("1"));
  ASSERT_FALSE(found.empty());
}

TEST(Schema, ViolationsAreBounded) {
  Json items = Json::array();
  for (int i = 0; i < 1000; ++i) {
    items.push("x");
  }
  EXPECT_LE(schema_violations(json(R"({"items": {"type": "integer"}})"), items).size(), 20U);
}

}  // namespace
}  // namespace puna
