// A world of one's own: a shared lake. Agents catch fish, what is left grows, and an empty lake stays empty.
#include <algorithm>
#include <filesystem>
#include <iostream>

#include "puna/sim.h"

namespace sim = puna::sim;

class Lake final : public sim::World {
 public:
  explicit Lake(const sim::WorldSetup& setup) : growth_(setup.number("growth")), agents_(setup.agents()) {}

  [[nodiscard]] std::string rules() const override {
    return "All agents fish in one lake. What is left in it grows from step to step, to at most 100 fish.";
  }
  [[nodiscard]] const std::vector<sim::ActionKind>& actions() const override { return kinds_; }
  [[nodiscard]] std::vector<std::string> view(int /*agent*/) const override {
    return {"There are " + std::to_string(static_cast<int>(fish_)) + " fish in the lake."};
  }
  [[nodiscard]] sim::Action scripted(int agent, sim::AgentType type, puna::Random& random) const override {
    const double fair = fish_ * (1 - 1 / growth_) / agents_;
    switch (type) {
      case sim::AgentType::honest:
        return fish(fair);
      case sim::AgentType::opportunistic:
        return fish(fair * 1.5);
      case sim::AgentType::adversarial:
        return fish(10);
      default:
        return World::scripted(agent, type, random);
    }
  }
  void act(int agent, const sim::Action& action, sim::Step& step) override {
    const double fair = fish_ * (1 - 1 / growth_) / agents_;
    const double taken = std::min(fish_, static_cast<double>(action.integer("fish")));
    fish_ -= taken;
    step.score(agent, taken);
    step.tell(agent, "You caught " + std::to_string(static_cast<int>(taken)) + " fish.");
    const bool is_fair = taken <= fair + 1;
    step.interact({.initiator = agent,
                   .kind = "catch",
                   .seen = {.progress = is_fair ? 0.5 : -0.5, .misuse = is_fair ? 0 : 1},
                   .truth = is_fair});
  }
  void end_step(sim::Step& step) override {
    fish_ = std::min(100.0, fish_ * growth_);
    step.record("lake", puna::Json::object({{"fish", fish_}}));
  }

 private:
  static sim::Action fish(double count) {
    const auto whole = std::clamp(static_cast<std::int64_t>(count), std::int64_t{0}, std::int64_t{10});
    return {.kind = "fish", .arguments = puna::Json::object({{"fish", whole}})};
  }

  const double growth_;
  const int agents_;
  const std::vector<sim::ActionKind> kinds_{
      {.name = "fish", .what = "catch so many", .parameters = {sim::Parameter::integer("fish", 0, 10)}}};
  double fish_ = 100;
};

int main() {
  sim::Worlds worlds = sim::Worlds::built_in();
  worlds.add(
      {.name = "lake",
       .what = "a lake that everybody fishes in",
       .parameters = {{.name = "growth", .otherwise = 1.3, .min = 1.01, .max = 3, .what = "of the fish, each step"}},
       .make = [](const sim::WorldSetup& setup) { return std::make_unique<Lake>(setup); }});
  const auto scenario = sim::read_scenario(R"(
scenario_id: lake
world: {type: lake, growth: 1.25}
agents: [{type: honest, count: 4}, {type: opportunistic, count: 2}, {type: adversarial}]
simulation: {n_epochs: 4, steps_per_epoch: 5, seed: 7}
)",
                                           worlds);
  if (!scenario) {
    std::cerr << sim::to_text(scenario.error().front(), "lake") << "\n";
    return 1;
  }
  const std::filesystem::path folder = std::filesystem::temp_directory_path() / "puna-example-world";
  std::filesystem::remove_all(folder);
  const auto result = sim::run(*scenario, {.folder = folder}, {}, worlds);
  if (!result) {
    std::cerr << result.error().message << "\n";
    return 1;
  }
  for (const sim::AgentResult& agent : result->agents) {
    std::cout << agent.name << " caught " << agent.score << " fish\n";
  }
}
