#include "cli/console.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>

namespace puna::cli {
namespace {

std::string_view code_of(Style style) {
  switch (style) {
    case Style::plain:
      return "";
    case Style::dim:
      return "\x1b[2m";
    case Style::bold:
      return "\x1b[1m";
    case Style::green:
      return "\x1b[32m";
    case Style::yellow:
      return "\x1b[33m";
    case Style::red:
      return "\x1b[31m";
    case Style::cyan:
      return "\x1b[36m";
  }
  return "";
}

bool is_set(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0';
}

bool is_dumb() {
  const char* term = std::getenv("TERM");
  return term == nullptr || std::string_view(term) == "dumb" || *term == '\0';
}

bool write_all(std::FILE* file, std::string_view text) {
  return std::fwrite(text.data(), 1, text.size(), file) == text.size() && std::fflush(file) == 0;
}

}  // namespace

Console Console::from_environment(bool no_color) {
  const bool out_terminal = isatty(STDOUT_FILENO) == 1;
  const bool err_terminal = isatty(STDERR_FILENO) == 1;
  const bool force = is_set("CLICOLOR_FORCE") && std::string_view(std::getenv("CLICOLOR_FORCE")) != "0";
  const bool color = !no_color && !is_set("NO_COLOR") && (force || (err_terminal && !is_dumb()));
  return {stdout, stderr, out_terminal, err_terminal && !is_dumb(), color};
}

Console::Console(std::FILE* out, std::FILE* err, bool out_is_terminal, bool err_is_terminal, bool color)
    : out_(out), err_(err), out_is_terminal_(out_is_terminal), err_is_terminal_(err_is_terminal), color_(color) {}

bool Console::out(std::string_view text, Style style) {
  if (!out_is_terminal_) {
    return write_out(std::string(text));
  }
  const bool colored = color_ && style != Style::plain;
  return write_out((colored ? std::string(code_of(style)) : "") + printable(text) + (colored ? "\x1b[0m" : ""));
}

bool Console::out_styled(std::string_view text) { return write_out(std::string(text)); }

bool Console::write_out(const std::string& text) {
  int failure = 0;
  {
    const std::scoped_lock lock(mutex_);
    end_status();
    errno = 0;
    failure = write_all(out_, text) ? 0 : std::max(errno, 1);
  }
  if (failure == EPIPE && !is_unread_.exchange(true) && when_unread_) {
    when_unread_();
  } else if (failure != 0 && failure != EPIPE) {
    lost_output_ = failure;
  }
  return failure == 0;
}

void Console::err(std::string_view text, Style style) {
  const std::scoped_lock lock(mutex_);
  end_status();
  const bool colored = color_ && style != Style::plain;
  std::string line = colored ? std::string(code_of(style)) : std::string();
  line += printable(text);
  line += colored ? "\x1b[0m" : "";
  write_all(err_, line);
}

void Console::status(std::string_view line) {
  if (!err_is_terminal_) {
    return;
  }
  const std::scoped_lock lock(mutex_);
  write_all(err_, "\r\x1b[K" + printable(line));
  status_shown_ = true;
}

int Console::err_columns() const {
  constexpr int kUsual = 80;
  winsize size{};
  return ::ioctl(::fileno(err_), TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : kUsual;
}

void Console::clear_status() {
  const std::scoped_lock lock(mutex_);
  end_status();
}

void Console::end_status() {
  if (status_shown_) {
    write_all(err_, "\r\x1b[K");
    status_shown_ = false;
  }
}

void Console::error(const Error& error) {
  err("puna: ", Style::red);
  err(error.message + "\n");
  if (!error.hint.empty()) {
    err("  try: " + error.hint + "\n");
  }
}

std::string bytes_text(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 5> kUnits{"B", "kB", "MB", "GB", "TB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1000 && unit + 1 < kUnits.size()) {
    value /= 1000;
    ++unit;
  }
  return unit == 0 ? format_text("{} B", bytes) : format_text("{:.1f} {}", value, kUnits[unit]);
}

std::string count_text(std::int64_t count) {
  std::string digits = std::to_string(count);
  const std::size_t first = digits.front() == '-' ? 1 : 0;
  for (std::size_t end = digits.size(); end > first + 3; end -= 3) {
    digits.insert(end - 3, 1, ',');
  }
  return digits;
}

std::string duration_text(std::chrono::microseconds time) {
  const double ms = static_cast<double>(time.count()) / 1000;
  return ms < 1000 ? format_text("{:.1f} ms", ms) : format_text("{:.1f} s", ms / 1000);
}

}  // namespace puna::cli
