// What an object of a server's says under a key.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "puna/base.h"

namespace puna::model {

// nullopt = nothing, or no whole number.
[[nodiscard]] inline std::optional<std::int64_t> integer(const Json& object, std::string_view key) {
  const Json* value = object.find(key);
  return value != nullptr && value->is_integer() ? std::optional(value->as_integer()) : std::nullopt;
}

}  // namespace puna::model
