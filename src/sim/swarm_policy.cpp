// See swarm_policy.h.
#include "sim/swarm_policy.h"

#include <algorithm>

namespace puna::sim {
namespace {

const ActionKind* find(const SwarmSight& sight, std::string_view name) {
  const auto found = std::ranges::find(sight.allowed, name, &ActionKind::name);
  return found == sight.allowed.end() ? nullptr : &*found;
}

// The first value of the action's first parameter.
const std::string& first_value(const ActionKind& kind) {
  return kind.parameters.front().schema.find("enum")->as_array().front().as_string();
}

bool takes(const SwarmSight& sight, Random& random) {
  switch (sight.type) {
    case AgentType::honest:
      return sight.sender_reputation >= -0.2;
    case AgentType::opportunistic:
      return sight.offer > 0 || sight.sender_reputation > 0;
    case AgentType::cautious:
      return sight.sender_reputation > 0.1;
    case AgentType::reciprocator:
      return sight.sender_reputation >= 0;
    case AgentType::deceptive:
    case AgentType::adversarial:
      return true;
    case AgentType::random:
    case AgentType::llm:
      break;
  }
  return random.uniform() < 0.5;
}

const std::string& effort_of(const SwarmSight& sight, Random& random) {
  const double chance = random.uniform();
  switch (sight.type) {
    case AgentType::honest:
    case AgentType::cautious:
      return kEfforts[chance < 0.95 ? 0 : 1];
    case AgentType::opportunistic:
      return kEfforts[chance < 0.3 ? 0 : chance < 0.9 ? 1 : 2];
    case AgentType::deceptive:  // good until it is trusted
      return kEfforts[sight.own_reputation < 0.3 ? 0 : 2];
    case AgentType::adversarial:
      return kEfforts[2];
    case AgentType::reciprocator:
      return kEfforts[sight.own_reputation >= 0 || chance < 0.5 ? 0 : 1];
    case AgentType::random:
    case AgentType::llm:
      break;
  }
  return kEfforts.at(static_cast<std::size_t>(chance * 3));
}

// How often an agent that has nothing to answer proposes, and else takes a task; the rest of the time it posts or
// waits.
struct Habits {
  double proposes;
  double claims;
  double posts;
};
Habits habits_of(AgentType type) {
  switch (type) {
    case AgentType::cautious:
      return {.proposes = 0.15, .claims = 0.5, .posts = 0.1};
    case AgentType::adversarial:
    case AgentType::deceptive:
      return {.proposes = 0.7, .claims = 0.2, .posts = 0.1};
    case AgentType::opportunistic:
      return {.proposes = 0.6, .claims = 0.2, .posts = 0.1};
    default:
      return {.proposes = 0.4, .claims = 0.3, .posts = 0.2};
  }
}

}  // namespace

Observables observables_of(std::string_view effort) {
  if (effort == kEfforts[0]) {
    return {.progress = 0.8, .engagement = 0.5};
  }
  if (effort == kEfforts[1]) {
    return {.progress = 0.2, .rework = 1};
  }
  return {.progress = -0.6, .rework = 2, .rejections = 1, .misuse = 1, .engagement = -0.5};
}

std::string_view quality_of(std::string_view effort) {
  return effort == kEfforts[0] ? "good" : effort == kEfforts[1] ? "poor" : "harmful";
}

Action swarm_policy(const SwarmSight& sight, Random& random) {
  if (sight.type == AgentType::random || sight.type == AgentType::llm) {
    return random_action(sight.allowed, random);
  }
  if (const ActionKind* accept = find(sight, "accept")) {
    return {.kind = takes(sight, random) ? "accept" : "reject",
            .arguments = Json::object({{"proposal", first_value(*accept)}})};
  }
  if (const ActionKind* submit = find(sight, "submit")) {
    return {.kind = "submit",
            .arguments = Json::object({{"task", first_value(*submit)}, {"effort", effort_of(sight, random)}})};
  }
  const Habits habits = habits_of(sight.type);
  double draw = random.uniform();
  const ActionKind* propose = find(sight, "propose");
  if (propose != nullptr && draw < habits.proposes) {
    const Json::Array& partners = propose->parameters.front().schema.find("enum")->as_array();
    const auto chosen = static_cast<std::size_t>(random.uniform() * static_cast<double>(partners.size()));
    return {.kind = "propose",
            .arguments = Json::object({{"to", partners[chosen]},
                                       {"effort", effort_of(sight, random)},
                                       {"offer", random.uniform() < 0.5 ? 0 : 1}})};
  }
  draw -= habits.proposes;
  if (const ActionKind* claim = find(sight, "claim"); claim != nullptr && draw < habits.claims) {
    return {.kind = "claim", .arguments = Json::object({{"task", first_value(*claim)}})};
  }
  draw -= habits.claims;
  if (find(sight, "post") != nullptr && draw < habits.posts) {
    return {.kind = "post", .arguments = Json::object({{"text", "I am looking for work."}})};
  }
  return {.kind = kNoop};
}

}  // namespace puna::sim
