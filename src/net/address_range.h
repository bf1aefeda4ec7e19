// Ranges of addresses.
#pragma once

#include <array>
#include <cstdint>

#include "puna/net/address.h"

namespace puna::net {

struct Range {
  std::array<std::uint8_t, 16> prefix;
  int bits;  // of the prefix that count
  AddressKind kind;
};

// Whether the first `bits` bits (0 to 128) are the same.
[[nodiscard]] bool in_prefix(const std::array<std::uint8_t, 16>& bytes, const std::array<std::uint8_t, 16>& prefix,
                             int bits);

}  // namespace puna::net
