// The engine with its thread: submissions come in through a bounded queue, output leaves through each generation's
// stream. The thread owns core and backend; it sleeps when there is nothing to do.
#include "puna/engine.h"

#include <atomic>
#include <chrono>
#include <future>
#include <mutex>
#include <system_error>
#include <thread>
#include <variant>

#include "engine/engine_core.h"
#include "engine/grammar_filter.h"
#include "engine/memory_plan.h"
#include "engine/no_memory.h"
#include "engine/prompt_check.h"
#include "engine/thinking_filter.h"

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

// Room in the inbox for what is not a generation, so that a generation that has a place in the line always fits.
constexpr std::size_t kHintsMax = 4096;
// How long the engine sleeps while everybody waits for files to be read.
constexpr auto kFilePause = std::chrono::microseconds(200);

class ThreadedEngine final : public Engine {
 public:
  ThreadedEngine(std::shared_ptr<const EngineWeights> weights, std::unique_ptr<Backend> backend,
                 const EngineOptions& options, std::unique_ptr<StateFolder> folder)
      : weights_(std::move(weights)),
        backend_(std::move(backend)),
        options_(options),
        filters_(weights_),
        inbox_(static_cast<std::size_t>(options.waiting_max) + kHintsMax),
        core_(*backend_, *weights_, options_, Clock::system(), counters_),
        state_key_(backend_->state_key()),
        thread_([this, folder = std::move(folder)](const std::stop_token& stop) mutable {
          if (folder != nullptr) {
            core_.use_folder(std::move(folder));
          }
          if_memory_allows([this] { core_.use_guard(make_guard()); });
          run(stop);
        }) {}

  ~ThreadedEngine() override {
    thread_.request_stop();
    backend_->interrupt();
    inbox_.close();
    thread_.join();
  }
  ThreadedEngine(const ThreadedEngine&) = delete;
  ThreadedEngine& operator=(const ThreadedEngine&) = delete;

  [[nodiscard]] Result<Generation> submit(GenerationRequest request, std::stop_token stop) override;
  [[nodiscard]] Result<Generation> try_submit(GenerationRequest request) override;
  [[nodiscard]] Result<Pin> pin(std::vector<Token> prefix, std::stop_token stop) override;
  [[nodiscard]] Result<std::int64_t> hibernate(std::vector<Token> tokens, const std::filesystem::path& file,
                                               std::string note) override;
  [[nodiscard]] Result<Woken> wake(const std::filesystem::path& file) override;
  void leave_for_tool(AgentId agent, std::string_view tool) override {
    if_memory_allows([&] { static_cast<void>(inbox_.try_push(Leave{.agent = agent, .tool = std::string(tool)})); });
  }
  [[nodiscard]] EngineStats stats() const override { return counters_.read(); }
  [[nodiscard]] const EngineOptions& options() const override { return options_; }
  [[nodiscard]] const Weights& weights() const override { return *weights_; }

 private:
  using Submission = std::unique_ptr<Sequence>;
  struct Leave {
    AgentId agent{};
    std::string tool;
  };
  struct Sleep {
    std::vector<Token> tokens;
    std::shared_ptr<std::promise<Result<EngineCore::Held>>> held;
  };
  struct Reserve {
    std::uint64_t bytes = 0;
    std::shared_ptr<std::promise<std::optional<StateRoom>>> room;
  };
  struct Wake {
    StateRoom room;  // first: it goes last
    SavedState state;
    std::shared_ptr<std::promise<bool>> kept;
  };
  using Mail = std::variant<Submission, Leave, Sleep, Reserve, Wake>;

