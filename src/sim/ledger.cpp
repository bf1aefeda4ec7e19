// See ledger.h.
#include "sim/ledger.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <span>
#include <utility>

namespace puna::sim {
namespace {

double normal(Random& random) {
  const double radius = std::sqrt(-2 * std::log(1 - random.uniform()));
  return radius * std::cos(2 * std::numbers::pi * random.uniform());
}

// From the type and the reputation alone, whatever was done: the option "observables: types". Ranges and the factor of
// the reputation are those of SWARM's DefaultObservableGenerator; types that it does not have are read as the nearest
// that it has.
Observables observables_of_type(AgentType type, double reputation, Random& random) {
  struct Range {
    double from;
    double to;  // of counts: included
  };
  struct Habit {
    Range progress;
    Range rework;
    Range rejections;
    Range misuse;
    Range engagement;
  };
  const Habit habit = [type]() -> Habit {
    switch (type) {
      case AgentType::honest:
      case AgentType::cautious:
      case AgentType::reciprocator:
      case AgentType::llm:
        break;
      case AgentType::opportunistic:
      case AgentType::random:
        return {.progress = {0.1, 0.5},
                .rework = {0, 2},
                .rejections = {0, 1},
                .misuse = {0, 0},
                .engagement = {-0.2, 0.3}};
      case AgentType::deceptive:
        return {
            .progress = {0.2, 0.6}, .rework = {0, 2}, .rejections = {0, 1}, .misuse = {0, 0}, .engagement = {0, 0.4}};
      case AgentType::adversarial:
        return {.progress = {-0.3, 0.2},
                .rework = {1, 3},
                .rejections = {1, 2},
                .misuse = {0, 1},
                .engagement = {-0.5, -0.1}};
    }
    return {.progress = {0.3, 0.8}, .rework = {0, 1}, .rejections = {0, 0}, .misuse = {0, 0}, .engagement = {0.2, 0.6}};
  }();
  const auto share = [&](Range range) { return range.from + (range.to - range.from) * random.uniform(); };
  const auto count = [&](Range range) {
    return static_cast<int>(range.from + (range.to - range.from + 1) * random.uniform());
  };
  const double factor = 0.75 + 0.25 * reputation;
  Observables seen;
  seen.progress = share(habit.progress) * factor;
  seen.rework = count(habit.rework);
  seen.rejections = count(habit.rejections);
  seen.misuse = count(habit.misuse);
  seen.engagement = share(habit.engagement) * factor;
  return seen;
}

Json to_json(const Observables& seen) {
  return Json::object({{"progress", seen.progress},
                       {"rework", seen.rework},
                       {"rejections", seen.rejections},
                       {"misuse", seen.misuse},
                       {"engagement", seen.engagement}});
}

}  // namespace

Ledger::Ledger(const Scenario& scenario, const Proxy& proxy, std::vector<AgentState> agents, std::vector<int> memories,
               std::uint64_t seed, EventLog& log)
    : scenario_(scenario),
      proxy_(proxy),
      log_(log),
      agents_(std::move(agents)),
      memories_max_(std::move(memories)),
      memories_(agents_.size()),
      counts_(agents_.size()),
      begun_in_step_(agents_.size()),
      harm_in_epoch_(agents_.size()),
      accepted_in_epoch_(agents_.size()),
      frozen_until_(agents_.size()),
      random_(Random::mix(seed, 1)),
      governance_(Random::mix(seed, 2)) {}

void Ledger::tell(int agent, std::string event) {
  if (memories_max_[index(agent)] == 0) {
    return;
  }
  std::deque<std::string>& memory = memories_[index(agent)];
  memory.push_back(std::move(event));
  // In pieces: while nothing goes, a prompt begins as the one before it, and only what is new is computed.
  const auto kept = static_cast<std::size_t>(memories_max_[index(agent)]);
  if (memory.size() > kept + kept / 2) {
    memory.erase(memory.begin(), memory.end() - static_cast<std::ptrdiff_t>(kept));
  }
}

void Ledger::tell_all(const std::string& event) {
  for (std::size_t agent = 0; agent < agents_.size(); ++agent) {
    if (memories_max_[agent] > 0) {
      tell(static_cast<int>(agent), event);
    }
  }
}

void Ledger::record(std::string_view type, Json members) { log_.add(type, epoch_, step_, members); }

void Ledger::record_reputation(const AgentState& agent, double before) {
  record("reputation_updated", Json::object({{"agent", agent.name}, {"from", before}, {"to", agent.reputation}}));
}

Observables Ledger::observed(const Interaction& interaction) {
  const SimulationOptions& options = scenario_.simulation;
  Observables seen = interaction.seen;
  if (options.observables == ObservableSource::types) {
    const AgentState& from = agents_[index(interaction.initiator)];
    seen = observables_of_type(from.type, from.reputation, governance_);
    seen.engagement = interaction.accepted ? seen.engagement : std::min(seen.engagement, 0.0);
  }
  if (options.observation_noise_probability > 0 && governance_.uniform() < options.observation_noise_probability) {
    const double std = options.observation_noise_std;
    seen.progress = std::clamp(seen.progress + std * normal(governance_), -1.0, 1.0);
    seen.engagement = std::clamp(seen.engagement + std * normal(governance_), -1.0, 1.0);
  }
  return seen;
}

Terms Ledger::terms_of(const Interaction& interaction, double p, const std::string& id) {
  const GovernanceOptions& rules = scenario_.governance;
  Terms terms{.reputation_a = agents_[index(interaction.initiator)].reputation,
              .reputation_b = interaction.counterparty < 0 ? 0 : agents_[index(interaction.counterparty)].reputation};
  terms.transfer = interaction.transfer;
  const double surplus = payoff_of(p, {}, scenario_.payoff).surplus;
  const double tax = rules.transaction_tax_rate * std::max(surplus, 0.0);
  if (!interaction.accepted) {  // as it would have been; nothing is paid
    terms.cost_a = tax * rules.transaction_tax_split;
    terms.cost_b = tax * (1 - rules.transaction_tax_split);
    return terms;
  }
  const auto charge = [&](std::string_view what, double cost_a, double cost_b) {
    if (cost_a > 0 || cost_b > 0) {
      terms.cost_a += cost_a;
      terms.cost_b += cost_b;
      record("governance_cost_applied",
             Json::object({{"interaction", id}, {"what", what}, {"a", cost_a}, {"b", cost_b}}));
    }
  };
  charge("tax", tax * rules.transaction_tax_split, tax * (1 - rules.transaction_tax_split));
  if (rules.audit_enabled && governance_.uniform() < rules.audit_probability) {
    charge("audit", std::max(0.0, rules.audit_threshold_p - p) * rules.audit_penalty_multiplier, 0);
  }
  return terms;
}

void Ledger::record_interaction(const Interaction& interaction, const Observables& seen, const std::string& id) {
  Json event = Json::object(
      {{"interaction", id},
       {"kind", interaction.kind},
       {"initiator", agents_[index(interaction.initiator)].name},
       {"counterparty", interaction.counterparty < 0 ? Json() : Json(agents_[index(interaction.counterparty)].name)},
       {"observables", to_json(seen)},
       {"v_hat", proxy_.v_hat(seen)},
       {"p", proxy_.p(seen)},
       {"truth", interaction.truth ? Json(*interaction.truth) : Json()}});
  if (!interaction.proposal.empty()) {
    event.set("proposal", interaction.proposal);
  }
  record(interaction.accepted ? "interaction_accepted" : "interaction_rejected", std::move(event));
}

bool Ledger::interact(const Interaction& interaction) {
  PUNA_CHECK(index(interaction.initiator) < agents_.size() && interaction.counterparty >= kEverybody &&
                 interaction.counterparty < static_cast<int>(agents_.size()),
             "an interaction of an agent that is not there");
  const int cap = scenario_.governance.bandwidth_cap;
  if (cap > 0 && begun_in_step_[index(interaction.initiator)] >= cap) {
    return false;
  }
  ++begun_in_step_[index(interaction.initiator)];
  const std::string id = format_text("x{:06}", ++interactions_);
  const Observables seen = observed(interaction);
  const double p = proxy_.p(seen);
  record_interaction(interaction, seen, id);
  const Terms terms = terms_of(interaction, p, id);
  const Payoff payoff = payoff_of(p, terms, scenario_.payoff);
  outcomes_.push_back({.p = p, .accepted = interaction.accepted, .payoff = payoff, .truth = interaction.truth});
  ++counts_[index(interaction.initiator)].begun;
  if (interaction.accepted) {
    settle(interaction, p, terms, payoff, id);
  }
  return true;
}

void Ledger::settle(const Interaction& interaction, double p, const Terms& terms, const Payoff& payoff,
                    const std::string& id) {
  record("payoff_computed", Json::object({{"interaction", id},
                                          {"surplus", payoff.surplus},
                                          {"externality", payoff.externality},
                                          {"a", payoff.a},
                                          {"b", payoff.b}}));
  pay(interaction.initiator, payoff.a);
  if (interaction.counterparty >= 0) {
    pay(interaction.counterparty, payoff.b);
  } else if (agents_.size() > 1) {
    for (std::size_t other = 0; other < agents_.size(); ++other) {
      if (std::cmp_not_equal(other, interaction.initiator)) {
        pay(static_cast<int>(other), payoff.b / static_cast<double>(agents_.size() - 1));
      }
    }
  }
  AgentState& from = agents_[index(interaction.initiator)];
  const double before = from.reputation;
  from.reputation = std::clamp(before + reputation_change(p, terms.cost_a), -1.0, 1.0);
  record_reputation(from, before);
  AgentCounts& counts = counts_[index(interaction.initiator)];
  ++counts.accepted;
  counts.p_sum += p;
  harm_in_epoch_[index(interaction.initiator)] += 1 - p;
  ++accepted_in_epoch_[index(interaction.initiator)];
}

void Ledger::pay(int agent, double amount) {
  agents_[index(agent)].payoff += amount;
  agents_[index(agent)].resources += amount;
}

void Ledger::begin_epoch(int epoch) {
  epoch_ = epoch;
  step_ = 0;
  epoch_begin_ = outcomes_.size();
  std::ranges::fill(harm_in_epoch_, 0.0);
  std::ranges::fill(accepted_in_epoch_, 0);
}

void Ledger::begin_step(int step) {
  step_ = step;
  std::ranges::fill(begun_in_step_, 0);
}

void Ledger::end_epoch() {
  const GovernanceOptions& rules = scenario_.governance;
  for (std::size_t agent = 0; agent < agents_.size(); ++agent) {
    const double before = agents_[agent].reputation;
    agents_[agent].reputation *= rules.reputation_decay_rate;
    if (agents_[agent].reputation != before) {
      record_reputation(agents_[agent], before);
    }
    const int accepted = accepted_in_epoch_[agent];
    const bool is_toxic = accepted > 0 && harm_in_epoch_[agent] / accepted > rules.freeze_threshold_toxicity;
    if (rules.circuit_breaker_enabled && is_toxic) {
      frozen_until_[agent] = epoch_ + 1 + rules.freeze_duration_epochs;
      record("agent_frozen", Json::object({{"agent", agents_[agent].name},
                                           {"toxicity", harm_in_epoch_[agent] / accepted},
                                           {"until_epoch", frozen_until_[agent]}}));
    }
  }
  const std::span<const Outcome> outcomes = std::span(outcomes_).subspan(epoch_begin_);
  epoch_metrics_.push_back(metrics_of(outcomes, scenario_.payoff));
  epoch_calibrations_.push_back(calibration_of(outcomes));
  Json members = Json::object({{"metrics", sim::to_json(epoch_metrics_.back())}});
  members.set("calibration", epoch_calibrations_.back() ? sim::to_json(*epoch_calibrations_.back()) : Json());
  record("epoch_completed", std::move(members));
}

std::string_view Ledger::kept_out(int agent) const {
  const GovernanceOptions& rules = scenario_.governance;
  if (frozen_until_[index(agent)] > epoch_) {
    return "frozen";
  }
  return rules.staking_enabled && agents_[index(agent)].resources < rules.min_stake_to_participate ? "stake" : "";
}

}  // namespace puna::sim
