// Values against schemas: what a grammar cannot enforce, and what arrives from models that no grammar held.
#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <set>
#include <utility>

#include "chat/pattern.h"
#include "chat/schema_facts.h"
#include "chat/schema_formats.h"

namespace puna::schema {
namespace {

constexpr std::size_t kViolationsMax = 20;
constexpr std::size_t kSchemasDeepMax = 200;    // schemas behind each other for one value
constexpr std::int64_t kChecksMax = 1'000'000;  // of a value under a schema

std::string shown(const Json& value) { return std::string(utf8::truncate(value.dump(), 60)); }

std::string_view article_of(std::string_view type) {
  return type == "null" ? "" : type.starts_with('i') || type.starts_with('a') || type.starts_with('o') ? "an " : "a ";
}

bool is_type(const Json& value, std::string_view name) {
  if (name == "integer") {
    return value.is_integer() || (value.is_number() && std::trunc(value.as_double()) == value.as_double());
  }
  return name == "any" || (name == "null" && value.is_null()) || (name == "boolean" && value.is_bool()) ||
         (name == "number" && value.is_number()) || (name == "string" && value.is_string()) ||
         (name == "array" && value.is_array()) || (name == "object" && value.is_object());
}

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80; }));
}

// What a schema and those that apply beside it have looked at: the rest is for unevaluatedProperties and
// unevaluatedItems.
struct Evaluated {
  std::set<std::string, std::less<>> members;
  std::set<std::size_t> items;

  void add(const Evaluated& other) {
    members.insert(other.members.begin(), other.members.end());
    items.insert(other.items.begin(), other.items.end());
  }
};

// A value under one schema.
struct At {
  FactId id;
  const Json& schema;
  const Json& value;
  const std::string& where;  // the value's name, as in "a.b[2]"; empty = the whole value
  bool report;               // note every violation; else the first one ends the search
  Evaluated& seen;
};

class Checker {
 public:
  explicit Checker(Facts& facts) : facts_(facts), spelling_(pool_, Spelling::Kind::json) {}

  std::vector<std::string> run(const Json& value) {
    Evaluated seen;
    fits(facts_.root(), value, "", true, seen);
    return std::move(found_);
  }

 private:
  bool fits(FactId id, const Json& value, const std::string& where, bool report, Evaluated& seen) {
    const At at{.id = id, .schema = facts_.at(id), .value = value, .where = where, .report = report, .seen = seen};
    if (resources_.size() > kSchemasDeepMax) {
      return say(at, "is checked against schemas that refer to each other without an end");
    }
    if (++checks_ > kChecksMax) {
      return say(at, "takes too many steps to check");
    }
    if (at.schema.is_bool()) {
      return at.schema.as_bool() || say(at, "is not allowed here");
    }
    resources_.push_back(id);
    const bool ok = !at.schema.is_object() || object_fits(at);
    resources_.pop_back();
    return ok;
  }
  // A schema for the same value; what it has looked at counts when it fits.
  bool also_fits(const At& at, const Json& schema, bool report) {
    Evaluated seen;
    const bool ok = fits(facts_.inside(at.id, schema), at.value, at.where, report, seen);
    if (ok) {
      at.seen.add(seen);
    }
    return ok;
  }
  // A schema for a part of the value.
  bool part_fits(const At& at, const Json& schema, const Json& part, const std::string& where, bool report) {
    Evaluated seen;
    return fits(facts_.inside(at.id, schema), part, where, report, seen);
  }

  bool object_fits(const At& at) {
    const bool alone = facts_.ref_stands_alone() && at.schema.find("$ref") != nullptr;
    bool ok = true;
    for (const bool last : {false, true}) {
      for (const Json::Member& member : at.schema.as_object()) {
        if (member.key.starts_with("unevaluated") != last || (alone && member.key != "$ref")) {
          continue;
        }
        ok = keyword(at, member.key, member.value) && ok;
        if (!ok && (!at.report || found_.size() >= kViolationsMax)) {
          return false;
        }
      }
    }
    return ok;
  }

  bool say(const At& at, std::string_view what) { return say(at, at.where, what); }
  bool say(const At& at, const std::string& where, std::string_view what) {
    if (at.report && found_.size() < kViolationsMax) {
      found_.push_back((where.empty() ? "the value " : format_text("'{}' ", where)) + std::string(what));
    }
    return false;
  }

