// What bytes are and how large the picture or sound in them is, from the first bytes and the headers alone. Pure.
//
// Never trusts a length in the data further than the data reach.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "puna/chat/media.h"

namespace puna::chat {

struct MediaType {
  MediaKind kind = MediaKind::file;
  std::string_view type;       // a literal
  std::string_view extension;  // without a dot
};
[[nodiscard]] MediaType type_of(std::string_view bytes);

struct ImageSize {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
};
// Requires  an image by type_of().   Nothing: the header is damaged, or a side is 0.
[[nodiscard]] std::optional<ImageSize> image_size(std::string_view bytes, std::string_view type);

// Seconds, rounded up, of a WAV by its header and its real length.   Nothing: damaged, or with an odd rate.
[[nodiscard]] std::optional<std::uint64_t> wav_seconds(std::string_view bytes);

}  // namespace puna::chat
