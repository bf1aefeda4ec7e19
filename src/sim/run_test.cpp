// Runs: what is written, that it repeats, that it goes on after any break.
#include "puna/sim/run.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>

#include "base/test_rounds.h"
#include "sim/test_sim.h"

namespace puna::sim {
namespace {

constexpr std::string_view kMixed = R"(scenario_id: mixed
agents:
  - {type: honest, count: 3}
  - {type: opportunistic, count: 1}
  - {type: deceptive, count: 1}
  - {type: adversarial, count: 1}
  - {type: cautious}
  - {type: reciprocator}
  - {type: random}
simulation: {n_epochs: 3, steps_per_epoch: 8, seed: 42, schedule_mode: random, observation_noise_probability: 0.2,
             observation_noise_std: 0.1}
governance: {transaction_tax_rate: 0.05, reputation_decay_rate: 0.9, audit_enabled: true, circuit_breaker_enabled: true,
             freeze_threshold_toxicity: 0.6, bandwidth_cap: 3}
)";

constexpr std::string_view kLlm = R"(scenario_id: talk
world: {type: public_goods, endowment: 10}
agents:
  - {type: llm, count: 5, llm: {provider: llama_cpp, model: puna-demo, memory: 3}}
  - {type: reciprocator}
simulation: {n_epochs: 2, steps_per_epoch: 3, seed: 1}
)";

// Decides by who asks, when, and with which seed: the same in a repeated run, whoever asks first.
Result<std::string> by_request(const Request& request) {
  const std::uint64_t hash =
      Random::mix(request.sampling.seed, static_cast<std::uint64_t>(request.agent) + request.turn);
  if (hash % 7 == 0) {
    return "no JSON";
  }
  return format_text(R"({{"action":"give","amount":{}}})", hash % 11);
}

TEST_F(SimTest, EqualSeedsWriteEqualBytesAndOthersDoNot) {
  const Scenario scenario = scenario_of(kMixed);
  play(scenario, "a");
  play(scenario, "b");
  play(scenario, "c", {}, {.seed = 43});
  EXPECT_EQ(files_of("a"), files_of("b"));
  EXPECT_EQ(files_of("a").size(), 4U);
  for (const auto& [name, text] : files_of("a")) {
    EXPECT_NE(text, files_of("c")[name]) << name;
  }
}

