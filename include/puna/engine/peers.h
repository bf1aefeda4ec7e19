// Plain ways to use libllama without an engine, as yardsticks for the benchmark: R, a raw loop over one context; P, a
// pool of contexts; and the library's own grammar. Greedy, deaf to the end of a turn, without limits on memory: not for
// programs. They compute with the very weights that the engine uses, so that nothing but the code above the library
// differs.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "puna/base.h"
#include "puna/engine/weights.h"

namespace puna {

// CPU time of this process, all threads, user and system.
[[nodiscard]] double process_cpu_seconds();
// CPU time of the calling thread, user and system.
[[nodiscard]] double thread_cpu_seconds();

struct RawLoopOptions {
  int lanes = 1;  // sequences at once, 1..256
  int cells = 0;  // of the whole cache
  int batch_tokens = 512;
  int threads = 1;
  bool one_pool = true;  // one cache for all lanes; else a part of it for each
};

// Appends these tokens to what the lane holds, then generates.
struct RawTurn {
  int lane = 0;
  std::vector<Token> tokens;
  int output_tokens = 0;
};

struct RawWork {
  std::int64_t tokens_prefilled = 0;
  std::int64_t tokens_decoded = 0;
  std::int64_t passes = 0;
  double prefill_cpu_seconds = 0;
  double decode_cpu_seconds = 0;
  double first_tokens_wall_seconds = 0;     // from the start until every turn has its first token
  std::vector<std::vector<Token>> outputs;  // of each turn
};

// R: prompts of all turns first, in full batches, then every lane's next token in one batch after the other. It shares
// and continues only what its caller tells it to, so with a caller who knows everything it is the least work that the
// library can do.
// Thread  one owner.
class RawLoop {
 public:
  RawLoop() = default;
  RawLoop(const RawLoop&) = delete;
  RawLoop& operator=(const RawLoop&) = delete;
  virtual ~RawLoop() = default;

  // Errors  limit  the library could not allocate the cache
  [[nodiscard]] static Result<std::unique_ptr<RawLoop>> open(std::shared_ptr<const Weights> weights,
                                                             const RawLoopOptions& options);

  // Empties every lane.
  virtual void clear() = 0;
  // `to` becomes what is computed of `from`, so without the token that `from` generated last. In one pool
  // nothing is copied; else a whole lane is, with the next batch.
  virtual void share(int from, int to) = 0;
  // Requires  each lane at most once.
  // Errors  limit  no room in the cache;  internal  the library failed;  cancelled  `stop` was asked for
  [[nodiscard]] virtual Result<RawWork> run(std::span<const RawTurn> turns, const std::stop_token& stop) = 0;
};

struct ContextPoolOptions {
  int contexts = 2;
  int window_tokens = 0;  // of each
  int batch_tokens = 512;
  int threads = 1;  // of each
};

// P: each call takes a free context, computes its whole prompt and its reply, and empties the context again.
class ContextPool {
 public:
  ContextPool() = default;
  ContextPool(const ContextPool&) = delete;
  ContextPool& operator=(const ContextPool&) = delete;
  virtual ~ContextPool() = default;

  // Errors  limit  the library could not allocate the caches
  [[nodiscard]] static Result<std::unique_ptr<ContextPool>> open(const std::shared_ptr<const Weights>& weights,
                                                                 const ContextPoolOptions& options);

  // Waits until a context is free. on_token is called for each token, on this thread.
  // Thread  any.   Errors  as RawLoop::run()
  [[nodiscard]] virtual Result<std::vector<Token>> run(const std::vector<Token>& prompt, int output_tokens,
                                                       const std::function<void()>& on_token,
                                                       const std::stop_token& stop) = 0;
};

// A text under the library's grammar sampler, and its masks.
// Thread  one owner.
class LibraryGrammar {
 public:
  LibraryGrammar() = default;
  LibraryGrammar(const LibraryGrammar&) = delete;
  LibraryGrammar& operator=(const LibraryGrammar&) = delete;
  virtual ~LibraryGrammar() = default;

  // The grammar is GBNF; it starts from the rule "root".
  // Errors  invalid_argument  the library does not take it
  [[nodiscard]] static Result<std::unique_ptr<LibraryGrammar>> open(std::shared_ptr<const Weights> weights,
                                                                    const std::string& gbnf);

  // The text is empty again.
  virtual void restart() = 0;
  // Applies the grammar to the whole vocabulary, whose logits are equal before.
  // Returns  the thread's CPU seconds in the library's call alone
  [[nodiscard]] virtual double mask() = 0;
  // Of the last mask(), which must have been made.
  [[nodiscard]] virtual bool allows(Token token) const = 0;
  // Errors  invalid_argument  the grammar refuses it, or it ends a generation: restart() before going on
  [[nodiscard]] virtual Result<void> accept(Token token) = 0;
};

}  // namespace puna
