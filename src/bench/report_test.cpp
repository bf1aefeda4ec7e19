#include <gtest/gtest.h>

#include <limits>

#include "bench/test_last_line.h"
#include "puna/bench.h"

namespace puna {
namespace {

using bench::last_line;

BenchResult result(BenchVerdict verdict) {
  return {.bench = "B2",
          .workload = "8 agents, 1000 shared",
          .metric = "cpu seconds",
          .ours = 3.5,
          .peer = "S split",
          .value = 12.8,
          .ratio = 3.657,
          .low = 3.5,
          .high = 3.8,
          .floor = 3.0,
          .verdict = verdict,
          .moon_verdict = BenchVerdict::none,
          .rounds = 7};
}

TEST(BenchReport, AResultIsOneJsonLineWithEveryNumber) {
  const Json line = to_json(result(BenchVerdict::met));
  EXPECT_EQ(line.text_or("bench"), "B2");
  EXPECT_EQ(line.text_or("case"), "8 agents, 1000 shared");
  EXPECT_EQ(line.text_or("verdict"), "met");
  EXPECT_EQ(line.find("ours")->as_double(), 3.5);
  EXPECT_EQ(line.find("value")->as_double(), 12.8);
  EXPECT_EQ(line.find("ratio")->as_double(), 3.657);
  EXPECT_EQ(line.find("interval")->as_array().size(), 2U);
  EXPECT_EQ(line.find("moon"), nullptr);
  EXPECT_EQ(line.dump().find('\n'), std::string::npos);
}

TEST(BenchReport, ANumberThatIsNotFiniteStaysJson) {
  BenchResult broken = result(BenchVerdict::inconclusive);
  broken.ratio = std::numeric_limits<double>::infinity();
  EXPECT_TRUE(Json::parse(to_json(broken).dump()));
}

TEST(BenchReport, OneMissOutweighsEverythingAndDoubtOutweighsSuccess) {
  const BenchResult met = result(BenchVerdict::met);
  const BenchResult doubt = result(BenchVerdict::inconclusive);
  const BenchResult missed = result(BenchVerdict::missed);
  EXPECT_EQ(exit_status_of(verdict_of(std::vector<BenchResult>())), 0);
  EXPECT_EQ(exit_status_of(verdict_of({met, result(BenchVerdict::none)})), 0);
  EXPECT_EQ(exit_status_of(verdict_of({met, doubt})), 75);
  EXPECT_EQ(exit_status_of(verdict_of({doubt, missed, met})), 1);
}

TEST(BenchReport, TheTableShowsLosingCasesAndNotesAndEndsWithTheSummary) {
  BenchResult losing = result(BenchVerdict::missed);
  losing.metric = "wall seconds";
  losing.ratio = 0.42;
  losing.note = "one round was disturbed";
  const std::string table = table_of({.header = {}, .results = {result(BenchVerdict::met), losing}});
  EXPECT_NE(table.find("0.42x"), std::string::npos) << table;
  EXPECT_NE(table.find("one round was disturbed"), std::string::npos) << table;
  EXPECT_NE(table.find("3.5 .. 3.8"), std::string::npos) << table;
  EXPECT_EQ(last_line(table),
            "bench: missed; floors met 1, missed 1, inconclusive 0; goals met 0, missed 0, inconclusive 0\n");
}

TEST(BenchReport, WithoutResultsThereIsStillASummary) {
  EXPECT_NE(table_of(BenchReport()).find("bench: nothing held to"), std::string::npos);
}

}  // namespace
}  // namespace puna