  [[nodiscard]] Result<void> check(const GenerationRequest& request) const;
  [[nodiscard]] Result<Submission> prepare(GenerationRequest request);
  [[nodiscard]] Result<Pin> compute_pin(std::vector<Token> prefix, const std::stop_token& stop);
  [[nodiscard]] Result<std::int64_t> write_held(std::vector<Token> tokens, const std::filesystem::path& file,
                                                std::string note);
  [[nodiscard]] Result<std::optional<StateRoom>> room_for(std::uint64_t bytes);
  [[nodiscard]] Result<Woken> read_kept(const std::filesystem::path& file);
  [[nodiscard]] bool take_a_place();
  [[nodiscard]] Result<bool> wait_for_a_place(const Sequence& sequence, const std::stop_token& stop);
  [[nodiscard]] Result<Generation> enqueue(Submission submission);
  [[nodiscard]] std::unexpected<Error> line_full() const {
    return fail(ErrorCode::limit, format_text("{} generations wait already", options_.waiting_max),
                "try again when some have finished");
  }
  [[nodiscard]] std::unique_ptr<ThreadGuard> make_guard();
  void run(const std::stop_token& stop);
  void deliver(Mail mail);

  std::shared_ptr<const EngineWeights> weights_;
  std::unique_ptr<Backend> backend_;
  const EngineOptions options_;
  Counters counters_;
  std::atomic<bool> dead_ = false;
  GrammarFilters filters_;  // before all that may hold a sequence
  BoundedQueue<Mail> inbox_;
  EngineCore core_;  // touched by thread_ only
  const std::string state_key_;
  std::mutex moving_;        // one state at a time is on its way to a file or from one
  mutable PlanMaker plans_;  // any caller's thread
  const Error closed_ = closed();
  const Error died_ = died();
  std::jthread thread_;  // last: it uses everything above
};

Result<void> ThreadedEngine::check(const GenerationRequest& request) const {
  if (request.prompt.empty()) {
    return fail(ErrorCode::invalid_argument, "the prompt has no tokens", "give at least one token");
  }
  if (request.window_tokens < 0) {
    return fail(ErrorCode::invalid_argument,
                format_text("window_tokens is {} and must be at least 0", request.window_tokens));
  }
  const int window = Sequence::window_of(request, options_.window_tokens);
  if (request.prompt.size() >= static_cast<std::size_t>(window)) {
    return fail(ErrorCode::limit,
                format_text("the prompt has {} tokens and the window holds {}, at least one of them for the reply",
                            request.prompt.size(), window),
                "shorten the prompt or give a larger window (-c)");
  }
  PUNA_TRY_VOID(check_tokens(request, *weights_));
  if (request.tokens_max < 0) {
    return fail(ErrorCode::invalid_argument,
                format_text("tokens_max is {} and must be at least 0", request.tokens_max));
  }
  return validate_stops(request.stop);
}

// Everything that the step would otherwise have to make: the grammar's state, room for all tokens.
Result<ThreadedEngine::Submission> ThreadedEngine::prepare(GenerationRequest request) {
  PUNA_TRY_VOID(check(request));
  PUNA_TRY(Sampling sampling, effective(request.sampling, weights_->facts().sampling));
  PUNA_TRY(SamplerPlan plan, plans_.make(sampling, *weights_));
  std::unique_ptr<TokenFilter> filter;
  if (request.grammar) {
    filter = filters_.make(request.grammar);
  }
  if (request.reasoning) {
    PUNA_TRY(filter, limit_reasoning(std::move(filter), *request.reasoning, weights_));
  }
  const std::size_t output_max = Sequence::output_max_of(request, request.prompt.size(), options_.window_tokens);
  auto stream = std::make_shared<Generation::Stream>(
      output_max, request.stop, [weights = weights_](Token token) { return weights->bytes(token); },
      StreamExtras{.logit_hashes = request.logit_hashes, .sampling = std::move(sampling)});
  return std::make_unique<Sequence>(std::move(request), std::move(filter), std::move(stream), options_.window_tokens,
                                    std::move(plan));
}

// Never more than there are, not even for a moment: whoever looks then would wait for a place that is free.
bool ThreadedEngine::take_a_place() {
  int waiting = counters_.waiting;
  while (waiting < options_.waiting_max) {
    if (counters_.waiting.compare_exchange_weak(waiting, waiting + 1)) {
      return true;
    }
  }
  return false;
}

