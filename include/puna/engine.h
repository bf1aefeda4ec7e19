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

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "puna/base.h"

namespace puna {

using Token = std::int32_t;

// A compute device that the installed ggml back ends offer.
struct DeviceInfo {
  std::string name;  // what --device takes
  std::string description;
  std::string kind;  // "cpu", "gpu", "accelerator"
  std::uint64_t memory_total_bytes = 0;
  std::uint64_t memory_free_bytes = 0;
};

struct EngineLibraries {
  std::string llama_version;
  std::vector<DeviceInfo> devices;
};
// Thread  any.  Cost  loads the back ends on the first call (tens of milliseconds).
[[nodiscard]] EngineLibraries engine_libraries();

// Where libllama's and ggml's log lines go (default: dropped). Process-wide, because the library's callback is.
// Thread  any; the sink is called from any thread and must be thread-safe.
using EngineLog = std::function<void(std::string_view line)>;
void set_engine_log(EngineLog sink);

// Facts read from the GGUF's header alone: nothing is allocated for weights.
struct ModelFacts {
  std::filesystem::path file;
  std::string name;
  std::string description;
  std::string architecture;
  std::string quantization;  // "Q8_0", ...
  std::string chat_template;  // Jinja source; empty when the GGUF has none
  std::string bos_text;       // text of the special tokens, as templates use them; may be empty
  std::string eos_text;
  std::uint64_t file_bytes = 0;
  std::uint64_t weights_bytes = 0;
  std::uint64_t parameters = 0;
  std::uint64_t kv_bytes_per_token = 0;  // at the default cache type (F16)
  int window_trained_tokens = 0;
  int layers = 0;
  int embedding = 0;
  int vocabulary_tokens = 0;
  std::vector<std::pair<std::string, std::string>> metadata;  // every key of the header; arrays as "[n items]"
};

struct LoadOptions {
  std::filesystem::path file;
  int gpu_layers = -1;               // -1 = as many as the devices take; no effect without a GPU back end
  std::vector<std::string> devices;  // names from engine_libraries(); empty = all
};

// A model's weights and vocabulary. Shared by engines; immutable.
// Thread  any, every member.
class Weights {
 public:
  virtual ~Weights() = default;

  // Reads the header only, with a bounded parser of our own before libllama sees the file.
  // Errors  not_found  no such file;  io  a directory, no permission;  corrupt  not a GGUF, truncated, impossible sizes
  [[nodiscard]] static Result<ModelFacts> inspect(const std::filesystem::path& file);

  // Errors  as inspect(), and  limit  not enough memory;  invalid_argument  unknown device;  cancelled  progress said no
  // progress  gets 0..1, returns false to stop loading; called on the calling thread.
  [[nodiscard]] static Result<std::shared_ptr<const Weights>> load(const LoadOptions& options,
                                                                   const std::function<bool(float)>& progress = {});
  // The vocabulary without the weights: tokenize() and piece() work, Engine::create() refuses it.
  [[nodiscard]] static Result<std::shared_ptr<const Weights>> load_vocabulary(const std::filesystem::path& file);

  [[nodiscard]] virtual const ModelFacts& facts() const = 0;

  // The prompt's tokens, BOS added where the vocabulary asks for it and the text does not have it.
  // Special tokens come out of trusted parts only; the ids are those of the whole text tokenised at once wherever no
  // untrusted part spells a control token.
  [[nodiscard]] virtual Result<std::vector<Token>> tokenize(std::span<const PromptPart> parts) const = 0;
  // The bytes of one token (may be half a character). Control tokens give their text.
  [[nodiscard]] virtual std::string piece(Token token) const = 0;
  [[nodiscard]] virtual bool is_control(Token token) const = 0;
  [[nodiscard]] virtual bool ends_generation(Token token) const = 0;
  [[nodiscard]] virtual int vocabulary_tokens() const = 0;
};

// How the next token is chosen. Order: grammar (rejection first), penalties, top-k, typical, top-p, min-p, temperature,
// draw. The defaults are llama.cpp's.  temperature 0 = greedy: the most likely allowed token, no random number drawn.
struct Sampling {
  float temperature = 0.8F;      // >= 0
  int top_k = 40;                // 0 = off
  float top_p = 0.95F;           // 1 = off
  float min_p = 0.05F;           // 0 = off
  float typical_p = 1.0F;        // 1 = off
  float repeat_penalty = 1.0F;   // 1 = off
  float frequency_penalty = 0.0F;
  float presence_penalty = 0.0F;
  int penalty_last_tokens = 64;  // how far back the penalties look; -1 = the whole window
  std::uint64_t seed = 0;        // two generations with one seed and one prompt draw the same numbers