  bool keyword(const At& at, std::string_view key, const Json& rule) {
    return reference(at, key, rule) && logic(at, key, rule) && any_type(at, key, rule) &&
           (!at.value.is_number() || number(at, key, rule)) &&
           (!at.value.is_string() || string(at, key, rule, at.value.as_string())) &&
           (!at.value.is_array() || array(at, key, rule, at.value.as_array())) &&
           (!at.value.is_object() || object(at, key, rule));
  }

  bool reference(const At& at, std::string_view key, const Json& rule) {
    if ((key != "$ref" && key != "$dynamicRef" && key != "$recursiveRef") || !rule.is_string()) {
      return true;
    }
    const auto target = key == "$ref"          ? facts_.target(at.id, rule.as_string())
                        : key == "$dynamicRef" ? facts_.dynamic_target(at.id, rule.as_string(), resources_)
                                               : facts_.recursive_target(at.id, rule.as_string());
    if (!target) {
      return say(at, target.error().message);
    }
    Evaluated seen;
    const bool ok = fits(*target, at.value, at.where, at.report, seen);
    at.seen.add(seen);
    return ok;
  }

  bool logic(const At& at, std::string_view key, const Json& rule) {
    if (key == "allOf" && rule.is_array()) {
      bool ok = true;
      for (const Json& part : rule.as_array()) {
        ok = also_fits(at, part, at.report) && ok;
      }
      return ok;
    }
    if ((key == "anyOf" || key == "oneOf") && rule.is_array()) {
      const auto count =
          std::ranges::count_if(rule.as_array(), [&](const Json& part) { return also_fits(at, part, false); });
      return count == 1 || (count > 1 && key == "anyOf") ||
             say(at, format_text("fits {} of the schemas in {}", count == 0 ? "none" : "more than one", key));
    }
    if (key == "not") {
      return !part_fits(at, rule, at.value, at.where, false) ||
             say(at, format_text("is {}, which is excluded", shown(at.value)));
    }
    if (key == "if") {
      const Json* next = at.schema.find(also_fits(at, rule, false) ? "then" : "else");
      return next == nullptr || also_fits(at, *next, at.report);
    }
    return true;
  }

  bool any_type(const At& at, std::string_view key, const Json& rule) {
    const Json* nullable = at.schema.find("nullable");
    const bool takes_null = at.value.is_null() && nullable != nullptr && nullable->is_bool() && nullable->as_bool();
    if (key == "type" && !takes_null) {
      const Json::Array names = rule.is_array() ? rule.as_array() : Json::Array{rule};
      std::string wanted;
      for (const Json& name : names) {
        const std::string text = name.is_string() ? name.as_string() : shown(name);
        if (is_type(at.value, text)) {
          return true;
        }
        wanted += (wanted.empty() ? "" : " or ") + std::string(article_of(text)) + text;
      }
      return say(at, format_text("must be {}, not {}", wanted, shown(at.value)));
    }
    if (key == "enum" && rule.is_array() && !takes_null) {
      return std::ranges::find(rule.as_array(), at.value) != rule.as_array().end() ||
             say(at, format_text("must be one of {}, not {}", shown(rule), shown(at.value)));
    }
    return key != "const" || rule == at.value ||
           say(at, format_text("must be {}, not {}", shown(rule), shown(at.value)));
  }

  bool number(const At& at, std::string_view key, const Json& rule) {
    if (!rule.is_number()) {
      return true;
    }
    const double limit = rule.as_double();
    const double number = at.value.as_double();
    const auto is_set = [&at](std::string_view name) {
      const Json* flag = at.schema.find(name);
      return flag != nullptr && flag->is_bool() && flag->as_bool();
    };
    const auto must_be = [&](std::string_view what) {
      return say(at, format_text("must be {} {}, not {}", what, shown(rule), shown(at.value)));
    };
    if (key == "exclusiveMinimum" || (key == "minimum" && is_set("exclusiveMinimum"))) {
      return number > limit || must_be("above");
    }
    if (key == "exclusiveMaximum" || (key == "maximum" && is_set("exclusiveMaximum"))) {
      return number < limit || must_be("below");
    }
    if (key == "minimum") {
      return number >= limit || must_be("at least");
    }
    if (key == "maximum") {
      return number <= limit || must_be("at most");
    }
    if (key == "multipleOf" && limit > 0) {
      const double times = number / limit;
      return std::abs(times - std::round(times)) < 1e-9 * std::max(1.0, std::abs(times)) || must_be("a multiple of");
    }
    return true;
  }

