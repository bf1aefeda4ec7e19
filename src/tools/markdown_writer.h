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
  [[nodiscard]] std::size_t size() const { return text_.size(); }

  // Running text: white space collapses.
  void put(std::string_view text);
  // A sign of Markdown's own, such as "[": stands right before the text that follows.
  void open(std::string_view sign);
  // Right behind the text before it, e.g. "](https://example.org/)".
  void close(std::string_view sign) { text_ += sign; }
  // Lines as they are; begins and ends at a line's end.
  void put_lines(std::string_view lines);
  // Takes back what was written since the text had this size.
  void cut_back(std::size_t size) {
    text_.resize(size);
    is_joined_ = text_.ends_with(' ');
  }

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

  std::size_t bytes_max_;
  std::string text_;
  std::vector<Level> levels_;
  int line_ends_ = 0;
  bool space_ = false;
  bool at_line_begin_ = true;
  bool is_joined_ = true;  // no space is wanted before the next text
  int flat_ = 0;
};

}  // namespace puna::tools