// False: the deadline came first.
Result<bool> ThreadedEngine::wait_for_a_place(const Sequence& sequence, const std::stop_token& stop) {
  bool is_placed = false;
  const auto may_go = [&] { return dead_ || (is_placed = take_a_place()); };
  std::unique_lock lock(counters_.line_mutex);
  if (sequence.deadline) {
    counters_.line_moved.wait_until(lock, stop, *sequence.deadline, may_go);
  } else {
    counters_.line_moved.wait(lock, stop, may_go);
  }
  if (is_placed) {
    return true;
  }
  if (dead_) {
    return std::unexpected(died());
  }
  if (stop.stop_requested()) {
    return fail(ErrorCode::cancelled, "the generation was cancelled before it could wait in the line");
  }
  return false;
}

// Requires a place in the line.
Result<Generation> ThreadedEngine::enqueue(Submission submission) {
  if (dead_) {
    counters_.leave_line();
    return std::unexpected(died());
  }
  auto stream = submission->stream;
  std::optional<Push> pushed;
  if_memory_allows([&] { pushed = inbox_.try_push(std::move(submission)); });
  if (pushed == Push::accepted) {
    return Generation(std::move(stream));
  }
  counters_.leave_line();
  if (!pushed) {
    return std::unexpected(out_of_memory());
  }
  return pushed == Push::closed ? std::unexpected(closed()) : line_full();
}

Result<Generation> ThreadedEngine::submit(GenerationRequest request, std::stop_token stop) {
  return or_out_of_memory([&]() -> Result<Generation> {
    PUNA_TRY(Submission submission, prepare(std::move(request)));
    PUNA_TRY(const bool is_placed, wait_for_a_place(*submission, stop));
    if (!is_placed) {
      ++counters_.generations_finished;
      submission->stream->finish(FinishReason::deadline, submission->usage);
      return Generation(submission->stream);
    }
    return enqueue(std::move(submission));
  });
}

Result<Generation> ThreadedEngine::try_submit(GenerationRequest request) {
  return or_out_of_memory([&]() -> Result<Generation> {
    PUNA_TRY(Submission submission, prepare(std::move(request)));
    if (!take_a_place()) {
      return line_full();
    }
    return enqueue(std::move(submission));
  });
}

Result<Pin> ThreadedEngine::pin(std::vector<Token> prefix, std::stop_token stop) {
  return or_out_of_memory([&] { return compute_pin(std::move(prefix), stop); });
}

Result<Pin> ThreadedEngine::compute_pin(std::vector<Token> prefix, const std::stop_token& stop) {
  PUNA_TRY(Submission submission, prepare({.prompt = std::move(prefix), .tokens_max = 1}));
  auto state = std::make_shared<Pin::State>();
  submission->pin = state;
  Pin pin(state);  // dropped wherever this ends early: what was computed all the same is not kept
  PUNA_TRY_VOID(wait_for_a_place(*submission, stop));  // it has no deadline
  PUNA_TRY(Generation generation, enqueue(std::move(submission)));
  for (;;) {
    PUNA_TRY(const Piece piece, generation.next(stop));
    if (std::holds_alternative<piece::Finished>(piece)) {
      return pin;
    }
  }
}

// The engine thread's answer, or why there is none.
template <class T, class Work>
void keep_promise(std::promise<T>& promise, Work&& work) {
  try {
    promise.set_value(std::forward<Work>(work)());
  } catch (...) {
    promise.set_exception(std::current_exception());
  }
}

// What the engine thread promised; an engine that ends in between breaks its promises.
template <class T>
Result<T> answer_of(std::future<T> answer) {
  try {
    return answer.get();
  } catch (const std::future_error&) {
    return std::unexpected(closed());
  } catch (const std::bad_alloc&) {
    return std::unexpected(out_of_memory());
  } catch (const std::exception& error) {
    return fail(ErrorCode::internal, format_text("the engine could not answer: {}", error.what()));
  }
}

