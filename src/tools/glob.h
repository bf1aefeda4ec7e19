// Patterns of paths and of texts, as a shell has them. Matching takes time linear in the text (RE2).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "puna/base.h"

namespace re2 {
class RE2;
}

namespace puna::tools {

inline constexpr std::size_t kGlobBytesMax = 1'000;

// A value; copies share what was compiled.   Thread  any.
class Glob {
 public:
  // path  * ? and [] do not match "/"; ** as a whole component is any number of components
  // text  * is any text
  enum class Kind : bool { path, text };
  // Errors  invalid_argument  an open [ or {, an empty or backward range, nesting of {} over 4, over kGlobBytesMax
  [[nodiscard]] static Result<Glob> compile(std::string_view pattern, Kind kind);

  // The whole text. What is not UTF-8 in it is compared as U+FFFD.
  [[nodiscard]] bool matches(std::string_view text) const;
  // It matches itself only: it has no wildcard.
  [[nodiscard]] bool is_literal() const { return is_literal_; }
  // It begins with a wildcard.
  [[nodiscard]] bool is_open() const { return is_open_; }

 private:
  Glob(std::shared_ptr<const re2::RE2> expression, bool is_literal, bool is_open)
      : expression_(std::move(expression)), is_literal_(is_literal), is_open_(is_open) {}

  std::shared_ptr<const re2::RE2> expression_;
  bool is_literal_;
  bool is_open_;
};

}  // namespace puna::tools
