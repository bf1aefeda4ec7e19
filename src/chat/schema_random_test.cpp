// Random schemas: whatever a random walk writes under the grammar parses, fits by jsoncons and by our own check.
#include <gtest/gtest.h>

#include <cstdio>
#include <jsoncons/json.hpp>
#include <jsoncons_ext/jsonschema/jsonschema.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/test_rounds.h"
#include "puna/base.h"
#include "puna/base/grammar_matcher.h"
#include "puna/chat/schema.h"

namespace puna {
namespace {

class SchemaMaker {
 public:
  explicit SchemaMaker(std::uint64_t seed) : random_(seed) {}

  Json make(int depth) {
    const std::uint64_t kind = below(depth == 0 ? 5 : 11);
    switch (kind) {
      case 0:
        return string();
      case 1:
        return number();
      case 2:
        return Json::object({{"enum", Json::array({"red", 7, nullptr, true, "a \"b\" \\"})}});
      case 3:
        return Json::object({{"type", Json::array({"boolean", "null"})}});
      case 4:
        return Json::object({{"const", below(2) == 0 ? Json("fixed") : Json(-3)}});
      case 5:
      case 6:
        return object(depth);
      case 7:
        return array(depth);
      case 8:
        return Json::object({{"anyOf", Json::array({make(depth - 1), make(depth - 1)})}});
      case 9:
        return Json::object({{"allOf", Json::array({make(depth - 1), Json::object({{"not", make(0)}})})}});
      default: {
        Json schema = make(depth - 1);
        if (schema.is_object()) {
          schema.set("oneOf", Json::array({make(0), make(0), object(0)}));
        }
        return schema;
      }
    }
  }

 private:
  std::uint64_t below(std::uint64_t count) { return random_.next() % count; }

  Json string() {
    Json schema = Json::object({{"type", "string"}});
    switch (below(5)) {
      case 0:
        schema.set("minLength", below(4));
        break;
      case 1:
        schema.set("maxLength", 1 + below(6));
        break;
      case 2:
        schema.set("pattern", below(2) == 0 ? "^[a-z]{2,4}$" : "x[0-9]+y?");
        break;
      case 3:
        schema.set("format", below(2) == 0 ? "date" : "ipv4");
        break;
      default:
        break;
    }
    return schema;
  }

  Json number() {
    Json schema = Json::object({{"type", below(2) == 0 ? "integer" : "number"}});
    switch (below(4)) {
      case 0:
        schema.set("minimum", static_cast<std::int64_t>(below(40)) - 20);
        break;
      case 1:
        schema.set("exclusiveMaximum", 12.5);
        break;
      case 2:
        schema.set("minimum", -5);
        schema.set("maximum", static_cast<std::int64_t>(below(300)) - 4);
        break;
      default:
        schema.set("multipleOf", below(2) == 0 ? Json(5) : Json(0.25));
        break;
    }
    return schema;
  }

  Json object(int depth) {
    Json properties = Json::object();
    Json required = Json::array();
    for (const char* name : {"a", "bc", "ü"}) {
      if (below(2) == 0) {
        properties.set(name, depth > 0 ? make(depth - 1) : number());
      }
      if (below(4) == 0) {
        required.push(name);
      }
    }
    Json schema = Json::object({{"type", "object"}, {"properties", properties}, {"required", required}});
    switch (below(6)) {
      case 0:
        schema.set("additionalProperties", false);
        break;
      case 1:
        schema.set("additionalProperties", string());
        break;
      case 2:
        schema.set("patternProperties", Json::object({{"^b", Json(true)}, {"z$", number()}}));
        break;
      case 3:
        schema.set("minProperties", 1 + below(2));
        break;
      case 4:
        schema.set("propertyNames", Json::object({{"maxLength", 2}}));
        break;
      default:
        schema.set("maxProperties", 2);
        break;
    }
    return schema;
  }

  Json array(int depth) {
    Json schema = Json::object({{"type", "array"}, {"items", depth > 0 ? make(depth - 1) : number()}});
    switch (below(4)) {
      case 0:
        schema.set("minItems", below(3));
        break;
      case 1:
        schema.set("maxItems", 1 + below(3));
        break;
      case 2:
        schema.set("prefixItems", Json::array({string(), number()}));
        break;
      default:
        schema.set("contains", number());
        break;
    }
    return schema;
  }

