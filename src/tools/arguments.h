// The spec of a tool with several arguments, and reading them.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "puna/chat.h"
#include "tools/text_argument.h"

namespace puna::tools {

struct Argument {
  std::string_view name;
  std::string_view type;  // of JSON Schema: string, integer, boolean
  std::string_view description;
  Need need = Need::optional;
  std::optional<std::int64_t> minimum;
  std::optional<std::int64_t> maximum;
};

// Other arguments are refused.
[[nodiscard]] ToolSpec arguments_spec(std::string_view name, std::string description,
                                      std::initializer_list<Argument> arguments);

[[nodiscard]] std::optional<std::int64_t> integer_of(const Json& arguments, std::string_view name);
[[nodiscard]] bool flag_of(const Json& arguments, std::string_view name);

}  // namespace puna::tools
