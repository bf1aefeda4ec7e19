// One way to run agents: the engine, the server, the pool of contexts. All take whole prompts and give tokens.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "puna/base.h"
#include "puna/engine/weights.h"

namespace puna::bench {

// A whole prompt, and how many tokens come after it (greedy; the end of a turn does not end it).
struct PeerRequest {
  std::vector<Token> prompt;
  int output_tokens = 0;
};

struct PeerReply {
  using Time = std::chrono::steady_clock::time_point;

  std::vector<Token> output;  // exactly output_tokens
  Time submitted;
  std::vector<Time> arrivals;  // when each token of the output was there
};

// Called for each token of a reply, on the thread that asked for it.
using TokenHook = std::function<void()>;

class Peer {
 public:
  Peer() = default;
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  virtual ~Peer() = default;

  [[nodiscard]] virtual std::string name() const = 0;

  // Waits for the whole reply.
  // Thread  any; many at once.
  // Errors  cancelled  `stop` was asked for;  whatever the peer fails with
  [[nodiscard]] virtual Result<PeerReply> run(const PeerRequest& request, const TokenHook& on_token,
                                              const std::stop_token& stop) = 0;
  // All at once; replies in the order of the requests. Here a thread for each.
  [[nodiscard]] virtual Result<std::vector<PeerReply>> run_together(std::span<const PeerRequest> requests,
                                                                    const std::stop_token& stop);

  // Since the peer was opened.
  [[nodiscard]] virtual Result<double> cpu_seconds() const = 0;
  [[nodiscard]] virtual std::int64_t tokens_prefilled() const = 0;  // prompt tokens computed
  [[nodiscard]] virtual std::int64_t passes() const { return 0; }   // 0 = it does not say
  // Prompt tokens whose state had been put aside and came back.
  [[nodiscard]] virtual std::int64_t tokens_restored() const { return 0; }
};

}  // namespace puna::bench
