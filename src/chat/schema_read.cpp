// Reads a JSON Schema into a tree. Every keyword is either enforced, an annotation that constrains nothing, or refused
// by name and path: a schema that is read means exactly what the grammar and the check make of it.
#include <algorithm>
#include <array>
#include <utility>

#include "chat/schema_tree.h"

namespace puna::schema {
namespace {

constexpr std::array kTypeNames = {
    std::pair{Type::null, std::string_view("null")},       std::pair{Type::boolean, std::string_view("boolean")},
    std::pair{Type::integer, std::string_view("integer")}, std::pair{Type::number, std::string_view("number")},
    std::pair{Type::string, std::string_view("string")},   std::pair{Type::array, std::string_view("array")},
    std::pair{Type::object, std::string_view("object")}};

// Source: JSON Schema draft 2020-12, vocabularies core, meta-data, format-annotation and content. They never decide
// whether a value fits ($defs only holds schemas for $ref, which is refused). "example" is OpenAPI's older spelling.
constexpr std::array<std::string_view, 18> kAnnotations = {
    "title",    "description", "default",          "examples",        "example", "format", "deprecated",
    "readOnly", "writeOnly",   "contentMediaType", "contentEncoding", "$schema", "$id",    "$anchor",
    "$comment", "$defs",       "definitions",      "$vocabulary"};

constexpr std::string_view kSupported =
    "supported are type, nullable, properties, required, additionalProperties (true or false), items, enum, const and "
    "annotations";

std::string pointer_token(std::string_view key) {
  std::string token;
  for (const char c : key) {
    token += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  }
  return token;
}

std::string at(std::string_view path) { return path.empty() ? "at the schema's root" : format_text("at '{}'", path); }

std::unexpected<Error> refuse(std::string_view key, std::string_view path, std::string_view why) {
  return fail(ErrorCode::invalid_argument, format_text("schema keyword '{}' {} {}", key, at(path), why),
              std::string(kSupported));
}

class Reader {
 public:
  Result<Tree> run(const Json& schema) {
    tree_.nodes.emplace_back();  // kAnyNode
    PUNA_TRY(tree_.root, node(schema, "", 0));
    return std::move(tree_);
  }

 private:
  Result<void> count(std::size_t more) {
    counted_ += more;
    if (counted_ > kSchemaNodesMax) {
      return fail(ErrorCode::limit,
                  format_text("the schema has more than {} schemas and enum values", kSchemaNodesMax));
    }
    return {};
  }

  Result<NodeIndex> node(const Json& schema, const std::string& path, int depth) {
    PUNA_TRY_VOID(count(1));
    if (depth > kSchemaDepthMax) {
      return fail(ErrorCode::limit, format_text("the schema is nested deeper than {} {}", kSchemaDepthMax, at(path)));
    }
    if (schema.is_bool() && schema.as_bool()) {
      return kAnyNode;
    }
    if (!schema.is_object()) {
      return fail(ErrorCode::invalid_argument, format_text("the schema {} must be an object or true, not {}", at(path),
                                                           std::string(utf8::truncate(schema.dump(), 60))));
    }
    const NodeIndex index = tree_.nodes.size();
    tree_.nodes.push_back({.path = path});
    Node read{.path = path};
    for (const Json::Member& member : schema.as_object()) {
      PUNA_TRY_VOID(keyword(read, member.key, member.value, depth));
    }
    PUNA_TRY_VOID(finish(read, schema));
    tree_.nodes[index] = std::move(read);
    return index;
  }