  bool counted(const At& at, std::string_view key, const Json& rule, std::size_t count, std::string_view plural) {
    const bool is_least = key.starts_with("min");
    const auto number = static_cast<double>(count);
    const bool ok = !rule.is_number() || (is_least ? number >= rule.as_double() : number <= rule.as_double());
    return ok || say(at, format_text("has {} {}, {} {} are allowed", count, plural, is_least ? "at least" : "at most",
                                     shown(rule)));
  }

  bool matches(std::string_view pattern, std::string_view text, bool whole = false) {
    const auto texts = texts_with(spelling_, pattern, whole);
    return !texts || pool_.matches(*texts, Json(text).dump());
  }

  bool string(const At& at, std::string_view key, const Json& rule, const std::string& text) {
    if (key == "pattern" && rule.is_string()) {
      return matches(rule.as_string(), text) ||
             say(at, format_text("must match the pattern {}, not {}", shown(rule), shown(at.value)));
    }
    if (key == "format" && rule.is_string()) {
      const auto format = format_named(rule.as_string());
      const bool ok = !format || (matches(format->pattern, text, true) &&
                                  (format->characters_max == 0 || characters(text) <= format->characters_max));
      return ok || say(at, format_text("must be a {}, not {}", rule.as_string(), shown(at.value)));
    }
    return (key != "minLength" && key != "maxLength") || counted(at, key, rule, characters(text), "characters");
  }

  bool item_fits(const At& at, const Json& schema, std::size_t index, bool report) {
    return part_fits(at, schema, at.value.as_array()[index], format_text("{}[{}]", at.where, index), report);
  }

  bool array(const At& at, std::string_view key, const Json& rule, const Json::Array& items) {
    const Json* whole = at.schema.find("items");
    const bool older = whole != nullptr && whole->is_array();  // until draft 2019-09
    const Json* first = older ? whole : at.schema.find("prefixItems");
    const std::size_t count = first != nullptr && first->is_array() ? first->as_array().size() : 0;
    if (rule.is_array() && (key == "prefixItems" || key == "items")) {
      bool ok = true;
      for (std::size_t i = 0; i < std::min(items.size(), count); ++i) {
        ok = item_fits(at, rule.as_array()[i], i, at.report) && ok;
        at.seen.items.insert(i);
      }
      return ok;
    }
    if ((key == "items" && !older) || (key == "additionalItems" && older) || key == "unevaluatedItems") {
      bool ok = true;
      for (std::size_t i = key == "unevaluatedItems" ? 0 : count; i < items.size(); ++i) {
        ok = (key == "unevaluatedItems" && at.seen.items.contains(i)) || (item_fits(at, rule, i, at.report) && ok);
        at.seen.items.insert(i);
      }
      return ok;
    }
    if (key == "contains") {
      return contains(at, rule, items.size());
    }
    if (key == "uniqueItems" && rule.is_bool() && rule.as_bool()) {
      for (auto item = items.begin(); item != items.end(); ++item) {
        if (std::find(items.begin(), item, *item) != item) {
          return say(at, format_text("has the item {} twice", shown(*item)));
        }
      }
    }
    return (key != "minItems" && key != "maxItems") || counted(at, key, rule, items.size(), "items");
  }

