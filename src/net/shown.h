// What others wrote, in a message of one line.
#pragma once

#include <string>
#include <string_view>

#include "puna/base.h"

namespace puna::net {

// Valid UTF-8 without control characters, cut at 200 bytes.
[[nodiscard]] inline std::string shown(std::string_view text) {
  constexpr std::size_t kBytesMax = 200;
  const bool cut = text.size() > kBytesMax;
  std::string clean = utf8::sanitize(utf8::truncate(text, kBytesMax));
  for (char& c : clean) {
    c = static_cast<unsigned char>(c) < 0x20 || c == '\x7f' ? '?' : c;
  }
  return cut ? clean + "..." : clean;
}

}  // namespace puna::net
