// Requests to generations, and back.
#include "bench/engine_peer.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "puna/engine/peers.h"

namespace puna::bench {

// The fast profile's pool has room for four windows (or one for each sequence, when there are fewer), so a larger pool
// is asked for as a larger window.
EngineOptions engine_options(const EngineShape& shape) {
  constexpr int kWindowsInPool = 4;
  const int windows = std::min(shape.agents, kWindowsInPool);
  const auto window_for_pool = static_cast<int>((shape.pool_tokens + windows - 1) / windows);
  const bool one_pool = shape.profile == Profile::fast && shape.cache == CacheLayout::pool;
  return {.window_tokens = std::max(shape.window_tokens, one_pool ? window_for_pool : 0),
          .sequences_max = shape.agents,
          .batch_tokens = shape.batch_tokens,
          .threads = shape.threads,
          .threads_batch = shape.threads,
          .saved_bytes_max = shape.saved_bytes_max,
          .saved_folder = shape.saved_folder,
          .profile = shape.profile,
          .cache = shape.cache};
}

struct EnginePeer::Running {
  const PeerRequest* request = nullptr;
  PeerReply reply;
  std::optional<Generation> generation;

  [[nodiscard]] int missing() const { return request->output_tokens - static_cast<int>(reply.output.size()); }
  void take(Token token) {
    reply.output.push_back(token);
    reply.arrivals.push_back(std::chrono::steady_clock::now());
  }
};

Result<std::unique_ptr<EnginePeer>> EnginePeer::open(std::shared_ptr<const Weights> weights, const EngineShape& shape,
                                                     Token filler) {
  PUNA_TRY(std::unique_ptr<Engine> engine, Engine::create(std::move(weights), engine_options(shape)));
  auto peer = std::make_unique<EnginePeer>(std::move(engine), filler, shape.watched);
  // What the library does only once for a new context is not the case's cost.
  PUNA_TRY_VOID(peer->run({.prompt = {filler}, .output_tokens = 2}, [] {}, {}).transform([](const PeerReply&) {}));
  return peer;
}

EnginePeer::EnginePeer(std::unique_ptr<Engine> engine, Token filler, bool watched)
    : engine_(std::move(engine)), filler_(filler), watched_(watched) {}
EnginePeer::~EnginePeer() = default;

Result<double> EnginePeer::cpu_seconds() const { return process_cpu_seconds(); }

// Submits what is still missing of the reply. The engine finds in its cache what it computed already.
Result<void> EnginePeer::start(Running& running) {
  GenerationRequest request{.prompt = running.request->prompt, .tokens_max = running.missing()};
  request.prompt.insert(request.prompt.end(), running.reply.output.begin(), running.reply.output.end());
  request.sampling.temperature = 0;
  request.watched = watched_;
  PUNA_TRY(running.generation, engine_->submit(std::move(request)));
  return {};
}

// Waits for the next piece. A model that ends its turn is given a filler token and goes on: every peer computes the
// same number of tokens, and the others do not listen to the end of a turn either.
Result<void> EnginePeer::read(Running& running, const std::stop_token& stop) {
  PUNA_TRY(const Piece piece, running.generation->next(stop));
  if (const auto* text = std::get_if<piece::Text>(&piece)) {
    for (const Token token : text->tokens) {
      running.take(token);
    }
  } else if (const auto* finished = std::get_if<piece::Finished>(&piece)) {
    running.generation.reset();
    if (finished->reason == FinishReason::window_full) {
      return fail(ErrorCode::limit, format_text("the window was full after {} of {} tokens",
                                                running.reply.output.size(), running.request->output_tokens));
    }
    if (running.missing() > 0) {
      running.take(filler_);
    }
    if (running.missing() > 0) {
      ++fillers_;
      return start(running);
    }
  }
  return {};
}

Result<PeerReply> EnginePeer::run(const PeerRequest& request, const TokenHook& on_token, const std::stop_token& stop) {
  Running running{.request = &request, .reply = {.submitted = std::chrono::steady_clock::now()}};
  PUNA_TRY_VOID(start(running));
  while (running.generation) {
    const std::size_t before = running.reply.output.size();
    PUNA_TRY_VOID(read(running, stop));
    for (std::size_t i = before; i < running.reply.output.size(); ++i) {
      on_token();
    }
  }
  return std::move(running.reply);
}

Result<std::vector<PeerReply>> EnginePeer::run_together(std::span<const PeerRequest> requests,
                                                        const std::stop_token& stop) {
  std::vector<Running> all;
  for (const PeerRequest& request : requests) {
    all.push_back({.request = &request, .reply = {.submitted = std::chrono::steady_clock::now()}});
    PUNA_TRY_VOID(start(all.back()));
  }
  for (bool more = true; more;) {
    more = false;
    for (Running& running : all) {
      if (running.generation) {
        PUNA_TRY_VOID(read(running, stop));
        more = more || running.generation.has_value();
      }
    }
  }
  std::vector<PeerReply> replies;
  std::ranges::transform(all, std::back_inserter(replies), [](Running& running) { return std::move(running.reply); });
  return replies;
}

}  // namespace puna::bench
