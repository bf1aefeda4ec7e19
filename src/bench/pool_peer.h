// P: a context for each agent, from a pool (engine/peers.h has the pool itself).
#pragma once

#include <atomic>
#include <memory>
#include <utility>

#include "bench/peer.h"
#include "puna/engine/peers.h"

namespace puna::bench {

class PoolPeer final : public Peer {
 public:
  explicit PoolPeer(std::unique_ptr<ContextPool> pool) : pool_(std::move(pool)) {}

  [[nodiscard]] std::string name() const override { return "P"; }
  [[nodiscard]] Result<PeerReply> run(const PeerRequest& request, const TokenHook& on_token,
                                      const std::stop_token& stop) override {
    PeerReply reply{.submitted = std::chrono::steady_clock::now()};
    const auto arrived = [&] {
      reply.arrivals.push_back(std::chrono::steady_clock::now());
      on_token();
    };
    PUNA_TRY(reply.output, pool_->run(request.prompt, request.output_tokens, arrived, stop));
    tokens_prefilled_ += static_cast<std::int64_t>(request.prompt.size());
    return reply;
  }
  [[nodiscard]] Result<double> cpu_seconds() const override { return process_cpu_seconds(); }
  [[nodiscard]] std::int64_t tokens_prefilled() const override { return tokens_prefilled_; }

 private:
  std::unique_ptr<ContextPool> pool_;
  std::atomic<std::int64_t> tokens_prefilled_ = 0;
};

}  // namespace puna::bench