  bool contains(const At& at, const Json& rule, std::size_t count) {
    double fitting = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (item_fits(at, rule, i, false)) {
        at.seen.items.insert(i);
        ++fitting;
      }
    }
    const auto limit = [&at](std::string_view key, double otherwise) {
      const Json* bound = at.schema.find(key);
      return bound != nullptr && bound->is_number() ? bound->as_double() : otherwise;
    };
    return (fitting >= limit("minContains", 1) &&
            fitting <= limit("maxContains", std::numeric_limits<double>::infinity())) ||
           say(at, format_text("contains {} items that fit {}", fitting, shown(rule)));
  }

  static std::string member_name(const At& at, const std::string& key) {
    return at.where.empty() ? key : at.where + "." + key;
  }

  bool object(const At& at, std::string_view key, const Json& rule) {
    if (key == "required" && rule.is_array()) {
      bool ok = true;
      for (const Json& name : rule.as_array()) {
        if (name.is_string() && at.value.find(name.as_string()) == nullptr) {
          ok = say(at, member_name(at, name.as_string()), "is missing");
        }
      }
      return ok;
    }
    if (key == "dependentRequired" || key == "dependentSchemas" || key == "dependencies") {
      return dependencies(at, rule);
    }
    if (key == "minProperties" || key == "maxProperties") {
      return counted(at, key, rule, at.value.as_object().size(), "members");
    }
    bool ok = true;
    for (const Json::Member& member : at.value.as_object()) {
      ok = member_fits(at, key, rule, member) && ok;
    }
    return ok;
  }

  bool member_fits(const At& at, std::string_view key, const Json& rule, const Json::Member& member) {
    const std::string name = member_name(at, member.key);
    if (key == "propertyNames") {
      return part_fits(at, rule, Json(member.key), name, at.report);
    }
    bool ok = true;
    if (key == "properties") {
      if (const Json* property = rule.find(member.key)) {
        ok = part_fits(at, *property, member.value, name, at.report);
        at.seen.members.insert(member.key);
      }
    } else if (key == "patternProperties" && rule.is_object()) {
      for (const Json::Member& pattern : rule.as_object()) {
        if (matches(pattern.key, member.key)) {
          ok = part_fits(at, pattern.value, member.value, name, at.report) && ok;
          at.seen.members.insert(member.key);
        }
      }
    } else if ((key == "additionalProperties" && !is_known(at.schema, member.key)) ||
               (key == "unevaluatedProperties" && !at.seen.members.contains(member.key))) {
      const bool closed = rule.is_bool() && !rule.as_bool();
      ok = closed ? say(at, name, "is not one of the members" + names(at.schema))
                  : part_fits(at, rule, member.value, name, at.report);
      at.seen.members.insert(member.key);
    }
    return ok;
  }

  bool dependencies(const At& at, const Json& rule) {
    bool ok = true;
    const Json::Object listed = rule.is_object() ? rule.as_object() : Json::Object{};
    for (const Json::Member& dependency : listed) {
      if (at.value.find(dependency.key) == nullptr) {
        continue;
      }
      if (!dependency.value.is_array()) {
        ok = also_fits(at, dependency.value, at.report) && ok;
        continue;
      }
      for (const Json& name : dependency.value.as_array()) {
        if (name.is_string() && at.value.find(name.as_string()) == nullptr) {
          ok = say(at, member_name(at, name.as_string()), "is missing beside '" + dependency.key + "'");
        }
      }
    }
    return ok;
  }

  bool is_known(const Json& schema, std::string_view name) {
    const Json* properties = schema.find("properties");
    const Json* patterns = schema.find("patternProperties");
    return (properties != nullptr && properties->find(name) != nullptr) ||
           (patterns != nullptr && patterns->is_object() &&
            std::ranges::any_of(patterns->as_object(),
                                [&](const Json::Member& pattern) { return matches(pattern.key, name); }));
  }

  static std::string names(const Json& schema) {
    const Json* properties = schema.find("properties");
    std::string text;
    if (properties != nullptr && properties->is_object()) {
      for (const Json::Member& member : properties->as_object()) {
        text += (text.empty() ? ": " : ", ") + member.key;
      }
    }
    return text;
  }

  Facts& facts_;
  RegexPool pool_;
  Spelling spelling_;
  std::vector<std::string> found_;
  std::int64_t checks_ = 0;
  std::vector<FactId> resources_;  // the schemas that are being applied, from the outermost
};

}  // namespace
}  // namespace puna::schema

namespace puna {

std::vector<std::string> schema_violations(const Json& schema, const Json& value) {
  auto facts = schema::Facts::read(schema);
  if (!facts) {
    return {"the schema cannot be read: " + facts.error().message};
  }
  return schema::Checker(*facts).run(value);
}

}  // namespace puna
