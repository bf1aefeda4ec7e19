// The engine's counts, written by its thread and read by any. Each is exact by itself; two read together may be a step
// apart, except that everything a generation caused is counted before its last piece is handed out.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>

#include "puna/engine.h"

namespace puna::engine {

struct Counters {
  std::atomic<std::int64_t> steps = 0;
  std::atomic<std::int64_t> tokens_prefilled = 0;
  std::atomic<std::int64_t> tokens_reused = 0;
  std::atomic<std::int64_t> tokens_restored = 0;
  std::atomic<std::int64_t> tokens_decoded = 0;
  std::atomic<std::int64_t> tokens_forced = 0;
  std::atomic<std::int64_t> tokens_rejected = 0;
  std::atomic<std::int64_t> choices_refused = 0;
  std::atomic<std::int64_t> generations_finished = 0;
  std::atomic<std::int64_t> generations_cancelled = 0;
  std::atomic<std::int64_t> sequences_parked = 0;
  std::atomic<std::int64_t> states_saved = 0;
  std::atomic<std::int64_t> saved_bytes = 0;
  std::atomic<std::int64_t> saved_files_bytes = 0;
  std::atomic<int> sequences_busy = 0;
  std::atomic<int> waiting = 0;
  std::atomic<int> threads = 0;
  std::mutex line_mutex;
  std::condition_variable_any line_moved;  // somebody left the waiting line, or there will be no place in it

  void leave_line() {
    --waiting;
    wake_waiters();
  }
  // With the lock: whoever has looked and is about to sleep would not hear it otherwise.
  void wake_waiters() {
    const std::scoped_lock lock(line_mutex);
    line_moved.notify_all();
  }

  [[nodiscard]] EngineStats read() const {
    return {.steps = steps,
            .tokens_prefilled = tokens_prefilled,
            .tokens_reused = tokens_reused,
            .tokens_restored = tokens_restored,
            .tokens_decoded = tokens_decoded,
            .tokens_forced = tokens_forced,
            .tokens_rejected = tokens_rejected,
            .choices_refused = choices_refused,
            .generations_finished = generations_finished,
            .generations_cancelled = generations_cancelled,
            .sequences_parked = sequences_parked,
            .states_saved = states_saved,
            .saved_bytes = saved_bytes,
            .saved_files_bytes = saved_files_bytes,
            .sequences_busy = sequences_busy,
            .waiting = waiting,
            .threads = threads};
  }
};

}  // namespace puna::engine
