// The formats of JSON Schema that are enforced, as patterns.
#pragma once

#include <optional>
#include <string_view>

namespace puna::schema {

struct Format {
  std::string_view name;
  std::string_view pattern;        // the whole text matches it
  std::size_t characters_max = 0;  // 0 = no bound
};

// Empty: not one of ours; then it is an annotation, as draft 2020-12 has it.
[[nodiscard]] std::optional<Format> format_named(std::string_view name);

}  // namespace puna::schema
