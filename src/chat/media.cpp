// Media: judged once, when it is made.
#include "puna/chat/media.h"

#include <algorithm>
#include <utility>

#include "chat/media_header.h"
#include "puna/base/sha256.h"

namespace puna {
namespace {

constexpr std::size_t kNameBytesMax = 200;

// The last component of a path as somebody wrote it, printable. Of such a name it is the name itself.
std::string media_name(std::string_view name, const chat::MediaType& type) {
  if (const std::size_t slash = name.find_last_of("/\\"); slash != std::string_view::npos) {
    name.remove_prefix(slash + 1);
  }
  std::string shown = printable(utf8::sanitize(utf8::truncate(name, kNameBytesMax)));
  std::erase_if(shown, [](char c) { return c == '\n' || c == '\t'; });
  std::ranges::replace(shown, '\\', '_');  // of what could not be printed
  shown = utf8::truncate(shown, kNameBytesMax);
  return shown.empty() ? format_text("{}.{}", name_of(type.kind), type.extension) : shown;
}

std::unexpected<Error> too_large(std::string_view name, std::string_view what, std::string_view most,
                                 std::string_view hint) {
  return fail(ErrorCode::limit, format_text("{} has {}, and {} are allowed", name, what, most), std::string(hint));
}

Result<void> check_bytes(std::string_view name, const chat::MediaType& type, std::size_t bytes) {
  const std::size_t most = type.type == "audio/mpeg" ? kMp3BytesMax : kMediaBytesMax;
  if (bytes > most) {
    return too_large(name, format_text("{} bytes", bytes), format_text("{} of {}", most, type.type),
                     "make it smaller, or give a part of it");
  }
  return {};
}

Result<chat::ImageSize> check_image(std::string_view name, std::string_view bytes, std::string_view type) {
  const std::optional<chat::ImageSize> size = chat::image_size(bytes, type);
  if (!size) {
    return fail(ErrorCode::invalid_argument,
                format_text("{} begins as {} and its header does not say how large it is", name, type),
                "the file is damaged: write it again with another program");
  }
  const std::uint64_t pixels = std::uint64_t{size->width} * size->height;
  if (size->width > kImageSideMax || size->height > kImageSideMax || pixels > kImagePixelsMax) {
    return too_large(name, format_text("{} x {} pixels", size->width, size->height),
                     format_text("{} in all with at most {} a side", kImagePixelsMax, kImageSideMax),
                     "scale it down: models see pictures at a thousand pixels or so");
  }
  return *size;
}

Result<void> check_wav(std::string_view name, std::string_view bytes) {
  const std::optional<std::uint64_t> seconds = chat::wav_seconds(bytes);
  if (!seconds) {
    return fail(ErrorCode::invalid_argument, format_text("{} begins as audio/wav and its header is damaged", name),
                "write it again with another program, as 16-bit PCM");
  }
  if (*seconds > kAudioSecondsMax) {
    return too_large(name, format_text("{} seconds", *seconds), format_text("{}", kAudioSecondsMax),
                     "give a part of it");
  }
  return {};
}

}  // namespace

std::string_view name_of(MediaKind kind) noexcept {
  switch (kind) {
    case MediaKind::image:
      return "image";
    case MediaKind::audio:
      return "audio";
    case MediaKind::file:
      return "file";
  }
  return "unknown";
}

Result<Media> Media::create(std::string bytes, std::string_view name) {
  if (bytes.empty()) {
    return fail(ErrorCode::invalid_argument,
                name.empty() ? std::string("an attachment is empty") : format_text("{} is empty", printable(name)));
  }
  const chat::MediaType type = chat::type_of(bytes);
  Body body{.kind = type.kind, .type = type.type, .bytes = {}, .hash = {}, .name = media_name(name, type)};
  PUNA_TRY_VOID(check_bytes(body.name, type, bytes.size()));
  if (type.kind == MediaKind::image) {
    PUNA_TRY(const chat::ImageSize size, check_image(body.name, bytes, type.type));
    body.width = size.width;
    body.height = size.height;
  }
  if (type.type == "audio/flac") {
    return fail(ErrorCode::invalid_argument,
                format_text("{} is FLAC, which does not say how much sound is packed in it", body.name),
                "convert it to WAV or MP3");
  }
  if (type.type == "audio/wav") {
    PUNA_TRY_VOID(check_wav(body.name, bytes));
  }
  body.hash = sha256_hex(bytes);
  body.bytes = std::move(bytes);
  return Media(std::make_shared<const Body>(std::move(body)));
}

Result<Media> media_from_base64(std::string_view text, std::string_view name) {
  constexpr std::size_t kTextBytesMax = kMediaBytesMax / 3 * 4 + kMediaBytesMax / 16;  // with line ends
  const std::string shown = name.empty() ? std::string("an attachment") : printable(utf8::truncate(name, 80));
  if (text.size() > kTextBytesMax) {
    return fail(ErrorCode::limit,
                format_text("{} has {} bytes in base64, and {} are allowed", shown, text.size(), kTextBytesMax),
                "make it smaller");
  }
  std::optional<std::string> bytes = from_base64(text);
  if (!bytes) {
    return fail(ErrorCode::invalid_argument, format_text("{} is not valid base64", shown));
  }
  return Media::create(*std::move(bytes), name);
}

Result<Media> media_from_data_uri(std::string_view uri, std::string_view name) {
  if (uri.starts_with("http://") || uri.starts_with("https://")) {
    return fail(ErrorCode::invalid_argument,
                format_text("the address {} is not fetched: nothing is loaded from the net because a message names it",
                            printable(utf8::truncate(uri, 100))),
                "send the bytes themselves, as data:image/png;base64,...");
  }
  constexpr std::string_view kMark = ";base64,";
  const std::size_t mark = uri.substr(0, 200).find(kMark);
  if (!uri.starts_with("data:") || mark == std::string_view::npos) {
    return fail(ErrorCode::invalid_argument,
                format_text("'{}' is not a data URI in base64", printable(utf8::truncate(uri, 60))),
                "write data:image/png;base64,...");
  }
  return media_from_base64(uri.substr(mark + kMark.size()), name);
}

std::string data_uri(const Media& media) {
  return format_text("data:{};base64,{}", media.type(), base64(media.bytes()));
}

}  // namespace puna
