#include "puna/sim/events.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "puna/sim/run.h"
#include "sim/test_report.h"

namespace puna::sim {
namespace {

constexpr std::string_view kTaxed = R"(scenario_id: b
world: swarm
agents: [{type: honest, count: 3}, {type: deceptive}, {type: random, count: 2}]
simulation: {n_epochs: 3, steps_per_epoch: 6, seed: 4}
governance: {transaction_tax_rate: 0.2, transaction_tax_split: 0.5, audit_enabled: true, audit_probability: 0.5,
  audit_threshold_p: 0.6, audit_penalty_multiplier: 2}
)";

class EventsTest : public ReportTest {
 protected:
  [[nodiscard]] std::vector<Json> events(const EventFilter& filter, const std::string& name = "run") const {
    std::vector<Json> found;
    const auto read = each_event(folder / name, filter, [&](const Json& event, std::string_view line) {
      EXPECT_EQ(event.dump(), line);
      found.push_back(event);
    });
    EXPECT_TRUE(read) << (read ? "" : read.error().message);
    return found;
  }
  [[nodiscard]] Error failure(const std::string& name) const {
    const auto read = each_event(folder / name, {}, [](const Json&, std::string_view) {});
    return read ? Error{} : read.error();
  }
};

// Every event that one filter leaves out, and none that it takes, is left out by the filter for a reason.
TEST_F(EventsTest, FiltersTakeEveryEventThatTheyNameAndNoOther) {
  play(scenario_of(kTaxed), "run");
  const std::vector<Json> all = events({});
  ASSERT_GT(all.size(), 100U);
  const auto count = [&](const auto& is_right) { return std::ranges::count_if(all, is_right); };
  const auto number = [](const Json& event, std::string_view name) { return event.find(name)->as_integer(); };

  const auto typed = events({.types = {"interaction_rejected", "payoff_computed"}});
  EXPECT_EQ(std::ssize(typed), count([](const Json& event) {
              return event.text_or("type") == "interaction_rejected" || event.text_or("type") == "payoff_computed";
            }));
  EXPECT_GT(typed.size(), 0U);

  const auto timed = events({.from = StepPlace{.epoch = 0, .step = 4}, .to = StepPlace{.epoch = 1, .step = 2}});
  EXPECT_EQ(std::ssize(timed), count([&](const Json& event) {
              return number(event, "epoch") == 0 ? number(event, "step") >= 4
                                                 : number(event, "epoch") == 1 && number(event, "step") <= 2;
            }));
  EXPECT_GT(timed.size(), 0U);
  EXPECT_EQ(events({.from = StepPlace{.epoch = 3}}).size(), 0U);

  const auto by_agent = events({.agent = "deceptive_1"});
  EXPECT_EQ(std::ssize(by_agent), count([](const Json& event) {
              return event.text_or("agent") == "deceptive_1" || event.text_or("initiator") == "deceptive_1" ||
                     event.text_or("counterparty") == "deceptive_1";
            }));
  EXPECT_GT(by_agent.size(), 0U);

  const auto one = events({.id = "e00000002"});
  ASSERT_EQ(one.size(), 1U);
  EXPECT_EQ(one[0].text_or("type"), "agent_created");
  std::set<std::string_view> types;
  const auto about = events({.id = std::string(events({.types = {"payoff_computed"}})[0].text_or("interaction"))});
  for (const Json& event : about) {
    types.insert(event.text_or("type"));
  }
  EXPECT_TRUE(types.contains("interaction_accepted"));
  EXPECT_TRUE(types.contains("payoff_computed"));
  EXPECT_EQ(events({.types = {"interaction_accepted"}, .agent = "nobody"}).size(), 0U);
}

TEST_F(EventsTest, InteractionsAreWhatTheRunCountedAndPaid) {
  const RunResult result = play(scenario_of(kTaxed), "run");
  const auto interactions = read_interactions(folder / "run");
  ASSERT_TRUE(interactions) << interactions.error().message;
  EXPECT_EQ(std::ssize(*interactions), result.total.interactions);
  double welfare = 0;
  double harm = 0;
  double p = 0;
  double costs = 0;
  int accepted = 0;
  int answers = 0;
  std::map<std::string, double> payoffs;
  std::set<std::string> proposals;
  for (const Json& event : events({.types = {"interaction_proposed"}})) {
    proposals.insert(std::string(event.text_or("proposal")));
  }
  for (const LoggedInteraction& one : *interactions) {
    accepted += one.accepted ? 1 : 0;
    welfare += one.surplus;
    harm += one.externality;
    p += one.p;
    costs += one.cost_a + one.cost_b;
    answers += one.kind == "work" ? 1 : 0;
    EXPECT_EQ(one.kind == "work", proposals.contains(one.proposal)) << one.id;
    EXPECT_TRUE(one.accepted || (one.a == 0 && one.surplus == 0 && one.cost_a == 0)) << one.id;
    for (const AgentResult& agent : result.agents) {
      payoffs[agent.name] += agent.name == one.initiator      ? one.a
                             : agent.name == one.counterparty ? one.b
                             : one.counterparty.empty()       ? one.b / 5
                                                              : 0;
    }
  }
  for (const AgentResult& agent : result.agents) {
    EXPECT_NEAR(payoffs[agent.name], agent.payoff, 1e-9) << agent.name;
  }
  EXPECT_EQ(accepted, result.total.accepted);
  EXPECT_NEAR(welfare, result.total.welfare, 1e-9);
  EXPECT_NEAR(harm, result.total.externality, 1e-9);
  EXPECT_NEAR(p / result.total.interactions, result.total.quality, 1e-9);
  EXPECT_GT(costs, 0);
  EXPECT_GT(answers, 0);
  EXPECT_LT(accepted, result.total.interactions) << "some were rejected";

  const auto rejected = read_interactions(folder / "run", {.types = {"interaction_rejected"}, .agent = "random_1"});
  ASSERT_TRUE(rejected);
  EXPECT_EQ(std::ssize(*rejected), std::ranges::count_if(*interactions, [](const LoggedInteraction& one) {
              return !one.accepted && (one.initiator == "random_1" || one.counterparty == "random_1");
            }));
}

// Also where governance lets an agent begin only so much in a step.
TEST_F(EventsTest, EveryProposalIsAnsweredOrExpires) {
  std::string text(kTaxed);
  text = text.substr(0, text.find("governance")) + "governance: {bandwidth_cap: 1}\n";
  text.replace(text.find("count: 3"), 8, "count: 12");
  play(scenario_of(text), "run");
  std::map<std::string, int> fates;
  std::size_t expired = 0;
  for (const Json& event : events({.types = {"interaction_proposed"}})) {
    fates[std::string(event.text_or("proposal"))] = 0;
  }
  for (const Json& event : events({.types = {"interaction_expired"}})) {
    ++fates[std::string(event.text_or("proposal"))];
    ++expired;
  }
  const auto interactions = read_interactions(folder / "run");
  std::map<std::tuple<int, int, std::string>, int> begun;
  for (const LoggedInteraction& one : *interactions) {
    EXPECT_EQ(++begun[std::tuple(one.when.epoch, one.when.step, one.initiator)], 1) << one.id << ": the cap is 1";
    if (!one.proposal.empty()) {
      ++fates[one.proposal];
    }
  }
  EXPECT_GT(fates.size(), 20U);
  EXPECT_GT(expired, 0U);
  for (const auto& [proposal, fate] : fates) {
    EXPECT_EQ(fate, 1) << proposal;
  }
  const std::string one = fates.begin()->first;
  EXPECT_EQ(events({.id = one}).size(), 2U) << "what became of it is found by its id";
}

TEST_F(EventsTest, InteractionsAsATable) {
  std::vector<LoggedInteraction> two(2);
  two[0] = {
      .id = "x1", .when = {.epoch = 1, .step = 2}, .kind = "work", .initiator = "a,\"b", .p = 0.25, .truth = true};
  two[1] = {.id = "x2", .counterparty = "c", .accepted = true, .cost_b = 2, .surplus = -1.5};
  EXPECT_EQ(interactions_csv(two),
            "interaction,epoch,step,kind,initiator,counterparty,accepted,v_hat,p,truth,surplus,externality,a,b,cost_a,"
            "cost_b,proposal\n"
            "x1,1,2,work,\"a,\"\"b\",,false,0.0,0.25,true,0.0,0.0,0.0,0.0,0.0,0.0,\n"
            "x2,0,0,,,c,true,0.0,0.0,,-1.5,0.0,0.0,0.0,0.0,2.0,\n");
  EXPECT_TRUE(interactions_csv({}).starts_with("interaction,epoch,")) << "no interactions are a table without rows";
}

struct BadEvent {
  std::string before;
  std::string after;
  std::string message;
};

TEST_F(EventsTest, WhatCannotBeIsNamedWithItsLine) {
  play(scenario_of(kTaxed), "run");
  const std::string log = text_of(folder / "run/b_events.jsonl");
  const std::string p = R"("p":)";
  const auto line_of = [&](std::string_view what) {
    return std::count(log.begin(), log.begin() + log.find(what), '\n') + 1;
  };
  const std::vector<BadEvent> bad{
      {R"("t":3,)", R"("t":4,)", "b_events.jsonl:3: out of order: t is 4 on this line"},
      {R"("t":5,)", "", "b_events.jsonl:5: out of order: t is missing on this line"},
      {R"("epoch":0,)", R"("epoch":-1,)", "b_events.jsonl:1: no event"},
      {R"("p":)", R"("p":1.5,"q":)",
       format_text("b_events.jsonl:{}: p is 1.5, and must lie in [0, 1]", line_of(R"("p":)"))},
      {R"("p":)", R"("p":null,"q":)",
       format_text("b_events.jsonl:{}: p is null, and must lie in [0, 1]", line_of(R"("p":)"))},
      {R"("v_hat":)", R"("v_hat":-1.01,"v":)",
       format_text("b_events.jsonl:{}: v_hat is -1.01, and must lie in [-1, 1]", line_of(R"("v_hat":)"))}};
  for (const BadEvent& each : bad) {
    std::string text = log;
    const std::size_t at = text.find(each.before);
    ASSERT_NE(at, std::string::npos) << each.before;
    write("bad/b_events.jsonl", text.replace(at, each.before.size(), each.after));
    EXPECT_TRUE(failure("bad").message.ends_with(each.message)) << failure("bad").message;
    EXPECT_EQ(failure("bad").code, ErrorCode::corrupt);
    EXPECT_FALSE(read_interactions(folder / "bad"));
  }
  std::string lost = log;
  const std::size_t payoff = lost.find("\"type\":\"payoff_computed\"");
  lost.replace(lost.find("\"interaction\":\"x", payoff), 15, "\"interaction\":\"y");
  write("bad/b_events.jsonl", lost);
  EXPECT_TRUE(failure("bad").message.empty()) << "each event for itself is one";
  const auto joined = read_interactions(folder / "bad");
  ASSERT_FALSE(joined);
  EXPECT_TRUE(joined.error().message.ends_with("no interaction has this number")) << joined.error().message;
}

TEST_F(EventsTest, APlaceIsALogOrAFolderWithOne) {
  play(scenario_of(kTaxed), "run");
  EXPECT_EQ(events({}, "run/b_events.jsonl"), events({}, "run"));
  EXPECT_EQ(failure("nowhere").code, ErrorCode::not_found);
  std::filesystem::create_directory(folder / "empty");
  EXPECT_EQ(failure("empty").code, ErrorCode::not_found);
  play(scenario_of(kTaxed), "runs/1", {}, {.seed = 1});
  play(scenario_of(kTaxed), "runs/2", {}, {.seed = 2});
  EXPECT_EQ(failure("runs").code, ErrorCode::invalid_argument);
  EXPECT_TRUE(failure("runs").hint.contains("1/b_events.jsonl")) << failure("runs").hint;

  const std::string log = text_of(folder / "run/b_events.jsonl");
  write("cut/b_events.jsonl", log.substr(0, log.size() / 2));
  const auto begun = events({}, "cut");
  EXPECT_EQ(std::ssize(begun), std::count(log.begin(), log.begin() + std::ssize(log) / 2, '\n'));
  EXPECT_TRUE(read_interactions(folder / "cut")) << "a run that was broken off";
}

}  // namespace
}  // namespace puna::sim
