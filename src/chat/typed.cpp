// What the tables of typed_forms.h are good for: schemas, and values read and written, member by member.
#include "puna/chat/typed.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "puna/base/format.h"
#include "puna/base/text.h"

namespace puna::typed {
namespace {

constexpr std::size_t kShownBytesMax = 60;

std::string shown(const Json& value) {
  const std::string text = value.dump();
  return text.size() <= kShownBytesMax ? text : std::string(utf8::truncate(text, kShownBytesMax - 3)) + "...";
}

// One step of a JSON pointer.
std::string step(std::string_view key) {
  std::string text = "/";
  for (const char c : key) {
    text += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  }
  return text;
}

// In a reference, which is part of a URI, a pointer is written with percent signs.
std::string uri_step(std::string_view key) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  constexpr std::string_view kPlain = "-._~/";
  std::string text;
  for (const char c : step(key)) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (is_plain || kPlain.contains(c)) {
      text += c;
    } else {
      text += {'%', kDigits[byte / 16], kDigits[byte % 16]};
    }
  }
  return text;
}

std::string pointer_to(const Where& where) {
  if (where.outer == nullptr) {
    return {};
  }
  return pointer_to(*where.outer) + (where.index ? "/" + std::to_string(*where.index) : step(where.key));
}

std::string joined(const auto& names) {
  std::string text;
  for (const auto& name : names) {
    text += (text.empty() ? "" : ", ") + std::string(name);
  }
  return text;
}

// A bound as JSON prints it best: whole where it is.
Json bound_of(double value) {
  constexpr double kWholeMax = 0x1p53;
  const bool is_whole = std::trunc(value) == value && std::abs(value) <= kWholeMax;
  return is_whole ? Json(static_cast<std::int64_t>(value)) : Json(value);
}

// What bounds measure of a value, and the keywords for it.
struct Measure {
  double size = 0;
  std::string_view of;  // empty: the value itself
};
Measure measure(const Json& value) {
  if (value.is_string()) {
    const auto starts = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80; };
    return {.size = static_cast<double>(std::ranges::count_if(value.as_string(), starts)), .of = " characters"};
  }
  if (value.is_array() || value.is_object()) {
    return {.size = static_cast<double>(value.is_array() ? value.as_array().size() : value.as_object().size()),
            .of = " items"};
  }
  return {.size = value.is_number() ? value.as_double() : 0, .of = {}};
}

Result<void> check(const Json& value, const Bounds& bounds, const Where& where) {
  const Measure found = measure(value);
  for (const bool is_least : {true, false}) {
    const double bound = is_least ? bounds.min : bounds.max;
    if (is_least ? found.size < bound : found.size > bound) {
      return misfit(where, format_text("must {} {} {}{}, not {}", found.of.empty() ? "be" : "have",
                                       is_least ? "at least" : "at most", bound_of(bound).dump(), found.of,
                                       found.of.empty() ? shown(value) : bound_of(found.size).dump()));
    }
  }
  return {};
}

void set_bounds(Json& schema, const Bounds& bounds) {
  constexpr std::array<std::array<std::string_view, 3>, 4> kKeywords = {{{"string", "minLength", "maxLength"},
                                                                         {"array", "minItems", "maxItems"},
                                                                         {"object", "minProperties", "maxProperties"},
                                                                         {"", "minimum", "maximum"}}};
  const auto words = std::ranges::find_if(
      kKeywords, [&schema](const auto& row) { return row[0].empty() || row[0] == schema.text_or("type"); });
  const auto set = [&schema](std::string_view keyword, double bound, bool is_tighter) {
    if (std::isfinite(bound) && is_tighter) {
      schema.set(keyword, bound_of(bound));
    }
  };
  const Json* min = schema.find((*words)[1]);  // an integer has its type's
  const Json* max = schema.find((*words)[2]);
  const bool raises = min == nullptr || bounds.min > min->as_double();
  const bool lowers = max == nullptr || bounds.max < max->as_double();
  set((*words)[1], bounds.min, raises);
  set((*words)[2], bounds.max, lowers);
}

}  // namespace

