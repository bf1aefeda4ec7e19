// What every fuzz target does with its bytes.
//
// A target is one function LLVMFuzzerTestOneInput that ends by returning; a broken promise stops it through
// PUNA_CHECK, whose text says which.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "puna/base.h"

namespace puna::fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// Takes the text up to the first newline off the front.
inline std::string_view take_line(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return line;
}

}  // namespace puna::fuzz
