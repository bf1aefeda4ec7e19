// Markdown as it streams, for a terminal with colours.
//
// What is decided is shown at once; a mark that may yet close is waited for, up to the end of its line or some 240
// bytes. What does not close is shown as it was written, so no letter of a text is lost but marks that took effect.
// Known: headings, lists, quotes, rules, fenced code, `code`, **bold**, *italic*, ~~struck out~~, [links](address) and
// backslashes. Anything else (tables, HTML) is text.
//
// Source: CommonMark 0.31.2, as far as one line tells.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace puna::cli {

class MarkdownStream {
 public:
  // What can be shown now. Control characters of the piece are made visible; a style ends in the text that it began in,
  // so that the terminal is in no state between two calls.
  // piece  whole UTF-8 characters
  [[nodiscard]] std::string add(std::string_view piece);
  // The rest. The next piece begins another text.
  [[nodiscard]] std::string end();

 private:
  using Styles = unsigned;

  [[nodiscard]] std::string shown(bool is_whole);
  [[nodiscard]] bool begin_line(bool is_whole, std::string& out);
  [[nodiscard]] bool begin_fenced_line(bool is_whole, std::string& out);
  [[nodiscard]] bool begin_marked_line(std::string_view body, bool is_whole, std::string& out);
  void take(std::size_t bytes, Styles styles, std::string& out);
  void end_line();

  std::string rest_;   // of the line, not shown yet
  std::string fence_;  // that is open: its marks
  Styles styles_ = 0;  // of the whole line
  bool is_begun_ = false;
  bool is_code_ = false;  // the line stands in a fence
  char before_ = ' ';     // the last byte that was taken
};

}  // namespace puna::cli