std::unexpected<Error> misfit(const Where& where, std::string_view problem) {
  const std::string pointer = pointer_to(where);
  return fail(ErrorCode::corrupt, pointer.empty() ? format_text("the value {}", problem)
                                                  : format_text("at {}: {}", printable(pointer), problem));
}
std::unexpected<Error> misfit(const Where& where, std::string_view wanted, const Json& found) {
  return misfit(where, format_text("must be {}, not {}", wanted, shown(found)));
}

// ---- structs ----

Json Scope::part(std::string_view keyword, std::optional<std::string_view> name, Schema schema) {
  const std::size_t before = pointer_.size();
  pointer_ += step(keyword) + (name ? uri_step(*name) : "");
  Json made = schema(*this);
  pointer_.resize(before);
  return made;
}

Json object_schema(const void* id, std::span<const Part> parts, Scope& scope) {
  if (const auto open = std::ranges::find(scope.open_, id, &Scope::Open::id); open != scope.open_.end()) {
    return Json::object({{"$ref", open->pointer}});
  }
  scope.open_.push_back({.id = id, .pointer = scope.pointer_});
  Json properties = Json::object();
  Json required = Json::array();
  for (const Part& part : parts) {
    Json schema = scope.part("properties", part.name, part.schema);
    set_bounds(schema, part.bounds);
    if (!part.description.empty()) {
      schema.set("description", part.description);
    }
    properties.set(part.name, std::move(schema));
    if (!part.is_optional) {
      required.push(part.name);
    }
  }
  scope.open_.pop_back();
  return Json::object({{"type", "object"},
                       {"properties", std::move(properties)},
                       {"required", std::move(required)},
                       {"additionalProperties", false}});
}

Json write_object(std::span<const Part> parts, const void* whole) {
  Json json = Json::object();
  for (const Part& part : parts) {
    if (std::optional<Json> value = part.write(whole)) {
      json.set(part.name, *std::move(value));
    }
  }
  return json;
}

Result<void> read_object(std::span<const Part> parts, const Json& json, void* whole, const Where& where) {
  if (!json.is_object()) {
    return no_object(where, json);
  }
  for (const Part& part : parts) {
    const Where inside{.outer = &where, .key = part.name, .index = {}};
    const Json* value = json.find(part.name);
    if (value == nullptr && !part.is_optional) {
      return misfit(inside, "is missing");
    }
    PUNA_TRY_VOID(part.read(value, whole, inside));
    if (value != nullptr && part.bounds.has_any() && !(part.is_optional && value->is_null())) {
      PUNA_TRY_VOID(check(*value, part.bounds, inside));
    }
  }
  for (const Json::Member& member : json.as_object()) {
    if (std::ranges::find(parts, member.key, &Part::name) == parts.end()) {
      std::vector<std::string_view> names(parts.size());
      std::ranges::transform(parts, names.begin(), &Part::name);
      return misfit({.outer = &where, .key = member.key, .index = {}},
                    format_text("is not one of the members: {}", joined(names)));
    }
  }
  return {};
}

// ---- scalars ----

Result<void> Form<bool>::read(const Json& json, bool& out, const Where& where) {
  if (!json.is_bool()) {
    return misfit(where, "true or false", json);
  }
  out = json.as_bool();
  return {};
}

Result<void> Form<std::string>::read(const Json& json, std::string& out, const Where& where) {
  if (!json.is_string()) {
    return misfit(where, "a string", json);
  }
  out = json.as_string();
  return {};
}

Result<void> Form<Json>::read(const Json& json, Json& out, const Where& /*where*/) {
  out = json;
  return {};
}

Result<void> Form<std::monostate>::read(const Json& json, std::monostate& /*out*/, const Where& where) {
  return json.is_null() ? Result<void>() : misfit(where, "null", json);
}

Result<void> Form<double>::read(const Json& json, double& out, const Where& where) {
  if (!json.is_number()) {
    return misfit(where, "a number", json);
  }
  out = json.as_double();
  return {};
}

