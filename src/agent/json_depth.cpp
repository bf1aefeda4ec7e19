// See json_depth.h.
#include "agent/json_depth.h"

#include <algorithm>
#include <utility>

namespace puna::agent {
namespace {

Json cut_below(const Json& value, int levels) {
  if (levels == 0 && (value.is_array() || value.is_object())) {
    return value.dump();
  }
  Json copy = value;
  if (copy.is_array()) {
    std::ranges::transform(copy.as_array(), copy.as_array().begin(),
                           [&](const Json& item) { return cut_below(item, levels - 1); });
  } else if (copy.is_object()) {
    for (Json::Member& member : copy.as_object()) {
      member.value = cut_below(member.value, levels - 1);
    }
  }
  return copy;
}

int levels_of(const Json& value) {
  int deepest = 0;
  if (value.is_array()) {
    for (const Json& item : value.as_array()) {
      deepest = std::max(deepest, levels_of(item));
    }
  } else if (value.is_object()) {
    for (const Json::Member& member : value.as_object()) {
      deepest = std::max(deepest, levels_of(member.value));
    }
  }
  return deepest + 1;
}

}  // namespace

Json within_levels(Json value, int levels) {
  return levels_of(value) > levels ? cut_below(value, levels - 1) : std::move(value);
}

}  // namespace puna::agent
