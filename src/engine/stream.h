// The two ends of one generation's output. The engine thread pushes and never waits; the caller waits in next().
//
// Invariant: at most kStreamPiecesMax + 2 pieces are held; a slow reader finds text joined into fewer, longer pieces.
// Nothing is lost. After Finished or fail() nothing more is accepted.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>

#include "puna/engine/generation.h"

namespace puna {

inline constexpr std::size_t kStreamPiecesMax = 256;

class Generation::Stream {
 public:
  // The engine's end.
  void push(Piece piece);
  void fail(Error error);
  [[nodiscard]] bool cancelled() const noexcept { return cancelled_.load(std::memory_order_acquire); }

  // The caller's end.
  [[nodiscard]] Result<Piece> next(const std::stop_token& stop);
  void cancel() noexcept { cancelled_.store(true, std::memory_order_release); }

 private:
  [[nodiscard]] bool join(Piece& piece);

  std::atomic<bool> cancelled_ = false;
  std::mutex mutex_;
  std::condition_variable_any arrived_;
  std::deque<Piece> pieces_;    // guarded by mutex_
  std::optional<Error> error_;  // guarded by mutex_; what next() says once the pieces are gone
};

}  // namespace puna
