// Text as lexbor takes it.
#pragma once

#include <lexbor/core/types.h>

#include <string_view>

namespace puna::tools {

[[nodiscard]] inline const lxb_char_t* bytes_of(std::string_view text) {
  return reinterpret_cast<const lxb_char_t*>(text.data());
}

}  // namespace puna::tools
