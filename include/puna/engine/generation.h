// What to generate, and the stream that comes back.
//
// The engine owns a generation and its memory; the caller owns the handle. Dropping the handle cancels.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "puna/base.h"
#include "puna/engine/media.h"
#include "puna/engine/sampling.h"
#include "puna/engine/weights.h"

namespace puna {

class Grammar;  // puna/base/grammar.h

// Whose generation this is: the caller's number. Turns are fair among agents; an agent's cache is kept while it waits
// for a tool; random numbers are drawn for (seed, agent, turn, token).
enum class AgentId : std::uint64_t {};
inline constexpr AgentId kNoAgent{};

// How many tokens of reasoning a reply may have. Behind the last one only `closing` can come.
struct ReasoningLimit {
  int tokens_max = 0;
  std::string start;    // what reasoning begins with, at the start of a reply
  std::string end;      // what it ends with
  std::string closing;  // what is written where the limit is reached: `end`, and what must follow it
  bool open = false;    // the prompt ends inside the reasoning

  bool operator==(const ReasoningLimit&) const = default;
};

struct GenerationRequest {
  std::vector<Token> prompt;  // 1 .. window-1 tokens, the last one no medium's
  // The vectors of the prompt's media tokens: a run for each row of them, in order. See MediaEncoder::encode().
  std::vector<MediaRun> media;
  Sampling sampling;
  std::shared_ptr<const Grammar> grammar;  // what the output must match; may be null
  // Text that the grammar leaves no choice about is appended, not sampled; it costs one forward pass, not one a token.
  // Off: each token is sampled. So it is, too, where log probabilities or logit hashes are asked for.
  bool forced_text = true;
  std::optional<ReasoningLimit> reasoning;
  // Output ends before the first of these; they may span tokens. At most 64, each of 1 to 1,024 bytes.
  std::vector<std::string> stop;
  int tokens_max = 0;     // 0 = what is left of the window
  int window_tokens = 0;  // prompt and output together; 0 or more than the engine's = the engine's
  AgentId agent = kNoAgent;
  std::uint64_t turn = 0;  // the agent's how many-th
  // When it must be over, waiting included; what came until then stays valid.
  std::optional<std::chrono::steady_clock::time_point> deadline;
  // Somebody reads the output as it comes: others' prompts hold back for it, so that its gaps at most double (or
  // triple, below 50 ms). Off: only the end counts, and prompts are computed in full batches, which costs everybody
  // less.
  bool watched = true;
  bool logit_hashes = false;  // piece::Text then has them: for runs that are compared bit by bit
};

enum class FinishReason : std::uint8_t { end_of_turn, stop_string, tokens_max, window_full, grammar_end, deadline };
[[nodiscard]] std::string_view name_of(FinishReason reason) noexcept;

// The natural logarithm of a token's probability under the model, before anything that sampling does.
struct TokenProbability {
  Token token = 0;
  float log_probability = 0;
};

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
  // If asked for: of each token, a hash over all bits of all logits that it was chosen from.
  std::vector<std::uint64_t> logit_hashes;
  // With sampling.n_probs: of each token, its own and those of the likeliest, best first.
  struct Probabilities {
    TokenProbability chosen;
    std::vector<TokenProbability> best;
  };
  std::vector<Probabilities> probabilities;
};
struct Finished {
  FinishReason reason = FinishReason::end_of_turn;
  Usage usage;  // output_tokens counts the token that ended the turn, if one was needed to say so
};
}  // namespace piece
using Piece = std::variant<piece::Prefill, piece::Text, piece::Finished>;

// A prefix that stays in the cache while the handle lives, so that every prompt that begins with it starts warm: the
// system prompt and the tools of a role. Dropping the handle lets it be forgotten like any other; so does a generation
// that is alone and would otherwise not fit.
// Thread  one caller at a time. May outlive the Engine.
class Pin {
 public:
  struct State;  // engine's side, private to the room
  explicit Pin(std::shared_ptr<State> state);
  Pin(Pin&&) noexcept;
  Pin& operator=(Pin&&) noexcept;
  ~Pin();

 private:
  std::shared_ptr<State> state_;
};

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
  //         limit  the window's memory is full and nothing could be freed, or memory ran out;  invalid_argument nothing
  //         fits the grammar
  [[nodiscard]] Result<Piece> next(std::stop_token stop = {});
  // The sampling that is in force: see effective().
  [[nodiscard]] const Sampling& sampling() const;

 private:
  std::shared_ptr<Stream> stream_;
};

}  // namespace puna
