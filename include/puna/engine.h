// Tokens in, tokens out. One thread owns the llama context; callers give whole prompts and get streams back.
//
//   auto weights = Weights::load({.file = "model.gguf"});
//   auto engine = Engine::create(*weights, {.window_tokens = 4096});
//   auto prompt = (*weights)->tokenize(parts);
//   auto generation = (*engine)->submit({.prompt = *prompt, .tokens_max = 64});
//   while (auto piece = generation->next()) { ... }
//
// Callers never manage the cache: they pass the whole token prefix and the engine finds what it already holds.
// Invariant: at least one prompt token is always decoded, also when every token is cached.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <stop_token>
#include <string_view>
#include <vector>

#include "puna/base.h"
#include "puna/engine/generation.h"
#include "puna/engine/sampling.h"
#include "puna/engine/weights.h"

namespace puna {

// fast: the cache that CacheLayout says. deterministic: a full window for each sequence, flash attention off: on a CPU,
// the same prompt and seed give the same tokens whatever runs beside them, for any batch_tokens and any number of
// threads, and with prefixes that were computed, copied, saved or restored.
enum class Profile : std::uint8_t { fast, deterministic };
// Raised with every change after which the deterministic profile gives other tokens for the same seed.
inline constexpr int kArithmetic = 2;

// pool: one KV cache for all sequences (at most four full windows, fewer if memory is short). Prefixes are shared
// without a copy; when the pool is full, idle prefixes are saved to memory first, then the youngest generation waits.
// Every row reads the range of cells that all sequences fill. parts: a full window for each sequence; prefixes are
// shared by copies. Many agents that share little decode up to twice as fast so; agents that share much, slower.
enum class CacheLayout : std::uint8_t { pool, parts };

// flash: the library's flash attention, keys and values in F16. f16, bf16: all scores of a layer at once, keys and
// values in these 16 bits. f16 is what other programs on the library give without flash attention; bf16 needs least
// where the processor multiplies BF16. automatic: f16 for the deterministic profile, which has no other; bf16 on a CPU
// that multiplies it, for parts and for pools of at most four sequences; else flash.
enum class Attention : std::uint8_t { automatic, flash, f16, bf16 };

struct EngineOptions {
  int window_tokens = 0;   // per sequence; 0 = trained window, at most 8,192
  int sequences_max = 8;   // 1..256 generations at once; further ones wait
  int batch_tokens = 512;  // rows of one step at most: the chunk in which long prompts are prefilled
  // For decoding; 0 = the physical cores we may run on, at most 8. The fast profile uses fewer while other programs
  // need the cores and that is faster.
  int threads = 0;
  int threads_batch = 0;              // for prefill; 0 = threads
  int waiting_max = 1024;             // submissions that may wait
  int agent_generations_max = 0;      // of one agent at once, further ones wait; 0 = no limit
  std::int64_t saved_bytes_max = -1;  // memory for saved prefixes; -1 = an eighth of what is left, 0 = none
  // Saved prefixes that no longer fit into memory go to files in a folder of this engine's own below this one, and are
  // gone with the engine; empty = they are forgotten instead. Half of saved_bytes_max is then for those on their way.
  std::filesystem::path saved_folder;
  std::uint64_t saved_files_bytes_max = std::uint64_t{8} << 30;
  // Ceiling for weights, cache, compute buffers and saved prefixes together; 0 = what is free. A pool shrinks to fit.
  std::uint64_t memory_bytes_max = 0;
  std::uint64_t reserved_bytes = 0;  // of that ceiling, for what else computes with these weights: see embedder.h
  Profile profile = Profile::fast;
  CacheLayout cache = CacheLayout::pool;  // of the fast profile; the deterministic one has parts
  Attention attention = Attention::automatic;

  [[nodiscard]] bool has_pool() const { return profile == Profile::fast && cache == CacheLayout::pool; }
};

// What an engine with these options needs, before anything is allocated. The sum is never passed while it runs.
struct MemoryEstimate {
  std::uint64_t weights_bytes = 0;
  std::uint64_t kv_bytes = 0;         // the cache, and what recurrent layers hold
  std::uint64_t compute_bytes = 0;    // the library's buffers for one step; estimated from the model's sizes
  std::uint64_t reserved_bytes = 0;   // the option
  std::uint64_t saved_bytes_max = 0;  // what saved prefixes may grow to
  std::uint64_t available_bytes = 0;  // free memory of this machine
  std::uint64_t ceiling_bytes = 0;    // the option, or what is free; 0 = unknown

