#include "bench/lineup.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "bench/fake_harness.h"

namespace puna::bench {
namespace {

class LineupTest : public testing::Test {
 protected:
  static Contender contender(std::string name, const Sample& sample) {
    return {.name = std::move(name), .run = [sample](std::uint64_t) -> Result<Sample> { return sample; }};
  }
  const BenchResult& last() const { return sink_.results.back(); }

  BenchOptions options_{.rounds = 3};
  ScriptedGuard guard_;
  KeepingSink sink_;
  Harness harness_{options_, std::make_shared<LetterWeights>(), guard_, sink_, {}};
  Lineup lineup_{harness_, "B2", "8 agents"};
};

TEST_F(LineupTest, TheGoalIsAboutTheServerThatNeededLeast) {
  lineup_.add(contender("E", {.cpu_seconds = 2}));
  lineup_.add(contender("S unified", {.cpu_seconds = 10}));
  lineup_.add(contender("S split", {.cpu_seconds = 5}));
  ASSERT_TRUE(lineup_.run({.rounds = 3}, true));
  lineup_.compare_servers("cpu seconds", &Sample::cpu_seconds, {.floor = 3.0});
  ASSERT_EQ(sink_.results.size(), 2U);
  EXPECT_EQ(sink_.results[0].peer, "S split");
  EXPECT_EQ(sink_.results[0].verdict, BenchVerdict::missed);
  EXPECT_EQ(sink_.results[1].peer, "S unified");
  EXPECT_EQ(*sink_.results[1].ratio, 5);
  EXPECT_EQ(sink_.results[1].verdict, BenchVerdict::none);
}

TEST_F(LineupTest, ThePredictionIsThePeersRatesTimesTheFewestTokensPossible) {
  lineup_.add(
      contender("E", {.cpu_seconds = 2, .tokens_prefilled = 5000, .tokens_distinct = 1000, .tokens_decoded = 100}));
  lineup_.add(contender("R", {.value = 0.001, .other_value = 0.01}));
  ASSERT_TRUE(lineup_.run({.rounds = 3}, true));
  lineup_.compare_prediction({.moon = 1 / 1.05});
  EXPECT_DOUBLE_EQ(*last().value, 2.0);
  EXPECT_DOUBLE_EQ(*last().ratio, 1.0);
  EXPECT_EQ(last().moon_verdict, BenchVerdict::met);
}

TEST_F(LineupTest, TheRoundFurthestFromItsBoundDecides) {
  lineup_.add({.name = "E", .run = [](std::uint64_t serial) -> Result<Sample> {
                 return Sample{.tokens_prefilled = serial == 2 ? 1100 : 1000, .tokens_distinct = 1000};
               }});
  ASSERT_TRUE(lineup_.run({.rounds = 3}, true));
  lineup_.hold_to_bound(0.02);
  EXPECT_EQ(last().ours, 1100);
  EXPECT_EQ(last().verdict, BenchVerdict::missed);
}

TEST_F(LineupTest, AServerThatIsNotInstalledIsAResultAndTheOthersRun) {
  options_.server = "puna-no-such-server";
  lineup_.add(contender("E", {.cpu_seconds = 2}));
  const Scripts none = [](std::uint64_t) { return std::vector<AgentScript>{}; };
  ASSERT_TRUE(lineup_.add_server({.agents = 1, .window_tokens = 64}, none));
  ASSERT_TRUE(lineup_.run({.rounds = 3}, true));
  EXPECT_EQ(last().verdict, BenchVerdict::inconclusive);
  EXPECT_NE(last().note.find("puna-no-such-server"), std::string::npos);
  EXPECT_FALSE(lineup_.find("S split"));
}

TEST_F(LineupTest, APeerThatIsLeftOutIsNeitherRunNorMissed) {
  options_.without = {"S", "R"};
  options_.server = "puna-no-such-server";
  lineup_.add(contender("E", {.cpu_seconds = 2, .tokens_distinct = 1}));
  lineup_.add(contender("R", {.value = 1}));
  lineup_.add(contender("R row", {.value = 1}));
  const Scripts none = [](std::uint64_t) { return std::vector<AgentScript>{}; };
  ASSERT_TRUE(lineup_.add_server({.agents = 1, .window_tokens = 64}, none));
  ASSERT_TRUE(lineup_.run({.rounds = 3}, true));
  lineup_.compare_prediction({.moon = 1});
  lineup_.compare_servers("cpu seconds", &Sample::cpu_seconds, {.floor = 1});
  options_.without = {"S unified"};
  EXPECT_TRUE(harness_.wants("S split"));
  EXPECT_FALSE(harness_.wants("S unified"));
  EXPECT_EQ(lineup_.rounds().samples.size(), 1U);
  EXPECT_TRUE(sink_.results.empty());
}

TEST_F(LineupTest, AWorkloadThatFailsIsAResultAndAStopIsNot) {
  ASSERT_TRUE(harness_.workload("B2", "large", [&] { return harness_.check_window(101); }));
  EXPECT_EQ(last().verdict, BenchVerdict::inconclusive);
  EXPECT_NE(last().note.find("101"), std::string::npos);
  const auto stopped =
      harness_.workload("B2", "x", [] { return Result<void>(fail(ErrorCode::cancelled, "the user said so")); });
  ASSERT_FALSE(stopped);
  EXPECT_EQ(sink_.results.size(), 1U);
}

TEST_F(LineupTest, ACaseThatIsNotWantedDoesNotRunAndHasAName) {
  options_.only_case = "lar";
  int runs = 0;
  const auto run = [&] {
    ++runs;
    return Result<void>();
  };
  ASSERT_TRUE(harness_.workload("B2", "small", run));
  ASSERT_TRUE(harness_.workload("B2", "large", run));
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(harness_.names(), (std::vector<std::string>{"small", "large"}));
}

TEST_F(LineupTest, PromptsHoldOrdinaryTokensAndDifferByRound) {
  TokenSource first = harness_.tokens("B1", 0);
  const std::vector<Token> tokens = first.draw(2000);
  EXPECT_FALSE(std::ranges::contains(tokens, 0));
  EXPECT_TRUE(std::ranges::contains(tokens, 63));
  EXPECT_EQ(harness_.tokens("B1", 0).draw(2000), tokens);
  EXPECT_NE(harness_.tokens("B1", 1).draw(2000), tokens);
  EXPECT_NE(harness_.tokens("B2", 0).draw(2000), tokens);
}

TEST_F(LineupTest, QuickMeansFewerRoundsAndLongWorkloadsAsFewAsAVerdictNeeds) {
  options_ = {.quick = true};
  EXPECT_EQ(harness_.rounds(), 3);
  options_ = {};
  EXPECT_EQ(harness_.rounds(), 7);
  EXPECT_EQ(harness_.long_rounds().rounds, kRoundsMin);
  EXPECT_TRUE(harness_.short_rounds().warm_up);
  EXPECT_FALSE(harness_.long_rounds().warm_up);  // it would take minutes
  options_ = {.rounds = 2};
  EXPECT_EQ(harness_.long_rounds().rounds, 2);
}

}  // namespace
}  // namespace puna::bench
