// Taxes, audits, freezes, caps and limits against tables that were computed by hand.
#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <cstdlib>
#include <sstream>
#include <vector>

#include "sim/test_sim.h"

namespace puna::sim {
namespace {

// The first agent works with the second, so many times a step and as well as the parameters say; nobody else can act.
class Pair final : public World {
 public:
  explicit Pair(const WorldSetup& setup)
      : is_good_(setup.number("good") > 0),
        times_(static_cast<int>(setup.number("times"))),
        offer_(setup.number("offer")),
        rejects_(setup.number("reject") > 0) {}

  [[nodiscard]] std::string rules() const override { return "Work."; }
  [[nodiscard]] const std::vector<ActionKind>& actions() const override { return kinds_; }
  [[nodiscard]] std::vector<ActionKind> allowed(int agent) const override {
    return agent == 0 ? kinds_ : std::vector<ActionKind>();
  }
  [[nodiscard]] Action scripted(int agent, AgentType /*type*/, Random& /*random*/) const override {
    return {.kind = agent == 0 ? "work" : "noop"};
  }
  [[nodiscard]] std::vector<std::string> view(int /*agent*/) const override { return {}; }
  void act(int agent, const Action& /*action*/, Step& step) override {
    for (int i = 0; i < times_; ++i) {
      const bool done = step.interact({.initiator = agent,
                                       .counterparty = 1,
                                       .kind = "work",
                                       .accepted = !rejects_ || i % 2 == 1,
                                       .seen = is_good_ ? kGood : kBad,
                                       .transfer = offer_,
                                       .truth = is_good_});
      step.score(agent, done ? 1 : 0);
    }
  }

 private:
  static constexpr Observables kGood = {.progress = 1};  // and nothing amiss: v is 0.4 + 0.2 + 0.2
  static constexpr Observables kBad = {
      .progress = -1, .rework = 1000, .rejections = 1000, .misuse = 1000, .engagement = -1};  // v is -1

