// Source: PNG (ISO/IEC 15948) 11.2.2; JPEG (ITU T.81) annex B; GIF89a, section 18; BITMAPINFOHEADER as Windows has it;
// WebP container specification (RFC 9649); RIFF WAVE as in the Multimedia Programming Interface 1.0; ID3v2.
#include "chat/media_header.h"

#include <algorithm>
#include <array>

namespace puna::chat {
namespace {

using namespace std::string_view_literals;

constexpr std::uint32_t kRateMin = 4'000;  // a rate of 1 Hz would make hours of a kilobyte
constexpr std::uint32_t kRateMax = 384'000;

// Requires  that the bytes are there.
std::uint32_t little(std::string_view bytes, std::size_t at, std::size_t count) {
  std::uint32_t value = 0;
  for (std::size_t i = count; i-- > 0;) {
    value = value << 8U | static_cast<unsigned char>(bytes[at + i]);
  }
  return value;
}
std::uint32_t big(std::string_view bytes, std::size_t at, std::size_t count) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    value = value << 8U | static_cast<unsigned char>(bytes[at + i]);
  }
  return value;
}

bool is_mp3_frame(std::string_view bytes) {
  if (bytes.size() < 4) {
    return false;
  }
  const std::uint32_t head = big(bytes, 0, 4);
  const bool sync = head >> 21U == 0x7FFU;
  const bool layer_3 = (head >> 17U & 3U) == 1U;
  const bool real = (head >> 19U & 3U) != 1U && (head >> 12U & 15U) != 15U && (head >> 10U & 3U) != 3U;
  return sync && layer_3 && real;
}

bool is_plain_text(std::string_view bytes) {
  const auto odd = [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\r' && c != '\t' && c != '\f') || c == 0x7F;
  };
  return std::ranges::none_of(bytes, odd) && utf8::is_valid(bytes);
}

std::optional<ImageSize> png_size(std::string_view bytes) {
  if (bytes.size() < 24 || bytes.substr(12, 4) != "IHDR") {
    return std::nullopt;
  }
  return ImageSize{.width = big(bytes, 16, 4), .height = big(bytes, 20, 4)};
}

// Segments up to the frame header. The markers without a length stand alone.
std::optional<ImageSize> jpeg_size(std::string_view bytes) {
  std::size_t at = 2;
  while (at + 4 <= bytes.size()) {
    if (bytes[at] != '\xFF') {  // decoders skip what some programs leave between segments
      ++at;
      continue;
    }
    const auto marker = static_cast<unsigned char>(bytes[at + 1]);
    if (marker == 0xFF) {  // fill
      ++at;
      continue;
    }
    if (marker == 0x01 || (marker >= 0xD0 && marker <= 0xD8)) {
      at += 2;
      continue;
    }
    const bool is_frame = marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
    if (is_frame && at + 9 <= bytes.size()) {
      return ImageSize{.width = big(bytes, at + 7, 2), .height = big(bytes, at + 5, 2)};
    }
    if (is_frame || marker == 0xDA || marker == 0xD9) {
      return std::nullopt;
    }
    const std::size_t length = big(bytes, at + 2, 2);
    if (length < 2) {
      return std::nullopt;
    }
    at += 2 + length;
  }
  return std::nullopt;
}

std::optional<ImageSize> bmp_size(std::string_view bytes) {
  if (bytes.size() < 26) {
    return std::nullopt;
  }
  if (little(bytes, 14, 4) == 12) {
    return ImageSize{.width = little(bytes, 18, 2), .height = little(bytes, 20, 2)};
  }
  const std::uint32_t height = little(bytes, 22, 4);  // negative: rows from the top
  return ImageSize{.width = little(bytes, 18, 4), .height = height > 0x7FFFFFFFU ? 0U - height : height};
}

std::optional<ImageSize> webp_size(std::string_view bytes) {
  if (bytes.size() < 30) {
    return std::nullopt;
  }
  const std::string_view chunk = bytes.substr(12, 4);
  if (chunk == "VP8X") {
    return ImageSize{.width = little(bytes, 24, 3) + 1, .height = little(bytes, 27, 3) + 1};
  }
  if (chunk == "VP8L" && bytes[20] == 0x2F) {
    const std::uint32_t sizes = little(bytes, 21, 4);
    return ImageSize{.width = (sizes & 0x3FFFU) + 1, .height = (sizes >> 14U & 0x3FFFU) + 1};
  }
  if (chunk == "VP8 " && bytes.substr(23, 3) == "\x9D\x01\x2A"sv) {
    return ImageSize{.width = little(bytes, 26, 2) & 0x3FFFU, .height = little(bytes, 28, 2) & 0x3FFFU};
  }
  return std::nullopt;
}

}  // namespace

