// A scenario file: who takes part, in which world, under which rules, for how long, and what counts as success.
// docs/scenarios.md has every field. Keys are SWARM's where it has them, so its files load as they are.
// Source: SWARM's scenario loader and llm_config (swarm-ai-safety/swarm).
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "puna/base.h"
#include "puna/sim/soft.h"

namespace puna::sim {

class Worlds;  // puna/sim/world.h

struct Place {
  int line = 0;  // both from 1
  int column = 0;

  auto operator<=>(const Place&) const = default;
};
// What is wrong with a scenario, where, and what to do about it.
struct Problem {
  Place place;
  std::string what;
  std::string remedy;  // may be empty
};
// "FILE:LINE:COLUMN: WHAT"
[[nodiscard]] std::string to_text(const Problem& problem, std::string_view file_name);

enum class AgentType : std::uint8_t {
  honest,
  opportunistic,
  deceptive,
  adversarial,
  cautious,
  reciprocator,
  random,
  llm
};
[[nodiscard]] std::string_view name_of(AgentType type) noexcept;
[[nodiscard]] std::optional<AgentType> agent_type_named(std::string_view name) noexcept;

struct LlmOptions {
  std::string model;       // its name at the server; "puna-demo" without base_url and model_path: the bundled model
  std::string base_url;    // a server, with or without /v1
  std::string model_path;  // or a file, in this process
  int n_ctx = 0;           // 0 = the window it was trained with, at most 8,192
  int n_threads = 0;       // 0 = the physical cores, at most 8
  double temperature = 0.7;
  int max_tokens = 512;
  std::int64_t seed = -1;  // -1 = the simulation's
  std::string persona;     // what is said of the agent's character
  int memory = 10;         // events that it remembers, at least; half as many more before the oldest go
  int reasoning = 0;       // characters in which it may say why before it acts; 0 = it acts at once
  int max_retries = 3;     // of a request that a server did not answer
  double timeout = 120;    // seconds between two bytes of an answer

  bool operator==(const LlmOptions&) const = default;
};

// Agents that are alike.
struct AgentGroup {
  Place place;
  AgentType type = AgentType::honest;
  int count = 1;
  std::string name;  // of one; of several its beginning: name_1, name_2
  double resources = 100;
  int priority = 0;  // with the schedule "priority": higher ones first
  LlmOptions llm;    // of type llm
};

enum class Schedule : std::uint8_t { round_robin, random, priority };
// What observables come from: what agents did, or their type alone (as SWARM has it).
enum class ObservableSource : std::uint8_t { actions, types };

struct SimulationOptions {
  int n_epochs = 10;
  int steps_per_epoch = 10;
  std::uint64_t seed = 0;
  Schedule schedule = Schedule::round_robin;
  int max_actions_per_step = 0;  // agents that act in a step; 0 = all
  double observation_noise_probability = 0;
  double observation_noise_std = 0;
  ObservableSource observables = ObservableSource::actions;
};

struct GovernanceOptions {
  double transaction_tax_rate = 0;     // of the surplus of an accepted interaction, where it is above 0
  double transaction_tax_split = 0.5;  // the initiator's part of it
  double reputation_decay_rate = 1;    // what is left of a reputation after an epoch
  int bandwidth_cap = 0;               // interactions that an agent may begin in a step; 0 = no limit
  bool staking_enabled = false;
  double min_stake_to_participate = 0;  // whoever has less cannot act
  bool circuit_breaker_enabled = false;
  double freeze_threshold_toxicity = 0.7;  // mean 1 - p of what an agent began in an epoch
  int freeze_duration_epochs = 2;
  bool audit_enabled = false;
  double audit_probability = 0.1;       // of an accepted interaction
  double audit_threshold_p = 0.5;       // below it a penalty is due:
  double audit_penalty_multiplier = 2;  // times (threshold - p)
};

struct RateLimits {
  int posts_per_epoch = 10;
  int interactions_per_step = 5;
  int votes_per_epoch = 50;
  int tasks_per_epoch = 3;
};

enum class Topology : std::uint8_t { complete, ring, star, random, small_world };
struct NetworkOptions {
  Topology topology = Topology::complete;
  int k = 4;       // small_world: neighbours of each agent, even
  double p = 0.1;  // random: chance of an edge; small_world: chance that one is moved
};

// Names of files, below the folder of the results; empty = the usual ones.
struct OutputOptions {
  std::string event_log;
  std::string metrics_csv;
};

// One line of success_criteria, as "max_toxicity: 0.4".
struct Criterion {
  std::string name;  // one of criterion_names()
  double bound = 0;
};
[[nodiscard]] std::vector<std::string_view> criterion_names();

struct Scenario {
  std::string text;  // the file
  std::string id;
  std::string description;
  std::string motif;
  std::string world = "swarm";
  Json world_parameters = Json::object();  // what the file says, checked
  std::vector<AgentGroup> agents;
  SimulationOptions simulation;
  ProxyOptions proxy;
  PayoffOptions payoff;
  GovernanceOptions governance;
  RateLimits rate_limits;
  NetworkOptions network;
  OutputOptions outputs;
  std::vector<Criterion> success;
};

inline constexpr int kAgentsMax = 10'000;

// Every problem there is, in the file's order; at least one, if it is no scenario.
// Cost  bounded: 1 MiB, 32 levels, 50,000 values and 1 MiB of text with every alias followed.
[[nodiscard]] std::expected<Scenario, std::vector<Problem>> read_scenario(std::string_view text, const Worlds& worlds);

// What read_scenario() reads, as JSON Schema, for editors. The reader says more: what contradicts each other, and what
// a world has nothing to do with. Lengths are in bytes there and in characters here.
[[nodiscard]] Json scenario_schema(const Worlds& worlds);

}  // namespace puna::sim
