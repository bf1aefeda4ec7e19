// SHA-256, for fingerprints that a model cannot find a second text for.
#pragma once

#include <string>
#include <string_view>

namespace puna::tools {

// 64 hexadecimal digits.   Source: FIPS 180-4.
[[nodiscard]] std::string sha256_hex(std::string_view text);

}  // namespace puna::tools
