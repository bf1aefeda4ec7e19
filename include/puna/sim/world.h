// A world: what agents may do, what they see, and what comes of it. One class; examples/world.cpp has a whole one.
//
// Each step every agent that is due chooses one action from what the world allows it, all at the same time; then the
// actions happen, one after the other in the order of the schedule. The run does everything else: it asks the models,
// keeps memories, turns interactions into p, payoffs and reputations, applies governance and writes the log. A world
// holds no file, no clock and no model. What it does must follow from its setup, the actions and Step::random() alone:
// a run that was broken off is done again from its log.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "puna/base.h"
#include "puna/sim/scenario.h"
#include "puna/sim/soft.h"

namespace puna::sim {

inline constexpr int kEverybody = -1;          // as a counterparty: the group
inline constexpr std::size_t kTextBytes = 50;  // of another agent's text that an agent sees

// A member of an action: its name (not action, not reasoning), and the JSON Schema of its values.
struct Parameter {
  std::string name;
  Json schema;

  [[nodiscard]] static Parameter integer(std::string name, std::int64_t min, std::int64_t max);
  [[nodiscard]] static Parameter choice(std::string name, std::span<const std::string> values);  // at least one
  [[nodiscard]] static Parameter text(std::string name, int characters_max);
};
struct ActionKind {
  std::string name;  // [a-z_]+
  std::string what;  // for prompts, a few words
  std::vector<Parameter> parameters;
};
struct Action {
  std::string kind;
  Json arguments = Json::object();

  [[nodiscard]] std::int64_t integer(std::string_view name) const;  // Requires  the action fits its schema
  [[nodiscard]] const std::string& text(std::string_view name) const;
};
inline const std::string kNoop = "noop";  // always allowed; worlds do not list it and never see it

// {"action": NAME, members...}, in the order of the parameters.
[[nodiscard]] Json to_json(const Action& action);
// The schema of one of these actions, noop included. A model is held to a grammar that has one spelling for each value
// of it (docs/decisions/0061-one-spelling.md), and what it writes is checked against it.
[[nodiscard]] Json schema_of(std::span<const ActionKind> kinds);
// Errors  corrupt  it does not fit the schema of these kinds; the message says in what
[[nodiscard]] Result<Action> action_from_json(const Json& json, std::span<const ActionKind> kinds);
// Any of them, uniformly, noop excepted (unless there is no other); members uniformly. Texts are empty.
[[nodiscard]] Action random_action(std::span<const ActionKind> kinds, Random& random);

// Another agent's text as it may stand in a prompt: one line, no markup, at most kTextBytes.
[[nodiscard]] std::string said(std::string_view text);

// Something that one agent did to another, and how it looked.
struct Interaction {
  int initiator = 0;
  int counterparty = kEverybody;
  std::string kind;
  bool accepted = true;
  Observables seen;
  double transfer = 0;        // to the counterparty
  std::optional<bool> truth;  // whether it did good, where the rules say so
  std::string proposal;       // the id of an interaction_proposed that this answers; empty: none
};

struct AgentState {
  std::string name;
  AgentType type = AgentType::honest;
  double reputation = 0;
  double resources = 0;  // at the start, and payoffs since
  double payoff = 0;     // of all interactions
  double score = 0;      // in the world's own points
};

// What a world does to the rest, in one step. Lent to the world for one call.
class Step {
 public:
  Step() = default;
  Step(const Step&) = delete;
  Step& operator=(const Step&) = delete;
  virtual ~Step() = default;

  [[nodiscard]] virtual int epoch() const = 0;   // from 0
  [[nodiscard]] virtual int number() const = 0;  // from 0 in the epoch
  [[nodiscard]] virtual Random& random() = 0;
  [[nodiscard]] virtual const AgentState& agent(int agent) const = 0;
  // An event that the agent remembers: one short line. Text of others goes through said().
  virtual void tell(int agent, std::string event) = 0;
  virtual void tell_all(const std::string& event) = 0;
  // False: governance forbids it (an agent's interactions in a step); nothing happened.
  virtual bool interact(const Interaction& interaction) = 0;
  virtual void score(int agent, double points) = 0;
  // A line of the event log. The members' names are none of id, t, type, epoch, step.
  virtual void record(std::string_view type, Json members) = 0;
};

class World {
 public:
  World() = default;
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  virtual ~World() = default;

  // The same for all agents and steps, so that their prompts begin alike: rules in a few lines, every kind of action.
  [[nodiscard]] virtual std::string rules() const = 0;
  [[nodiscard]] virtual const std::vector<ActionKind>& actions() const = 0;
  // What this agent may do now: a part of actions(), with the values that are possible now. Empty: only noop.
  [[nodiscard]] virtual std::vector<ActionKind> allowed(int /*agent*/) const { return actions(); }
  // What it sees now: short lines.
  [[nodiscard]] virtual std::vector<std::string> view(int agent) const = 0;
  // What an agent of a scripted type does. What is not allowed is a noop, and counted.
  [[nodiscard]] virtual Action scripted(int agent, AgentType /*type*/, Random& random) const {
    return random_action(allowed(agent), random);
  }

  virtual void begin_epoch(Step& /*step*/) {}
  virtual void begin_step(Step& /*step*/) {}
  // Somebody may have been faster: an action that is no longer possible has no effect.
  virtual void act(int agent, const Action& action, Step& step) = 0;
  virtual void end_step(Step& /*step*/) {}
  virtual void end_epoch(Step& /*step*/) {}
};

// Who may deal with whom. Symmetric, nobody with itself.
class Network {
 public:
  Network() = default;
  [[nodiscard]] static Network create(const NetworkOptions& options, int agents, std::uint64_t seed);
  [[nodiscard]] bool joins(int a, int b) const;
  [[nodiscard]] std::vector<int> neighbours(int agent) const;  // ascending

 private:
  int agents_ = 0;
  std::vector<bool> edges_;  // empty = complete
};

struct WorldSetup {
  std::vector<std::string> names;
  std::vector<AgentType> types;
  Json parameters;  // every one, with its value or its default
  RateLimits limits;
  Network network;
  int epochs = 0;
  int steps = 0;
  std::uint64_t seed = 0;

  [[nodiscard]] int agents() const { return static_cast<int>(names.size()); }
  [[nodiscard]] double number(std::string_view parameter) const;  // Requires  it is one of the kind's
};

// A parameter of a world, under "world:" in scenarios.
struct WorldParameter {
  std::string name;
  double otherwise = 0;
  double min = 0;
  double max = 0;
  bool is_whole = false;
  std::string what;
};
struct WorldKind {
  std::string name;
  std::string what;
  std::vector<WorldParameter> parameters;
  bool has_network = false;  // it obeys "network:"
  bool has_limits = false;   // it obeys "rate_limits:"
  std::function<std::unique_ptr<World>(const WorldSetup&)> make;
};

// The worlds that scenarios may name. A value.
class Worlds {
 public:
  // swarm, public_goods, market, debate.
  [[nodiscard]] static Worlds built_in();
  void add(WorldKind kind) { kinds_.push_back(std::move(kind)); }
  [[nodiscard]] const WorldKind* find(std::string_view name) const;
  [[nodiscard]] const std::vector<WorldKind>& all() const { return kinds_; }

 private:
  std::vector<WorldKind> kinds_;
};

}  // namespace puna::sim
