// The yardsticks R, P and the library's grammar on libllama's C API. One of the llama files.
//
// What they have in common with the engine's backend is the library's settings, so that they differ in nothing but what
// stands above them: flash attention where the device has it, the same micro-batch, logits for last tokens only.
#include <llama.h>

#include <ctime>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <utility>

#include "engine/llama_backend.h"
#include "engine/llama_library.h"
#include "engine/machine.h"
#include "engine/wide_registers.h"
#include "puna/engine/peers.h"

namespace puna {

namespace {

struct ContextShape {
  int lanes = 1;
  int cells = 0;
  int batch_tokens = 512;
  int threads = 1;
  bool one_pool = true;
};

struct FreeContext {
  void operator()(llama_context* context) const { llama_free(context); }
};
using ContextPointer = std::unique_ptr<llama_context, FreeContext>;

Result<ContextPointer> open_context(const Weights& weights, const ContextShape& shape) {
  llama_context_params params = llama_context_default_params();
  params.n_ctx = static_cast<std::uint32_t>(shape.cells);
  params.n_seq_max = static_cast<std::uint32_t>(shape.lanes);
  params.n_batch = static_cast<std::uint32_t>(std::max(shape.batch_tokens, shape.lanes));
  params.n_ubatch = std::min(params.n_batch, 512U);
  params.n_outputs_max = params.n_seq_max;
  params.n_outputs_max_per_seq = 1;
  params.n_threads = shape.threads;
  params.n_threads_batch = shape.threads;
  params.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_AUTO;
  params.kv_unified = shape.one_pool;
  try {
    ContextPointer context(llama_init_from_model(engine::library_model(weights), params));
    if (context != nullptr) {
      return context;
    }
    return fail(ErrorCode::limit, format_text("the library could not open a cache of {} tokens{}", shape.cells,
                                              engine::take_library_error()));
  } catch (const std::exception& error) {
    return fail(ErrorCode::limit,
                format_text("the library could not open a cache of {} tokens: {}", shape.cells, error.what()));
  }
}

// The library's batch, filled row by row.
class Rows {
 public:
  explicit Rows(int rows_max) : batch_(llama_batch_init(rows_max, 0, 1)), rows_max_(rows_max) { batch_.n_tokens = 0; }
  ~Rows() { llama_batch_free(batch_); }
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;

  [[nodiscard]] bool full() const { return batch_.n_tokens == rows_max_; }
  [[nodiscard]] int count() const { return batch_.n_tokens; }
  void clear() { batch_.n_tokens = 0; }
  // Returns the row's index.
  int add(Token token, int position, int lane, bool wants_logits) {
    const int row = batch_.n_tokens++;
    batch_.token[row] = token;
    batch_.pos[row] = position;
    batch_.n_seq_id[row] = 1;
    batch_.seq_id[row][0] = lane;
    batch_.logits[row] = wants_logits ? 1 : 0;
    return row;
  }
  [[nodiscard]] Result<void> decode(llama_context* context) {
    try {
      const int status = llama_decode(context, batch_);
      engine::clear_wide_registers();
      if (status == 0) {
        return {};
      }
      return fail(status == 1 ? ErrorCode::limit : ErrorCode::internal,
                  format_text("the library's decode of {} rows returned {}", batch_.n_tokens, status));
    } catch (const std::exception& error) {
      return fail(ErrorCode::internal, format_text("the library's decode failed: {}", error.what()));
    }
  }

 private:
  llama_batch batch_;
  int rows_max_;
};

Token best_token(llama_context* context, int row, std::size_t vocabulary) {
  const float* logits = llama_get_logits_ith(context, row);
  PUNA_CHECK(logits != nullptr, "a row that asked for logits has them");
  return static_cast<Token>(std::max_element(logits, logits + vocabulary) - logits);
}

std::unexpected<Error> stopped() { return fail(ErrorCode::cancelled, "the benchmark was stopped"); }

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

class LlamaRawLoop final : public RawLoop {
 public:
  LlamaRawLoop(std::shared_ptr<const Weights> weights, ContextPointer context, const RawLoopOptions& options)
      : weights_(std::move(weights)),
        context_(std::move(context)),
        rows_(static_cast<int>(llama_n_batch(context_.get()))),  // never more than the cache holds
        lanes_(static_cast<std::size_t>(options.lanes)) {}

  void clear() override {
    llama_memory_clear(llama_get_memory(context_.get()), false);
    std::ranges::fill(lanes_, Lane{});
  }

  void share(int from, int to) override {
    const llama_memory_t memory = llama_get_memory(context_.get());
    llama_memory_seq_rm(memory, to, -1, -1);
    llama_memory_seq_cp(memory, from, to, -1, -1);
    lanes_.at(static_cast<std::size_t>(to)) = {.held = lanes_.at(static_cast<std::size_t>(from)).held};
  }

