// See chat_words.h.
#include "cli/chat_words.h"

#include <algorithm>
#include <array>
#include <vector>

namespace puna::cli {
namespace {

using Argument = const std::string&;

constexpr std::array<ChatWord, 17> kChatWords{
    {{.name = "/help", .arguments = "", .what = "this list", .run = nullptr},
     {.name = "/model",
      .arguments = "[FILE|NAME]",
      .what = "the model, or another one: a file, a name as for -hf, demo, or a server's address",
      .run = [](Chat& chat, Argument name) { return chat.model(name); }},
     {.name = "/system",
      .arguments = "[TEXT]",
      .what = "the system prompt, or another one",
      .run = [](Chat& chat, Argument text) { return chat.system(text); }},
     {.name = "/image",
      .arguments = "FILE",
      .what = "a picture, sound or text file that goes with the next message",
      .run = [](Chat& chat, Argument file) { return chat.image(file); }},
     {.name = "/tools",
      .arguments = "",
      .what = "the tools, and whether they may run",
      .run = [](Chat& chat, Argument) { return chat.show_tools(); }},
     {.name = "/context",
      .arguments = "",
      .what = "how full the model's window is, and of what",
      .run = [](Chat& chat, Argument) { return chat.show_context(); }},
     {.name = "/compact",
      .arguments = "",
      .what = "show the model a summary of what is old",
      .run = [](Chat& chat, Argument) { return chat.compact(); }},
     {.name = "/continue",
      .arguments = "",
      .what = "go on with an answer that was stopped (so does an empty line)",
      .run = [](Chat& chat, Argument) { return chat.go_on(); }},
     {.name = "/undo",
      .arguments = "[N]",
      .what = "take back the last N turns (1)",
      .run = [](Chat& chat, Argument turns) { return chat.undo(turns); }},
     {.name = "/clear",
      .arguments = "",
      .what = "forget the conversation, keep the system prompt",
      .run = [](Chat& chat, Argument) { return chat.clear(); }},
     {.name = "/save",
      .arguments = "[NAME]",
      .what = "keep the conversation in a session from now on",
      .run = [](Chat& chat, Argument name) { return chat.save(name); }},
     {.name = "/resume",
      .arguments = "[NAME]",
      .what = "go on with a session; without a name, list them",
      .run = [](Chat& chat, Argument name) { return chat.resume_session(name); }},
     {.name = "/fork",
      .arguments = "[NAME]",
      .what = "go on in a copy of the session",
      .run = [](Chat& chat, Argument name) { return chat.fork(name); }},
     {.name = "/stats",
      .arguments = "",
      .what = "tokens and times so far",
      .run = [](Chat& chat, Argument) { return chat.show_stats(); }},
     {.name = "/seed",
      .arguments = "[N]",
      .what = "the seed of the random draws, or another one",
      .run = [](Chat& chat, Argument number) { return chat.seed(number); }},
     {.name = "/test",
      .arguments = "WORD",
      .what = "how --pronounce says it",
      .run = [](Chat& chat, Argument word) { return chat.test_word(word); }},
     {.name = "/quit", .arguments = "", .what = "end (also Ctrl-D)", .run = nullptr}}};

constexpr std::string_view kLineBlanks = " \t\r\n";

std::string_view without_blanks(std::string_view text) {
  const std::size_t begin = std::min(text.find_first_not_of(kLineBlanks), text.size());
  const std::size_t end = text.find_last_not_of(kLineBlanks);
  return text.substr(begin, end == std::string_view::npos ? 0 : end + 1 - begin);
}

std::string unknown_text(std::string_view name) {
  std::vector<std::string_view> names;
  std::ranges::transform(kChatWords, std::back_inserter(names), &ChatWord::name);
  const std::string_view nearest = nearest_name(name, names);
  return format_text(
      "no such command: {}\n  {}\n", name,
      nearest.empty() ? "/help lists them; // begins a message with a /" : format_text("did you mean {}?", nearest));
}

}  // namespace

std::span<const ChatWord> chat_words() { return kChatWords; }

std::string chat_help() {
  std::string text;
  for (const ChatWord& word : kChatWords) {
    const std::string form = std::string(word.name) + (word.arguments.empty() ? "" : " ") + std::string(word.arguments);
    text += format_text("{:<20} {}\n", form, word.what);
  }
  return text +
         "Ctrl-C stops an answer. A line that ends in \\, and what stands between ``` and ```, goes on in the next "
         "line.\n"
         "At a terminal Tab completes commands, sessions and paths, and @FILE in a message adds the file's text.\n";
}

ChatLine read_chat_line(std::string_view line) {
  const std::string_view text = without_blanks(line);
  if (text.empty()) {
    return {.kind = ChatLine::Kind::blank, .text = {}};
  }
  if (text.front() != '/' || text.starts_with("//")) {
    const std::size_t slash = text.front() == '/' ? line.find('/') + 1 : 0;
    return {.kind = ChatLine::Kind::message, .text = std::string(line.substr(slash))};
  }
  const std::string_view name = text.substr(0, text.find_first_of(kLineBlanks));
  if (name == "/help") {
    return {.kind = ChatLine::Kind::help, .text = {}};
  }
  if (name == "/quit" || name == "/exit") {
    return {.kind = ChatLine::Kind::quit, .text = {}};
  }
  const auto word = std::ranges::find(kChatWords, name, &ChatWord::name);
  if (word == kChatWords.end()) {
    return {.kind = ChatLine::Kind::unknown, .text = unknown_text(name)};
  }
  return {.kind = ChatLine::Kind::word,
          .word = &*word,
          .argument = std::string(without_blanks(text.substr(name.size()))),
          .text = {}};
}

}  // namespace puna::cli