Json Form<float>::schema(Scope& /*scope*/) {
  constexpr double kMax = std::numeric_limits<float>::max();
  return Json::object({{"type", "number"}, {"minimum", -kMax}, {"maximum", kMax}});
}
Result<void> Form<float>::read(const Json& json, float& out, const Where& where) {
  constexpr double kMax = std::numeric_limits<float>::max();
  if (!json.is_number() || std::abs(json.as_double()) > kMax) {
    return misfit(where, "a number that a float can hold", json);
  }
  out = static_cast<float>(json.as_double());
  return {};
}

Json integer_schema(const Json& min, const Json& max) {
  return Json::object({{"type", "integer"}, {"minimum", min}, {"maximum", max}});
}
std::unexpected<Error> no_integer(const Where& where, const Json& min, const Json& max, const Json& found) {
  return misfit(where, format_text("an integer from {} to {}", min.dump(), max.dump()), found);
}

std::optional<std::int64_t> signed_of(const Json& json) {
  if (json.is_integer()) {
    return json.as_integer();
  }
  const double value = json.is_number() && !json.is_large_integer() ? json.as_double() : NAN;
  const bool is_one = std::trunc(value) == value && value >= -0x1p63 && value < 0x1p63;
  return is_one ? std::optional(static_cast<std::int64_t>(value)) : std::nullopt;
}
std::optional<std::uint64_t> unsigned_of(const Json& json) {
  if (json.is_large_integer()) {
    return json.as_large_integer();
  }
  if (json.is_integer()) {
    return json.as_integer() >= 0 ? std::optional(static_cast<std::uint64_t>(json.as_integer())) : std::nullopt;
  }
  const double value = json.is_number() ? json.as_double() : NAN;
  const bool is_one = std::trunc(value) == value && value >= 0 && value < 0x1p64;
  return is_one ? std::optional(static_cast<std::uint64_t>(value)) : std::nullopt;
}

Json choice_schema(std::span<const std::string_view> names) {
  Json all = Json::array();
  for (const std::string_view name : names) {
    all.push(name);
  }
  return Json::object({{"type", "string"}, {"enum", std::move(all)}});
}
Result<std::size_t> read_choice(std::span<const std::string_view> names, const Json& json, const Where& where) {
  const auto found = json.is_string() ? std::ranges::find(names, json.as_string()) : names.end();
  if (found == names.end()) {
    return misfit(where, "one of " + joined(names), json);
  }
  return static_cast<std::size_t>(found - names.begin());
}

// ---- lists, maps and alternatives ----

std::unexpected<Error> no_list(const Where& where, const Json& found) { return misfit(where, "a list", found); }
std::unexpected<Error> wrong_count(const Where& where, std::size_t wanted, std::size_t found) {
  return misfit(where, format_text("must have {} items, not {}", wanted, found));
}
std::unexpected<Error> no_object(const Where& where, const Json& found) { return misfit(where, "an object", found); }

Json items_schema(Scope::Schema item, Scope& scope, std::optional<std::size_t> count) {
  Json schema = Json::object({{"type", "array"}});
  schema.set("items", scope.part("items", item));
  if (count) {
    schema.set("minItems", *count).set("maxItems", *count);
  }
  return schema;
}

Json any_of_schema(std::span<const Scope::Schema> schemas, Scope& scope) {
  Json all = Json::array();
  for (std::size_t i = 0; i < schemas.size(); ++i) {
    all.push(scope.part("anyOf", std::to_string(i), schemas[i]));
  }
  return Json::object({{"anyOf", std::move(all)}});
}

std::unexpected<Error> no_alternative(const Where& where, std::span<const std::string> problems) {
  std::string all;
  for (const std::string& problem : problems) {
    all += (all.empty() ? "" : "; ") + problem;
  }
  return misfit(where, format_text("fits none of {} alternatives ({})", problems.size(), all));
}

}  // namespace puna::typed
