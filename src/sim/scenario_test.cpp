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