TEST_F(SimTest, TheNumberOfAgentsThatAreAskedAtATimeChangesNothing) {
  const Scenario scenario = scenario_of(kLlm);
  play(scenario, "one", models_for(scenario, by_request), {.concurrent_max = 1, .audit = true});
  play(scenario, "many", models_for(scenario, by_request), {.concurrent_max = 16, .audit = true});
  EXPECT_EQ(files_of("one"), files_of("many"));
  const std::string audit = files_of("one").at("talk_prompts.jsonl");
  EXPECT_TRUE(audit.starts_with(R"({"agent_id":"llm_1","kind":"act)")) << audit;
  EXPECT_TRUE(audit.contains(R"("kind":"act_error","epoch":)")) << "some answers are no JSON";
  EXPECT_TRUE(audit.contains(R"("system_prompt_sha256":")"));
}

TEST_F(SimTest, ARunThatWasKilledAtAnyEventEndsWithTheSameBytes) {
  const Scenario scenario = scenario_of(kLlm);
  const RunResult whole = play(scenario, "whole", models_for(scenario, by_request));
  const auto expected = files_of("whole");
  const std::string log = expected.at("talk_events.jsonl");
  std::size_t cuts = 0;
  for (std::size_t at = 0, line = 0; at < log.size(); at = log.find('\n', at) + 1, ++line) {
    if (line % test::stride() != 0) {
      continue;
    }
    for (const std::size_t cut : {at, at + (log.find('\n', at) - at) / 2}) {  // between two lines, and in one
      std::filesystem::remove_all(folder / "cut");
      std::filesystem::create_directory(folder / "cut");
      std::ofstream(folder / "cut" / "talk_events.jsonl", std::ios::binary) << log.substr(0, cut);
      const RunResult resumed = play(scenario, "cut", models_for(scenario, by_request));
      ASSERT_EQ(files_of("cut"), expected) << "cut at byte " << cut;
      EXPECT_EQ(resumed.events, whole.events);
      EXPECT_EQ(resumed.events_found, static_cast<std::size_t>(std::ranges::count(log.substr(0, cut), '\n')));
      ++cuts;
    }
  }
  EXPECT_EQ(cuts, 2 * ((whole.events + test::stride() - 1) / test::stride()));
}

TEST_F(SimTest, AScriptedRunThatWasKilledAtAnyEventEndsWithTheSameBytes) {
  Scenario scenario = scenario_of(kMixed);
  scenario.simulation.n_epochs = 2;
  scenario.simulation.steps_per_epoch = 3;
  play(scenario, "whole");
  const auto expected = files_of("whole");
  const std::string log = expected.at("mixed_events.jsonl");
  for (std::size_t at = 0, line = 0; at < log.size(); at = log.find('\n', at) + 1, ++line) {
    if (line % test::stride() != 0) {
      continue;
    }
    std::filesystem::remove_all(folder / "cut");
    std::filesystem::create_directory(folder / "cut");
    std::ofstream(folder / "cut" / "mixed_events.jsonl", std::ios::binary) << log.substr(0, at);
    play(scenario, "cut");
    ASSERT_EQ(files_of("cut"), expected) << "cut at byte " << at;
  }
}

TEST_F(SimTest, ARunThatIsOverAsksNobodyAgain) {
  const Scenario scenario = scenario_of(kLlm);
  play(scenario, "run", models_for(scenario, by_request));
  const auto before = files_of("run");
  const RunResult again = play(scenario, "run", models_for(scenario, [](const Request&) -> Result<std::string> {
                                 return fail(ErrorCode::unavailable, "nobody is there");
                               }));
  EXPECT_EQ(again.events, again.events_found);
  EXPECT_EQ(files_of("run"), before);
  EXPECT_EQ(again.agents[0].usage.requests, 0);
}

TEST_F(SimTest, ALogThatGoesOnBehindItsEndIsSaidToBeDamaged) {
  const Scenario scenario = scenario_of(kLlm);
  const RunResult whole = play(scenario, "run", models_for(scenario, by_request));
  const auto file = folder / "run/talk_events.jsonl";
  const std::string log = text_of(file);
  std::ofstream(file, std::ios::app) << "{}\n";
  const auto more = run(scenario, {.folder = folder / "run"}, models_for(scenario, by_request));
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().code, ErrorCode::corrupt);
  EXPECT_TRUE(more.error().message.contains(format_text("talk_events.jsonl:{}: ", whole.events + 1)))
      << more.error().message;
  EXPECT_EQ(text_of(file), log + "{}\n");
  std::ofstream(file) << log << std::string(10, '\0');  // of a power loss
  play(scenario, "run", models_for(scenario, by_request));
  EXPECT_EQ(text_of(file), log);
}

// What a page says by itself is the same for equal runs; what the models cost this time is shown where it is asked for.
TEST_F(SimTest, ReportsOfEqualRunsAreEqualUnlessTheyShowWhatTheModelsCost) {
  const Scenario scenario = scenario_of(kLlm);
  const auto page = [this](const std::string& name, bool account) {
    const std::filesystem::path one = folder / name;
    auto made = report({&one, 1}, {.account = account});
    EXPECT_TRUE(made) << (made ? "" : made.error().message);
    return made.value_or("");
  };
  play(scenario, "whole", models_for(scenario, by_request), {.concurrent_max = 16});
  std::filesystem::create_directory(folder / "cut");
  const std::string log = text_of(folder / "whole/talk_events.jsonl");
  std::ofstream(folder / "cut/talk_events.jsonl") << log.substr(0, log.size() / 2);
  play(scenario, "cut", models_for(scenario, by_request), {.concurrent_max = 1});
  EXPECT_EQ(page("whole", false), page("cut", false));
  EXPECT_FALSE(page("cut", false).contains("tokens cached"));
  EXPECT_TRUE(page("cut", true).contains("was broken off"));
  EXPECT_FALSE(page("whole", true).contains("was broken off"));
  EXPECT_TRUE(page("whole", true).contains("tokens cached"));
  play(scenario, "whole", models_for(scenario, by_request));  // asks nobody
  EXPECT_FALSE(page("whole", true).contains("was broken off"));
  play(scenario, "cut", models_for(scenario, by_request));
  EXPECT_TRUE(page("cut", true).contains("was broken off")) << "it still was";
  const std::filesystem::path alone = folder / "whole/talk_events.jsonl";
  EXPECT_EQ(report({&alone, 1}).value_or(""), page("whole", false));
}

TEST_F(SimTest, ALostModelEndsTheRunWhichThenGoesOn) {
  const Scenario scenario = scenario_of(kLlm);
  play(scenario, "whole", models_for(scenario, by_request));
  std::atomic<int> asked = 0;
  const ModelSet breaking = models_for(scenario, [&](const Request& request) -> Result<std::string> {
    return ++asked == 13 ? fail(ErrorCode::unavailable, "the server is gone") : by_request(request);
  });
  const auto broken = run(scenario, {.folder = folder / "broken"}, breaking);
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().message, "the server is gone");
  EXPECT_FALSE(std::filesystem::exists(folder / "broken" / "talk_epochs.csv"));
  const RunResult after = play(scenario, "broken", models_for(scenario, by_request));
  EXPECT_EQ(files_of("broken"), files_of("whole"));
  EXPECT_GT(after.events_found, 0U);
}

