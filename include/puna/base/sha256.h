// SHA-256, for files that must be what somebody says and for fingerprints that nobody can find a second text for.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "puna/base/error.h"

namespace puna {

// A hash of bytes that arrive in pieces.   Source: FIPS 180-4.
// Thread  one owner.   Cost  some 230 MB a second.
class Sha256 {
 public:
  void add(std::string_view bytes);
  // 64 hexadecimal digits, lower case, of all that was added; more may be added afterwards.
  [[nodiscard]] std::string hex() const;

 private:
  static constexpr std::size_t kBlockBytes = 64;

  void finish();

  std::array<std::uint32_t, 8> state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<char, kBlockBytes> rest_{};  // of the last block; rest_bytes_ of them count
  std::size_t rest_bytes_ = 0;
  std::uint64_t bytes_ = 0;
};

// The same of one text.
[[nodiscard]] std::string sha256_hex(std::string_view text);
// The same of a file's bytes, read in pieces.
// Errors  io  it cannot be read
[[nodiscard]] Result<std::string> sha256_of_file(const std::filesystem::path& file);

}  // namespace puna
