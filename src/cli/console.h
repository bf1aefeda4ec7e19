// The terminal: where text goes, whether it may be coloured or animated. Owned by main.
// Thread  any.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

#include "puna/base.h"

namespace puna::cli {

enum class Style : unsigned char { plain, dim, bold, green, yellow, red, cyan };

class Console {
 public:
  // Reads NO_COLOR, CLICOLOR_FORCE and TERM.
  static Console from_environment(bool no_color);
  Console(std::FILE* out, std::FILE* err, bool out_is_terminal, bool err_is_terminal, bool color);

  // stdout: answers and JSON lines. What goes to a terminal has its control characters shown, not obeyed.
  // Returns false when nobody reads any more (closed pipe, full disk).
  bool out(std::string_view text, Style style = Style::plain);
  // The same with styles in it: text whose control characters are made visible already (MarkdownStream).
  bool out_styled(std::string_view text);
  // The errno of what did not get to stdout though somebody reads it (the disk is full, say); 0 = all got there.
  [[nodiscard]] int lost_output() const { return lost_output_; }
  // The reader of stdout has closed its end.
  [[nodiscard]] bool is_unread() const { return is_unread_; }
  // Called once when that is noticed, by the thread that wrote and without a lock. Set before the first output.
  void when_unread(std::function<void()> act) { when_unread_ = std::move(act); }
  // stderr: everything about how the answer came to be.
  void err(std::string_view text, Style style = Style::plain);
  // A line that the next one replaces; nothing when stderr is not a terminal.
  void status(std::string_view line);
  void clear_status();

  // "puna: message" and "  try: hint" on stderr.
  void error(const Error& error);

  [[nodiscard]] bool out_is_terminal() const { return out_is_terminal_; }
  [[nodiscard]] bool err_is_terminal() const { return err_is_terminal_; }
  [[nodiscard]] int err_columns() const;  // of the terminal at stderr; 80 where it does not say
  [[nodiscard]] bool has_color() const { return color_; }

 private:
  void end_status();
  bool write_out(const std::string& text);

  std::FILE* out_;
  std::FILE* err_;
  bool out_is_terminal_;
  bool err_is_terminal_;
  bool color_;
  std::mutex mutex_;           // one write at a time
  bool status_shown_ = false;  // guarded by mutex_
  std::atomic<int> lost_output_ = 0;
  std::atomic<bool> is_unread_ = false;
  std::function<void()> when_unread_;
};

[[nodiscard]] std::string bytes_text(std::uint64_t bytes);                // "5.2 MB"
[[nodiscard]] std::string count_text(std::int64_t count);                 // "12,345"
[[nodiscard]] std::string duration_text(std::chrono::microseconds time);  // "3.1 ms", "1.2 s"

}  // namespace puna::cli
