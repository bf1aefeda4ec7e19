// The two ends of one generation's output. The engine's end takes no lock and no memory: tokens go into an array that
// was made for all of them, progress into atomic numbers. The caller's end turns tokens into text, on its own thread,
// and sleeps on a counter that the engine raises.
//
// Invariant: a slow reader loses nothing and slows nobody; it finds more tokens in fewer, longer pieces.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <span>

#include "engine/output_text.h"
#include "puna/engine/generation.h"

namespace puna {
namespace engine {

// What a stream knows, and its pieces have, besides text and tokens.
struct StreamExtras {
  bool logit_hashes = false;
  Sampling sampling;  // in force
};

}  // namespace engine

class Generation::Stream {
 public:
  // The bytes of a token; must stay valid as long as the stream is read.
  using Bytes = std::function<std::string_view(Token)>;

  // Requires  push() is called at most tokens_max times; validate_stops(stops).
  Stream(std::size_t tokens_max, std::vector<std::string> stops, Bytes bytes, engine::StreamExtras extras = {});

  // The engine's end. Thread  one owner.
  void prefilled(const piece::Prefill& progress) noexcept;
  [[nodiscard]] bool wants_logit_hashes() const noexcept { return hashes_ != nullptr; }
  // How many log probabilities push() takes: the token's own and n_probs best ones; 0 = none.
  [[nodiscard]] std::size_t wants_probabilities() const noexcept { return probabilities_each_; }
  // The hash counts if it is wanted. Requires  wants_probabilities() of them, or none: then the token has none.
  void push(Token token, std::uint64_t logit_hash = 0, std::span<const TokenProbability> probabilities = {}) noexcept;
  void finish(FinishReason reason, const Usage& usage) noexcept;
  void fail(const Error& error) noexcept;
  [[nodiscard]] bool cancelled() const noexcept { return cancelled_.load(std::memory_order_acquire); }

  // The caller's end. Thread  one at a time.
  [[nodiscard]] Result<Piece> next(const std::stop_token& stop);
  // The next piece, in the order progress, text, end; nothing when there is no news. Without memory for a piece the
  // generation is cancelled, and only errors follow.
  [[nodiscard]] std::optional<Result<Piece>> poll();
  [[nodiscard]] const Sampling& sampling() const noexcept { return extras_.sampling; }
  void cancel() noexcept { cancelled_.store(true, std::memory_order_release); }

 private:
  enum class End : std::uint8_t { open, finished, failed };

  void announce() noexcept;
  [[nodiscard]] std::optional<Result<Piece>> take();
  [[nodiscard]] piece::Text take_text();
  void add_extras(piece::Text& text);

  const engine::StreamExtras extras_;
  const std::unique_ptr<Token[]> tokens_;          // [capacity_]
  const std::unique_ptr<std::uint64_t[]> hashes_;  // [capacity_], or null
  const std::size_t probabilities_each_;
  const std::unique_ptr<TokenProbability[]> probabilities_;  // [capacity_][probabilities_each_], or null
  const std::size_t capacity_;
  std::atomic<std::size_t> ready_ = 0;  // tokens_[0, ready_) and their hashes may be read
  std::atomic<std::int64_t> prefill_done_ = -1;
  std::atomic<std::int64_t> prefill_total_ = 0;
  std::atomic<std::int64_t> prefill_cached_ = 0;
  std::atomic<End> end_ = End::open;  // what follows is written before it
  piece::Finished finished_;
  std::optional<Error> error_;
  std::atomic<std::uint32_t> news_ = 0;  // rises with every change
  std::atomic<bool> cancelled_ = false;

  // The reader's own.
  engine::OutputText text_;
  Bytes bytes_;
  std::size_t read_ = 0;
  std::size_t given_ = 0;  // tokens handed out; some that were read may be held back
  std::int64_t prefill_seen_ = -1;
  bool flushed_ = false;
  bool told_ = false;  // Finished was handed out
  bool lost_ = false;  // there was no memory for a piece
};

struct Pin::State {
  std::atomic<bool> dropped = false;
};

}  // namespace puna