  [[nodiscard]] std::uint64_t needed_bytes() const {
    return weights_bytes + kv_bytes + compute_bytes + reserved_bytes + saved_bytes_max;
  }
  [[nodiscard]] bool fits() const { return ceiling_bytes == 0 || needed_bytes() <= ceiling_bytes; }
};
[[nodiscard]] MemoryEstimate estimate_memory(const ModelFacts& facts, const EngineOptions& options);

// For callers who cannot know what their agents will share: parts, where a full window for each sequence takes at most
// a quarter of the memory (who shares nothing pays for nobody else, and what is shared is copied, which costs little
// beside computing it); else a pool.  Thread  any.
[[nodiscard]] CacheLayout layout_for_strangers(const ModelFacts& facts, EngineOptions options);

// Exact counts since the engine started.
struct EngineStats {
  std::int64_t steps = 0;
  std::int64_t tokens_prefilled = 0;  // prompt tokens computed, and tokens computed again after waiting for memory
  std::int64_t tokens_reused = 0;     // prompt tokens found in the cache, restored ones included
  std::int64_t tokens_restored = 0;   // of those, tokens whose state had been saved
  std::int64_t tokens_decoded = 0;    // output tokens
  std::int64_t tokens_forced = 0;     // of those, tokens that a grammar left no choice about
  std::int64_t tokens_rejected = 0;   // tokens tried and refused by a grammar before another was taken
  std::int64_t choices_refused = 0;   // output tokens that are not what would have been taken without the grammar
  std::int64_t generations_finished = 0;
  std::int64_t generations_cancelled = 0;
  std::int64_t sequences_parked = 0;  // had to wait in mid-generation because the cache was full
  std::int64_t states_saved = 0;
  std::int64_t saved_bytes = 0;        // now, in memory
  std::int64_t saved_files_bytes = 0;  // now, in files
  int sequences_busy = 0;              // now
  int waiting = 0;                     // now
  int threads = 0;                     // of the last step; fewer than asked for while other programs need the cores
};

class Engine {
 public:
  virtual ~Engine() = default;

  // Errors  limit  the estimate exceeds the free memory (message says both);  invalid_argument  an option out of range
  [[nodiscard]] static Result<std::unique_ptr<Engine>> create(std::shared_ptr<const Weights> weights,
                                                              const EngineOptions& options);

  // Adds a generation to the waiting line; decoding starts at a later step. While the line is full, submit() waits
  // and try_submit() refuses.
  //
  // Errors  limit             prompt does not fit the window (message says both sizes); try_submit(): the line is full;
  //                           memory ran out
  //         invalid_argument  empty prompt, id outside the vocabulary, bad sampling, grammar that does not parse
  //         cancelled         `stop` was asked for while the line was full
  //         unavailable       the engine is dead; nothing was queued
  // Thread  any.   Cost  O(prompt) copy and the grammar's parse; no model call.
  [[nodiscard]] virtual Result<Generation> submit(GenerationRequest request, std::stop_token stop = {}) = 0;
  [[nodiscard]] virtual Result<Generation> try_submit(GenerationRequest request) = 0;

  // Computes these tokens once and keeps them: see Pin. Waits until they are computed.
  // Errors  as submit(), and  limit  more than half of the cache would be pinned
  [[nodiscard]] virtual Result<Pin> pin(std::vector<Token> prefix, std::stop_token stop = {}) = 0;

  // The agent waits for this tool now. Its cache is kept for about as long as the tool usually takes, which the engine
  // learns by itself from when the agent asks again.  Thread  any.
  virtual void leave_for_tool(AgentId agent, std::string_view tool) = 0;

  // Writes what the engine holds of the beginning of these tokens to a file: an agent put to sleep. Returns how many
  // tokens that are; what goes on otherwise, as the prefix of another agent does, is never written. The file serves
  // this model, profile and library only.
  // Errors  not_found  the engine holds none of them, or no such folder;  io  the file cannot be written;
  //         invalid_argument  this model's memory cannot be saved
  //         limit  larger than what saved prefixes may take: until it is written it is one of them, for which those
  //         used longest ago may have to go
  // note    comes back with the file
  // Thread  any; waits for the engine.
  [[nodiscard]] virtual Result<std::int64_t> hibernate(std::vector<Token> tokens, const std::filesystem::path& file,
                                                       std::string note = {}) = 0;
  struct Woken {
    std::vector<Token> tokens;
    std::string note;
  };
  // Reads such a file; the next prompt that begins with its tokens goes on from it.
  // Errors  not_found, io;  corrupt  damaged;  invalid_argument  of another model, profile or library;
  //         limit  larger than what saved prefixes may take
  // Thread  any.
  [[nodiscard]] virtual Result<Woken> wake(const std::filesystem::path& file) = 0;

  [[nodiscard]] virtual EngineStats stats() const = 0;             // Thread  any.
  [[nodiscard]] virtual const EngineOptions& options() const = 0;  // with every 0 replaced by what is in force
  [[nodiscard]] virtual const Weights& weights() const = 0;
};

// Compute threads that spin while they wait starve every other thread of the machine (10x and more under load). The
// OpenMP runtime reads OMP_WAIT_POLICY when it is loaded, so a program has to restart itself once to set it.
//
// Call first in main(), before any thread exists. Returns when the policy is set already (by a user, whatever the
// value, or by the first call); otherwise replaces the process by itself with OMP_WAIT_POLICY=passive.
// A library user may leave it out and set the variable before the program starts.
void restart_with_passive_wait(char** argv);

}  // namespace puna
