// Test support: small files of every kind, made by hand.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace puna::testing {

inline std::string little_bytes(std::uint64_t value, int count) {
  std::string bytes;
  for (; count > 0; --count, value >>= 8U) {
    bytes += static_cast<char>(value & 0xFFU);
  }
  return bytes;
}
inline std::string big_bytes(std::uint32_t value, int count) {
  const std::string bytes = little_bytes(value, count);
  return {bytes.rbegin(), bytes.rend()};
}

// A whole picture of one colour.
inline std::string bmp(std::uint32_t width, std::uint32_t height, char colour = 'x') {
  const std::uint32_t row = (width * 3 + 3) / 4 * 4;
  return "BM" + little_bytes(54 + row * height, 4) + little_bytes(0, 4) + little_bytes(54, 4) + little_bytes(40, 4) +
         little_bytes(width, 4) + little_bytes(height, 4) + little_bytes(1, 2) + little_bytes(24, 2) +
         little_bytes(0, 24) + std::string(std::size_t{row} * height, colour);
}
// The others have a head only.
inline std::string png(std::uint32_t width, std::uint32_t height) {
  return "\x89PNG\r\n\x1A\n" + big_bytes(13, 4) + "IHDR" + big_bytes(width, 4) + big_bytes(height, 4) + "\x08\x02" +
         std::string(7, '\0');
}
inline std::string jpeg(std::uint32_t width, std::uint32_t height) {
  return "\xFF\xD8\xFF\xE0" + big_bytes(6, 2) + "JFIF" + "\xFF\xC2" + big_bytes(11, 2) + "\x08" + big_bytes(height, 2) +
         big_bytes(width, 2) + "\x01\x01\x11";
}
inline std::string gif(std::uint32_t width, std::uint32_t height) {
  return "GIF89a" + little_bytes(width, 2) + little_bytes(height, 2) + std::string(3, '\0');
}
inline std::string riff(std::string_view kind, std::string_view chunks) {
  return "RIFF" + little_bytes(chunks.size() + 4, 4) + std::string(kind) + std::string(chunks);
}
inline std::string webp(std::uint32_t width, std::uint32_t height) {
  return riff("WEBP", "VP8X" + little_bytes(10, 4) + little_bytes(0, 4) + little_bytes(width - 1, 3) +
                          little_bytes(height - 1, 3));
}
inline std::string wav(std::uint32_t rate, std::size_t samples) {
  return riff("WAVE", "fmt " + little_bytes(16, 4) + little_bytes(1, 2) + little_bytes(1, 2) + little_bytes(rate, 4) +
                          little_bytes(rate * std::uint64_t{2}, 4) + little_bytes(2, 2) + little_bytes(16, 2) + "data" +
                          little_bytes(samples * 2, 4) + std::string(samples * 2, '\0'));
}

}  // namespace puna::testing
