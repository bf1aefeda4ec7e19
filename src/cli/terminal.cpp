// See terminal.h.
#include "cli/terminal.h"

#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace puna::cli {
namespace {

constexpr int kPollMs = 100;
constexpr int kTriesMax = 3;
constexpr std::size_t kArgumentBytesMax = 2'000;
constexpr std::size_t kInputLineBytesMax = 65'536;

using Answer = Approval::Answer;

std::optional<Answer> answer_of(std::string_view line, const PermissionQuestion& question) {
  if (line == "y" || line == "yes") {
    return Answer::once;
  }
  if (line == "n" || line == "no") {
    return Answer::no;
  }
  if (line == "a" && !question.argument.empty()) {
    return Answer::always_this;
  }
  if (line == "t" && question.may_keep_tool) {
    return Answer::always_tool;
  }
  return std::nullopt;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t begin = std::min(text.find_first_not_of(kBlanks), text.size());
  const std::size_t end = text.find_last_not_of(kBlanks);
  return text.substr(begin, end == std::string_view::npos ? 0 : end + 1 - begin);
}

}  // namespace

bool Terminal::is_there(const Console& console) { return isatty(STDIN_FILENO) == 1 && console.err_is_terminal(); }

Result<Approval> Terminal::decide(const PermissionQuestion& question, const std::stop_token& stop) {
  const std::scoped_lock lock(mutex_);
  (void)tcflush(input_, TCIFLUSH);
  for (int tries = 0; tries < kTriesMax; ++tries) {
    show(question);
    PUNA_TRY(const std::optional<std::string> typed, line(stop));
    if (!typed) {
      break;
    }
    if (const std::optional<Answer> answer = answer_of(trimmed(*typed), question)) {
      return Approval{.answer = *answer, .call_hash = question.call_hash};
    }
  }
  return Approval{.answer = Answer::no, .call_hash = question.call_hash};
}

Result<std::string> Terminal::answer(std::string_view question, const std::stop_token& stop) {
  const std::scoped_lock lock(mutex_);
  (void)tcflush(input_, TCIFLUSH);
  console_.err("? ", Style::cyan);
  console_.err(std::string(question) + "\n> ");
  PUNA_TRY(const std::optional<std::string> typed, line(stop));
  if (!typed) {
    return fail(ErrorCode::unavailable, "the user went away. Go on without an answer.");
  }
  return utf8::sanitize(trimmed(*typed));
}

void Terminal::show(const PermissionQuestion& question) {
  console_.err("? ", Style::yellow);
  console_.err((question.agent.empty() ? "" : "agent " + question.agent + ": ") + question.call.name, Style::bold);
  console_.err(" needs permission (" + question.rule + ")\n");
  const Json& arguments = question.call.arguments;
  for (const Json::Member& argument : arguments.is_object() ? arguments.as_object() : Json::Object()) {
    const std::string text = argument.value.dump();
    const std::string_view start = utf8::truncate(text, kArgumentBytesMax);
    console_.err(format_text("    {} = {}", argument.key, start));
    console_.err(start.size() < text.size() ? format_text(" ... {} more bytes\n", text.size() - start.size()) : "\n");
  }
  if (question.has_odd_letters) {
    console_.err("  careful: it has letters beyond ASCII, which may look like others\n", Style::red);
  }
  const std::string whom = question.agent.empty() ? "" : " for " + question.agent;
  std::string choices = "  [y] this once";
  if (!question.argument.empty()) {
    choices += "  [a] always" + whom + ": " + question.argument;
  }
  if (question.may_keep_tool) {
    choices += "  [t] always" + whom + ": every call of " + question.call.name;
  }
  console_.err(choices + "  [n] no > ");
}

Result<std::optional<std::string>> Terminal::line(const std::stop_token& stop) const {
  std::string text;
  std::array<char, 4'096> block;
  while (!text.contains('\n') && text.size() < kInputLineBytesMax) {
    if (stop.stop_requested()) {
      return fail(ErrorCode::cancelled, "cancelled");
    }
    pollfd waits{.fd = input_, .events = POLLIN, .revents = 0};
    const int ready = ::poll(&waits, 1, kPollMs);
    if (ready == 0 || (ready < 0 && errno == EINTR)) {
      continue;
    }
    const ssize_t got = ready < 0 ? -1 : ::read(input_, block.data(), block.size());
    if (got <= 0) {
      return text.empty() ? std::nullopt : std::optional(std::move(text));
    }
    text.append(block.data(), static_cast<std::size_t>(got));
  }
  return text;
}

}  // namespace puna::cli