TEST_F(SimTest, AStopEndsARunWhichThenGoesOn) {
  const Scenario scenario = scenario_of(kMixed);
  play(scenario, "whole");
  std::stop_source stop;
  RunOptions options{.folder = folder / "stopped"};
  options.progress = [&](const Progress& now) {
    if (now.epoch == 1 && now.step == 2) {
      stop.request_stop();
    }
  };
  const auto stopped = run(scenario, options, {}, Worlds::built_in(), stop.get_token());
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, ErrorCode::cancelled);
  play(scenario, "stopped");
  EXPECT_EQ(files_of("stopped"), files_of("whole"));
}

TEST_F(SimTest, AFolderWithAnotherRunIsLeftAsItIs) {
  const Scenario scenario = scenario_of(kMixed);
  play(scenario, "run");
  const auto before = files_of("run");
  const auto other = run(scenario, {.folder = folder / "run", .seed = 7}, {});
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, ErrorCode::corrupt);
  EXPECT_TRUE(other.error().message.contains("mixed_events.jsonl:1: this run says something else here"))
      << other.error().message;
  EXPECT_EQ(files_of("run"), before);
  // The same with half a line at its end, which is cut off only by whoever goes on with it.
  const std::filesystem::path log = folder / "run/mixed_events.jsonl";
  std::filesystem::resize_file(log, std::filesystem::file_size(log) - 9);
  const auto broken_off = files_of("run");
  EXPECT_EQ(run(scenario, {.folder = folder / "run", .seed = 7, .audit = true}, {}).error().code, ErrorCode::corrupt);
  EXPECT_EQ(files_of("run"), broken_off);
  EXPECT_TRUE(run(scenario, {.folder = folder / "run"}, {}));
  EXPECT_EQ(files_of("run"), before);
  std::filesystem::resize_file(log, std::filesystem::file_size(log) - 9);
  std::filesystem::resize_file(log, std::filesystem::file_size(log) + 100);  // zeros, as a power loss leaves them
  EXPECT_TRUE(run(scenario, {.folder = folder / "run"}, {}));
  EXPECT_EQ(files_of("run"), before);
  for (const std::string text : {"hello\n", "a note without an end", "{\"id\":\"e00000002\""}) {
    std::ofstream(log) << text;
    EXPECT_EQ(run(scenario, {.folder = folder / "run"}, {}).error().code, ErrorCode::corrupt) << text;
    EXPECT_EQ(text_of(log), text);
  }
}

// What was asked before a run went on, and in one that is over, stays counted.
TEST_F(SimTest, TheUsageFileCountsAllProcessesOfARun) {
  const Scenario scenario = scenario_of(kLlm);
  const auto requests = [&] {
    std::int64_t sum = 0;
    const auto json = Json::parse(text_of(folder / "run/talk_usage.json"));
    for (const Json& agent : json->find("agents")->as_array()) {
      sum += agent.find("requests")->as_integer();
    }
    return sum;
  };
  std::atomic<int> asked = 0;
  const auto lost = run(scenario, {.folder = folder / "run", .concurrent_max = 1},
                        models_for(scenario, [&](const Request& request) -> Result<std::string> {
                          if (++asked > 20) {
                            return fail(ErrorCode::unavailable, "gone");
                          }
                          return by_request(request);
                        }));
  ASSERT_FALSE(lost);
  EXPECT_EQ(requests(), 25) << "all of the step in which it was lost";
  play(scenario, "run", models_for(scenario, by_request));  // that step again, and the last
  EXPECT_EQ(requests(), 25 + 10);
  play(scenario, "run", models_for(scenario, by_request));
  EXPECT_EQ(requests(), 25 + 10);
  std::filesystem::remove_all(folder / "run");
  play(scenario, "run", models_for(scenario, by_request));
  EXPECT_EQ(requests(), 30);
}

