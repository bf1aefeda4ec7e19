// E: the engine, through its public door. The one place in the benchmark that knows the engine's options.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>

#include "bench/peer.h"
#include "puna/engine.h"

namespace puna::bench {

// What a case needs of the engine, in the benchmark's own words.
struct EngineShape {
  int window_tokens = 0;         // the longest history, reply included
  int agents = 1;                // generations at once
  std::int64_t pool_tokens = 0;  // what the cache must hold at least; 0 = a window for each agent
  int threads = 0;               // 0 = as many as every peer has
  int batch_tokens = 512;
  bool watched = true;  // tokens are read as they come
  Profile profile = Profile::fast;
  CacheLayout cache = CacheLayout::pool;
  // For what has to leave the cache: memory (-1 = the engine's own choice), then files in this folder (empty = none).
  std::int64_t saved_bytes_max = -1;
  std::filesystem::path saved_folder;
};
[[nodiscard]] EngineOptions engine_options(const EngineShape& shape);

class EnginePeer final : public Peer {
 public:
  // filler: what the history gets where the model ended its turn and the case wants more tokens.
  // Errors  as Engine::create()
  [[nodiscard]] static Result<std::unique_ptr<EnginePeer>> open(std::shared_ptr<const Weights> weights,
                                                                const EngineShape& shape, Token filler);
  EnginePeer(std::unique_ptr<Engine> engine, Token filler, bool watched = true);
  ~EnginePeer() override;

  [[nodiscard]] std::string name() const override { return "E"; }
  [[nodiscard]] Result<PeerReply> run(const PeerRequest& request, const TokenHook& on_token,
                                      const std::stop_token& stop) override;
  // One thread reads all streams in turn: it wakes once a step, not once a token.
  [[nodiscard]] Result<std::vector<PeerReply>> run_together(std::span<const PeerRequest> requests,
                                                            const std::stop_token& stop) override;
  [[nodiscard]] Result<double> cpu_seconds() const override;
  // Without the fillers: the other peers compute those while they decode.
  [[nodiscard]] std::int64_t tokens_prefilled() const override { return engine_->stats().tokens_prefilled - fillers_; }
  [[nodiscard]] std::int64_t passes() const override { return engine_->stats().steps; }
  [[nodiscard]] std::int64_t tokens_restored() const override { return engine_->stats().tokens_restored; }

  [[nodiscard]] Engine& engine() { return *engine_; }

 private:
  struct Running;
  [[nodiscard]] Result<void> start(Running& running);
  [[nodiscard]] Result<void> read(Running& running, const std::stop_token& stop);

  std::unique_ptr<Engine> engine_;
  Token filler_;
  bool watched_;
  std::atomic<std::int64_t> fillers_ = 0;  // that the engine computed
};

}  // namespace puna::bench
