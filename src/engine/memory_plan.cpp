// Defaults, ranges and the size of the cache.
#include "engine/memory_plan.h"

#include <algorithm>

#include "engine/kv_ledger.h"
#include "engine/llama_library.h"
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
                  format_text("{} is {} and must be from {} to {}", range.name, range.value, range.least, range.most));
    }
  }
  if (options.window_tokens == 1) {
    return fail(ErrorCode::invalid_argument, "window_tokens is 1 and must hold a prompt and a reply",
                "give at least 2, or 0 for the model's own");
  }
  if (options.profile == Profile::deterministic && options.attention != Attention::automatic &&
      options.attention != Attention::f16) {
    return fail(ErrorCode::invalid_argument, "the deterministic profile computes attention in F16, without flash",
                "leave attention out, or take the fast profile");
  }
  return {};
}

EngineOptions with_defaults(EngineOptions options, const ModelFacts& facts, int threads, bool multiplies_bf16) {
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
  if (options.attention == Attention::automatic) {
    const bool reads_little = !options.has_pool() || options.sequences_max <= kPoolOfFew;
    options.attention = options.profile == Profile::deterministic ? Attention::f16
                        : multiplies_bf16 && reads_little         ? Attention::bf16
                                                                  : Attention::flash;
  }
  return options;
}

CachePlan plan_cache(const ModelFacts& facts, const EngineOptions& options, std::uint64_t available_bytes) {
  const std::int64_t window = (std::int64_t{options.window_tokens} + kCellsStep - 1) / kCellsStep * kCellsStep;
  const std::uint64_t states = static_cast<std::uint64_t>(options.sequences_max) * (1 + kMarksMax) * facts.state_bytes;
  std::int64_t windows = options.sequences_max;
  if (options.has_pool()) {
    windows = std::min<std::int64_t>(windows, kPoolWindows);
    const std::uint64_t window_bytes = static_cast<std::uint64_t>(window) * facts.kv_bytes_per_token;
    if (window_bytes > 0 && available_bytes > 0) {
      const std::uint64_t left = available_bytes > states ? available_bytes - states : 0;
      const std::uint64_t fitting = left / 2 / window_bytes;
      windows =
          std::clamp<std::int64_t>(static_cast<std::int64_t>(std::min<std::uint64_t>(fitting, 1 << 20)), 1, windows);
    }
  }
  const std::int64_t cells = window * windows;
  return {.cells = cells, .bytes = static_cast<std::uint64_t>(cells) * facts.kv_bytes_per_token + states};
}

namespace {

// Of all sequences in a pool, of one in parts: what a row reads.
std::uint64_t cells_of_row(const EngineOptions& options) {
  const int windows = options.has_pool() ? std::min(options.sequences_max, kPoolWindows) : 1;
  return static_cast<std::uint64_t>(windows) * static_cast<std::uint64_t>(options.window_tokens);
}

int rows_wanted(const ModelFacts& facts, const EngineOptions& options) {
  if (options.attention == Attention::flash) {
    return kMicroBatchRows;
  }
  if (facts.experts == 0) {
    return kMicroBatchRowsPlain;
  }
  const std::uint64_t heads = static_cast<std::uint64_t>(std::max(facts.heads, 1));
  const std::uint64_t fitting = kScoresBytesMax / (cells_of_row(options) * heads * sizeof(float));
  const int whole = static_cast<int>(std::min<std::uint64_t>(fitting, kMicroBatchRows)) / kMicroBatchRowsPlain;
  return std::max(whole, 1) * kMicroBatchRowsPlain;
}

}  // namespace

int micro_batch_rows(const ModelFacts& facts, const EngineOptions& options, int lanes) {
  return std::max(lanes, std::min(options.batch_tokens, rows_wanted(facts, options)));
}

