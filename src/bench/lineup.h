// Who runs a workload side by side, and the results that most cases have in common.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/harness.h"

namespace puna::bench {

// Owns the peers that its contenders use.
// Invariant: contenders[0] is the engine.
class Lineup {
 public:
  // Borrows the harness.
  Lineup(Harness& harness, std::string bench, std::string workload);

  void add_engine(const EngineShape& shape, const Scripts& scripts);
  // Peers that the options leave out are left out here, without a word.
  void add(Contender contender);
  // A server that cannot run is a result, not the end of the workload.
  // Errors  cancelled
  using MakeContender = std::function<Contender(Peer&)>;
  [[nodiscard]] Result<void> add_server(const ServerShape& shape, const MakeContender& make);
  [[nodiscard]] Result<void> add_server(const ServerShape& shape, const Scripts& scripts);
  [[nodiscard]] Result<void> add_pool(int window_tokens, const Scripts& scripts);

  // Runs the rounds; after it the functions below.
  [[nodiscard]] Result<void> run(const RoundSettings& settings, bool time_goals);

  // The contender's place, when it takes part.
  [[nodiscard]] std::optional<std::size_t> find(std::string_view name) const;
  [[nodiscard]] const Rounds& rounds() const { return rounds_; }
  [[nodiscard]] const RoundState& state() const { return state_; }
  [[nodiscard]] Harness& harness() { return harness_; }
  [[nodiscard]] ResultName metric(std::string metric) const;

  // Ours against the named contender, if it takes part.
  void compare(const std::string& metric, double Sample::* field, Better better, std::string_view peer,
               const Goal& goal);
  // The same against every server; the goal is about the one that needed least.
  void compare_servers(const std::string& metric, double Sample::* field, const Goal& goal);
  // Our computed prompt tokens against the fewest possible; tolerance: of the floor, as a share (the goal is exact).
  void hold_to_bound(double tolerance);
  // The other contenders' computed prompt tokens, for reading.
  void show_computed();
  // Our CPU seconds against what the contender "R"'s rates predict.
  void compare_prediction(const Goal& goal);

 private:
  Harness& harness_;
  std::string bench_;
  std::string workload_;
  std::vector<std::unique_ptr<Peer>> peers_;
  std::vector<Contender> contenders_;
  Rounds rounds_;
  RoundState state_;
};

}  // namespace puna::bench