// Those of a step are asked at the same time, as many as may be.
TEST_F(SimTest, AsManyAgentsAreAskedAtATimeAsMayBe) {
  const Scenario scenario = scenario_of(
      "scenario_id: t\nworld: public_goods\nagents: [{type: llm, count: 4, llm: {provider: llama_cpp, model: m}}]\n"
      "simulation: {n_epochs: 1, steps_per_epoch: 1}\n");
  for (const int most : {1, 2, 4}) {
    std::mutex mutex;
    std::condition_variable changed;
    int now = 0;
    int peak = 0;
    play(scenario, std::to_string(most),
         models_for(scenario,
                    [&](const Request&) -> Result<std::string> {
                      std::unique_lock lock(mutex);
                      peak = std::max(peak, ++now);
                      changed.notify_all();
                      changed.wait_for(lock, std::chrono::seconds(most == 1 ? 0 : 60), [&] { return peak >= most; });
                      --now;
                      return R"({"action":"give","amount":1})";
                    }),
         {.concurrent_max = most});
    EXPECT_EQ(peak, most);
  }
}

TEST_F(SimTest, ARunGoesOnOnlyWithTheModelsItBeganWithAndAsksNobodyBefore) {
  const Scenario scenario = scenario_of(kLlm);
  int asked = 0;
  const auto models = [&](const std::string& what) {
    ModelSet set;
    set.add(scenario.agents[0].llm, std::make_unique<RuleModel>([&](const Request& request) {
              ++asked;
              return by_request(request);
            }),
            what);
    return set;
  };
  const RunOptions options{.folder = folder / "run", .concurrent_max = 1};
  ASSERT_TRUE(run(scenario, options, models("file of 10 bytes")));
  asked = 0;
  const auto other = run(scenario, options, models("file of 11 bytes"));
  ASSERT_FALSE(other);
  EXPECT_TRUE(other.error().message.contains("talk_events.jsonl:1: ")) << other.error().message;
  std::filesystem::resize_file(folder / "run/talk_events.jsonl",
                               text_of(folder / "run/talk_events.jsonl").find('\n') + 1);
  ASSERT_FALSE(run(scenario, options, models("file of 11 bytes")));
  EXPECT_EQ(asked, 0) << "the first line says it";
  EXPECT_TRUE(run(scenario, options, models("file of 10 bytes")));
}

TEST_F(SimTest, AServerThatRefusesWhatEverybodyAsksEndsTheRun) {
  const Scenario scenario = scenario_of(kLlm);
  for (const ErrorCode code : {ErrorCode::invalid_argument, ErrorCode::corrupt}) {
    const auto refused = run(scenario, {.folder = folder / "refused"}, models_for(scenario, [code](const Request&) {
                               return Result<std::string>(fail(code, "the key has expired"));
                             }));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message, "the key has expired");
    EXPECT_NE(refused.error().code, ErrorCode::corrupt) << "that is the log of another run, which a sweep removes";
  }
  play(scenario, "refused", models_for(scenario, by_request));
  play(scenario, "whole", models_for(scenario, by_request));
  EXPECT_EQ(files_of("refused"), files_of("whole")) << "no trace of the failures is left";
}

TEST_F(SimTest, TheLogSaysEveryChangeOfAReputation) {
  const Scenario scenario = scenario_of(kMixed);  // with decay
  const RunResult result = play(scenario, "run");
  std::map<std::string, double> last;
  const std::string log = text_of(folder / "run/mixed_events.jsonl");
  for (std::size_t at = 0, end = 0; (end = log.find('\n', at)) != std::string::npos; at = end + 1) {
    const Json event = *Json::parse(std::string_view(log).substr(at, end - at));
    if (event.text_or("type") == "reputation_updated") {
      double& known = last[std::string(event.text_or("agent"))];
      EXPECT_DOUBLE_EQ(event.find("from")->as_double(), known);
      known = event.find("to")->as_double();
    }
  }
  for (const AgentResult& agent : result.agents) {
    EXPECT_DOUBLE_EQ(agent.reputation, last[agent.name]) << agent.name;
  }
}