  bool operator==(const Sampling&) const = default;
};
// Errors  invalid_argument  a value out of its range or NaN; the message names it.
[[nodiscard]] Result<void> validate(const Sampling& sampling);

struct GenerationRequest {
  std::vector<Token> prompt;  // 1 .. window-1 tokens
  Sampling sampling;
  std::optional<Grammar> grammar;
  std::vector<std::string> stop;  // output ends before the first of these; they may span tokens; at most 64, none empty
  int tokens_max = 0;             // 0 = what is left of the window
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
  std::string text;           // whole UTF-8 characters; bytes that are none become U+FFFD
  std::vector<Token> tokens;  // the tokens that completed this text
};
struct Finished {
  FinishReason reason = FinishReason::end_of_turn;
  Usage usage;
};
}  // namespace piece
using Piece = std::variant<piece::Prefill, piece::Text, piece::Finished>;

// One running generation. Dropping the handle cancels it at the next step and frees its sequence.
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

// fast: one shared KV pool, flash attention.  deterministic: a KV stream for each sequence, flash attention off, so that
// the same prompt and seed give the same tokens whatever runs beside them.
enum class Profile : std::uint8_t { fast, deterministic };

struct EngineOptions {
  int window_tokens = 0;    // per sequence; 0 = trained window, at most 8,192
  int sequences_max = 8;    // 1..256 generations at once; further ones wait
  int batch_tokens = 512;   // rows of one step at most: the chunk in which long prompts are prefilled
  int threads = 0;          // for decoding; 0 = the physical cores we may run on, at most 8
  int threads_batch = 0;    // for prefill; 0 = threads
  int waiting_max = 1024;   // submissions that may wait; further ones are refused with `limit`
  Profile profile = Profile::fast;
};

// What an engine with these options needs, before anything is allocated.
struct MemoryEstimate {
  std::uint64_t weights_bytes = 0;
  std::uint64_t kv_bytes = 0;
  std::uint64_t available_bytes = 0;  // free memory of this machine
};
[[nodiscard]] MemoryEstimate estimate_memory(const ModelFacts& facts, const EngineOptions& options);

// Exact counts since the engine started.
struct EngineStats {
  std::int64_t steps = 0;
  std::int64_t tokens_prefilled = 0;  // prompt tokens computed
  std::int64_t tokens_reused = 0;     // prompt tokens found in the cache
  std::int64_t tokens_decoded = 0;    // output tokens computed
  std::int64_t tokens_rejected = 0;   // tokens that the grammar refused before another was taken
  std::int64_t generations_finished = 0;
  std::int64_t generations_cancelled = 0;
  int sequences_busy = 0;
  int waiting = 0;
};

class Engine {
 public:
  virtual ~Engine() = default;

  // Errors  limit  the estimate exceeds the free memory (message says both);  invalid_argument  an option out of range
  [[nodiscard]] static Result<std::unique_ptr<Engine>> create(std::shared_ptr<const Weights> weights,
                                                              const EngineOptions& options);

  // Adds a generation to the waiting line; decoding starts at a later step.
  //
  // Errors  limit             prompt does not fit the window (message says both sizes), or the line is full
  //         invalid_argument  empty prompt, id outside the vocabulary, bad sampling, grammar that does not parse
  //         unavailable       the engine is dead; nothing was queued
  // Thread  any.   Cost  O(prompt) copy and the grammar's parse; no model call.
  [[nodiscard]] virtual Result<Generation> submit(GenerationRequest request) = 0;

  [[nodiscard]] virtual EngineStats stats() const = 0;         // Thread  any.
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
