// Tests only: tools that are hard to call, calls to them, and what a format's grammar and reader make of a reply.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "chat/families_testing.h"
#include "chat/json_testing.h"
#include "chat/match_testing.h"
#include "chat/reply_grammar.h"
#include "puna/chat/reply.h"

namespace puna::testing {

// As servers of tools describe them: enums, arrays of objects, values of two types, references, many optional members.
inline const std::vector<ToolSpec>& wide_tools() {
  static const std::vector<ToolSpec> specs = [] {
    std::vector<ToolSpec> tools = offered();
    tools.push_back({.name = "plan_trip",
                     .description = "Plans.",
                     .parameters = json(R"({"type": "object", "required": ["stops", "mode"], "properties": {
        "mode": {"enum": ["car", "train", "by foot"]},
        "stops": {"type": "array", "minItems": 1, "items": {"type": "object", "required": ["name"], "properties": {
            "name": {"type": "string"}, "nights": {"type": "integer", "minimum": 0, "maximum": 30}}}},
        "note": {"type": ["string", "null"]},
        "budget": {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string", "enum": ["open", "7"]}]},
        "code": {"type": "string", "pattern": "^[A-Z]{2}[0-9]+$"},
        "from": {"$ref": "#/$defs/place"}, "ratio": {"type": "number"}, "meta": {"type": "object"}},
        "$defs": {"place": {"oneOf": [{"type": "string", "maxLength": 20}, {"type": "object",
            "properties": {"lat": {"type": "number"}}, "required": ["lat"]}]}}})")});
    tools.push_back({.name = "now", .description = "The time.", .parameters = {}});
    ToolSpec many{.name = "search_all", .description = "Searches.", .parameters = json(R"({"type": "object"})")};
    Json properties = Json::object();
    for (int i = 0; i < 48; ++i) {
      const std::string_view types[] = {"string", "integer", "boolean"};
      Json type = Json::object();
      type.set("type", types[i % 3]);
      properties.set("field_" + std::to_string(i), std::move(type));
    }
    Json places = Json::array();
    for (int i = 0; i < 80; ++i) {
      places.push("place \"" + std::to_string(i) + "\"");
    }
    Json place = Json::object();
    place.set("enum", std::move(places));
    properties.set("place", std::move(place));
    many.parameters.set("properties", std::move(properties));
    tools.push_back(std::move(many));
    return tools;
  }();
  return specs;
}

// Every field, the last one first.
inline Json all_fields() {
  Json fields = json(R"({"place": "place \"79\""})");
  for (int i = 47; i >= 0; --i) {
    const Json values[] = {"text " + std::to_string(i), i, i % 2 == 0};
    fields.set("field_" + std::to_string(i), values[i % 3]);
  }
  return fields;
}

inline std::vector<ToolCall> wide_calls() {
  return {{.id = "call00001",
           .name = "plan_trip",
           .arguments = json(R"({"mode": "by foot", "stops": [{"name": "Ulm \"old\"", "nights": 2}, {"name": "a's"}],
                                 "note": null, "budget": 40, "code": "DE12", "from": {"lat": 1.5}})")},
          {.id = "call00002",
           .name = "plan_trip",
           .arguments = json(R"({"stops": [{"name": "x"}], "mode": "car", "note": "two\n lines ", "budget": "open"})")},
          {.id = "call00003", .name = "now", .arguments = Json::object()},
          {.id = "call00004", .name = "search_all", .arguments = json(R"({"field_46": 3, "field_0": "é <b>",
            "field_2": true})")},
          {.id = "call00005", .name = "search_all", .arguments = all_fields()}};
}

inline TextMatcher matcher(const ReplyFormat& format, ReplyShape shape,
                           const std::vector<ToolSpec>& tools = wide_tools()) {
  shape.tools = tools;
  shape.markup = &format;
  const auto grammar = reply_grammar(shape);
  EXPECT_TRUE(grammar) << (grammar ? "" : grammar.error().message);
  return TextMatcher(*grammar);
}

inline ParsedReply parse(const ReplyFormat& format, std::string_view text,
                         const std::vector<ToolSpec>& tools = wide_tools()) {
  ReplyParser parser(format, {.reasoning_open = false, .tools = tools});
  static_cast<void>(parser.feed(text));
  return parser.finish();
}

inline void expect_fitting(const std::vector<ToolCall>& calls, const ToolChoice& choice, std::string_view what) {
  for (const ToolCall& call : calls) {
    const auto tool = std::ranges::find(wide_tools(), call.name, &ToolSpec::name);
    ASSERT_NE(tool, wide_tools().end()) << what;
    EXPECT_TRUE(choice.tool().empty() || call.name == choice.tool()) << what;
    const Json none = json(R"({"type": "object", "maxProperties": 0})");
    EXPECT_EQ(schema_violations(tool->parameters.is_null() ? none : tool->parameters, call.arguments),
              std::vector<std::string>{})
        << what;
  }
}

}  // namespace puna::testing
