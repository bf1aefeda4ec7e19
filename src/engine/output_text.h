// Turns generated tokens into text that may be shown: whole UTF-8 characters, nothing of a stop string, and nothing
// that may still become one.
//
// Pure. Invariant: the bytes emitted so far and those held back are exactly the bytes pushed, until a stop string ends
// the text; what is held back is shorter than the longest stop string plus one character.
#pragma once

#include <cstddef>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "puna/engine/generation.h"

namespace puna::engine {

inline constexpr std::size_t kStopStringsMax = 64;
inline constexpr std::size_t kStopBytesMax = 1024;

// Errors  invalid_argument  too many stop strings, an empty or a too long one
[[nodiscard]] Result<void> validate_stops(std::span<const std::string> stops);

class OutputText {
 public:
  // Requires validate_stops(stops).
  explicit OutputText(std::vector<std::string> stops) : stops_(std::move(stops)) {}

  // Adds a token's bytes; returns what may be shown now (both parts may be empty).
  [[nodiscard]] piece::Text push(Token token, std::string_view bytes);
  // True once a stop string was met; push() must not be called any more.
  [[nodiscard]] bool stopped() const { return stopped_; }
  // What was held back, when the output ends without a stop string, and the tokens that were not reported yet.
  [[nodiscard]] piece::Text finish();

 private:
  struct PendingToken {
    Token token;
    std::size_t end;  // offset behind its last byte in everything pushed
  };

  [[nodiscard]] std::size_t stop_position() const;
  [[nodiscard]] std::size_t held_bytes() const;
  [[nodiscard]] piece::Text emit(std::size_t bytes);

  std::vector<std::string> stops_;
  std::string pending_;
  std::deque<PendingToken> tokens_;
  std::size_t emitted_ = 0;  // bytes
  bool stopped_ = false;
};

}  // namespace puna::engine
