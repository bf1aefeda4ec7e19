// Values in the types that a schema wants. A change is made where the type is wrong and one other reading is left; then
// the whole must fit.
#include <algorithm>
#include <vector>

#include "puna/chat/repair.h"
#include "puna/chat/schema.h"

namespace puna {
namespace {

Json changed(const Json& schema, const Json& value);

bool is_of(const Json& value, std::string_view type) {
  return (type == "null" && value.is_null()) || (type == "boolean" && value.is_bool()) ||
         (type == "number" && value.is_number()) || (type == "string" && value.is_string()) ||
         (type == "array" && value.is_array()) || (type == "object" && value.is_object()) ||
         (type == "integer" && value.is_number() &&
          schema_violations(Json::object({{"type", "integer"}}), value).empty());
}

std::vector<std::string_view> types_of(const Json& schema) {
  const Json* type = schema.find("type");
  std::vector<std::string_view> types;
  if (type != nullptr && type->is_string()) {
    types.emplace_back(type->as_string());
  } else if (type != nullptr && type->is_array()) {
    for (const Json& one : type->as_array()) {
      if (one.is_string()) {
        types.emplace_back(one.as_string());
      }
    }
  }
  return types;
}

// The value that a text spells, if it is of this type.
std::optional<Json> spelled(const std::string& text, std::string_view type) {
  if (text == "True" || text == "False") {
    return type == "boolean" ? std::optional(Json(text == "True")) : std::nullopt;
  }
  const Result<Json> value = Json::parse(text);
  return value && !value->is_string() && !value->is_null() && is_of(*value, type) ? std::optional(*value)
                                                                                  : std::nullopt;
}

std::optional<Json> as_type(const Json& schema, const Json& value, std::string_view type) {
  std::optional<Json> read = value.is_string() ? spelled(value.as_string(), type) : std::nullopt;
  if (type != "array") {
    return read ? std::optional(changed(schema, *read)) : std::nullopt;
  }
  // One item, or the text of a list: not when it could be both.
  const Json list = changed(schema, Json::array({value}));
  const bool is_item = schema.find("items") != nullptr && schema_violations(schema, list).empty();
  if (read) {
    read = changed(schema, *read);
    return is_item ? std::nullopt : read;
  }
  return is_item ? std::optional(list) : std::nullopt;
}

Json changed_members(const Json& schema, const Json& value) {
  const Json* properties = schema.find("properties");
  const Json* others = schema.find("additionalProperties");
  Json made = value;
  for (Json::Member& member : made.as_object()) {
    const Json* inner = properties == nullptr ? nullptr : properties->find(member.key);
    inner = inner == nullptr ? others : inner;
    if (inner != nullptr && inner->is_object()) {
      member.value = changed(*inner, member.value);
    }
  }
  return made;
}

Json changed(const Json& schema, const Json& value) {
  const std::vector<std::string_view> types = types_of(schema);
  const bool fits = types.empty() || std::ranges::any_of(types, [&](auto type) { return is_of(value, type); });
  if (fits && value.is_object()) {
    return changed_members(schema, value);
  }
  if (const Json* items = schema.find("items"); fits && value.is_array() && items != nullptr && items->is_object()) {
    Json made = value;
    std::ranges::for_each(made.as_array(), [items](Json& item) { item = changed(*items, item); });
    return made;
  }
  if (fits) {
    return value;
  }
  std::vector<Json> readings;
  for (const std::string_view type : types) {
    if (const std::optional<Json> reading = as_type(schema, value, type);
        reading && std::ranges::find(readings, *reading) == readings.end()) {
      readings.push_back(*reading);
    }
  }
  return readings.size() == 1 ? readings.front() : value;
}

}  // namespace

std::optional<Json> coerced(const Json& schema, const Json& value) {
  if (schema_violations(schema, value).empty()) {
    return std::nullopt;
  }
  Json made = changed(schema, value);
  return schema_violations(schema, made).empty() ? std::optional(std::move(made)) : std::nullopt;
}

}  // namespace puna