TEST_F(SimTest, AnswersThatAreNoActionAreNoopsAndCounted) {
  const Scenario scenario = scenario_of(kLlm);
  const RunResult result =
      play(scenario, "run", models_for(scenario, [](const Request& request) -> Result<std::string> {
             switch (static_cast<std::uint64_t>(request.agent)) {
               case 1:
                 return "{\"action\":\"give\",\"amount\":11}";  // more than there is
               case 2:
                 return "{\"action\":\"steal\"}";
               case 3:
                 return fail(ErrorCode::limit, "the prompt does not fit");
               case 4:
                 return "{\"action\":\"noop\"}";
               default:
                 return "{\"action\":\"give\",\"amount\":10}";
             }
           }));
  for (const std::size_t agent : {0U, 1U, 2U, 3U}) {
    EXPECT_EQ(result.agents[agent].failures, agent == 3 ? 0 : 6);
    EXPECT_EQ(result.agents[agent].noops, 6);
    EXPECT_EQ(result.agents[agent].interactions, 0);
  }
  EXPECT_EQ(result.agents[4].accepted, 6);
  EXPECT_TRUE(files_of("run").at("talk_events.jsonl").contains("\"failure\":\"the prompt does not fit\""));
}

TEST_F(SimTest, ALimitThatIsNotTheWindowsEndsTheRunWhichGoesOnLater) {
  const Scenario scenario = scenario_of(kLlm);
  bool has_memory = false;
  const ModelSet models = models_for(scenario, [&](const Request&) -> Result<std::string> {
    return has_memory ? Result<std::string>("{\"action\":\"give\",\"amount\":10}")
                      : fail(ErrorCode::limit, "out of memory");
  });
  const auto broken = run(scenario, {.folder = folder / "run"}, models);
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().message, "out of memory");
  has_memory = true;
  for (const AgentResult& agent : play(scenario, "run", models).agents) {
    EXPECT_EQ(agent.failures, 0);
  }
}

TEST_F(SimTest, AnLlmAgentIsScoredByWhatItDoesNotByAType) {
  const Scenario scenario = scenario_of(kLlm);
  const RunResult result =
      play(scenario, "run", models_for(scenario, [](const Request& request) -> Result<std::string> {
             const bool gives = request.agent == AgentId{1};
             return format_text(R"({{"action":"give","amount":{}}})", gives ? 10 : 0);
           }));
  EXPECT_GT(result.agents[0].p, 0.8);
  EXPECT_LT(result.agents[1].p, 0.4);
  EXPECT_GT(result.agents[0].reputation, 0);
  EXPECT_LT(result.agents[1].reputation, 0);
  Scenario by_type = scenario;
  by_type.simulation.observables = ObservableSource::types;
  const RunResult typed = play(by_type, "typed", models_for(by_type, [](const Request&) -> Result<std::string> {
                                 return R"({"action":"give","amount":0})";
                               }));
  EXPECT_GT(typed.agents[1].p, 0.7) << "with observables: types what was done does not count";
}

TEST_F(SimTest, ReputationIsPartOfThePayoff) {
  Scenario scenario = scenario_of(
      "scenario_id: r\nworld: public_goods\nagents: [{type: honest, count: 2}]\n"
      "simulation: {n_epochs: 1, steps_per_epoch: 4}\n");
  scenario.payoff.w_rep = 1;
  const double with = play(scenario, "with").agents[0].payoff;
  scenario.payoff.w_rep = 0;
  EXPECT_GT(with, play(scenario, "without").agents[0].payoff + 0.5);
}

TEST_F(SimTest, SuccessCriteriaAreJudged) {
  const Scenario scenario =
      scenario_of(std::string(kMixed) + "success_criteria: {min_epochs: 3, max_toxicity: 0.01, min_agents: 9}\n");
  const RunResult result = play(scenario, "run");
  ASSERT_EQ(result.verdicts.size(), 3U);
  EXPECT_FALSE(result.is_success());
  for (const Verdict& verdict : result.verdicts) {
    EXPECT_EQ(verdict.is_met, verdict.name != "max_toxicity") << verdict.name;
  }
}

