// puna chat: a conversation on the terminal, or line by line from a pipe.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/chat.h"
#include "cli/chat_completion.h"
#include "cli/chat_input.h"
#include "cli/chat_words.h"

namespace puna::cli {
namespace {

// Everything behind the first line.
class Shell {
 public:
  Shell(Console& console, Chat& chat)
      : console_(console), chat_(chat), input_(console, [&chat] { return chat.session_names(); }) {}

  Result<int> run() {
    if (input_.is_interactive()) {
      console_.err("/help lists the commands, Ctrl-C stops an answer, Ctrl-D ends\n", Style::dim);
      remember();
    }
    while (true) {
      const std::optional<std::string> line = input_.next();
      if (!line && !is_warned_ && input_.is_edited() && chat_.is_loose()) {
        console_.err("once more ends the chat, which is in no session (/save)\n", Style::dim);
        is_warned_ = true;
        continue;
      }
      if (!line) {
        break;
      }
      is_warned_ = false;
      const ChatLine read = read_chat_line(*line);
      if (read.kind == ChatLine::Kind::quit) {
        break;
      }
      const Result<void> done = act(read);
      PUNA_TRY_VOID(chat_.state());
      if (!done) {
        console_.error(done.error());
      }
    }
    return 0;
  }

 private:
  Result<void> act(const ChatLine& line) {
    switch (line.kind) {
      case ChatLine::Kind::blank:
        return chat_.was_stopped() ? chat_.go_on() : Result<void>();
      case ChatLine::Kind::help:
        console_.err(chat_help());
        return {};
      case ChatLine::Kind::unknown:
        console_.err(line.text);
        return {};
      case ChatLine::Kind::word: {
        PUNA_TRY_VOID(line.word->run(chat_, line.argument));
        if (line.word->name == "/resume") {
          remember();
        }
        return {};
      }
      case ChatLine::Kind::message:
      case ChatLine::Kind::quit:
        return input_.is_interactive() ? say_with_files(line.text) : chat_.say(line.text);
    }
    return {};
  }

  Result<void> say_with_files(const std::string& message) {
    std::vector<NamedFile> files;
    const std::string whole = with_named_files(message, files);
    for (const NamedFile& file : files) {
      if (file.media) {
        chat_.attach(*file.media);
      } else if (file.problem.empty()) {
        console_.err(format_text("{}, {}\n", file.path, bytes_text(file.bytes)), Style::dim);
      } else {
        console_.err(format_text("note: {} is not added: {}\n", file.path, file.problem), Style::yellow);
      }
    }
    return chat_.say(whole);
  }

  // What the user said in this conversation is the history.
  void remember() {
    input_.forget_history();
    for (const Message& message : chat_.transcript()) {
      if (message.role == Role::user) {
        input_.remember(message.content);
      }
    }
  }

  Console& console_;
  Chat& chat_;
  ChatInput input_;
  bool is_warned_ = false;  // the last line was the end of input
};

}  // namespace

Result<int> chat_command(Console& console, const Options& options, Interrupt& interrupt) {
  PUNA_TRY(const std::unique_ptr<Chat> chat, Chat::open(console, options, interrupt));
  return Shell(console, *chat).run();
}

}  // namespace puna::cli
