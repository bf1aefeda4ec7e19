// Markdown as it grows: white space, blank lines, and what begins each line inside lists and quotations.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace puna::tools {

class MarkdownWriter {
 public:
  // Stops taking text at about bytes_max bytes.
  explicit MarkdownWriter(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  [[nodiscard]] bool is_full() const { return text_.size() >= bytes_max_; }

  // Running text: white space collapses.
  void put(std::string_view text);
  // A sign of Markdown's own, such as "[", right before the text that follows. Returns what close() needs.
  [[nodiscard]] std::size_t open(std::string_view sign) {
    signs_ += sign;
    return signs_.size() - sign.size();
  }
  // Right behind the text since that open(), e.g. "](https://example.org/)"; without text both signs fall away.
  void close(std::size_t opened, std::string_view sign);
  // Lines as they are; begins and ends at a line's end.
  void put_lines(std::string_view lines);

  // What follows begins on a new line (1) or behind an empty line (2); inside of flat text, behind a space.
  void end_line(int line_ends);
  // Every line until leave() begins with `rest`, the first one with `first`.
  void enter(std::string first, std::string rest);
  void leave() { levels_.pop_back(); }
  // Until the same number of unflatten(): text without line ends, as in links and the cells of tables.
  void flatten() { ++flat_; }
  void unflatten() { --flat_; }
  [[nodiscard]] bool is_flat() const { return flat_ > 0; }

  [[nodiscard]] std::string take();

 private:
  struct Level {
    std::string first;
    std::string rest;
    bool is_used = false;
  };
  void begin();  // what must stand before the next text
  void end_lines();

  std::size_t bytes_max_;
  std::string text_;
  std::string signs_;  // opened, without text so far
  std::vector<Level> levels_;
  int line_ends_ = 0;
  bool space_ = false;
  bool at_line_begin_ = true;
  int flat_ = 0;
};

}  // namespace puna::tools
