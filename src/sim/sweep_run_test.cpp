// Shards: what each does, what a kill, a failure or a second process leaves, and that the collected bytes are the same.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <thread>

#include "puna/sim/report.h"
#include "puna/sim/sweep.h"
#include "sim/replays.h"
#include "sim/test_sim.h"

namespace puna::sim {
namespace {

const std::string kScripted =
    "scenario_id: goods\nworld: public_goods\nagents:\n  - {type: honest, count: 2}\n  - {type: random, count: 2}\n"
    "simulation: {n_epochs: 2, steps_per_epoch: 3}\nsuccess_criteria: {max_toxicity: 0.5}\n";
const std::string kAsking =
    "scenario_id: talk\nworld: public_goods\nagents:\n  - type: llm\n    count: 2\n    llm: {provider: llama_cpp, "
    "model: puna-demo}\n  - {type: random}\nsimulation: {n_epochs: 2, steps_per_epoch: 2}\n";
const std::string kSix = "sweep_id: six\nscenario: s\nseeds: [1, 2, 3]\ngrid: {world.multiplier: [1.5, 2]}\n";

class SweepTest : public SimTest {
 protected:
  static SweepPlan planned(const std::string& sweep, const std::string& scenario) {
    SweepPlan plan = *plan_sweep(*read_sweep(sweep), scenario);
    for (SweepRun& run : plan.runs) {  // as name_runs() does, without a model file
      run.id = format_text("r{:015}", &run - plan.runs.data());
    }
    return plan;
  }
  std::vector<RunState> states(const SweepPlan& plan, const std::string& name, int shard = 1, int shards = 1,
                               std::stop_token stop = {}) {
    const auto outcomes = run_shard(
        plan, {.folder = folder / name, .shard = shard, .shards = shards},
        [&](const Scenario& all) -> Result<ModelSet> {
          ++opened;
          return models_for(all, rule);
        },
        Worlds::built_in(), std::move(stop));
    EXPECT_TRUE(outcomes) << (outcomes ? "" : outcomes.error().message);
    std::vector<RunState> states;
    for (const RunOutcome& outcome : *outcomes) {
      states.push_back(outcome.state);
    }
    return states;
  }
  // Every file that must be the same in any folder.
  [[nodiscard]] std::map<std::string, std::string> collected(const SweepPlan& plan, const std::string& name) const {
    const auto all = collect_sweep(plan, folder / name);
    EXPECT_TRUE(all) << (all ? "" : all.error().message);
    EXPECT_TRUE(all && all->is_complete());
    return files_of(name);
  }

