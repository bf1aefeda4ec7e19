// Files that go with a message: pictures, sounds, texts.
#pragma once

#include <string>
#include <vector>

#include "puna/chat.h"

namespace puna::cli {

// Errors  not_found, io, limit;  those of Media::create()
[[nodiscard]] Result<Media> read_attachment(const std::string& file);
// A user's message with the files in front of the text: models expect a picture before what is asked about it.
// Errors  as read_attachment()
[[nodiscard]] Result<Message> message_with(const std::vector<std::string>& files, std::string text);
// "cat.png, image/png, 640 x 480, 12 kB"
[[nodiscard]] std::string attachment_text(const Media& media);

}  // namespace puna::cli
