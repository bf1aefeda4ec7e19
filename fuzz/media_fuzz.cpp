// Any bytes as an attachment: refused, or of a size within the bounds; and any text as its address.
#include "input.h"
#include "puna/chat.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = puna::fuzz::text_of(data, size);
  const auto media = puna::Media::create(std::string(bytes), bytes.substr(0, 40));
  if (media) {
    const std::uint64_t pixels = std::uint64_t{media->width()} * media->height();
    const bool is_image = media->kind() == puna::MediaKind::image;
    PUNA_CHECK(pixels <= puna::kImagePixelsMax && (pixels > 0) == is_image, "a picture has pixels within the bounds");
    PUNA_CHECK(puna::utf8::is_valid(media->name()) && !media->name().empty(), "a name can be shown");
    PUNA_CHECK(!media->is_text() || puna::utf8::is_valid(media->bytes()), "a text file is text");
    PUNA_CHECK(puna::media_from_data_uri(puna::data_uri(*media), media->name()) == media, "what is written is read");
  }
  static_cast<void>(puna::media_from_data_uri(bytes));
  static_cast<void>(puna::media_from_base64(bytes));
  return 0;
}
