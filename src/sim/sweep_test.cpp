// Sweep files: what they plan, what every run is called, and what is wrong with the bad ones.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>

#include "puna/sim/sweep.h"
#include "sim/test_sim.h"

namespace puna::sim {
namespace {

const std::string kGoods =
    "scenario_id: goods\nworld: public_goods\nagents:\n  - {type: honest, count: 2}\n  - type: adversarial\n"
    "simulation: {n_epochs: 2, steps_per_epoch: 2, seed: 42}\nsuccess_criteria: {max_toxicity: 0.5}\n";
const std::string kSweepHead = "sweep_id: s\nscenario: goods.yaml\n";

SweepPlan plan_of(const std::string& sweep, const std::string& scenario = kGoods) {
  const auto read = read_sweep(sweep);
  if (!read) {
    ADD_FAILURE() << to_text(read.error().front(), "sweep");
    return {};
  }
  auto plan = plan_sweep(*read, scenario);
  if (!plan) {
    ADD_FAILURE() << to_text(plan.error().front(), "sweep");
    return {};
  }
  EXPECT_TRUE(name_runs(*plan, {}));
  return *std::move(plan);
}
std::set<std::string> ids_of(const SweepPlan& plan) {
  std::set<std::string> ids;
  for (const SweepRun& run : plan.runs) {
    ids.insert(run.id);
  }
  return ids;
}
std::string problem_of(const std::string& sweep, const std::string& scenario = kGoods) {
  const auto read = read_sweep(sweep);
  if (!read) {
    return to_text(read.error().front(), "f") + " | " + read.error().front().remedy;
  }
  const auto plan = plan_sweep(*read, scenario);
  return plan ? "none" : to_text(plan.error().front(), "f") + " | " + plan.error().front().remedy;
}

TEST(Sweep, RunsStandInTheFilesOrderWithTheSeedsFastest) {
  const SweepPlan plan = plan_of(kSweepHead +
                                 "seeds: [7, 3]\ngrid:\n  world.multiplier: [1.2, 2]\n  agents.0.count: [1, 3]\n"
                                 "exclude:\n  - {world.multiplier: 2, agents.0.count: [1], seed: 3}\n");
  std::vector<std::string> runs;
  for (const SweepRun& run : plan.runs) {
    runs.push_back(value_text(plan, run, 0) + " " + value_text(plan, run, 1) + " " + std::to_string(run.seed));
  }
  EXPECT_EQ(runs, (std::vector<std::string>{"1.2 1 7", "1.2 1 3", "1.2 3 7", "1.2 3 3", "2 1 7", "2 3 7", "2 3 3"}));
  EXPECT_EQ(ids_of(plan).size(), runs.size());
  const Scenario& last = *plan.runs.back().scenario;
  EXPECT_EQ(last.agents[0].count, 3);
  EXPECT_EQ(last.world, "public_goods");
  EXPECT_EQ(last.world_parameters.find("multiplier")->as_double(), 2);
  EXPECT_EQ(last.description, "[agents.0.count: 3, world.multiplier: 2]");
  EXPECT_EQ(plan.runs[0].scenario, plan.runs[1].scenario) << "seeds share a scenario, so a report shows them together";
}

TEST(Sweep, ARunHasOneIdWhateverTheOrderTheCommentsAndTheOtherRuns) {
  const std::string turned =
      "# another spelling of the same\nsuccess_criteria: {\"max_toxicity\": 0.5}\nsimulation:\n  steps_per_epoch: 2\n"
      "  n_epochs: 2\nagents:\n  - count: 2\n    type: 'honest'\n  - {type: adversarial}\nworld: public_goods\n"
      "scenario_id: goods\n";
  const SweepPlan plan =
      plan_of(kSweepHead + "seeds: [1, 2]\ngrid: {world.multiplier: [1.2, 2], agents.0.count: [1, 3]}\n");
  const SweepPlan other = plan_of(
      "scenario: x\nsweep_id: t\ngrid:\n  agents.0.count: [3, 1]\n  world.multiplier: [2, 1.2]\nseeds: {from: 1, to: "
      "2}\n",
      turned);
  EXPECT_EQ(ids_of(plan), ids_of(other));
  const SweepPlan more = plan_of(kSweepHead + "seeds: [2, 9]\ngrid: {world.multiplier: [3, 2], agents.0.count: [3]}\n");
  std::set<std::string> both;
  std::ranges::set_intersection(ids_of(plan), ids_of(more), std::inserter(both, both.end()));
  EXPECT_EQ(both.size(), 1U) << "the runs that both sweeps have, and no others";
}

TEST(Sweep, WithoutSeedsAndGridItIsTheScenarioItself) {
  const SweepPlan plan = plan_of(kSweepHead);
  ASSERT_EQ(plan.runs.size(), 1U);
  EXPECT_EQ(plan.runs[0].seed, 42U);
  EXPECT_EQ(plan.runs[0].scenario->description, "");
  EXPECT_EQ(plan.runs[0].scenario->simulation.n_epochs, 2);
  EXPECT_EQ(plan.runs[0].scenario->success.size(), 1U);
}

TEST_F(SimTest, ARunsIdFollowsTheModelsBytesAndNotItsName) {
  const std::string scenario =
      "scenario_id: t\nagents:\n  - type: llm\n    llm: {provider: llama_cpp, model: puna-demo, temperature: 0}\n";
  const auto id_with = [&](const std::string& name, const std::string& bytes,
                           Profile profile = Profile::deterministic) {
    std::ofstream(folder / name) << bytes;
    SweepPlan plan = plan_of(kSweepHead + "seeds: [1]\n", kGoods);
    plan.runs[0].scenario = std::make_shared<const Scenario>(scenario_of(scenario));
    EXPECT_TRUE(name_runs(plan, {.demo = folder / name, .profile = profile}));
    return plan.runs[0].id;
  };
  const std::string one = id_with("a.gguf", "weights");
  EXPECT_EQ(one, id_with("b.gguf", "weights"));
  EXPECT_NE(one, id_with("a.gguf", "other weights"));
  EXPECT_NE(one, id_with("b.gguf", "weights", Profile::fast));
  SweepPlan plan = plan_of(kSweepHead, kGoods);
  plan.runs[0].scenario = std::make_shared<const Scenario>(scenario_of(scenario));
  const auto named = name_runs(plan, {.demo = folder / "none.gguf"});
  ASSERT_FALSE(named);
  EXPECT_EQ(named.error().code, ErrorCode::not_found);
}

TEST(Sweep, BadFilesSayWhereWhatAndWhatToDo) {
  const std::vector<std::pair<std::string, std::string>> table{
      {"", "f:1:1: the file is empty | sweep_id: my_sweep"},
      {"- a\n", "f:1:1: a sweep is names with values, not a list"},
      {"sweep_id: s\n", "f:1:1: there is no scenario"},
      {"sweep_id: a/b\nscenario: g\n", "f:1:11: 'sweep_id' begins the names of files"},
      {kSweepHead + "seds: [1]\n", "f:3:1: 'seds' means nothing here | did you mean seeds?"},
      {kSweepHead + "seeds: 3\n", "f:3:8: 'seeds' must be a list of whole numbers or a range, not '3'"},
      {kSweepHead + "seeds: []\n", "f:3:8: 'seeds' must be a list of whole numbers or a range, not an empty list"},
      {kSweepHead + "seeds: [1, -2]\n", "f:3:12: a seed must be a whole number from 0, not '-2'"},
      {kSweepHead + "seeds: [1, 0x1]\n", "f:3:12: the seed 1 stands here for the second time"},
      {kSweepHead + "seeds: {from: 3, to: 1}\n", "f:3:8: the range of seeds ends at 1, before it begins"},
      {kSweepHead + "seeds: {from: 3}\n", "f:3:8: a range of seeds needs 'from' and 'to'"},
      {kSweepHead + "seeds: {from: 0, to: 9223372036854775807}\n", "f:3:8: more than 10000 seeds"},
      {kSweepHead + "grid: {agents.0.count: 3}\n", "f:3:24: 'agents.0.count' must be a list of values, not '3'"},
      {kSweepHead + "grid: {description: [{'" + std::string(600, '"') + "': 1}]}\n",
       "f:3:22: a value that cannot be written as YAML in one line | shorter names in it"},
      {kSweepHead + "grid: {agents.0.count: [1, 2, 1]}\n", "f:3:31: 1 stands here for the second time"},
      {kSweepHead + "grid: {agents..count: [1]}\n", "f:3:8: a path is names and numbers with dots between them"},
      {kSweepHead + "grid: {simulation.seed: [1]}\n", "f:3:8: 'simulation.seed' is no place for seeds | seeds: "},
      {kSweepHead + "grid: {world: [market], world.endowment: [1]}\n",
       "f:3:25: 'world' and 'world.endowment' change the same place"},
      // ---- what the scenario's own reader says, at the path or the value that is to blame
      {kSweepHead + "grid: {agents.7.count: [1]}\n", "f:3:8: 'agents' is a list of 2, counted from 0: it has no '7'"},
      {kSweepHead + "grid: {scenario_id.x: [1]}\n", "f:3:8: 'scenario_id' is 'goods' in the scenario and has no parts"},
      {kSweepHead + "grid: {governance.bandwith_cap: [1, 2]}\n",
       "f:3:8: 'bandwith_cap' means nothing in governance | did you mean bandwidth_cap?"},
      {kSweepHead + "grid: {agents.0.count: [1, 0]}\n", "f:3:28: 'agents.count' must be a whole number, not '0'"},
      {kSweepHead + "grid:\n  world.multiplier: [1.5, 2]\n  world.endowment: [20, many]\n",
       "f:5:25: 'world.endowment' must be a"},
      {kSweepHead + "grid:\n  agents.0.name: [a, b]\n  agents.1.name: [a_1, c]\n",
       "f:4:3: with agents.0.name: a, agents.1.name: a_1: a second agent is called 'a_1'"},
      // ---- what is left out
      {kSweepHead + "exclude: {seed: 1}\n", "f:3:10: 'exclude' must be a list"},
      {kSweepHead + "grid: {agents.0.count: [1]}\nexclude:\n  - {agents.0.cuont: 1}\n",
       "f:5:6: 'agents.0.cuont' is no path of the grid | did you mean agents.0.count?"},
      {kSweepHead + "grid: {agents.0.count: [1]}\nexclude:\n  - {agents.0.count: 2}\n",
       "f:5:22: 'agents.0.count' never has the value 2"},
      {kSweepHead + "seeds: [1]\nexclude: [{seed: 2}]\n", "f:4:18: 'seed' never has the value 2"},
      {kSweepHead + "seeds: [1]\nexclude: [{seed: 1}]\n", "f:4:11: every run is left out"}};
  for (const auto& [text, problem] : table) {
    EXPECT_TRUE(problem_of(text).starts_with(problem)) << text << "\nsays " << problem_of(text) << "\nnot  " << problem;
  }
  EXPECT_TRUE(
      problem_of(kSweepHead, "scenario_id: g\n").starts_with("f:2:11: the scenario is none: 1:1: there are no"));
}

TEST(Sweep, ExpansionIsBoundedBeforeAnythingIsExpanded) {
  std::string text = kSweepHead + "grid:\n";
  for (int axis = 0; axis < 15; ++axis) {
    text += "  governance.x" + std::to_string(axis) + ": [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]\n";
  }
  EXPECT_TRUE(problem_of(text).starts_with("f:8:3: more than 10000 runs with this path | fewer values"))
      << problem_of(text);
  const std::string long_text(60'000, 'x');
  const std::string aliases = kSweepHead + "grid:\n  world.multiplier: [&a \"" + long_text + "\", [*a, *a]]\n";
  EXPECT_TRUE(problem_of(aliases).contains("a value of 120008 bytes; at most 100000 | a shorter one"))
      << problem_of(aliases);
  std::string path = "a";
  for (int part = 0; part < 40; ++part) {
    path += ".a";
  }
  EXPECT_TRUE(problem_of(kSweepHead + "grid: {" + path + ": [1]}\n").contains("a path of 41 parts; at most 32"));
  const std::string key(2'000, 'k');
  EXPECT_TRUE(
      problem_of(kSweepHead + "grid:\n  motif:\n    - ? " + key + "\n      : 1\n").contains("a key of 2000 bytes"));
  text += "  a.a: [1]\n  a.b: [1]\n";
  EXPECT_TRUE(problem_of(text).starts_with("f:4:3: 17 paths; at most 16")) << problem_of(text);
  EXPECT_EQ(plan_of(kSweepHead + "seeds: {from: 1, to: 10000}\n").runs.size(), 10'000U);
}

// What is written is read again as the same scenario, whatever its texts hold.
TEST(Sweep, TextsThatLookLikeOtherThingsStayTexts) {
  const SweepPlan plan =
      plan_of(kSweepHead + "grid: {motif: ['0x1f', \"a: b # c\", \"sk\u00f3r\", yes, 'null', \"q\\\"\\\\\"]}\n",
              kGoods + "description: '1.50'\n");
  std::vector<std::string> motifs;
  for (const SweepRun& run : plan.runs) {
    motifs.push_back(run.scenario->motif);
  }
  EXPECT_EQ(motifs, (std::vector<std::string>{"0x1f", "a: b # c", "sk\u00f3r", "yes", "null", "q\"\\"}));
  EXPECT_EQ(plan.runs[0].scenario->description, "1.50 [motif: 0x1f]");
}

}  // namespace
}  // namespace puna::sim
