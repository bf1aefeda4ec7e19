// The books of a run: agents, their memories, interactions and what follows from them (p, payoffs, reputation,
// governance), every line of the event log. The world writes into it through Step.
//
// Everything in it follows from the scenario, the seed and the actions.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "puna/sim/metrics.h"
#include "puna/sim/scenario.h"
#include "puna/sim/world.h"
#include "sim/event_log.h"

namespace puna::sim {

// What is counted of one agent.
struct AgentCounts {
  int actions = 0;  // chosen, noops included
  int noops = 0;
  int refused = 0;   // scripted actions that were not allowed: they became noops
  int failures = 0;  // of models: answers that were cut, prompts too long: they became noops
  int begun = 0;     // interactions
  int accepted = 0;  // of those
  double p_sum = 0;  // of those that were accepted
  std::int64_t prompt_tokens = 0;
  std::int64_t output_tokens = 0;
};

class Ledger final : public Step {
 public:
  // memories  how many events each agent keeps. Borrows scenario and log.
  Ledger(const Scenario& scenario, const Proxy& proxy, std::vector<AgentState> agents, std::vector<int> memories,
         std::uint64_t seed, EventLog& log);

  [[nodiscard]] int epoch() const override { return epoch_; }
  [[nodiscard]] int number() const override { return step_; }
  [[nodiscard]] Random& random() override { return random_; }
  [[nodiscard]] const AgentState& agent(int agent) const override { return agents_[index(agent)]; }
  void tell(int agent, std::string event) override;
  void tell_all(const std::string& event) override;
  bool interact(const Interaction& interaction) override;
  void score(int agent, double points) override { agents_[index(agent)].score += points; }
  void record(std::string_view type, Json members) override;

  void begin_epoch(int epoch);
  void begin_step(int step);
  // Decay, circuit breaker, the epoch's metrics.
  void end_epoch();

  // Why governance keeps an agent from acting now; empty: it may.
  [[nodiscard]] std::string_view kept_out(int agent) const;
  [[nodiscard]] const std::vector<AgentState>& agents() const { return agents_; }
  [[nodiscard]] const std::deque<std::string>& memory(int agent) const { return memories_[index(agent)]; }
  [[nodiscard]] AgentCounts& counts(int agent) { return counts_[index(agent)]; }
  [[nodiscard]] const AgentCounts& counts(int agent) const { return counts_[index(agent)]; }
  [[nodiscard]] const std::vector<Metrics>& epochs() const { return epoch_metrics_; }
  [[nodiscard]] const std::vector<std::optional<Calibration>>& calibrations() const { return epoch_calibrations_; }
  [[nodiscard]] const std::vector<Outcome>& outcomes() const { return outcomes_; }

 private:
  static std::size_t index(int agent) { return static_cast<std::size_t>(agent); }
  void record_reputation(const AgentState& agent, double before);
  [[nodiscard]] Observables observed(const Interaction& interaction);
  void record_interaction(const Interaction& interaction, const Observables& seen, const std::string& id);
  [[nodiscard]] Terms terms_of(const Interaction& interaction, double p, const std::string& id);
  void settle(const Interaction& interaction, double p, const Terms& terms, const Payoff& payoff,
              const std::string& id);
  void pay(int agent, double amount);

  const Scenario& scenario_;
  const Proxy& proxy_;
  EventLog& log_;
  std::vector<AgentState> agents_;
  const std::vector<int> memories_max_;
  std::vector<std::deque<std::string>> memories_;
  std::vector<AgentCounts> counts_;
  std::vector<int> begun_in_step_;
  std::vector<double> harm_in_epoch_;  // sum of 1 - p of what each agent began, accepted only
  std::vector<int> accepted_in_epoch_;
  std::vector<int> frozen_until_;  // epoch in which it may act again
  Random random_;                  // the world's
  Random governance_;              // audits, noise, observables by type
  int epoch_ = 0;
  int step_ = 0;
  int interactions_ = 0;
  std::vector<Outcome> outcomes_;
  std::size_t epoch_begin_ = 0;  // in outcomes_
  std::vector<Metrics> epoch_metrics_;
  std::vector<std::optional<Calibration>> epoch_calibrations_;
};

}  // namespace puna::sim
