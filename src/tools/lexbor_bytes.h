// Text as lexbor reads it: its lxb_char_t is unsigned char.
#pragma once

#include <string_view>

namespace puna::tools {

inline const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace puna::tools
