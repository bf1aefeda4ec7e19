// A value does not fit a schema when it breaks one of its keywords: the opposite is "any of" the broken keywords.
#include "chat/schema_opposite.h"

#include <algorithm>
#include <array>
#include <utility>

#include "chat/schema_formats.h"

namespace puna::schema {
namespace {

constexpr std::array<std::string_view, 6> kPlainTypes = {"null", "boolean", "number", "string", "array", "object"};

Json typed(std::string_view type, std::string_view keyword, Json value) {
  return Json::object({{"type", type}, {std::string(keyword), std::move(value)}});
}

class Breaker {
 public:
  Breaker(Facts& facts, FactId id) : facts_(facts), id_(id) {}

  std::optional<Json> run(std::string& why) {
    const Json& schema = facts_.at(id_);
    if (schema.is_bool()) {
      return Json(!schema.as_bool());
    }
    if (!schema.is_object()) {
      why = "a schema that is no object";
      return std::nullopt;
    }
    const bool only_ref = facts_.ref_stands_alone() && schema.find("$ref") != nullptr;
    for (const Json::Member& member : schema.as_object()) {
      if ((!only_ref || member.key == "$ref") && !keyword(schema, member.key, member.value)) {
        why = member.key;
        return std::nullopt;
      }
    }
    if (options_.empty()) {
      return Json(false);
    }
    return Json::object({{"anyOf", Json(std::move(options_))}});
  }

 private:
  void offer(Json option) { options_.push_back(std::move(option)); }
  FactId inside(const Json& schema) { return facts_.inside(id_, schema); }

  // False: it cannot be said.
  bool keyword(const Json& schema, std::string_view key, const Json& value) {
    return logic(schema, key, value) || assertion(schema, key, value) || lists(schema, key, value) ||
           !decides(key, value);
  }

  // Whether a keyword that nothing above knows can make a value not fit.
  static bool decides(std::string_view key, const Json& value) {
    static constexpr std::array<std::string_view, 15> kDeciding = {"oneOf",
                                                                   "multipleOf",
                                                                   "uniqueItems",
                                                                   "patternProperties",
                                                                   "propertyNames",
                                                                   "additionalProperties",
                                                                   "additionalItems",
                                                                   "dependencies",
                                                                   "dependentSchemas",
                                                                   "dependentRequired",
                                                                   "unevaluatedItems",
                                                                   "unevaluatedProperties",
                                                                   "items",
                                                                   "contains",
                                                                   "$dynamicRef"};
    if (value.is_bool() && (key == "additionalProperties" || key == "additionalItems")) {
      return !value.as_bool();
    }
    return (key != "uniqueItems" || (value.is_bool() && value.as_bool())) &&
           std::ranges::find(kDeciding, key) != kDeciding.end();
  }

  bool logic(const Json& schema, std::string_view key, const Json& value) {
    if (key == kIs) {
      offer(Json::object({{std::string(kNot), value}}));
    } else if (key == kNot) {
      offer(Json::object({{std::string(kIs), value}}));
    } else if (key == "not") {
      offer(is(inside(value)));
    } else if ((key == "$ref" || key == "$recursiveRef") && value.is_string()) {
      const auto target =
          key == "$ref" ? facts_.target(id_, value.as_string()) : facts_.recursive_target(id_, value.as_string());
      if (!target) {
        return false;
      }
      offer(is_not(*target));
    } else if (key == "allOf" && value.is_array()) {
      for (const Json& part : value.as_array()) {
        offer(is_not(inside(part)));
      }
    } else if (key == "anyOf" && value.is_array()) {
      Json::Array none;
      for (const Json& part : value.as_array()) {
        none.push_back(is_not(inside(part)));
      }
      offer(Json::object({{"allOf", Json(std::move(none))}}));
    } else if (key == "if") {
      condition(schema, inside(value));
    } else {
      return key == "then" || key == "else";
    }
    return true;
  }

  void condition(const Json& schema, FactId when) {
    if (const Json* then = schema.find("then")) {
      offer(Json::object({{"allOf", Json::array({is(when), is_not(inside(*then))})}}));
    }
    if (const Json* otherwise = schema.find("else")) {
      offer(Json::object({{"allOf", Json::array({is_not(when), is_not(inside(*otherwise))})}}));
    }
  }

