// What every case needs: the model, the peers, tokens, rounds, and a place for results.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "bench/agents.h"
#include "bench/engine_peer.h"
#include "bench/judgement.h"
#include "bench/pool_peer.h"
#include "bench/rounds.h"
#include "bench/server_peer.h"
#include "bench/workload.h"
#include "puna/bench.h"
#include "puna/engine/peers.h"

namespace puna::bench {

class Harness {
 public:
  // Borrows options, guard and sink.
  Harness(const BenchOptions& options, std::shared_ptr<const Weights> weights, RoundGuard& guard, BenchSink& sink,
          std::stop_token stop);

  [[nodiscard]] const BenchOptions& options() const { return options_; }
  [[nodiscard]] const std::stop_token& stop() const { return stop_; }
  [[nodiscard]] const Weights& weights() const { return *weights_; }
  [[nodiscard]] int rounds() const;
  [[nodiscard]] RoundSettings short_rounds() const { return {.rounds = rounds()}; }
  // For workloads of minutes: as few rounds as a verdict needs.
  [[nodiscard]] RoundSettings long_rounds() const {
    return {.rounds = std::min(rounds(), kRoundsMin), .warm_up = options_.quick};
  }
  // Whether a contender of this name takes part: "S split" belongs to the peer "S".
  [[nodiscard]] bool wants(std::string_view contender) const;

  // Tokens for one round of one workload; equal for all contenders of that round.
  [[nodiscard]] TokenSource tokens(std::string_view workload, std::uint64_t serial) const;

  // Runs one workload if its name is wanted. Its error becomes a result that says it could not run; only a stop goes on
  // upwards.
  [[nodiscard]] Result<void> workload(const std::string& bench, const std::string& workload,
                                      const std::function<Result<void>()>& run);
  void emit(BenchResult result);
  [[nodiscard]] std::vector<BenchResult> take_results() { return std::move(results_); }
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }  // of all workloads, wanted or not

  [[nodiscard]] Result<Rounds> run_rounds(const std::string& label, std::span<const Contender> contenders,
                                          const RoundSettings& settings);
  // time_goals: the sizes are those that the goals of timed numbers speak of.
  [[nodiscard]] RoundState state(const Rounds& rounds, bool time_goals) const;

  // Errors  limit  the model was not trained for windows of so many tokens
  [[nodiscard]] Result<void> check_window(int window_tokens) const;
  // Whether caches of so many tokens in all leave most of the memory free.
  [[nodiscard]] bool fits(std::int64_t cells) const;

  // New each time: nothing that was computed before is in it.
  [[nodiscard]] Result<std::unique_ptr<EnginePeer>> open_engine(EngineShape shape) const;
  [[nodiscard]] Result<std::unique_ptr<ServerPeer>> open_server(ServerShape shape) const;
  [[nodiscard]] Result<std::unique_ptr<PoolPeer>> open_pool(int window_tokens) const;
  [[nodiscard]] Result<std::unique_ptr<RawLoop>> open_raw(RawLoopOptions options) const;

 private:
  const BenchOptions& options_;
  std::shared_ptr<const Weights> weights_;
  std::vector<Token> ordinary_;
  std::vector<Token> no_characters_;  // see ServerShape::never
  RoundGuard& guard_;
  BenchSink& sink_;
  std::stop_token stop_;
  std::vector<BenchResult> results_;
  std::vector<std::string> names_;
};

// The scripts of one round.
using Scripts = std::function<std::vector<AgentScript>(std::uint64_t serial)>;

// Contenders that let agents follow the scripts. The engine is opened anew in each round.
[[nodiscard]] Contender engine_contender(const Harness& harness, const EngineShape& shape, Scripts scripts);
[[nodiscard]] Contender peer_contender(const Harness& harness, Peer& peer, Scripts scripts);

// A raw loop, emptied before each job. In its samples `value` and `other_value` are its CPU seconds for one prompt
// token and for one output token.
using RawJob = std::function<Result<std::vector<RawWork>>(std::uint64_t serial)>;
[[nodiscard]] Contender raw_contender(std::string name, RawLoop& raw, RawJob job);
// The CPU seconds that R's rates of each round predict for what `contender` had to compute in it.
[[nodiscard]] std::vector<double> predicted_seconds(const Rounds& rounds, std::size_t contender, std::size_t raw);

}  // namespace puna::bench
