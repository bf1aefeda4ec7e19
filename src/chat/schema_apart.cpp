// Which schemas no value fits together, as far as that is plain to see: other types, values that differ, a member that
// one requires and the other forbids or wants otherwise.
#include <algorithm>

#include "chat/schema_compiler.h"

namespace puna::schema {
namespace {

constexpr int kDepthMax = 3;
constexpr int kReferencesMax = 8;

bool requires_member(const Json& schema, std::string_view name) {
  const Json* required = schema.find("required");
  return required != nullptr && required->is_array() &&
         std::ranges::any_of(required->as_array(),
                             [name](const Json& each) { return each.is_string() && each.as_string() == name; });
}

const Json* property(const Json& schema, std::string_view name) {
  const Json* properties = schema.find("properties");
  return properties == nullptr ? nullptr : properties->find(name);
}

bool forbids_member(const Json& schema, std::string_view name) {
  if (const Json* listed = property(schema, name)) {
    return listed->is_bool() && !listed->as_bool();
  }
  const Json* others = schema.find("additionalProperties");
  return others != nullptr && others->is_bool() && !others->as_bool() && schema.find("patternProperties") == nullptr;
}

}  // namespace

FactId Compiler::behind_references(FactId id) {
  for (int steps = 0; steps < kReferencesMax && facts_.at(id).is_object(); ++steps) {
    const Json* reference = facts_.at(id).find("$ref");
    if (reference == nullptr || !reference->is_string()) {
      break;
    }
    const Result<FactId> target = facts_.target(id, reference->as_string());
    if (!target) {
      break;
    }
    id = *target;
  }
  return id;
}

bool Compiler::are_apart(FactId a, FactId b, int depth) {
  a = behind_references(a);
  b = behind_references(b);
  if ((types(a) & types(b)) == 0) {
    return true;
  }
  const auto mine = listed({a});
  const auto yours = listed({b});
  if (mine && yours) {
    return std::ranges::none_of(*mine,
                                [&yours](const Json& each) { return std::ranges::find(*yours, each) != yours->end(); });
  }
  const bool only_objects = (types(a) & types(b)) == object;
  return only_objects && depth < kDepthMax && (a_member_sets_apart(a, b, depth) || a_member_sets_apart(b, a, depth));
}

bool Compiler::a_member_sets_apart(FactId a, FactId b, int depth) {
  const Json& one = facts_.at(a);
  const Json& other = facts_.at(b);
  const Json* required = one.find("required");
  if (required == nullptr || !required->is_array()) {
    return false;
  }
  return std::ranges::any_of(required->as_array(), [&](const Json& name) {
    if (!name.is_string()) {
      return false;
    }
    if (forbids_member(other, name.as_string())) {
      return true;
    }
    const Json* mine = property(one, name.as_string());
    const Json* yours = property(other, name.as_string());
    return requires_member(other, name.as_string()) && mine != nullptr && yours != nullptr &&
           are_apart(facts_.inside(a, *mine), facts_.inside(b, *yours), depth + 1);
  });
}

}  // namespace puna::schema