// Activations of one micro-batch: what the widest layer needs, several times over; for each row which cells it may look
// at, and without flash attention the scores of every head for them; one row of logits for each lane; and what the
// library notes about each cell and each layer's operations.
std::uint64_t compute_bytes(const ModelFacts& facts, const EngineOptions& options, int step_rows) {
  constexpr std::uint64_t kActivations = 24;  // rows of the embedding's width alive at once, feed-forward included
  constexpr std::uint64_t kNoteOfCell = 48;   // its position, and a bit for each of 256 sequences
  constexpr std::uint64_t kNotesOfLayer = std::uint64_t{64} << 10U;
  constexpr std::uint64_t kNotes = std::uint64_t{1} << 20U;
  const auto rows = static_cast<std::uint64_t>(step_rows);
  const auto lanes = static_cast<std::uint64_t>(std::max(kLogitsRowsMin, 4 * options.sequences_max));
  const auto value = std::uint64_t{sizeof(float)};
  const bool flash = options.attention == Attention::flash;  // whose masks are of half the size
  const auto window = static_cast<std::uint64_t>(options.window_tokens);
  const auto lane_windows = static_cast<std::uint64_t>(options.sequences_max);
  const std::uint64_t windows = options.has_pool() ? std::min<std::uint64_t>(lane_windows, kPoolWindows) : lane_windows;
  const std::uint64_t cells = cells_of_row(options);
  const std::uint64_t caches = facts.sliding_window_tokens > 0 ? 2 : 1;
  const std::uint64_t scores = flash ? 0 : static_cast<std::uint64_t>(facts.heads);
  return rows * static_cast<std::uint64_t>(facts.embedding) * kActivations * value +
         lanes * static_cast<std::uint64_t>(facts.vocabulary_tokens) * value +
         rows * cells * (scores * value + caches * (flash ? value / 2 : value)) +
         windows * window * caches * kNoteOfCell + static_cast<std::uint64_t>(facts.layers) * kNotesOfLayer + kNotes;
}

MemoryEstimate plan_memory(const ModelFacts& facts, const EngineOptions& options, std::uint64_t available_bytes) {
  const int lanes =
      options.has_pool() ? std::clamp(4 * options.sequences_max, kLogitsRowsMin, kLanesMax) : options.sequences_max;
  MemoryEstimate plan{.weights_bytes = facts.weights_bytes,
                      .compute_bytes = compute_bytes(facts, options, micro_batch_rows(facts, options, lanes)),
                      .reserved_bytes = options.reserved_bytes,
                      .available_bytes = available_bytes,
                      .ceiling_bytes = options.memory_bytes_max == 0 ? available_bytes : options.memory_bytes_max};
  const auto left_of = [&plan](std::uint64_t used) {
    return plan.ceiling_bytes > used ? plan.ceiling_bytes - used : 0;
  };
  const std::uint64_t left = left_of(plan.weights_bytes + plan.compute_bytes + plan.reserved_bytes);
  plan.kv_bytes = plan_cache(facts, options, plan.ceiling_bytes == 0 ? 0 : std::max<std::uint64_t>(left, 1)).bytes;
  const std::uint64_t unused = left > plan.kv_bytes ? left - plan.kv_bytes : 0;
  if (options.saved_bytes_max < 0) {
    plan.saved_bytes_max = unused / kSavedShare;
  } else {
    const auto wanted = static_cast<std::uint64_t>(options.saved_bytes_max);
    plan.saved_bytes_max = plan.ceiling_bytes == 0 ? wanted : std::min(wanted, unused);
  }
  return plan;
}

}  // namespace engine

MemoryEstimate estimate_memory(const ModelFacts& facts, const EngineOptions& options) {
  return engine::plan_memory(facts, engine::with_defaults(options, facts, 1, engine::multiplies_bf16()),
                             engine::available_memory_bytes());
}

CacheLayout layout_for_strangers(const ModelFacts& facts, EngineOptions options) {
  constexpr std::uint64_t kShareOfMemory = 4;
  options.cache = CacheLayout::parts;
  const MemoryEstimate memory = estimate_memory(facts, options);
  const bool is_small = memory.ceiling_bytes == 0 || memory.kv_bytes <= memory.ceiling_bytes / kShareOfMemory;
  return is_small ? CacheLayout::parts : CacheLayout::pool;
}

}  // namespace puna
