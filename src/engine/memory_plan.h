// How large the KV cache is, and what every option means that was left open. Pure but for the facts about the machine
// that the caller passes in.
//
// fast: one pool for all sequences. It has room for kPoolWindows full windows (fewer if there are fewer sequences, or
// if that would take more than half of the memory); what runs out of room waits, see engine_core.h. deterministic:
// every sequence has its own full window.
#pragma once

#include "puna/engine.h"

namespace puna::engine {

inline constexpr int kPoolWindows = 4;
// Every row of a pool reads the cells of all its sequences without flash attention. For so few that costs about a fifth
// more than flash attention where all are busy and share nothing, and less than half where one is (decision 0074).
inline constexpr int kPoolOfFew = 4;
inline constexpr int kWindowDefaultMax = 8192;
inline constexpr int kCellsStep = 256;  // libllama rounds its caches up to this

// Rows that the library computes at once; larger costs memory. Without flash attention the scores of all of them are
// written and read again, and are to stay in the processor's cache; but every pass reads the weights of nearly all
// experts that a model has, so there are more rows then, as far as their scores stay below this size.
inline constexpr int kMicroBatchRows = 512;
inline constexpr int kMicroBatchRowsPlain = 64;
inline constexpr std::uint64_t kScoresBytesMax = std::uint64_t{256} << 20U;
// Lanes of a pool are at least this many, and each has a row of logits.
inline constexpr int kLogitsRowsMin = 32;
inline constexpr int kLanesMax = 256;  // the library's
// Saved prefixes get this share of the memory that is left unless the options say how much.
inline constexpr std::uint64_t kSavedShare = 8;

// Errors  invalid_argument  an option out of range; the message names it.
[[nodiscard]] Result<void> check_options(const EngineOptions& options);

// The options with everything replaced that was left open. Requires check_options(options).
// threads         the machine's; multiplies_bf16  whether it does, see llama_library.h
[[nodiscard]] EngineOptions with_defaults(EngineOptions options, const ModelFacts& facts, int threads,
                                          bool multiplies_bf16 = false);

// At least one for each lane. Requires  options from with_defaults().
[[nodiscard]] int micro_batch_rows(const ModelFacts& facts, const EngineOptions& options, int lanes);

// The library's buffers for one step of `rows` rows, and its notes.
[[nodiscard]] std::uint64_t compute_bytes(const ModelFacts& facts, const EngineOptions& options, int rows);

struct CachePlan {
  std::int64_t cells = 0;
  // Of the cells, and of what recurrent layers hold: one state for each sequence, and its marks to go back to. 0 when
  // the model's header does not say what a token needs.
  std::uint64_t bytes = 0;
};
// Requires  options from with_defaults(). available_bytes: memory that is free for the cache; 0 = unknown, no limit.
[[nodiscard]] CachePlan plan_cache(const ModelFacts& facts, const EngineOptions& options,
                                   std::uint64_t available_bytes);

// Everything that an engine needs, within the ceiling. Requires  as plan_cache(); available_bytes counts the weights'
// memory as free.
[[nodiscard]] MemoryEstimate plan_memory(const ModelFacts& facts, const EngineOptions& options,
                                         std::uint64_t available_bytes);

}  // namespace puna::engine