  const bool is_good_;
  const int times_;
  const double offer_;
  const bool rejects_;  // the first, and each second one
  const std::vector<ActionKind> kinds_{{.name = "work", .what = "work"}};
};

class Governance : public SimTest {
 protected:
  // `rest`: world parameters, simulation and governance.
  RunResult played(const std::string& rest) const {
    Worlds worlds = Worlds::built_in();
    worlds.add(
        {.name = "pair",
         .what = "two agents",
         .parameters = {{.name = "good", .otherwise = 1, .min = 0, .max = 1, .is_whole = true, .what = "work"},
                        {.name = "times", .otherwise = 1, .min = 1, .max = 9, .is_whole = true, .what = "a step"},
                        {.name = "offer", .otherwise = 0, .min = 0, .max = 9, .what = "paid"},
                        {.name = "reject", .otherwise = 0, .min = 0, .max = 1, .is_whole = true, .what = "some"}},
         .make = [](const WorldSetup& setup) { return std::make_unique<Pair>(setup); }});
    return play(scenario_of("scenario_id: g\nagents: [{type: honest, count: 2}]\n" + rest, worlds), "run", {}, {},
                worlds);
  }
  // The observables of every accepted interaction.
  void each_accepted(const std::function<void(const Json& seen)>& take) const {
    const auto read = each_event(folder / "run", {.types = {"interaction_accepted"}},
                                 [&](const Json& event, std::string_view) { take(*event.find("observables")); });
    EXPECT_TRUE(read) << (read ? "" : read.error().message);
  }
  [[nodiscard]] std::ptrdiff_t events(std::string_view part) const {
    std::ptrdiff_t count = 0;
    std::istringstream log(files_of("run").at("g_events.jsonl"));
    for (std::string line; std::getline(log, line);) {
      count += line.contains(part) ? 1 : 0;
    }
    return count;
  }
};

// Good work: p = 1 / (1 + e^-1.6) = 0.83201839, and the surplus 3 p - 1 = 1.49605516, of which each has 0.74802758.
// Bad work: p = 1 / (1 + e^2) = 0.11920292, and the surplus -0.64239123.
constexpr double kSeen = 2e-8;

TEST_F(Governance, ATaxIsAShareOfTheSurplusSplitBetweenTheTwo) {
  const RunResult result = played(
      "world: pair\nsimulation: {n_epochs: 1, steps_per_epoch: 2}\n"
      "governance: {transaction_tax_rate: 0.2, transaction_tax_split: 0.25, reputation_decay_rate: 0.5}\n");
  // step   tax         of a        of b        a's payoff                         b's payoff   a's reputation
  // 1      0.29921103  0.07480276  0.22440827  0.74802758 - 0.07480276            0.52361930   0.25721563
  // 2      the same                            0.67322482 + 0.25721563 (w_rep 1)  0.52361930   0.51443125, then halved
  EXPECT_NEAR(result.agents[0].payoff, 1.60366527, kSeen);
  EXPECT_NEAR(result.agents[1].payoff, 1.04723861, kSeen);
  EXPECT_NEAR(result.agents[0].reputation, 0.25721563, kSeen);
  EXPECT_NEAR(result.agents[0].resources, 100 + 1.60366527, kSeen);
}

// Two pieces of work, alike in all: that one of them was rejected is no choice by what it would have paid.
TEST_F(Governance, WhatWasRejectedCountsAsItWouldHavePaid) {
  const RunResult result = played(
      "world: {type: pair, times: 2, offer: 5, reject: 1}\nsimulation: {n_epochs: 1, steps_per_epoch: 1}\n"
      "governance: {transaction_tax_rate: 0.2}\n");
  EXPECT_EQ(result.total.interactions, 2);
  EXPECT_EQ(result.total.accepted, 1);
  EXPECT_NEAR(result.total.conditional_loss, 0, 1e-12);
  EXPECT_NEAR(result.total.conditional_loss_counterparty, 0, 1e-12);
  EXPECT_NEAR(result.agents[0].payoff, 0.74802758 - 5 - 0.14960552, kSeen) << "paid once";
  EXPECT_EQ(events("governance_cost_applied"), 1);
}

TEST_F(Governance, ThereIsNoTaxWhereThereIsNoSurplus) {
  const RunResult result = played(
      "world: {type: pair, good: 0}\nsimulation: {n_epochs: 1, steps_per_epoch: 1}\n"
      "governance: {transaction_tax_rate: 0.5}\n");
  EXPECT_NEAR(result.agents[0].payoff, -0.32119562, kSeen);  // half of the loss each
  EXPECT_NEAR(result.agents[1].payoff, -0.32119562, kSeen);
  EXPECT_EQ(events("governance_cost_applied"), 0);
}

TEST_F(Governance, AnAuditTakesWhatIsMissingToItsThresholdTimesItsMultiplier) {
  const RunResult result = played(
      "world: pair\nsimulation: {n_epochs: 1, steps_per_epoch: 1}\n"
      "governance: {audit_enabled: true, audit_probability: 1, audit_threshold_p: 0.9, "
      "audit_penalty_multiplier: 3}\n");
  // 3 (0.9 - 0.83201839) = 0.20394484, from the payoff and from the reputation.
  EXPECT_NEAR(result.agents[0].payoff, 0.54408273, kSeen);
  EXPECT_NEAR(result.agents[0].reputation, 0.12807354, kSeen);
  EXPECT_NEAR(result.agents[1].payoff, 0.74802758, kSeen);
}

TEST_F(Governance, AuditsComeAsOftenAsTheirProbability) {
  const RunResult result = played(
      "world: pair\nsimulation: {n_epochs: 1, steps_per_epoch: 400}\n"
      "governance: {audit_enabled: true, audit_probability: 0.25, audit_threshold_p: 0.9}\n");
  EXPECT_EQ(result.agents[0].accepted, 400);
  EXPECT_NEAR(static_cast<double>(events(R"("what":"audit")")), 100, 30);  // 100 and 8.7 are mean and deviation
}

TEST_F(Governance, WhoeverIsToxicIsFrozenForWholeEpochsAndThenActsAgain) {
  const RunResult result = played(
      "world: {type: pair, good: 0}\nsimulation: {n_epochs: 7, steps_per_epoch: 30}\n"
      "governance: {circuit_breaker_enabled: true, freeze_threshold_toxicity: 0.6, freeze_duration_epochs: 2}\n");
  // It acts in epochs 0, 3 and 6, and its toxicity is 0.88 in each.
  EXPECT_EQ(events(R"("type":"agent_frozen")"), 3);
  EXPECT_EQ(events(R"("type":"agent_frozen","epoch":0)"), 1);
  EXPECT_EQ(events(R"("type":"agent_frozen","epoch":3)"), 1);
  for (const int epoch : {1, 2, 4, 5}) {
    EXPECT_EQ(events(format_text(R"("type":"interaction_accepted","epoch":{})", epoch)), 0) << epoch;
  }
  EXPECT_EQ(result.agents[0].accepted, 3 * 30);
}

TEST_F(Governance, MoreInteractionsThanTheCapDoNotHappen) {
  const RunResult result = played(
      "world: {type: pair, times: 5}\nsimulation: {n_epochs: 1, steps_per_epoch: 20}\n"
      "governance: {bandwidth_cap: 2}\n");
  EXPECT_EQ(result.agents[0].accepted, 2 * 20);
  EXPECT_EQ(result.agents[0].score, 2 * 20) << "the world heard that the rest did not happen";
}

// ---- what is judged, and what is seen

TEST_F(Governance, EveryCriterionIsMetByItsValueAndMissedByLess) {
  // Four times good work: 4 * 1.49605516, less 4 * 2 * 0.16798161; the second agent never acts.
  const std::vector<std::pair<std::string, double>> values = {{"min_epochs", 1},
                                                              {"min_agents", 2},
                                                              {"min_interactions", 4},
                                                              {"min_accepted", 4},
                                                              {"max_toxicity", 0.16798161},
                                                              {"toxicity_threshold", 0.16798161},
                                                              {"min_welfare", 5.98422062},
                                                              {"min_net_social_welfare", 4.64036770},
                                                              {"min_quality_gap", 0},
                                                              {"max_noop_share", 0.5},
                                                              {"max_failures", 0}};
  for (const double off : {1e-6, -1e-6}) {
    std::string criteria;
    for (const auto& [name, value] : values) {
      const bool is_most = name.starts_with("max") || name == "toxicity_threshold";
      const double bound = is_most ? value + off : value - off;
      criteria += format_text("{}{}: {:.9f}", criteria.empty() ? "" : ", ", name, bound);
    }
    const RunResult result =
        played("world: pair\nsimulation: {n_epochs: 1, steps_per_epoch: 4}\nsuccess_criteria: {" + criteria + "}\n");
    ASSERT_EQ(result.verdicts.size(), criterion_names().size());
    ASSERT_EQ(result.verdicts.size(), values.size());
    for (const Verdict& verdict : result.verdicts) {
      const auto wanted = std::ranges::find(values, verdict.name, &std::pair<std::string, double>::first);
      ASSERT_NE(wanted, values.end()) << verdict.name;
      EXPECT_NEAR(verdict.value, wanted->second, 1e-7) << verdict.name;
      EXPECT_EQ(verdict.is_met, off > 0) << verdict.name;
    }
    std::filesystem::remove_all(folder / "run");
  }
}

// Three standard deviations of a count of 400 are 26; of the deviation of 100 values, a fifth.
TEST_F(Governance, NoiseComesAsOftenAndAsStrongAsItIsToldAndStaysInItsBounds) {
  played(
      "world: pair\nsimulation: {n_epochs: 1, steps_per_epoch: 400, observation_noise_probability: 0.25, "
      "observation_noise_std: 0.1}\n");
  std::vector<double> engagements;
  each_accepted([&](const Json& seen) {
    if (seen.find("engagement")->as_double() != 0) {
      engagements.push_back(seen.find("engagement")->as_double());
    }
  });
  EXPECT_NEAR(static_cast<double>(engagements.size()), 100, 26);
  double squares = 0;
  for (const double each : engagements) {
    squares += each * each / static_cast<double>(engagements.size());
  }
  EXPECT_NEAR(std::sqrt(squares), 0.1, 0.025);

  std::filesystem::remove_all(folder / "run");
  played(
      "world: pair\nsimulation: {n_epochs: 1, steps_per_epoch: 50, observation_noise_probability: 1, "
      "observation_noise_std: 10}\n");
  each_accepted([&](const Json& seen) {
    EXPECT_LE(std::abs(seen.find("engagement")->as_double()), 1);
    EXPECT_LE(std::abs(seen.find("progress")->as_double()), 1);
  });
}

TEST_F(SimTest, APostAndAVoteMoreThanTheLimitsAreNoActions) {
  const Scenario scenario = scenario_of(
      "scenario_id: l\nworld: swarm\nagents: [{type: llm, count: 2, llm: {provider: llama_cpp, model: m}}]\n"
      "rate_limits: {posts_per_epoch: 2, votes_per_epoch: 3}\nsimulation: {n_epochs: 3, steps_per_epoch: 6}\n");
  const RunResult result =
      play(scenario, "run", models_for(scenario, [](const Request& request) -> Result<std::string> {
             if (static_cast<int>(request.agent) == 1) {
               return R"({"action":"post","text":"hello"})";
             }
             const std::string_view prompt = request.messages.back().content;
             const std::size_t post = prompt.rfind("Post ");
             if (post == std::string_view::npos) {
               return R"({"action":"noop"})";
             }
             const std::string_view rest = prompt.substr(post + 5);
             return format_text(R"({{"action":"vote","post":"{}","vote":"up"}})", rest.substr(0, rest.find(' ')));
           }));
  EXPECT_EQ(result.agents[0].failures, 3 * 4);  // two posts an epoch, and four steps in which it may not
  EXPECT_EQ(result.agents[0].noops, 3 * 4);
  EXPECT_EQ(result.agents[1].actions - result.agents[1].noops, 3 * 3);
}

// Three bid, nobody asks: who bids is told.
TEST_F(SimTest, AnOrderWithoutACounterpartIsTold) {
  const Scenario scenario = scenario_of(
      "scenario_id: m\nworld: market\nagents: [{type: llm, count: 5, llm: {provider: llama_cpp, model: m}}]\n"
      "simulation: {n_epochs: 1, steps_per_epoch: 2}\n");
  std::array<std::atomic<bool>, 5> told{};
  (void)play(scenario, "run", models_for(scenario, [&](const Request& request) -> Result<std::string> {
               const auto agent = static_cast<std::size_t>(request.agent) - 1;
               told[agent] = request.messages.back().content.contains("Your bid found no seller.");
               return std::string(agent % 2 == 0 ? R"({"action":"bid","price":60})" : R"({"action":"noop"})");
             }));
  for (std::size_t agent = 0; agent < told.size(); ++agent) {
    EXPECT_EQ(told[agent], agent % 2 == 0) << agent;
  }
}

// Agents 1 and 3 buy, 2 and 4 sell. The higher bid and the lower ask meet at 45, and 40 is below 50.
TEST_F(SimTest, TheMarketClearsAsAHandComputes) {
  const Scenario scenario = scenario_of(
      "scenario_id: m\nworld: market\nagents: [{type: llm, count: 4, llm: {provider: llama_cpp, model: m}}]\n"
      "simulation: {n_epochs: 1, steps_per_epoch: 1}\n");
  std::array<std::atomic<int>, 4> worth{};
  const RunResult result =
      play(scenario, "run", models_for(scenario, [&](const Request& request) -> Result<std::string> {
             constexpr std::array<std::string_view, 4> kOrders = {
                 R"({"action":"bid","price":60})", R"({"action":"ask","price":30})", R"({"action":"bid","price":40})",
                 R"({"action":"ask","price":50})"};
             const auto agent = static_cast<std::size_t>(request.agent) - 1;
             const std::string_view prompt = request.messages.back().content;
             const std::string_view before = agent % 2 == 0 ? "The unit is worth " : "The unit costs you ";
             const std::size_t at = prompt.find(before);
             EXPECT_NE(at, std::string_view::npos) << prompt;
             worth[agent] = std::stoi(std::string(prompt.substr(at + before.size(), 4)));
             return std::string(kOrders[agent]);
           }));
  EXPECT_TRUE(files_of("run").at("m_events.jsonl").contains(R"("trades":1,"price":45)"));
  EXPECT_DOUBLE_EQ(result.agents[0].score, worth[0] - 45);
  EXPECT_DOUBLE_EQ(result.agents[1].score, 45 - worth[1]);
  EXPECT_DOUBLE_EQ(result.agents[2].score, 0);
  EXPECT_DOUBLE_EQ(result.agents[3].score, 0);
}

}  // namespace
}  // namespace puna::sim
