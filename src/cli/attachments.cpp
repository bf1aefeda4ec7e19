#include "cli/attachments.h"

#include <utility>

#include "cli/commands.h"

namespace puna::cli {

Result<Media> read_attachment(const std::string& file) {
  PUNA_TRY(std::string bytes, read_text_file(file, kMediaBytesMax));
  return Media::create(std::move(bytes), file);
}

Result<Message> message_with(const std::vector<std::string>& files, std::string text) {
  Message message{.role = Role::user, .content = {}};
  for (const std::string& file : files) {
    PUNA_TRY(Media media, read_attachment(file));
    PUNA_TRY_VOID(attach(message, std::move(media)));
  }
  message.content = std::move(text);
  return message;
}

std::string attachment_text(const Media& media) {
  const std::string size =
      media.kind() == MediaKind::image ? format_text(", {} x {}", media.width(), media.height()) : std::string();
  return format_text("{}, {}{}, {}", media.name(), media.type(), size, bytes_text(media.bytes().size()));
}

}  // namespace puna::cli
