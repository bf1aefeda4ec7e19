// The engine's counts, written by its thread and read by any. Each is exact by itself; two read together may be a step
// apart, except that everything a generation caused is counted before its last piece is handed out.
#pragma once

#include <atomic>

#include "puna/engine.h"

namespace puna::engine {

struct Counters {
  std::atomic<std::int64_t> steps = 0;
  std::atomic<std::int64_t> tokens_prefilled = 0;
  std::atomic<std::int64_t> tokens_reused = 0;
  std::atomic<std::int64_t> tokens_decoded = 0;
  std::atomic<std::int64_t> tokens_rejected = 0;
  std::atomic<std::int64_t> generations_finished = 0;
  std::atomic<std::int64_t> generations_cancelled = 0;
  std::atomic<int> sequences_busy = 0;
  std::atomic<int> waiting = 0;

  [[nodiscard]] EngineStats read() const {
    return {.steps = steps,
            .tokens_prefilled = tokens_prefilled,
            .tokens_reused = tokens_reused,
            .tokens_decoded = tokens_decoded,
            .tokens_rejected = tokens_rejected,
            .generations_finished = generations_finished,
            .generations_cancelled = generations_cancelled,
            .sequences_busy = sequences_busy,
            .waiting = waiting};
  }
};

}  // namespace puna::engine