Result<std::int64_t> ThreadedEngine::hibernate(std::vector<Token> tokens, const std::filesystem::path& file,
                                               std::string note) {
  const std::scoped_lock one(moving_);
  return or_out_of_memory([&] { return write_held(std::move(tokens), file, std::move(note)); });
}

Result<Engine::Woken> ThreadedEngine::wake(const std::filesystem::path& file) {
  const std::scoped_lock one(moving_);
  return or_out_of_memory([&] { return read_kept(file); });
}

Result<std::int64_t> ThreadedEngine::write_held(std::vector<Token> tokens, const std::filesystem::path& file,
                                                std::string note) {
  auto promise = std::make_shared<std::promise<Result<EngineCore::Held>>>();
  auto answer = promise->get_future();
  if (!backend_->shape().abilities.save) {
    return fail(ErrorCode::invalid_argument, "this model's memory cannot be saved");
  }
  if (inbox_.try_push(Sleep{.tokens = std::move(tokens), .held = std::move(promise)}) != Push::accepted) {
    return std::unexpected(closed());
  }
  PUNA_TRY(Result<EngineCore::Held> answered, answer_of(std::move(answer)));
  PUNA_TRY(EngineCore::Held held, std::move(answered));
  held.state.note = std::move(note);
  Result<void> written = check_for_files(held.state.tokens);
  if (written) {
    written = write_state(file, state_key_, held.state);
  }
  if (held.is_the_one) {
    held.state.note.clear();
    static_cast<void>(inbox_.try_push(Wake{
        .room = std::move(held.room), .state = std::move(held.state), .kept = std::make_shared<std::promise<bool>>()}));
  }
  PUNA_TRY_VOID(written);
  return static_cast<std::int64_t>(held.tokens);
}

Result<std::optional<StateRoom>> ThreadedEngine::room_for(std::uint64_t bytes) {
  auto promise = std::make_shared<std::promise<std::optional<StateRoom>>>();
  auto answer = promise->get_future();
  if (inbox_.try_push(Reserve{.bytes = bytes, .room = std::move(promise)}) != Push::accepted) {
    return std::unexpected(closed());
  }
  return answer_of(std::move(answer));
}

Result<Engine::Woken> ThreadedEngine::read_kept(const std::filesystem::path& file) {
  const auto bytes_max = static_cast<std::uint64_t>(options_.saved_bytes_max);
  const auto no_room = [&] {
    return fail(ErrorCode::limit,
                format_text("{} does not fit into the {} bytes for saved prefixes", file.string(), bytes_max),
                "give the engine more memory for saved prefixes");
  };
  StateRoom room;
  const auto admit = [&](std::uint64_t bytes) -> Result<void> {
    PUNA_TRY(std::optional<StateRoom> given, room_for(bytes));
    if (!given) {
      return no_room();
    }
    room = *std::move(given);
    return {};
  };
  PUNA_TRY(SavedState state, read_state(file, state_key_, bytes_max, admit));
  PUNA_TRY_VOID(check_for_files(state.tokens));
  const auto window = static_cast<std::size_t>(options_.window_tokens);
  if (backend_->shape().abilities.share != Share::any_part && state.tokens.size() > window) {
    return fail(ErrorCode::limit,
                format_text("{} holds {} tokens, and a window {}", file.string(), state.tokens.size(), window),
                "a larger window (-c)");
  }
  Woken woken{.tokens = state.tokens, .note = std::exchange(state.note, {})};
  auto promise = std::make_shared<std::promise<bool>>();
  auto answer = promise->get_future();
  if (inbox_.try_push(Wake{.room = std::move(room), .state = std::move(state), .kept = std::move(promise)}) !=
      Push::accepted) {
    return std::unexpected(closed());
  }
  PUNA_TRY(const bool kept, answer_of(std::move(answer)));
  if (!kept) {
    return no_room();
  }
  return woken;
}