MediaType type_of(std::string_view bytes) {
  struct Magic {
    std::string_view bytes;
    MediaType type;
  };
  static constexpr std::array kMagics = {
      Magic{.bytes = "\x89PNG\r\n\x1A\n"sv, .type = {MediaKind::image, "image/png", "png"}},
      Magic{.bytes = "\xFF\xD8\xFF"sv, .type = {MediaKind::image, "image/jpeg", "jpg"}},
      Magic{.bytes = "GIF87a"sv, .type = {MediaKind::image, "image/gif", "gif"}},
      Magic{.bytes = "GIF89a"sv, .type = {MediaKind::image, "image/gif", "gif"}},
      Magic{.bytes = "fLaC"sv, .type = {MediaKind::audio, "audio/flac", "flac"}},
      Magic{.bytes = "ID3"sv, .type = {MediaKind::audio, "audio/mpeg", "mp3"}},
      Magic{.bytes = "%PDF-"sv, .type = {MediaKind::file, "application/pdf", "pdf"}},
  };
  for (const Magic& magic : kMagics) {
    if (bytes.starts_with(magic.bytes)) {
      return magic.type;
    }
  }
  if (bytes.size() >= 12 && bytes.starts_with("RIFF")) {
    if (bytes.substr(8, 4) == "WEBP") {
      return {.kind = MediaKind::image, .type = "image/webp", .extension = "webp"};
    }
    if (bytes.substr(8, 4) == "WAVE") {
      return {.kind = MediaKind::audio, .type = "audio/wav", .extension = "wav"};
    }
  }
  // Two letters are a weak sign: the size of the header behind them must be one that there is.
  if (bytes.size() >= 26 && bytes.starts_with("BM") && little(bytes, 6, 4) == 0) {
    constexpr std::array<std::uint32_t, 8> kHeaders = {12, 16, 40, 52, 56, 64, 108, 124};
    if (std::ranges::contains(kHeaders, little(bytes, 14, 4))) {
      return {.kind = MediaKind::image, .type = "image/bmp", .extension = "bmp"};
    }
  }
  if (is_mp3_frame(bytes)) {
    return {.kind = MediaKind::audio, .type = "audio/mpeg", .extension = "mp3"};
  }
  return is_plain_text(bytes)
             ? MediaType{.kind = MediaKind::file, .type = "text/plain", .extension = "txt"}
             : MediaType{.kind = MediaKind::file, .type = "application/octet-stream", .extension = "bin"};
}

std::optional<ImageSize> image_size(std::string_view bytes, std::string_view type) {
  std::optional<ImageSize> size;
  if (type == "image/png") {
    size = png_size(bytes);
  } else if (type == "image/jpeg") {
    size = jpeg_size(bytes);
  } else if (type == "image/gif" && bytes.size() >= 10) {
    size = ImageSize{.width = little(bytes, 6, 2), .height = little(bytes, 8, 2)};
  } else if (type == "image/bmp") {
    size = bmp_size(bytes);
  } else if (type == "image/webp") {
    size = webp_size(bytes);
  }
  return size && size->width > 0 && size->height > 0 ? size : std::nullopt;
}

std::optional<std::uint64_t> wav_seconds(std::string_view bytes) {
  std::size_t at = 12;
  while (at + 8 <= bytes.size()) {
    const std::string_view chunk = bytes.substr(at, 4);
    const std::size_t length = little(bytes, at + 4, 4);
    if (chunk == "fmt ") {
      if (length < 16 || at + 24 > bytes.size()) {
        return std::nullopt;
      }
      const std::uint32_t channels = little(bytes, at + 10, 2);
      const std::uint32_t rate = little(bytes, at + 12, 4);
      const std::uint32_t block = little(bytes, at + 20, 2);
      const std::uint32_t bits = little(bytes, at + 22, 2);
      if (rate < kRateMin || rate > kRateMax || channels == 0 || block == 0) {
        return std::nullopt;
      }
      // A block of a packed format holds many samples: each is taken to have no more than half a byte.
      const std::uint64_t frames_in_block = bits < 8 ? std::uint64_t{2} * block : 1;
      const std::uint64_t frames = bytes.size() / block * frames_in_block;
      return (frames + rate - 1) / rate;
    }
    at += 8 + length + length % 2;
  }
  return std::nullopt;
}

}  // namespace puna::chat
