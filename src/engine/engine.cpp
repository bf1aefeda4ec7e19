// The engine with its thread: submissions come in through a bounded queue, output leaves through each generation's
// stream. The thread owns core and backend; it sleeps when there is nothing to do.
#include "puna/engine.h"

#include <atomic>
#include <format>
#include <limits>
#include <thread>

#include "engine/engine_core.h"
#include "engine/memory_plan.h"

namespace puna {
namespace engine {
namespace {

Error closed() {
  return {.code = ErrorCode::unavailable, .message = "the engine was closed", .hint = "open a new engine"};
}

Error died() {
  return {.code = ErrorCode::unavailable,
          .message = "the engine stopped after failures of the model library",
          .hint = "run `puna doctor`; the log (-v) has the library's own messages"};
}

class ThreadedEngine final : public Engine {
 public:
  ThreadedEngine(std::shared_ptr<const EngineWeights> weights, std::unique_ptr<Backend> backend,
                 const EngineOptions& options)
      : weights_(std::move(weights)),
        backend_(std::move(backend)),
        options_(options),
        inbox_(static_cast<std::size_t>(options.waiting_max)),
        core_(*backend_, *weights_, options_, Clock::system(), counters_),
        thread_([this](const std::stop_token& stop) { run(stop); }) {}

  ~ThreadedEngine() override {
    thread_.request_stop();
    backend_->interrupt();
    inbox_.close();
    thread_.join();
  }
  ThreadedEngine(const ThreadedEngine&) = delete;
  ThreadedEngine& operator=(const ThreadedEngine&) = delete;

  [[nodiscard]] Result<Generation> submit(GenerationRequest request) override;
  [[nodiscard]] EngineStats stats() const override { return counters_.read(); }
  [[nodiscard]] const EngineOptions& options() const override { return options_; }
  [[nodiscard]] const Weights& weights() const override { return *weights_; }

 private:
  using Submission = std::unique_ptr<Sequence>;

  [[nodiscard]] Result<void> check(const GenerationRequest& request) const;
  void run(const std::stop_token& stop);
  void refuse(const Submission& submission, const Error& error);

  std::shared_ptr<const EngineWeights> weights_;
  std::unique_ptr<Backend> backend_;
  const EngineOptions options_;
  Counters counters_;
  std::atomic<bool> dead_ = false;
  BoundedQueue<Submission> inbox_;
  EngineCore core_;      // touched by thread_ only
  std::jthread thread_;  // last: it uses everything above
};

Result<void> ThreadedEngine::check(const GenerationRequest& request) const {
  if (request.prompt.empty()) {
    return fail(ErrorCode::invalid_argument, "the prompt has no tokens", "give at least one token");
  }
  if (request.prompt.size() >= static_cast<std::size_t>(options_.window_tokens)) {
    return fail(ErrorCode::limit,
                std::format("the prompt has {} tokens and the window holds {}, at least one of them for the reply",
                            request.prompt.size(), options_.window_tokens),
                "shorten the prompt or give a larger window (-c)");
  }
  const int vocabulary = weights_->vocabulary_tokens();
  for (const Token token : request.prompt) {
    if (token < 0 || token >= vocabulary) {
      return fail(ErrorCode::invalid_argument,
                  std::format("the prompt holds the token {}, and the vocabulary has {}", token, vocabulary));
    }
  }
  if (request.tokens_max < 0) {
    return fail(ErrorCode::invalid_argument,
                std::format("tokens_max is {} and must be at least 0", request.tokens_max));
  }
  PUNA_TRY_VOID(validate(request.sampling));
  return validate_stops(request.stop);
}

Result<Generation> ThreadedEngine::submit(GenerationRequest request) {
  PUNA_TRY_VOID(check(request));
  std::unique_ptr<TokenFilter> filter;
  if (request.grammar) {
    PUNA_TRY(filter, weights_->make_filter(*request.grammar));
  }
  if (dead_) {
    return std::unexpected(died());
  }
  auto stream = std::make_shared<Generation::Stream>();
  const int tokens_max = request.tokens_max == 0 ? std::numeric_limits<int>::max() : request.tokens_max;
  auto sequence = std::make_unique<Sequence>(std::move(request), std::move(filter), stream, tokens_max);
  if (counters_.waiting.fetch_add(1) >= options_.waiting_max) {
    --counters_.waiting;
    return fail(ErrorCode::limit, std::format("{} generations wait already", options_.waiting_max),
                "try again when some have finished");
  }
  switch (inbox_.try_push(std::move(sequence))) {
    case Push::accepted:
      return Generation(std::move(stream));
    case Push::full:
      --counters_.waiting;
      return fail(ErrorCode::limit, std::format("{} generations wait already", options_.waiting_max),
                  "try again when some have finished");
    case Push::closed:
      break;
  }
  --counters_.waiting;
  return std::unexpected(closed());
}

void ThreadedEngine::refuse(const Submission& submission, const Error& error) {
  --counters_.waiting;
  submission->stream->fail(error);
}

void ThreadedEngine::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    // Sleeps only when there is nothing to compute; a dead engine just answers.
    std::optional<Submission> submission = core_.idle() ? inbox_.pop(stop) : inbox_.try_pop();
    while (submission) {
      if (core_.dead()) {
        refuse(*submission, died());
      } else {
        core_.submit(*std::move(submission));
      }
      submission = inbox_.try_pop();
    }
    core_.step();
    dead_ = core_.dead();
  }
  inbox_.close();
  while (auto submission = inbox_.try_pop()) {
    refuse(*submission, closed());
  }
  core_.fail_all(closed());
}

}  // namespace
}  // namespace engine

Result<std::unique_ptr<Engine>> Engine::create(std::shared_ptr<const Weights> weights, const EngineOptions& options) {
  auto own = std::dynamic_pointer_cast<const engine::EngineWeights>(std::move(weights));
  if (own == nullptr) {
    return fail(ErrorCode::invalid_argument, "the engine needs weights that Weights::load() gave",
                "load the weights first");
  }
  PUNA_TRY_VOID(engine::check_options(options));
  EngineOptions in_force = options;
  PUNA_TRY(std::unique_ptr<engine::Backend> backend, own->open_backend(in_force));
  return std::make_unique<engine::ThreadedEngine>(std::move(own), std::move(backend), in_force);
}

}  // namespace puna