// The deterministic profile keeps the number of threads that it was given.
std::unique_ptr<ThreadGuard> ThreadedEngine::make_guard() {
  const int threads_max = std::max(options_.threads, options_.threads_batch);
  counters_.threads = threads_max;
  return options_.profile == Profile::fast ? std::make_unique<ThreadGuard>(threads_max, open_cpu_load()) : nullptr;
}

void ThreadedEngine::deliver(Mail mail) {
  if (auto* leave = std::get_if<Leave>(&mail)) {
    core_.leave_for_tool(leave->agent, leave->tool);
  } else if (auto* sleep = std::get_if<Sleep>(&mail)) {
    keep_promise(*sleep->held, [&] { return core_.state_of(sleep->tokens); });
  } else if (auto* reserve = std::get_if<Reserve>(&mail)) {
    keep_promise(*reserve->room, [&] { return core_.room_for(reserve->bytes); });
  } else if (auto* wake = std::get_if<Wake>(&mail)) {
    keep_promise(*wake->kept, [&] { return core_.keep(std::move(wake->state), std::move(wake->room)); });
  } else if (core_.dead()) {
    counters_.leave_line();
    std::get<Submission>(mail)->stream->fail(died_);
  } else {
    core_.submit(std::get<Submission>(std::move(mail)));
  }
}

void ThreadedEngine::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    // Sleeps only when there is nothing to compute; a dead engine just answers.
    std::optional<Mail> mail = core_.idle() ? inbox_.pop(stop) : std::nullopt;
    while (mail || inbox_.has_items()) {
      if (mail) {
        deliver(*std::move(mail));
      }
      mail = inbox_.try_pop();
    }
    if (!core_.step() && !core_.idle()) {
      std::this_thread::sleep_for(kFilePause);  // they wait for a file
    }
    if (core_.dead() && !dead_.exchange(true)) {
      counters_.wake_waiters();  // they learn that there will be no place
    }
  }
  inbox_.close();
  while (auto mail = inbox_.try_pop()) {
    if (auto* submission = std::get_if<Submission>(&*mail)) {
      counters_.leave_line();
      (*submission)->stream->fail(closed_);
    }
  }
  core_.fail_all(closed_);
}

Result<std::unique_ptr<Engine>> create_engine(std::shared_ptr<const Weights> weights, const EngineOptions& options) {
  auto own = std::dynamic_pointer_cast<const EngineWeights>(std::move(weights));
  if (own == nullptr) {
    return fail(ErrorCode::invalid_argument, "the engine needs weights that Weights::load() gave",
                "load the weights first");
  }
  PUNA_TRY_VOID(check_options(options));
  EngineOptions in_force = options;
  PUNA_TRY(std::unique_ptr<Backend> backend, own->open_backend(in_force));
  std::unique_ptr<StateFolder> folder;
  if (!in_force.saved_folder.empty()) {
    // States on their way to a file and back are within the memory for saved ones: whatever can be kept can be moved.
    const std::int64_t moving = in_force.saved_bytes_max / 2;
    in_force.saved_bytes_max -= moving;
    PUNA_TRY(folder, StateFolder::open(in_force.saved_folder, backend->state_key(), in_force.saved_files_bytes_max,
                                       static_cast<std::uint64_t>(moving)));
  }
  return std::make_unique<ThreadedEngine>(std::move(own), std::move(backend), in_force, std::move(folder));
}

}  // namespace
}  // namespace engine

Result<std::unique_ptr<Engine>> Engine::create(std::shared_ptr<const Weights> weights, const EngineOptions& options) {
  try {
    return engine::or_out_of_memory([&] { return engine::create_engine(std::move(weights), options); });
  } catch (const std::system_error& error) {
    return fail(ErrorCode::limit, format_text("cannot start the engine's thread: {}", error.what()),
                "end other programs, or allow more threads");
  }
}

}  // namespace puna