  Result<void> keyword(Node& read, const std::string& key, const Json& value, int depth) {
    if (key == "type") {
      return types(read, value);
    }
    if (key == "properties") {
      return properties(read, value, depth);
    }
    if (key == "items") {
      PUNA_TRY(const NodeIndex items, node(value, read.path + "/items", depth + 1));
      read.items = items;
      return {};
    }
    if (key == "enum" || key == "const") {
      return values(read, key, value);
    }
    if (key == "additionalProperties") {
      if (!value.is_bool()) {
        return refuse(key, read.path, "is only supported as true or false");
      }
      read.is_closed = !value.as_bool();
      return {};
    }
    if (key == "nullable") {
      return value.is_bool() ? Result<void>() : refuse(key, read.path, "must be true or false");
    }
    if (key == "required") {
      return {};  // finish() reads it, when all properties are known
    }
    if (key.starts_with("x-") || std::ranges::find(kAnnotations, key) != kAnnotations.end()) {
      return {};
    }
    return refuse(key, read.path, "is not supported");
  }

  static Result<void> types(Node& read, const Json& value) {
    read.types = TypeSet();
    const auto add = [&read](const Json& name) -> Result<void> {
      for (const auto& [type, text] : kTypeNames) {
        if (name.is_string() && name.as_string() == text) {
          read.types.add(type);
          return {};
        }
      }
      return refuse("type", read.path, format_text("names no type: {}", std::string(utf8::truncate(name.dump(), 60))));
    };
    if (!value.is_array()) {
      return add(value);
    }
    if (value.as_array().empty()) {
      return refuse("type", read.path, "is an empty list, which no value fits");
    }
    for (const Json& name : value.as_array()) {
      PUNA_TRY_VOID(add(name));
    }
    return {};
  }

  Result<void> properties(Node& read, const Json& value, int depth) {
    if (!value.is_object()) {
      return refuse("properties", read.path, "must be an object");
    }
    read.lists_properties = true;
    for (const Json::Member& member : value.as_object()) {
      const std::string path = read.path + "/properties/" + pointer_token(member.key);
      PUNA_TRY(const NodeIndex child, node(member.value, path, depth + 1));
      read.properties.push_back({.name = member.key, .node = child});
    }
    read.listed = read.properties.size();
    return {};
  }

  Result<void> values(Node& read, const std::string& key, const Json& value) {
    if (key == "enum" && (!value.is_array() || value.as_array().empty())) {
      return refuse(key, read.path, "must be a list with at least one value");
    }
    const Json::Array listed = key == "enum" ? value.as_array() : Json::Array{value};
    PUNA_TRY_VOID(count(listed.size()));
    if (!read.values) {
      read.values = listed;
      return {};
    }
    std::erase_if(*read.values,
                  [&listed](const Json& kept) { return std::ranges::find(listed, kept) == listed.end(); });
    return {};
  }

  // What depends on several keywords: required names, and null for nullable.
  Result<void> finish(Node& read, const Json& schema) {
    if (const Json* required = schema.find("required")) {
      if (!required->is_array()) {
        return refuse("required", read.path, "must be a list of names");
      }
      PUNA_TRY_VOID(count(required->as_array().size()));
      for (const Json& name : required->as_array()) {
        if (!name.is_string()) {
          return refuse("required", read.path, "must be a list of names");
        }
        require(read, name.as_string());
      }
    }
    if (const Json* nullable = schema.find("nullable"); nullable != nullptr && nullable->as_bool()) {
      read.types.add(Type::null);
      if (read.values && std::ranges::find(*read.values, Json()) == read.values->end()) {
        read.values->emplace_back();
      }
    }
    return {};
  }

  static void require(Node& read, const std::string& name) {
    read.lists_properties = true;
    const auto known = std::ranges::find(read.properties, name, &Property::name);
    if (known != read.properties.end()) {
      known->is_required = true;
    } else {
      read.properties.push_back({.name = name, .is_required = true});
    }
  }

  Tree tree_;
  std::size_t counted_ = 0;
};

}  // namespace

std::string_view name_of(Type type) { return kTypeNames[static_cast<std::size_t>(type)].second; }

Result<Tree> read(const Json& schema) { return Reader().run(schema); }

}  // namespace puna::schema