  static constexpr RunState kFinished = RunState::finished;
  int opened = 0;
  RuleModel::Rule rule = [](const Request&) -> Result<std::string> { return R"({"action": "give", "amount": 5})"; };
};

TEST_F(SweepTest, AnyNumberOfShardsInAnyOrderCollectsTheSameBytes) {
  const SweepPlan plan = planned(kSix, kScripted);
  EXPECT_EQ(states(plan, "one"), std::vector(6, kFinished));
  for (const int shard : {3, 1, 4, 2}) {
    EXPECT_EQ(states(plan, "four", shard, 4).size(), shard <= 2 ? 2U : 1U);
  }
  const auto one = collected(plan, "one");
  EXPECT_EQ(one, collected(plan, "four"));
  EXPECT_EQ(one.size(), 6U * 4U + 4U) << "runs and joined tables, no lock, nothing half done";
  const std::string& runs = one.at("six_runs.csv");
  EXPECT_TRUE(runs.starts_with("run,seed,world.multiplier,success,interactions,")) << runs;
  EXPECT_TRUE(runs.contains("\nr000000000000000,1,1.5,true,")) << runs;
  EXPECT_EQ(std::ranges::count(runs, '\n'), 7);
  EXPECT_EQ(std::ranges::count(one.at("six_epochs.csv"), '\n'), 1 + 6 * 2);
  EXPECT_EQ(std::ranges::count(one.at("six_agents.csv"), '\n'), 1 + 6 * 4);
  const auto json = Json::parse(one.at("six.json"));
  ASSERT_TRUE(json);
  EXPECT_TRUE(json->find("complete")->as_bool());
  EXPECT_EQ(json->find("runs")->as_array().size(), 6U);
  EXPECT_EQ(json->find("runs")->as_array()[5].find("values")->find("world.multiplier")->as_double(), 2);
  const auto& points = json->find("points")->as_array();
  ASSERT_EQ(points.size(), 2U);
  EXPECT_EQ(points[1].find("values")->find("world.multiplier")->as_double(), 2);
  EXPECT_EQ(points[1].find("replays")->as_integer(), 3);
}

TEST(Replays, DisagreeWhereTheyDecidedOtherwiseAndNotInWhatTheyWrote) {
  const auto line = [](int step, std::string_view agent, std::string_view action) {
    return format_text(R"({{"type":"action","epoch":0,"step":{},"agent":"{}","action":{}}})", step, agent, action) +
           "\n";
  };
  Replays replays;
  EXPECT_EQ(replays.summary().find("disagreement")->as_double(), 0);
  replays.add(line(0, "a", R"({"action":"argue","side":"red","text":"one"})") + line(1, "a", R"({"action":"noop"})"));
  replays.add(line(0, "a", R"({"action":"argue","side":"red","text":"two"})") +
              line(1, "a", R"({"action":"vote","side":"red"})"));
  replays.add(line(0, "a", R"({"action":"argue","side":"blue","text":"one"})") + line(0, "b", R"({"action":"noop"})"));
  const Json summary = replays.summary();
  EXPECT_EQ(summary.find("replays")->as_integer(), 3);
  EXPECT_EQ(summary.find("decisions")->as_integer(), 2) << "what one replay alone decided is no disagreement";
  EXPECT_DOUBLE_EQ(summary.find("disagreement")->as_double(), (1.0 / 3 + 1.0 / 2) / 2);
}

TEST_F(SweepTest, ARunEqualsTheSameRunAlone) {
  const SweepPlan plan = planned(kSix, kScripted);
  (void)states(plan, "swept");
  (void)play(*plan.runs[4].scenario, "alone", {}, {.seed = plan.runs[4].seed});
  EXPECT_EQ(files_of("alone"), files_of("swept/runs/" + plan.runs[4].id));
}

TEST_F(SweepTest, WhatIsThereIsNotDoneAgainAndModelsAreOpenedOnce) {
  const SweepPlan plan = planned(kSix, kAsking);
  EXPECT_EQ(states(plan, "a"), std::vector(6, kFinished));
  EXPECT_EQ(opened, 1);
  EXPECT_EQ(states(plan, "a"), std::vector(6, RunState::found));
  EXPECT_EQ(opened, 1) << "no model is loaded for nothing";
}

TEST_F(SweepTest, AReportOfTheRunsHasASectionForEachPointWithAllItsSeeds) {
  const SweepPlan plan = planned(kSix, kScripted);
  (void)states(plan, "a");
  const std::filesystem::path runs = folder / "a" / "runs";
  const auto page = report({&runs, 1});
  ASSERT_TRUE(page) << page.error().message;
  for (const std::string part : {"[world.multiplier: 1.5]", "[world.multiplier: 2]", "1, 2, 3"}) {
    EXPECT_TRUE(page->contains(part)) << part;
  }
}

TEST_F(SweepTest, OneFailingRunStopsNoOtherAndIsTriedAgain) {
  const SweepPlan plan = planned(kSix, kAsking);
  const RuleModel::Rule good = rule;
  rule = [good](const Request& request) -> Result<std::string> {
    const bool is_third = request.messages[0].content.contains("multiplied by 2");
    return is_third ? fail(ErrorCode::unavailable, "the server is gone") : good(request);
  };
  const std::vector<RunState> expected{kFinished,        kFinished,        kFinished,
                                       RunState::failed, RunState::failed, RunState::failed};
  EXPECT_EQ(states(plan, "a"), expected);
  const auto part = collect_sweep(plan, folder / "a");
  ASSERT_TRUE(part);
  EXPECT_EQ(part->complete, 3U);
  ASSERT_EQ(part->failed.size(), 3U);
  EXPECT_EQ(part->failed[0].first, 3U);
  EXPECT_TRUE(part->failed[0].second.contains("the server is gone")) << part->failed[0].second;
  EXPECT_TRUE(part->files.empty()) << "nothing is joined that is not whole";
  const auto taken = collect_sweep(plan, folder / "a", true);
  ASSERT_TRUE(taken);
  EXPECT_EQ(std::ranges::count(text_of(folder / "a" / "six_runs.csv"), '\n'), 4);
  EXPECT_TRUE(text_of(folder / "a" / "six.json").contains("\"complete\": false"));
  rule = good;
  EXPECT_EQ(states(plan, "a")[3], kFinished);
  (void)states(plan, "b");
  EXPECT_EQ(collected(plan, "a"), collected(plan, "b")) << "no trace of the failures is left";
}

TEST_F(SweepTest, AStopEndsAfterTheStepAndTheNextCallAsksForTheRestOnly) {
  const SweepPlan plan = planned(kSix, kAsking);
  std::stop_source source;
  const RuleModel::Rule good = rule;
  std::atomic<int> asked = 0;
  rule = [&](const Request& request) -> Result<std::string> {
    if (++asked == 12) {
      source.request_stop();
    }
    return good(request);
  };
  const std::vector<RunState> first = states(plan, "a", 1, 1, source.get_token());
  EXPECT_EQ(first, (std::vector<RunState>{kFinished, RunState::stopped, RunState::stopped, RunState::stopped,
                                          RunState::stopped, RunState::stopped}));
  const auto half = collect_sweep(plan, folder / "a");
  ASSERT_TRUE(half);
  EXPECT_EQ(half->begun, std::vector<std::size_t>{1});
  EXPECT_EQ(half->missing.size(), 4U);
  EXPECT_EQ(states(plan, "a")[1], kFinished);
  const int together = asked;
  asked = 0;
  rule = [&](const Request& request) -> Result<std::string> {
    ++asked;
    return good(request);
  };
  (void)states(plan, "b");
  EXPECT_LE(together - asked, 2) << "answers that were in the log are not asked for again";
  EXPECT_EQ(collected(plan, "a"), collected(plan, "b"));
}

TEST_F(SweepTest, ARunThatWasCutAtAnyByteEndsWithTheSameBytes) {
  const SweepPlan plan = planned("sweep_id: s\nscenario: s\nseeds: [5]\n", kScripted);
  (void)states(plan, "whole");
  const auto whole = collected(plan, "whole");
  const std::string log = text_of(folder / "whole/runs" / plan.runs[0].id / "goods_events.jsonl");
  for (std::size_t bytes = 0; bytes < log.size(); bytes += 997) {
    std::filesystem::remove_all(folder / "cut");
    std::filesystem::create_directories(folder / "cut/part" / plan.runs[0].id);
    std::ofstream(folder / "cut/part" / plan.runs[0].id / "goods_events.jsonl") << log.substr(0, bytes);
    ASSERT_EQ(states(plan, "cut"), std::vector{kFinished}) << bytes;
    ASSERT_EQ(collected(plan, "cut"), whole) << bytes;
  }
}

TEST_F(SweepTest, ACheckpointOfAnotherVersionIsBegunAnew) {
  const SweepPlan plan = planned("sweep_id: s\nscenario: s\nseeds: [5]\n", kScripted);
  const std::filesystem::path part = folder / "a/part" / plan.runs[0].id;
  std::filesystem::create_directories(part);
  std::ofstream(part / "goods_events.jsonl") << "{\"id\":\"e00000001\",\"of\":\"another version\"}\n";
  EXPECT_EQ(states(plan, "a"), std::vector{kFinished});
  (void)states(plan, "b");
  EXPECT_EQ(collected(plan, "a"), collected(plan, "b"));
}

TEST_F(SweepTest, ARunThatSomebodyIsAtIsLeftToThem) {
  const SweepPlan plan = planned(kSix, kScripted);
  std::filesystem::create_directories(folder / "a/locks");
  const int lock = ::open((folder / "a/locks" / plan.runs[2].id).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  ASSERT_EQ(::flock(lock, LOCK_EX | LOCK_NB), 0);
  std::vector<RunState> expected(6, kFinished);
  expected[2] = RunState::busy;
  EXPECT_EQ(states(plan, "a"), expected);
  ::close(lock);
  std::ranges::fill(expected, RunState::found);
  expected[2] = kFinished;
  EXPECT_EQ(states(plan, "a"), expected);
}

TEST_F(SweepTest, TwoProcessesOnOneShardDoEachRunOnce) {
  const SweepPlan plan = planned("sweep_id: s\nscenario: s\nseeds: {from: 1, to: 20}\n", kScripted);
  std::vector<RunState> other;
  const auto open = [](const Scenario&) -> Result<ModelSet> { return ModelSet(); };
  {
    const std::jthread second([&] {
      for (const RunOutcome& outcome : *run_shard(plan, {.folder = folder / "a"}, open)) {
        other.push_back(outcome.state);
      }
    });
    const std::vector<RunState> mine = states(plan, "a");
    EXPECT_EQ(mine.size(), 20U);
  }
  EXPECT_FALSE(std::ranges::contains(other, RunState::failed));
  (void)states(plan, "a");
  (void)states(plan, "b");
  EXPECT_EQ(collected(plan, "a"), collected(plan, "b"));
}

TEST_F(SweepTest, DamagedResultsAreNamedAndNeverJoined) {
  const SweepPlan plan = planned(kSix, kScripted);
  (void)states(plan, "a");
  const std::filesystem::path run = folder / "a/runs" / plan.runs[1].id;
  std::filesystem::remove(run / "goods_agents.csv");
  const auto collected = collect_sweep(plan, folder / "a");
  ASSERT_FALSE(collected);
  EXPECT_EQ(collected.error().code, ErrorCode::corrupt);
  EXPECT_TRUE(collected.error().message.contains("goods_agents.csv is missing")) << collected.error().message;
  EXPECT_EQ(states(plan, "a")[1], RunState::failed) << "it is not done over what somebody may want to look at";
  std::filesystem::remove_all(run);
  std::filesystem::copy(folder / "a/runs" / plan.runs[0].id, run);  // another seed's
  const auto foreign = collect_sweep(plan, folder / "a");
  ASSERT_FALSE(foreign);
  EXPECT_TRUE(foreign.error().message.contains("not the whole log of this run")) << foreign.error().message;
}

TEST_F(SweepTest, WrongShardsFoldersAndModelsAreErrors) {
  const SweepPlan plan = planned(kSix, kAsking);
  const auto open = [](const Scenario&) -> Result<ModelSet> { return fail(ErrorCode::not_found, "no model"); };
  for (const auto& [shard, shards] : {std::pair(0, 1), std::pair(3, 2), std::pair(1, 0)}) {
    const auto ran = run_shard(plan, {.folder = folder / "a", .shard = shard, .shards = shards}, open);
    ASSERT_FALSE(ran);
    EXPECT_EQ(ran.error().code, ErrorCode::invalid_argument);
  }
  EXPECT_EQ(run_shard(plan, {}, open).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(run_shard(plan, {.folder = folder / "a"}, open).error().code, ErrorCode::not_found);
  std::ofstream(folder / "file") << "x";
  EXPECT_EQ(run_shard(plan, {.folder = folder / "file"}, open).error().code, ErrorCode::io);
  EXPECT_EQ(collect_sweep(plan, folder / "none").error().code, ErrorCode::not_found);
}

// An answer that cannot be read is no log of another version, which would be removed.
TEST_F(SweepTest, AServerThatAnswersNonsenseCostsNoCheckpoint) {
  const SweepPlan plan = planned("sweep_id: one\nscenario: s\nseeds: [1]\n", kAsking);
  std::atomic<int> asked = 0;
  rule = [&](const Request&) -> Result<std::string> {
    return ++asked > 4 ? Result<std::string>(fail(ErrorCode::corrupt, "no JSON")) : R"({"action": "noop"})";
  };
  EXPECT_EQ(states(plan, "run"), (std::vector{RunState::failed}));
  EXPECT_LE(asked, 6);
  asked = 0;
  rule = [&](const Request&) -> Result<std::string> {
    ++asked;
    return R"({"action": "noop"})";
  };
  EXPECT_EQ(states(plan, "run"), (std::vector{kFinished}));
  EXPECT_EQ(asked, 4) << "two of four steps were there";
}

}  // namespace
}  // namespace puna::sim
