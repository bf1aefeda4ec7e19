// What Tab offers in a chat. Reads folders; else pure.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "puna/chat.h"

namespace puna::cli {

struct ChatCompletion {
  std::string text;              // that takes the place of ...
  std::size_t bytes_before = 0;  // ... so many bytes in front of the cursor
  std::string help;

  bool operator==(const ChatCompletion&) const = default;
};

// Commands; behind /resume the sessions; behind /model, /image and @ paths.
// before    the text in front of the cursor
// sessions  their names, asked for when they are needed
[[nodiscard]] std::vector<ChatCompletion> chat_completions(std::string_view before,
                                                           const std::function<std::vector<std::string>()>& sessions);

// Where a message names files as @PATH, their texts behind it; pictures and sounds are in `files`. What is neither
// stays as it is.
struct NamedFile {
  std::string path;
  std::size_t bytes = 0;
  std::optional<Media> media;  // a picture or sound; the message's text has its name only
  std::string problem;         // why it was not added; empty: it was
};
[[nodiscard]] std::string with_named_files(std::string message, std::vector<NamedFile>& files);
inline constexpr std::size_t kNamedFileBytesMax = 262'144;

}  // namespace puna::cli
