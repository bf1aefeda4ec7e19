// One CallSyntax, prepared for reading: where a block of calls begins in running text, and where it ends. What is in
// the block is call_reader.h's.
//
// A block is all that belongs together: a call with its tags, or a whole list of calls with what stands around it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "puna/chat/message.h"
#include "puna/chat/reply_format.h"

namespace puna {

[[nodiscard]] inline bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }
[[nodiscard]] std::string_view trimmed(std::string_view text);
// The text cut at its white space.
[[nodiscard]] std::vector<std::string> pieces_of(std::string_view literal);

// How a text compares with the beginning of something.
enum class Match : std::uint8_t { no, partly, yes };  // partly: more text may make it yes

class CallForm {
 public:
  explicit CallForm(CallSyntax syntax);

  [[nodiscard]] const CallSyntax& syntax() const { return syntax_; }
  // Starts every block; empty for bare forms.
  [[nodiscard]] const std::string& mark() const { return mark_; }
  // The mark is markup and nothing else, so that a call was meant wherever it stands.
  [[nodiscard]] bool is_strong() const { return is_strong_; }
  // What starts a block, in order, with white space between.
  [[nodiscard]] const std::vector<std::string>& opening() const { return opening_; }
  // Whether the text, which starts at a mark (or, for bare forms, at the first character of a text), is a block's
  // beginning.
  [[nodiscard]] Match opens(std::string_view text, std::span<const ToolSpec> tools) const;
  // The text that ends a block outside of values; empty: its brackets end it.
  [[nodiscard]] const std::string& end_mark() const { return end_mark_; }

 private:
  [[nodiscard]] Match opens_bare(std::string_view text, std::span<const ToolSpec> tools) const;

  CallSyntax syntax_;
  std::vector<std::string> opening_;
  std::string mark_;
  std::string end_mark_;
  bool is_strong_ = false;
};

// Finds the end of a block that grows, looking at each byte once.
class BlockScanner {
 public:
  // With `plain`, quotes and values mean nothing and the first end mark counts: for what was never closed.
  // `form` is borrowed.
  BlockScanner(const CallForm& form, bool plain);

  // The block's bytes, or npos when its end has not come yet. `text` starts where it did at the last call, and is
  // longer; `is_all`: no more will come.
  [[nodiscard]] std::size_t find_end(std::string_view text, bool is_all);

 private:
  [[nodiscard]] bool step_value(std::string_view text, bool is_all, bool& waits);
  void step_character(char c);

  const CallForm& form_;
  const bool plain_;
  const bool has_values_;  // raw parameters: their values are text up to value_end
  const bool is_python_;
  std::vector<std::string> skips_;  // the opening's marks: they open and close nothing
  std::string key_mark_;            // starts a parameter
  std::string value_mark_;          // ends it
  std::string gate_;                // brackets count only behind this; empty = they do
  std::size_t scanned_ = 0;
  int depth_ = 0;
  char quote_ = '\0';  // of the string at scanned_
  bool is_escaped_ = false;
  bool in_value_ = false;
  bool was_open_ = false;  // a bracket was
};

}  // namespace puna
