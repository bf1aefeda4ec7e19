// Agents that follow their scripts on a peer: history in, reply out, tool, next turn.
#pragma once

#include <functional>
#include <span>
#include <stop_token>
#include <vector>

#include "bench/peer.h"
#include "bench/rounds.h"
#include "bench/workload.h"

namespace puna::bench {

struct AgentRun {
  std::vector<PeerRequest> requests;  // of each turn
  std::vector<PeerReply> replies;
};

// Runs `count` jobs, each on a thread of its own. The first failure stops the others and is returned.
[[nodiscard]] Result<void> on_threads(std::size_t count, const std::stop_token& stop,
                                      const std::function<Result<void>(std::size_t, const std::stop_token&)>& job);

// Every agent on a thread of its own when scripts have several turns; agents with one turn each go together.
[[nodiscard]] Result<std::vector<AgentRun>> run_agents(Peer& peer, std::span<const AgentScript> scripts,
                                                       const std::stop_token& stop);

// A peer's clocks and counts over a job.
class Meter {
 public:
  // Requires  the peer outlives the meter.
  [[nodiscard]] static Result<Meter> start(const Peer& peer);
  [[nodiscard]] Result<Sample> finish(std::span<const AgentRun> agents) const;

 private:
  Meter(const Peer& peer, double cpu_seconds);

  const Peer* peer_;
  double cpu_seconds_;
  std::int64_t tokens_prefilled_;
  std::int64_t passes_;
  std::chrono::steady_clock::time_point begin_;
};

// run_agents() with a meter around it.
struct MeasuredAgents {
  std::vector<AgentRun> agents;
  Sample sample;
};
[[nodiscard]] Result<MeasuredAgents> measure_agents(Peer& peer, std::span<const AgentScript> scripts,
                                                    const std::stop_token& stop);

// What is known about a job once its agents are done: prompt tokens that had to be computed, when the first tokens were
// there, how long turns took. Pure.
[[nodiscard]] std::int64_t distinct_tokens(std::span<const AgentRun> agents);
[[nodiscard]] double last_first_token_seconds(std::span<const AgentRun> agents);
[[nodiscard]] double turn_p95_seconds(std::span<const AgentRun> agents);

}  // namespace puna::bench