  bool assertion(const Json& schema, std::string_view key, const Json& value) {
    if (key == "type") {
      types(schema, value);
    } else if (key == "enum" && value.is_array()) {
      offer(Json::object({{std::string(kNotEnum), value}}));
    } else if (key == "const") {
      offer(Json::object({{std::string(kNotEnum), Json::array({value})}}));
    } else if (key == kNotEnum) {
      offer(Json::object({{"enum", value}}));
    } else if (key == "pattern") {
      offer(typed("string", kNotPattern, value));
    } else if (key == kNotPattern) {
      offer(typed("string", "pattern", value));
    } else if (key == "format" && value.is_string()) {
      if (format_named(value.as_string())) {
        offer(typed("string", kNotFormat, value));
      }
    } else if (key == "minimum" || key == "exclusiveMinimum" || key == "maximum" || key == "exclusiveMaximum") {
      return bound(schema, key, value);
    } else {
      return counts(key, value);
    }
    return true;
  }

  bool bound(const Json& schema, std::string_view key, const Json& value) {
    const bool is_least = key.ends_with("inimum");
    if (value.is_bool()) {
      return true;  // draft 4: says how to read the other one
    }
    const Json* older = schema.find(is_least ? "exclusiveMinimum" : "exclusiveMaximum");
    const bool excludes = key.starts_with("exclusive") || (older != nullptr && older->is_bool() && older->as_bool());
    offer(typed("number",
                is_least ? (excludes ? "maximum" : "exclusiveMaximum") : (excludes ? "minimum" : "exclusiveMinimum"),
                value));
    return true;
  }

  bool counts(std::string_view key, const Json& value) {
    struct Count {
      std::string_view key;
      std::string_view type;
      std::string_view opposite;
      int step;
    };
    static constexpr std::array<Count, 6> kCounts = {Count{"minLength", "string", "maxLength", -1},
                                                     {"maxLength", "string", "minLength", 1},
                                                     {"minItems", "array", "maxItems", -1},
                                                     {"maxItems", "array", "minItems", 1},
                                                     {"minProperties", "object", "maxProperties", -1},
                                                     {"maxProperties", "object", "minProperties", 1}};
    const auto count = std::ranges::find(kCounts, key, &Count::key);
    if (count == kCounts.end() || !value.is_number()) {
      return false;
    }
    constexpr double kCountMax = 1e15;
    const auto limit = static_cast<std::int64_t>(std::clamp(value.as_double(), -kCountMax, kCountMax)) + count->step;
    if (limit >= 0) {
      offer(typed(count->type, count->opposite, limit));
    }
    return true;
  }

  void types(const Json& schema, const Json& value) {
    const Json::Array listed = value.is_array() ? value.as_array() : Json::Array{value};
    const Json* nullable = schema.find("nullable");
    const bool takes_null = nullable != nullptr && nullable->is_bool() && nullable->as_bool();
    const auto has = [&](std::string_view name) {
      return (name == "null" && takes_null) || std::ranges::any_of(listed, [name](const Json& type) {
               return type.is_string() && type.as_string() == name;
             });
    };
    Json::Array rest;
    for (const std::string_view type : kPlainTypes) {
      if (!has(type) && !(type == "number" && has("integer"))) {
        rest.emplace_back(type);
      }
    }
    if (!rest.empty()) {
      offer(Json::object({{"type", Json(std::move(rest))}}));
    }
    if (has("integer") && !has("number")) {
      offer(typed("number", kNotInteger, true));
    }
  }

  bool lists(const Json& schema, std::string_view key, const Json& value) {
    if (key == "required" && value.is_array()) {
      for (const Json& name : value.as_array()) {
        if (name.is_string()) {
          offer(typed("object", "properties", Json::object({{name.as_string(), false}})));
        }
      }
    } else if (key == "properties" && value.is_object()) {
      for (const Json::Member& member : value.as_object()) {
        offer(Json::object({{"type", "object"},
                            {"required", Json::array({member.key})},
                            {"properties", Json::object({{member.key, is_not(inside(member.value))}})}}));
      }
    } else if (key == "items" && !value.is_array() && schema.find("prefixItems") == nullptr) {
      offer(typed("array", "contains", is_not(inside(value))));
    } else if ((key == "prefixItems" || key == "items") && value.is_array()) {
      for (std::size_t i = 0; i < value.as_array().size(); ++i) {
        Json::Array first(i, Json(true));
        first.push_back(is_not(inside(value.as_array()[i])));
        offer(Json::object({{"type", "array"},
                            {"minItems", static_cast<std::int64_t>(i) + 1},
                            {"prefixItems", Json(std::move(first))}}));
      }
    } else if (key == "contains") {
      const bool has_counts = schema.find("minContains") != nullptr || schema.find("maxContains") != nullptr;
      if (has_counts) {
        return false;
      }
      offer(typed("array", "items", is_not(inside(value))));
    } else {
      return false;
    }
    return true;
  }

  Facts& facts_;
  FactId id_;
  Json::Array options_;
};

}  // namespace

std::optional<Json> opposite_schema(Facts& facts, FactId id, std::string& why) { return Breaker(facts, id).run(why); }

}  // namespace puna::schema
