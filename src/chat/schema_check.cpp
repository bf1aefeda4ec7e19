// Checks a value against a schema that was read, and says in words what is wrong: the words are for the model, which
// gets them as an observation when its arguments do not fit. At most kViolationsMax of them; the rest would not help
// it.
#include <algorithm>
#include <cmath>
#include <utility>

#include "chat/schema_tree.h"

namespace puna {
namespace schema {
namespace {

std::string shown(const Json& value) {
  const std::string text = value.dump();
  return text.size() <= 60 ? text : std::string(utf8::truncate(text, 57)) + "...";
}

bool has_type(const Json& value, Type type) {
  switch (type) {
    case Type::null:
      return value.is_null();
    case Type::boolean:
      return value.is_bool();
    case Type::integer:  // 3.0 is an integer in JSON Schema
      return value.is_integer() || (value.is_number() && std::trunc(value.as_double()) == value.as_double());
    case Type::number:
      return value.is_number();
    case Type::string:
      return value.is_string();
    case Type::array:
      return value.is_array();
    case Type::object:
      return value.is_object();
  }
  return false;
}

constexpr Type kTypes[] = {Type::null,   Type::boolean, Type::integer, Type::number,
                           Type::string, Type::array,   Type::object};

std::string expected(const Node& node) {
  std::string text;
  for (const Type type : kTypes) {
    if (node.types.has(type)) {
      const std::string_view article = type == Type::null ? "" : name_of(type).find_first_of("aio") == 0 ? "an " : "a ";
      text += (text.empty() ? "" : " or ") + std::string(article) + std::string(name_of(type));
    }
  }
  return text;
}

class Checker {
 public:
  Checker(const Tree& tree, std::size_t violations_max) : tree_(tree), violations_max_(violations_max) {}

  void check(NodeIndex index, const Json& value, const std::string& where) {
    const Node& node = tree_.nodes[index];
    if (found_.size() >= violations_max_) {
      return;
    }
    if (!std::ranges::any_of(kTypes, [&](Type type) { return node.types.has(type) && has_type(value, type); })) {
      add(format_text("{} must be {}, not {}", quoted(where), expected(node), shown(value)));
      return;
    }
    if (node.values && std::ranges::find(*node.values, value) == node.values->end()) {
      add(format_text("{} must be one of {}, not {}", quoted(where), shown(Json(*node.values)), shown(value)));
    }
    if (value.is_object()) {
      check_object(node, value, where);
    }
    if (value.is_array() && node.items) {
      for (std::size_t i = 0; i < value.as_array().size() && found_.size() < violations_max_; ++i) {
        check(*node.items, value.as_array()[i], format_text("{}[{}]", where, i));
      }
    }
  }

  [[nodiscard]] std::vector<std::string> take() { return std::move(found_); }

 private:
  static std::string quoted(const std::string& where) { return where.empty() ? "the value" : "'" + where + "'"; }
  static std::string inside(const std::string& where, const std::string& name) {
    return where.empty() ? name : where + "." + name;
  }

  void check_object(const Node& node, const Json& value, const std::string& where) {
    for (const Property& property : node.properties) {
      if (const Json* member = value.find(property.name)) {
        check(property.node, *member, inside(where, property.name));
      } else if (property.is_required) {
        add(format_text("'{}' is missing", inside(where, property.name)));
      }
    }
    if (!node.is_closed) {
      return;
    }
    for (const Json::Member& member : value.as_object()) {
      const auto listed = node.properties.begin() + static_cast<std::ptrdiff_t>(node.listed);
      if (std::ranges::find(node.properties.begin(), listed, member.key, &Property::name) == listed) {
        add(format_text("'{}' is not one of the members: {}", inside(where, member.key), names(node)));
      }
    }
  }

  static std::string names(const Node& node) {
    std::string text;
    for (const Property& property : node.properties) {
      text += (text.empty() ? "" : ", ") + property.name;
    }
    return text.empty() ? "there are none" : text;
  }

  void add(std::string text) {
    if (found_.size() < violations_max_) {
      found_.push_back(std::move(text));
    }
  }

  const Tree& tree_;
  std::size_t violations_max_;
  std::vector<std::string> found_;
};

}  // namespace

std::vector<std::string> violations(const Tree& tree, NodeIndex node, const Json& value, std::size_t violations_max) {
  Checker checker(tree, violations_max);
  checker.check(node, value, "");
  return checker.take();
}

}  // namespace schema

std::vector<std::string> schema_violations(const Json& schema, const Json& value) {
  constexpr std::size_t kViolationsMax = 20;
  const Result<schema::Tree> tree = schema::read(schema);
  if (!tree) {
    return {tree.error().message};
  }
  return schema::violations(*tree, tree->root, value, kViolationsMax);
}

}  // namespace puna