  [[nodiscard]] Result<RawWork> run(std::span<const RawTurn> turns, const std::stop_token& stop) override {
    RawWork work{.outputs = std::vector<std::vector<Token>>(turns.size())};
    const auto begin = std::chrono::steady_clock::now();
    double cpu = process_cpu_seconds();
    PUNA_TRY_VOID(prefill(turns, work, stop));
    work.prefill_cpu_seconds = process_cpu_seconds() - cpu;
    work.first_tokens_wall_seconds = seconds_since(begin);
    cpu = process_cpu_seconds();
    PUNA_TRY_VOID(generate(turns, work, stop));
    work.decode_cpu_seconds = process_cpu_seconds() - cpu;
    return work;
  }

 private:
  struct Lane {
    int held = 0;                  // tokens whose KV is there
    std::optional<Token> pending;  // generated last, not computed yet
  };

  Lane& lane_of(const RawTurn& turn) { return lanes_.at(static_cast<std::size_t>(turn.lane)); }

  // Computes the batch and takes the next token of each turn that asked for one.
  Result<void> pass(std::vector<std::pair<std::size_t, int>>& wanted, RawWork& work, const std::stop_token& stop) {
    if (stop.stop_requested()) {
      return stopped();
    }
    PUNA_TRY_VOID(rows_.decode(context_.get()));
    ++work.passes;
    for (const auto& [turn, row] : wanted) {
      work.outputs[turn].push_back(
          best_token(context_.get(), row, static_cast<std::size_t>(weights_->vocabulary_tokens())));
      ++work.tokens_decoded;
    }
    wanted.clear();
    rows_.clear();
    return {};
  }

  Result<void> prefill(std::span<const RawTurn> turns, RawWork& work, const std::stop_token& stop) {
    std::vector<std::pair<std::size_t, int>> wanted;
    for (std::size_t i = 0; i < turns.size(); ++i) {
      Lane& lane = lane_of(turns[i]);
      std::vector<Token> tokens = turns[i].tokens;
      if (lane.pending) {
        tokens.insert(tokens.begin(), *std::exchange(lane.pending, std::nullopt));
      }
      PUNA_CHECK(!tokens.empty(), "a turn has something to compute");
      for (std::size_t at = 0; at < tokens.size(); ++at) {
        if (rows_.full()) {
          PUNA_TRY_VOID(pass(wanted, work, stop));
        }
        const bool last = at + 1 == tokens.size() && turns[i].output_tokens > 0;
        const int row = rows_.add(tokens[at], lane.held++, turns[i].lane, last);
        if (last) {
          wanted.emplace_back(i, row);
        }
      }
      work.tokens_prefilled += static_cast<std::int64_t>(tokens.size());
    }
    return rows_.count() > 0 ? pass(wanted, work, stop) : Result<void>{};
  }

  Result<void> generate(std::span<const RawTurn> turns, RawWork& work, const std::stop_token& stop) {
    std::vector<std::pair<std::size_t, int>> wanted;
    for (;;) {
      for (std::size_t i = 0; i < turns.size(); ++i) {
        if (std::cmp_less(work.outputs[i].size(), turns[i].output_tokens)) {
          wanted.emplace_back(i, rows_.add(work.outputs[i].back(), lane_of(turns[i]).held++, turns[i].lane, true));
        }
      }
      if (wanted.empty()) {
        break;
      }
      PUNA_TRY_VOID(pass(wanted, work, stop));
    }
    for (std::size_t i = 0; i < turns.size(); ++i) {
      if (turns[i].output_tokens > 0) {
        lane_of(turns[i]).pending = work.outputs[i].back();
      }
    }
    return {};
  }

  std::shared_ptr<const Weights> weights_;
  ContextPointer context_;
  Rows rows_;
  std::vector<Lane> lanes_;
};

// The pool's contexts are raw loops of one lane; a mutex and a condition are its semaphore, because a stop has to end
// the wait.
class LlamaContextPool final : public ContextPool {
 public:
  explicit LlamaContextPool(std::vector<std::unique_ptr<RawLoop>> contexts) : free_(std::move(contexts)) {}

  [[nodiscard]] Result<std::vector<Token>> run(const std::vector<Token>& prompt, int output_tokens,
                                               const std::function<void()>& on_token,
                                               const std::stop_token& stop) override {
    PUNA_TRY(std::unique_ptr<RawLoop> context, acquire(stop));
    auto output = generate(*context, prompt, output_tokens, on_token, stop);
    context->clear();
    {
      const std::scoped_lock lock(mutex_);
      free_.push_back(std::move(context));
    }
    released_.notify_one();
    return output;
  }

 private:
  Result<std::unique_ptr<RawLoop>> acquire(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    if (!released_.wait(lock, stop, [this] { return !free_.empty(); })) {
      return stopped();
    }
    std::unique_ptr<RawLoop> context = std::move(free_.back());
    free_.pop_back();
    return context;
  }

