// Test support: a peer that answers from a rule, counts what it was asked, and fails when told to.
#pragma once

#include <atomic>
#include <optional>
#include <vector>

#include "bench/peer.h"

namespace puna::bench {

// The n-th output token is the prompt's length plus n.
class FakePeer final : public Peer {
 public:
  [[nodiscard]] std::string name() const override { return "fake"; }
  [[nodiscard]] Result<PeerReply> run(const PeerRequest& request, const TokenHook& on_token,
                                      const std::stop_token& stop) override {
    if (stop.stop_requested()) {
      return fail(ErrorCode::cancelled, "stopped");
    }
    if (fails_at && *fails_at == static_cast<int>(request.prompt.size())) {
      return fail(ErrorCode::unavailable, "the fake was told to fail");
    }
    PeerReply reply{.submitted = std::chrono::steady_clock::now()};
    for (int i = 0; i < request.output_tokens; ++i) {
      reply.output.push_back(static_cast<Token>(request.prompt.size()) + i);
      reply.arrivals.push_back(reply.submitted + std::chrono::milliseconds(10 * (i + 1)));
      on_token();
    }
    prefilled_ += static_cast<std::int64_t>(request.prompt.size());
    return reply;
  }
  [[nodiscard]] Result<double> cpu_seconds() const override { return 0.001 * static_cast<double>(prefilled_); }
  [[nodiscard]] std::int64_t tokens_prefilled() const override { return prefilled_; }

  std::optional<int> fails_at;  // a prompt of so many tokens

 private:
  std::atomic<std::int64_t> prefilled_ = 0;
};

}  // namespace puna::bench
