// A value that must not reach a log, a trace or a message.
#pragma once

#include <string>
#include <utility>

namespace puna {

// Holds a key or token. It can be compared and handed on, not printed: it has no conversion to text and no formatter,
// so that format_text() and << with it do not compile. Only reveal() gives the text, and is easy to search for.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}

  [[nodiscard]] const std::string& reveal() const { return text_; }
  [[nodiscard]] bool empty() const { return text_.empty(); }

  bool operator==(const Secret&) const = default;

 private:
  std::string text_;
};

}  // namespace puna
