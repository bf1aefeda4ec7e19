// Defaults, ranges and the size of the cache.
#include "engine/memory_plan.h"

#include <algorithm>
#include <format>

#include "engine/machine.h"

namespace puna {
namespace engine {

Result<void> check_options(const EngineOptions& options) {
  struct Range {
    const char* name;
    int value;
    int least;
    int most;
  };
  const Range ranges[] = {
      {.name = "window_tokens", .value = options.window_tokens, .least = 0, .most = 1 << 24},
      {.name = "sequences_max", .value = options.sequences_max, .least = 1, .most = 256},
      {.name = "batch_tokens", .value = options.batch_tokens, .least = 1, .most = 65'536},
      {.name = "threads", .value = options.threads, .least = 0, .most = 512},
      {.name = "threads_batch", .value = options.threads_batch, .least = 0, .most = 512},
      {.name = "waiting_max", .value = options.waiting_max, .least = 1, .most = 1'000'000},
      {.name = "agent_generations_max", .value = options.agent_generations_max, .least = 0, .most = 1'000'000},
  };
  for (const Range& range : ranges) {
    if (range.value < range.least || range.value > range.most) {
      return fail(ErrorCode::invalid_argument,
                  std::format("{} is {} and must be from {} to {}", range.name, range.value, range.least, range.most));
    }
  }
  if (options.window_tokens == 1) {
    return fail(ErrorCode::invalid_argument, "window_tokens is 1 and must hold a prompt and a reply",
                "give at least 2, or 0 for the model's own");
  }
  return {};
}

EngineOptions with_defaults(EngineOptions options, const ModelFacts& facts, int threads) {
  if (options.window_tokens == 0) {
    options.window_tokens = facts.window_trained_tokens == 0
                                ? kWindowDefaultMax
                                : std::clamp(facts.window_trained_tokens, 2, kWindowDefaultMax);
  }
  if (options.threads == 0) {
    options.threads = threads;
  }
  if (options.threads_batch == 0) {
    options.threads_batch = options.threads;
  }
  return options;
}

CachePlan plan_cache(const ModelFacts& facts, const EngineOptions& options, std::uint64_t available_bytes) {
  const std::int64_t window = (std::int64_t{options.window_tokens} + kCellsStep - 1) / kCellsStep * kCellsStep;
  std::int64_t windows = options.sequences_max;
  if (options.profile == Profile::fast) {
    windows = std::min<std::int64_t>(windows, kPoolWindows);
    const std::uint64_t window_bytes = static_cast<std::uint64_t>(window) * facts.kv_bytes_per_token;
    if (window_bytes > 0 && available_bytes > 0) {
      const std::uint64_t fitting = available_bytes / 2 / window_bytes;
      windows =
          std::clamp<std::int64_t>(static_cast<std::int64_t>(std::min<std::uint64_t>(fitting, 1 << 20)), 1, windows);
    }
  }
  const std::int64_t cells = window * windows;
  return {.cells = cells, .bytes = static_cast<std::uint64_t>(cells) * facts.kv_bytes_per_token};
}

}  // namespace engine

MemoryEstimate estimate_memory(const ModelFacts& facts, const EngineOptions& options) {
  const std::uint64_t available = engine::available_memory_bytes();
  const EngineOptions full = engine::with_defaults(options, facts, 1);
  const std::uint64_t left = available > facts.weights_bytes ? available - facts.weights_bytes : 1;
  return {.weights_bytes = facts.weights_bytes,
          .kv_bytes = engine::plan_cache(facts, full, available == 0 ? 0 : left).bytes,
          .available_bytes = available};
}

}  // namespace puna
