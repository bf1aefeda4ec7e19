#include "bench/rounds.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "bench/fake_harness.h"

namespace puna::bench {
namespace {

struct Log {
  std::vector<std::string> order;
  std::set<std::uint64_t> serials;

  Contender contender(const std::string& name) {
    return {.name = name, .run = [this, name](std::uint64_t serial) -> Result<Sample> {
              order.push_back(name);
              serials.insert(serial);
              return Sample{.cpu_seconds = static_cast<double>(serial)};
            }};
  }
};

const RoundProgress kQuiet = [](std::string_view) {};

TEST(Rounds, ContendersTakeTurnsAndTheFirstRoundIsDiscarded) {
  Log log;
  ScriptedGuard guard;
  const std::vector<Contender> contenders{log.contender("E"), log.contender("S")};
  const auto rounds = run_rounds(contenders, {.rounds = 3}, guard, kQuiet, {});
  ASSERT_TRUE(rounds);
  EXPECT_EQ(log.order, (std::vector<std::string>{"E", "S", "E", "S", "E", "S", "E", "S"}));
  EXPECT_EQ(log.serials.size(), 4U);
  EXPECT_EQ(rounds->column(0, &Sample::cpu_seconds), (std::vector<double>{1, 2, 3}));
  EXPECT_TRUE(rounds->calm);
  EXPECT_EQ(guard.settled, 1);
}

TEST(Rounds, WhoWasDisturbedRunsAgainWithOtherTokensAndNobodyElseDoes) {
  Log log;
  ScriptedGuard guard({false, false, false, true});  // the fourth run is loud: S in the second round
  const std::vector<Contender> contenders{log.contender("E"), log.contender("S")};
  const auto rounds = run_rounds(contenders, {.rounds = 3, .warm_up = false}, guard, kQuiet, {});
  ASSERT_TRUE(rounds);
  EXPECT_TRUE(rounds->calm);
  EXPECT_EQ(rounds->redone, 1);
  EXPECT_EQ(log.order, (std::vector<std::string>{"E", "S", "E", "S", "S", "E", "S"}));
  EXPECT_EQ(rounds->column(0, &Sample::cpu_seconds), (std::vector<double>{1, 2, 3}));
  EXPECT_EQ(rounds->column(1, &Sample::cpu_seconds), (std::vector<double>{1, 4, 3}));
}

TEST(Rounds, AMachineThatIsNeverCalmGivesCountsAndNoVerdict) {
  Log log;
  ScriptedGuard guard({}, true);
  const std::vector<Contender> contenders{log.contender("E")};
  const auto rounds = run_rounds(contenders, {.rounds = 3}, guard, kQuiet, {});
  ASSERT_TRUE(rounds);
  EXPECT_FALSE(rounds->calm);
  EXPECT_EQ(rounds->why, "a test is loud");
  EXPECT_EQ(rounds->samples[0].size(), 3U);
  EXPECT_EQ(log.order.size(), 1U + 3U + static_cast<unsigned>(redone_max(3)));
  log.order.clear();
  const std::vector<Contender> two{log.contender("E"), log.contender("S")};
  ASSERT_TRUE(run_rounds(two, {.rounds = 3, .warm_up = false}, guard, kQuiet, {}));
  EXPECT_EQ(std::ranges::count(log.order, "E"), 3 + redone_max(3));
  EXPECT_EQ(std::ranges::count(log.order, "S"), 3 + redone_max(3)) << "the first took what was everybody's";
  log.order.clear();
  ASSERT_TRUE(run_rounds(contenders, {.rounds = 2, .warm_up = false}, guard, kQuiet, {}));
  EXPECT_EQ(log.order.size(), 2U) << "too few for a verdict: there is nothing to mend";
}

TEST(Rounds, AContenderThatFailsEndsTheCaseWithItsName) {
  ScriptedGuard guard;
  const std::vector<Contender> contenders{
      {.name = "S split", .run = [](std::uint64_t) -> Result<Sample> { return fail(ErrorCode::unavailable, "gone"); }}};
  const auto rounds = run_rounds(contenders, {.rounds = 3}, guard, kQuiet, {});
  ASSERT_FALSE(rounds);
  EXPECT_EQ(rounds.error().message, "S split: gone");
}

TEST(Rounds, AStopEndsThemBetweenTwoContenders) {
  Log log;
  ScriptedGuard guard;
  std::stop_source stop;
  std::vector<Contender> contenders{log.contender("E"), log.contender("S")};
  contenders[0].run = [&](std::uint64_t) -> Result<Sample> {
    stop.request_stop();
    return Sample{};
  };
  const auto rounds = run_rounds(contenders, {.rounds = 3}, guard, kQuiet, stop.get_token());
  ASSERT_FALSE(rounds);
  EXPECT_EQ(rounds.error().code, ErrorCode::cancelled);
  EXPECT_TRUE(log.order.empty());
}

}  // namespace
}  // namespace puna::bench
