// What to generate, and the stream that comes back.
//
// The engine owns a generation and its memory; the caller owns the handle. Dropping the handle cancels.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "puna/base.h"
#include "puna/engine/sampling.h"
#include "puna/engine/weights.h"

namespace puna {

struct GenerationRequest {
  std::vector<Token> prompt;  // 1 .. window-1 tokens
  Sampling sampling;
  std::optional<Grammar> grammar;
  // Output ends before the first of these; they may span tokens. At most 64, each of 1 to 1,024 bytes.
  std::vector<std::string> stop;
  int tokens_max = 0;  // 0 = what is left of the window
};

enum class FinishReason : std::uint8_t { end_of_turn, stop_string, tokens_max, window_full, grammar_end };
[[nodiscard]] std::string_view name_of(FinishReason reason) noexcept;

namespace piece {
struct Prefill {
  std::int64_t tokens_done = 0;
  std::int64_t tokens_total = 0;
  std::int64_t tokens_cached = 0;
};
struct Text {
  std::string text;  // whole UTF-8 characters; bytes that are none become U+FFFD
  // The tokens that completed this text. All pieces together hold every generated token, also those whose text a stop
  // string cut off; only the token that ended the turn is left out.
  std::vector<Token> tokens;
};
struct Finished {
  FinishReason reason = FinishReason::end_of_turn;
  Usage usage;  // output_tokens counts the token that ended the turn
};
}  // namespace piece
using Piece = std::variant<piece::Prefill, piece::Text, piece::Finished>;

// One running generation. Dropping the handle cancels it at the next step and frees its sequence. A slow reader slows
// nobody: what it has not read yet is joined into fewer, longer pieces.
// Thread  one caller at a time. Must not outlive the Engine.
class Generation {
 public:
  class Stream;  // engine's side, private to the room
  explicit Generation(std::shared_ptr<Stream> stream);
  Generation(Generation&&) noexcept;
  Generation& operator=(Generation&&) noexcept;
  ~Generation();

  // Waits for the next piece. After piece::Finished (or an error), only errors follow.
  // Errors  cancelled  `stop` was asked for (the generation is cancelled too);  unavailable  the engine died;
  //         limit  the window's memory is full and nothing could be freed;  invalid_argument  nothing fits the grammar
  [[nodiscard]] Result<Piece> next(std::stop_token stop = {});

 private:
  std::shared_ptr<Stream> stream_;
};

}  // namespace puna