  static Result<std::vector<Token>> generate(RawLoop& context, const std::vector<Token>& prompt, int output_tokens,
                                             const std::function<void()>& on_token, const std::stop_token& stop) {
    std::vector<Token> output;
    RawTurn turn{.lane = 0, .tokens = prompt, .output_tokens = 1};
    while (std::cmp_less(output.size(), output_tokens)) {
      PUNA_TRY(const RawWork work, context.run(std::span(&turn, 1), stop));
      output.push_back(work.outputs.front().front());
      on_token();
      turn.tokens.clear();  // the next pass computes what this one chose
    }
    return output;
  }

  std::mutex mutex_;
  std::condition_variable_any released_;
  std::vector<std::unique_ptr<RawLoop>> free_;  // guarded by mutex_
};

struct FreeSampler {
  void operator()(llama_sampler* sampler) const { llama_sampler_free(sampler); }
};
using SamplerPointer = std::unique_ptr<llama_sampler, FreeSampler>;

class LlamaGrammar final : public LibraryGrammar {
 public:
  LlamaGrammar(std::shared_ptr<const Weights> weights, SamplerPointer fresh)
      : weights_(std::move(weights)),
        fresh_(std::move(fresh)),
        candidates_(static_cast<std::size_t>(weights_->vocabulary_tokens())) {
    restart();
  }

  void restart() override { text_.reset(llama_sampler_clone(fresh_.get())); }

  [[nodiscard]] double mask() override {
    for (std::size_t i = 0; i < candidates_.size(); ++i) {
      candidates_[i] = {.id = static_cast<llama_token>(i), .logit = 0, .p = 0};
    }
    llama_token_data_array all{.data = candidates_.data(), .size = candidates_.size(), .selected = -1, .sorted = false};
    const double begin = thread_cpu_seconds();
    llama_sampler_apply(text_.get(), &all);
    const double seconds = thread_cpu_seconds() - begin;
    PUNA_CHECK(all.data == candidates_.data() && all.size == candidates_.size(), "a grammar leaves the array as it is");
    return seconds;
  }

  [[nodiscard]] bool allows(Token token) const override {
    return candidates_.at(static_cast<std::size_t>(token)).logit == 0;  // else minus infinity
  }

  [[nodiscard]] Result<void> accept(Token token) override {
    if (weights_->ends_generation(token)) {
      return fail(ErrorCode::invalid_argument, "a token that ends a generation is no part of a text");
    }
    try {
      llama_sampler_accept(text_.get(), token);
      return {};
    } catch (const std::exception& error) {
      return fail(ErrorCode::invalid_argument, format_text("the library's grammar refused a token: {}", error.what()));
    }
  }

 private:
  std::shared_ptr<const Weights> weights_;
  SamplerPointer fresh_;
  SamplerPointer text_;
  std::vector<llama_token_data> candidates_;  // by token
};

}  // namespace

double process_cpu_seconds() { return engine::cpu_seconds_used(); }

double thread_cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

Result<std::unique_ptr<LibraryGrammar>> LibraryGrammar::open(std::shared_ptr<const Weights> weights,
                                                             const std::string& gbnf) {
  const llama_vocab* vocabulary = llama_model_get_vocab(engine::library_model(*weights));
  try {
    SamplerPointer sampler(llama_sampler_init_grammar(vocabulary, gbnf.c_str(), "root"));
    if (sampler != nullptr) {
      return std::make_unique<LlamaGrammar>(std::move(weights), std::move(sampler));
    }
    return fail(ErrorCode::invalid_argument,
                format_text("the library does not take the grammar{}", engine::take_library_error()));
  } catch (const std::exception& error) {
    return fail(ErrorCode::invalid_argument, format_text("the library does not take the grammar: {}", error.what()));
  }
}

Result<std::unique_ptr<RawLoop>> RawLoop::open(std::shared_ptr<const Weights> weights, const RawLoopOptions& options) {
  PUNA_TRY(ContextPointer context, open_context(*weights, {.lanes = options.lanes,
                                                           .cells = options.cells,
                                                           .batch_tokens = options.batch_tokens,
                                                           .threads = options.threads,
                                                           .one_pool = options.one_pool}));
  return std::make_unique<LlamaRawLoop>(std::move(weights), std::move(context), options);
}

Result<std::unique_ptr<ContextPool>> ContextPool::open(const std::shared_ptr<const Weights>& weights,
                                                       const ContextPoolOptions& options) {
  std::vector<std::unique_ptr<RawLoop>> contexts;
  for (int i = 0; i < options.contexts; ++i) {
    PUNA_TRY(auto context, RawLoop::open(weights, {.lanes = 1,
                                                   .cells = options.window_tokens,
                                                   .batch_tokens = options.batch_tokens,
                                                   .threads = options.threads}));
    contexts.push_back(std::move(context));
  }
  return std::make_unique<LlamaContextPool>(std::move(contexts));
}

}  // namespace puna
