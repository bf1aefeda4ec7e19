// The spec that every built-in tool has: one argument, a string.
#pragma once

#include <string_view>

#include "puna/chat.h"

namespace puna::tools {

enum class Need : bool { optional, required };

struct TextArgument {
  std::string_view name;
  std::string_view description;
  Need need = Need::required;
};

[[nodiscard]] ToolSpec text_argument_spec(std::string_view name, std::string_view description,
                                          const TextArgument& argument);

}  // namespace puna::tools