TEST_F(SimTest, OutputsHaveTheNamesThatTheScenarioSays) {
  const Scenario scenario =
      scenario_of(std::string(kMixed) + "outputs: {event_log: logs/deep/e.jsonl, metrics_csv: results/m.csv}\n");
  play(scenario, "run");
  EXPECT_TRUE(std::filesystem::exists(folder / "run/logs/deep/e.jsonl"));
  const std::string csv = text_of(folder / "run/results/m.csv");
  EXPECT_TRUE(csv.starts_with("epoch,interactions,accepted,toxicity,")) << csv;
  EXPECT_EQ(std::ranges::count(csv, '\n'), 4);
}

TEST_F(SimTest, GovernanceTaxesAuditsFreezesAndAsksForStakes) {
  const Scenario scenario = scenario_of(R"(scenario_id: g
world: public_goods
agents:
  - {type: honest, count: 2}
  - {type: adversarial}
  - {type: honest, name: poor, config: {resources: 1}}
simulation: {n_epochs: 4, steps_per_epoch: 2}
governance: {transaction_tax_rate: 0.1, audit_enabled: true, audit_probability: 1, circuit_breaker_enabled: true,
             freeze_threshold_toxicity: 0.6, freeze_duration_epochs: 2, staking_enabled: true, min_stake_to_participate: 50}
)");
  const RunResult result = play(scenario, "run");
  const std::string log = files_of("run").at("g_events.jsonl");
  EXPECT_TRUE(log.contains("\"what\":\"tax\""));
  EXPECT_TRUE(log.contains("\"what\":\"audit\""));
  EXPECT_TRUE(log.contains(R"("type":"agent_frozen","epoch":0,"step":1,"agent":"adversarial_1")")) << log;
  EXPECT_EQ(result.agents[2].accepted, 4) << "frozen in the second and the third epoch";
  EXPECT_LT(result.agents[3].accepted, 8) << "it could not begin before the others had paid it in";
}

TEST_F(SimTest, ARandomScheduleIsOneAndTheSameForEqualSeeds) {
  const auto first_of_each_step = [&](const std::string& mode, std::uint64_t seed, const std::string& name) {
    const Scenario scenario = scenario_of(
        "scenario_id: o\nworld: public_goods\nagents: [{type: honest, count: 4}]\nsimulation: {n_epochs: 1, "
        "steps_per_epoch: 50, max_actions_per_step: 2, schedule_mode: " +
        mode + "}\n");
    const RunResult result = play(scenario, name, {}, {.seed = seed});
    for (const AgentResult& agent : result.agents) {
      EXPECT_NEAR(agent.actions, 25, 12) << mode;  // 3.5 is the deviation
    }
    std::vector<std::string> first;
    std::int64_t step = -1;
    const auto read = each_event(folder / name, {.types = {"action"}}, [&](const Json& event, std::string_view) {
      if (std::exchange(step, event.find("step")->as_integer()) != event.find("step")->as_integer()) {
        first.emplace_back(event.text_or("agent"));
      }
    });
    EXPECT_TRUE(read);
    EXPECT_EQ(first.size(), 50U);
    return first;
  };
  const auto one = first_of_each_step("random", 1, "one");
  EXPECT_EQ(one, first_of_each_step("random", 1, "again"));
  EXPECT_NE(one, first_of_each_step("random", 2, "two"));
  EXPECT_NE(one, first_of_each_step("round_robin", 1, "in turn"));
}

TEST_F(SimTest, AllSchedulesLetEveryAgentAct) {
  for (const std::string schedule : {"round_robin", "random", "priority"}) {
    const Scenario scenario = scenario_of(
        "scenario_id: o\nworld: public_goods\nagents:\n  - {type: honest, count: 3}\n"
        "  - {type: cautious, config: {priority: 5}}\nsimulation: {n_epochs: 1, steps_per_epoch: 8, schedule_mode: " +
        schedule + ", max_actions_per_step: 2}\n");
    const RunResult result = play(scenario, schedule);
    int actions = 0;
    for (const AgentResult& agent : result.agents) {
      actions += agent.actions;
    }
    EXPECT_EQ(actions, 16);
    if (schedule == "round_robin") {
      EXPECT_EQ(result.agents[3].actions, 4);
    } else if (schedule == "priority") {
      EXPECT_EQ(result.agents[3].actions, 8);
      EXPECT_EQ(result.agents[2].actions, 0);
    }
  }
}

}  // namespace
}  // namespace puna::sim
