// The commands of puna chat: lines that begin with "/".
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "cli/chat.h"

namespace puna::cli {

struct ChatWord {
  std::string_view name;       // with its "/"
  std::string_view arguments;  // as /help has them
  std::string_view what;
  Result<void> (*run)(Chat& chat, const std::string& argument);  // nullptr: the shell's own, /help and /quit
};
// In the order of /help; they live as long as the program.
[[nodiscard]] std::span<const ChatWord> chat_words();
// One line each.
[[nodiscard]] std::string chat_help();

// What a line is.
struct ChatLine {
  enum class Kind : std::uint8_t {
    message,
    blank,
    help,
    quit,
    word,     // word and argument are set
    unknown,  // text is what to say about it
  };
  Kind kind = Kind::message;
  const ChatWord* word = nullptr;
  std::string argument;  // without blanks at its ends
  std::string text;      // of a message: "//x" is the message "/x"
};
[[nodiscard]] ChatLine read_chat_line(std::string_view line);

}  // namespace puna::cli
