// Pictures, sounds and files in a message: bytes that are judged before anybody decodes them.
//
// What bytes are is read from the bytes themselves, never from a name or from what somebody says. Nothing is decoded
// here: sizes come from the headers, so that a small file which would unpack to gigabytes is refused first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "puna/base.h"

namespace puna {

enum class MediaKind : std::uint8_t { image, audio, file };
[[nodiscard]] std::string_view name_of(MediaKind kind) noexcept;

inline constexpr std::size_t kMediaBytesMax = std::size_t{20} * 1024 * 1024;  // of an image, a WAV or a file
// Compressed sound has no size in front: this much of the poorest MP3 is an hour and a quarter.
inline constexpr std::size_t kMp3BytesMax = std::size_t{4} * 1024 * 1024;
inline constexpr std::uint32_t kImageSideMax = 16'384;                       // pixels
inline constexpr std::uint64_t kImagePixelsMax = std::uint64_t{40'000'000};  // 120 MB decoded
inline constexpr std::uint64_t kAudioSecondsMax = 3'600;
inline constexpr std::size_t kMediaInMessageMax = 64;

// Immutable; a copy shares the bytes.   Thread  any.
class Media {
 public:
  // PNG, JPEG, GIF, BMP and WebP are images; WAV and MP3 are audio (FLAC is refused); all else is a file, of the type
  // text/plain where it is UTF-8 without control characters.
  //
  // name    for people and models; its last path component is kept. Empty = named by what it is, as "image.png"
  // Errors  invalid_argument  no bytes, FLAC, or an image or sound with a damaged header
  //         limit             more bytes, pixels or seconds than above; the message has the name and both sizes
  [[nodiscard]] static Result<Media> create(std::string bytes, std::string_view name = {});

  [[nodiscard]] MediaKind kind() const { return body_->kind; }
  [[nodiscard]] std::string_view type() const { return body_->type; }  // "image/png"
  [[nodiscard]] const std::string& bytes() const { return body_->bytes; }
  [[nodiscard]] const std::string& hash() const { return body_->hash; }  // SHA-256 of the bytes, 64 digits
  [[nodiscard]] const std::string& name() const { return body_->name; }
  [[nodiscard]] std::uint32_t width() const { return body_->width; }  // of images, pixels; else 0
  [[nodiscard]] std::uint32_t height() const { return body_->height; }
  // A file whose bytes a model can read as they are.
  [[nodiscard]] bool is_text() const { return body_->type == "text/plain"; }

  bool operator==(const Media& other) const { return hash() == other.hash() && name() == other.name(); }

 private:
  struct Body {
    MediaKind kind = MediaKind::file;
    std::string_view type;
    std::string bytes;
    std::string hash;
    std::string name;
    std::uint32_t width = 0;
    std::uint32_t height = 0;
  };
  explicit Media(std::shared_ptr<const Body> body) : body_(std::move(body)) {}

  std::shared_ptr<const Body> body_;
};

// Where in a message it stands: behind this many bytes of the content.
struct Attachment {
  std::size_t at = 0;
  Media media;

  bool operator==(const Attachment&) const = default;
};

// "data:image/png;base64,...": the type that it names is not believed.
// Errors  invalid_argument  not such a text, or an address on the net (message says what to do);  as Media::create()
[[nodiscard]] Result<Media> media_from_data_uri(std::string_view uri, std::string_view name = {});
// Base64 without anything around it.   Errors  as media_from_data_uri()
[[nodiscard]] Result<Media> media_from_base64(std::string_view text, std::string_view name = {});
[[nodiscard]] std::string data_uri(const Media& media);

}  // namespace puna