  Random random_;
};

// A random text under the grammar; closing brackets and quotes are preferred, so that it ends. Empty: it did not.
std::optional<std::string> random_text(GrammarMatcher& matcher, Random& random) {
  std::string text;
  GrammarMatcher::State state = matcher.start();
  for (int steps = 0; steps < 3'000; ++steps) {
    if (matcher.may_end(state) && random.next() % 3 != 0) {
      return text;
    }
    const ByteSet next = matcher.next_bytes(state);
    if (next.is_empty()) {
      EXPECT_TRUE(matcher.may_end(state)) << text << " leads nowhere";
      return text;
    }
    std::vector<std::uint8_t> bytes;
    for (unsigned byte = 0; byte < 256; ++byte) {
      if (next.has(static_cast<std::uint8_t>(byte))) {
        bytes.push_back(static_cast<std::uint8_t>(byte));
      }
    }
    std::uint8_t chosen = bytes[random.next() % bytes.size()];
    for (const char close : {'"', '}', ']'}) {
      if (next.has(static_cast<std::uint8_t>(close)) && random.next() % 3 == 0) {
        chosen = static_cast<std::uint8_t>(close);
      }
    }
    text += static_cast<char>(chosen);
    state = matcher.next(state, chosen);
  }
  return std::nullopt;
}

bool judged_valid(const Json& schema, const std::string& text) {
  const auto options = jsoncons::jsonschema::evaluation_options{}.require_format_validation(true);
  const auto compiled = jsoncons::jsonschema::make_json_schema(jsoncons::json::parse(schema.dump()), options);
  return compiled.is_valid(jsoncons::json::parse(text));
}

// The judge reckons in doubles: what needs more digits than they have is not for it.
bool has_long_number(const std::string& text) {
  std::size_t run = 0;
  for (const char c : text) {
    if (run > 15 || (run > 0 && (c == 'e' || c == 'E'))) {
      return true;
    }
    run = c >= '0' && c <= '9' ? run + 1 : c == '.' ? run : 0;
  }
  return run > 15;
}

TEST(SchemaRandom, WhatIsWrittenUnderTheGrammarParsesAndFits) {
  constexpr std::uint64_t kSchemas = test::rounds(10'000);
  auto pool = std::make_unique<RegexPool>();
  std::uint64_t texts = 0;
  std::uint64_t refused = 0;
  for (std::uint64_t seed = 0; seed < kSchemas; ++seed) {
    const Json schema = SchemaMaker(seed).make(3);
    const auto made = grammar_from_schema(schema);
    if (!made) {  // nothing fits it
      EXPECT_EQ(made.error().code, ErrorCode::invalid_argument) << made.error().message;
      ++refused;
      continue;
    }
    if (pool->cells() > RegexPool::kCellsMax / 2) {
      pool = std::make_unique<RegexPool>();
    }
    GrammarMatcher matcher(*made->grammar, *pool);
    Random random(seed);
    const auto text = random_text(matcher, random);
    if (!text) {
      continue;
    }
    ++texts;
    const Result<Json> value = Json::parse(*text);
    ASSERT_TRUE(value) << seed << " " << schema.dump() << " " << *text;
    if (has_long_number(*text)) {
      continue;
    }
    if (made->unenforced.empty()) {
      ASSERT_TRUE(judged_valid(schema, *text)) << seed << " " << schema.dump() << " " << *text;
      ASSERT_EQ(schema_violations(schema, *value), std::vector<std::string>{}) << seed << " " << schema.dump();
    } else {
      ASSERT_EQ(schema_violations(schema, *value).empty(), judged_valid(schema, *text))
          << seed << " " << schema.dump() << " " << *text;
    }
  }
  std::printf("%lu texts, %lu schemas that nothing fits\n", texts, refused);
  EXPECT_GT(texts, kSchemas / 2);
}

}  // namespace
}  // namespace puna
