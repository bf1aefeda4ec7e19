// Scenario files: good ones, SWARM's own form, and the table of bad ones in bad_scenarios_test.cpp.
#include "puna/sim/scenario.h"

#include <gtest/gtest.h>

#include "puna/sim/world.h"

namespace puna::sim {
namespace {

Scenario good(std::string_view text) {
  auto read = read_scenario(text, Worlds::built_in());
  if (!read) {
    for (const Problem& problem : read.error()) {
      ADD_FAILURE() << to_text(problem, "file");
    }
    return {};
  }
  return *std::move(read);
}

// Every field that SWARM's scenario for llama.cpp has, with the same keys.
constexpr std::string_view kSwarmFile = R"yaml(# a scenario of SWARM
scenario_id: llm_local_v1
description: "Agents on a local server (CPU, no keys)"
motif: local_inference

agents:
  - type: llm
    count: 3
    llm:
      provider: llama_cpp
      model: some-3b-instruct
      base_url: http://localhost:8080/v1
      temperature: 0.2
      max_tokens: 512
      cost_tracking: false        # free

  - type: honest
    count: 2

simulation:
  n_epochs: 5
  steps_per_epoch: 5
  seed: 42

payoff:
  s_plus: 2.0
  s_minus: 1.0
  h: 2.0
  theta: 0.5
  rho_a: 0.1
  rho_b: 0.1
  w_rep: 1.0

governance:
  transaction_tax_rate: 0.0
  reputation_decay_rate: 0.95
  staking_enabled: false
  circuit_breaker_enabled: false
  audit_enabled: false

rate_limits:
  posts_per_epoch: 5
  interactions_per_step: 3
  votes_per_epoch: 20
  tasks_per_epoch: 2

outputs:
  event_log: "logs/llm_local.jsonl"
  metrics_csv: "results/llm_local_metrics.csv"

success_criteria:
  max_toxicity: 0.4
  min_welfare: 10.0
)yaml";

TEST(Scenario, SwarmsFileLoadsAsItIs) {
  const Scenario s = good(kSwarmFile);
  EXPECT_EQ(s.id, "llm_local_v1");
  EXPECT_EQ(s.world, "swarm");
  ASSERT_EQ(s.agents.size(), 2U);
  EXPECT_EQ(s.agents[0].type, AgentType::llm);
  EXPECT_EQ(s.agents[0].count, 3);
  EXPECT_EQ(s.agents[0].llm.base_url, "http://localhost:8080/v1");
  EXPECT_DOUBLE_EQ(s.agents[0].llm.temperature, 0.2);
  EXPECT_EQ(s.agents[0].llm.seed, -1);
  EXPECT_EQ(s.simulation.n_epochs, 5);
  EXPECT_EQ(s.simulation.seed, 42U);
  EXPECT_DOUBLE_EQ(s.payoff.rho_a, 0.1);
  EXPECT_DOUBLE_EQ(s.governance.reputation_decay_rate, 0.95);
  EXPECT_EQ(s.rate_limits.votes_per_epoch, 20);
  EXPECT_EQ(s.outputs.event_log, "logs/llm_local.jsonl");
  ASSERT_EQ(s.success.size(), 2U) << "no criterion is dropped silently";
}

TEST(Scenario, TheInProcessFormAndBothNamesOfTheSeed) {
  const std::string head = "scenario_id: s\nagents:\n  - type: llm\n    llm: {provider: llama_cpp, model: m, ";
  const Scenario s = good(head + "model_path: ./models/m.GGUF, n_ctx: 4096, n_threads: 8, llama_seed: 42}\n");
  EXPECT_EQ(s.agents[0].llm.model_path, "./models/m.GGUF");
  EXPECT_EQ(s.agents[0].llm.base_url, "");
  EXPECT_EQ(s.agents[0].llm.seed, 42);
  EXPECT_EQ(good(head + "seed: 7}\n").agents[0].llm.seed, 7);
  EXPECT_EQ(good(head + "seed: 7}\n").agents[0].llm.base_url, "http://localhost:8080/v1");
  EXPECT_EQ(good("scenario_id: s\nagents: [{type: llm, llm: {provider: llama_cpp, model: puna-demo}}]")
                .agents[0]
                .llm.base_url,
            "");
}

// Every number is another one, so that none can stand in another's place.
TEST(Scenario, EveryFieldArrivesWhereItBelongs) {
  const Scenario s = good(R"(scenario_id: f
world: swarm
agents: [{type: honest, count: 3, config: {resources: 31, priority: 32}}]
simulation: {n_epochs: 33, steps_per_epoch: 34, seed: 35, schedule_mode: priority, max_actions_per_step: 2,
             observation_noise_probability: 0.36, observation_noise_std: 0.37, observables: types}
proxy: {weight_progress: 1, weight_rework: 2, weight_verifier: 3, weight_engagement: 4, decay_rework: 0.05,
        decay_rejection: 0.06, decay_misuse: 0.07, steepness: 8}
payoff: {s_plus: 11, s_minus: 12, h: 13, theta: 0.14, rho_a: 0.15, rho_b: 0.16, w_rep: 17}
governance: {transaction_tax_rate: 0.21, transaction_tax_split: 0.22, reputation_decay_rate: 0.23, bandwidth_cap: 24,
             staking_enabled: true, min_stake_to_participate: 25, circuit_breaker_enabled: true,
             freeze_threshold_toxicity: 0.26, freeze_duration_epochs: 27, audit_enabled: true, audit_probability: 0.28,
             audit_threshold_p: 0.29, audit_penalty_multiplier: 30}
rate_limits: {posts_per_epoch: 41, interactions_per_step: 42, votes_per_epoch: 43, tasks_per_epoch: 44}
network: {topology: small_world, k: 2, p: 0.45}
)");
  const auto& [epochs, steps, seed, schedule, most, probability, std, observables] = s.simulation;
  EXPECT_EQ(std::tuple(epochs, steps, seed, schedule, most, probability, std, observables),
            std::tuple(33, 34, 35U, Schedule::priority, 2, 0.36, 0.37, ObservableSource::types));
  const auto& [progress, rework, verifier, engagement, a, b, c, steepness] = s.proxy;
  EXPECT_EQ(std::tuple(progress, rework, verifier, engagement, a, b, c, steepness),
            std::tuple(1.0, 2.0, 3.0, 4.0, 0.05, 0.06, 0.07, 8.0));
  const auto& [plus, minus, h, theta, rho_a, rho_b, w_rep] = s.payoff;
  EXPECT_EQ(std::tuple(plus, minus, h, theta, rho_a, rho_b, w_rep),
            std::tuple(11.0, 12.0, 13.0, 0.14, 0.15, 0.16, 17.0));
  const GovernanceOptions& g = s.governance;
  EXPECT_EQ(std::tuple(g.transaction_tax_rate, g.transaction_tax_split, g.reputation_decay_rate, g.bandwidth_cap,
                       g.staking_enabled, g.min_stake_to_participate, g.circuit_breaker_enabled),
            std::tuple(0.21, 0.22, 0.23, 24, true, 25.0, true));
  EXPECT_EQ(std::tuple(g.freeze_threshold_toxicity, g.freeze_duration_epochs, g.audit_enabled, g.audit_probability,
                       g.audit_threshold_p, g.audit_penalty_multiplier),
            std::tuple(0.26, 27, true, 0.28, 0.29, 30.0));
  const auto& [posts, interactions, votes, tasks] = s.rate_limits;
  EXPECT_EQ(std::tuple(posts, interactions, votes, tasks), std::tuple(41, 42, 43, 44));
  const auto& [topology, k, p] = s.network;
  EXPECT_EQ(std::tuple(topology, k, p), std::tuple(Topology::small_world, 2, 0.45));
  EXPECT_EQ(std::tuple(s.agents[0].count, s.agents[0].resources, s.agents[0].priority), std::tuple(3, 31.0, 32));
}

TEST(Scenario, DefaultsAreSwarms) {
  const Scenario s = good("scenario_id: s\nagents: [{type: honest}]\n");
  EXPECT_EQ(s.simulation.n_epochs, 10);
  EXPECT_EQ(s.simulation.steps_per_epoch, 10);
  EXPECT_EQ(s.rate_limits.interactions_per_step, 5);
  EXPECT_DOUBLE_EQ(s.payoff.s_plus, 2);
  EXPECT_EQ(s.simulation.observables, ObservableSource::actions);
}

TEST(Scenario, YamlIsReadAsOneDotTwo) {
  const Scenario s = good(
      "scenario_id: &name s.1\n"
      "description: *name\n"
      "motif: no\n"  // a text, not false
      "world: {type: public_goods, endowment: 0x10, multiplier: 1e0}\n"
      "agents:\n- {type: honest, name: \"7\"}\n"
      "payoff:\n"  // nothing
      "simulation: {schedule_mode: random, n_epochs: 0o17}\n");
  EXPECT_EQ(s.description, "s.1");
  EXPECT_EQ(s.motif, "no");
  EXPECT_EQ(s.agents[0].name, "7");
  EXPECT_EQ(s.world_parameters.find("endowment")->as_integer(), 16);
  EXPECT_EQ(s.simulation.n_epochs, 15);
  EXPECT_EQ(s.simulation.schedule, Schedule::random);
}

TEST(Scenario, PersonasHaveNamesOrAreTextsThemselves) {
  const std::string head =
      "scenario_id: s\nagents:\n  - type: llm\n    llm:\n      provider: llama_cpp\n      persona: ";
  EXPECT_TRUE(good(head + "adversarial\n").agents[0].llm.persona.starts_with("You are adversarial."));
  EXPECT_EQ(good(head + "open\n").agents[0].llm.persona, "");
  EXPECT_EQ(good(head + "|\n        You like red.\n        And blue.\n").agents[0].llm.persona,
            "You like red.\nAnd blue.\n");
}

}  // namespace
}  // namespace puna::sim
