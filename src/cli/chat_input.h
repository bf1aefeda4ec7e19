// What the user of a chat types: with history and completion at a terminal, else line by line.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/console.h"

namespace puna::cli {

// Whether what was typed goes on in the next line: it ends in a backslash (which is not part of it), or a fence ```
// is open.
[[nodiscard]] bool goes_on(std::string& text);

// One for a process, because the line editor is.   Thread  the main one.
class ChatInput {
 public:
  // Borrows the console.  sessions: their names, for completion
  ChatInput(Console& console, std::function<std::vector<std::string>()> sessions);
  ~ChatInput();
  ChatInput(const ChatInput&) = delete;
  ChatInput& operator=(const ChatInput&) = delete;

  // The next message or command, of one line or more. Nothing at the end of input; of a terminal also after Ctrl-C.
  [[nodiscard]] std::optional<std::string> next();
  // For the history, as if it had been typed.
  void remember(const std::string& text);
  void forget_history();

  // Somebody is at a terminal.
  [[nodiscard]] bool is_interactive() const { return is_terminal_; }
  // ... which can move its cursor.
  [[nodiscard]] bool is_edited() const { return is_edited_; }
  [[nodiscard]] const std::function<std::vector<std::string>()>& sessions() const { return sessions_; }

 private:
  [[nodiscard]] std::optional<std::string> line(bool is_first);

  // Ends the program when the terminal is gone, as SIGHUP does where the program belongs to the terminal's session:
  // the line editor would read on for ever.
  class HangUp;

  Console& console_;
  const std::function<std::vector<std::string>()> sessions_;
  const bool is_terminal_;
  const bool is_edited_;
  std::unique_ptr<HangUp> hang_up_;
};

}  // namespace puna::cli
