#include <gtest/gtest.h>

#include "bench/test_last_line.h"
#include "puna/bench/mask_bench.h"

namespace puna {
namespace {

using bench::last_line;

// Every bar is met.
MaskBenchReport good_report() {
  MaskBenchReport report{.schemas = 10, .compiled = 10, .valid = 10, .invalid = 10};
  report.masks = {2, 10};
  report.first_masks = {100, 900};
  report.peer = MaskPeerReport{.seed = 7, .states_asked = kMaskPeerStates, .states = kMaskPeerStates};
  report.peer->library = {1'000, 3'000};
  report.peer->same_gbnf = {5, 15};
  report.peer->written = {20, 30};
  report.peer->schema = {8, 12};
  return report;
}

TEST(MaskReport, AllBarsMetIsSaidInTheLastLine) {
  const MaskBenchReport report = good_report();
  EXPECT_EQ(verdict_of(report), BenchVerdict::met);
  EXPECT_EQ(last_line(table_of(report)), "maskbench: met\n");
  EXPECT_TRUE(table_of(report).contains("with seed 7"));
  EXPECT_TRUE(
      table_of(report).contains("the library takes 200 times as long under the same GBNF, 80 times with our "
                                "logits written, 200 times beside our schemas"));
}

TEST(MaskReport, TheLibraryMustTakeAHundredTimesAsLongOnTheMean) {
  MaskBenchReport report = good_report();
  report.peer->library = {990, 1'010};
  EXPECT_EQ(verdict_of(report), BenchVerdict::met);
  report.peer->library = {1, 1'998};
  EXPECT_EQ(verdict_of(report), BenchVerdict::missed);
}

TEST(MaskReport, FewerStatesAreNotJudgedAndSayNothingAboutTheRest) {
  MaskBenchReport report = good_report();
  report.peer->states = kMaskPeerStates - 1;
  report.peer->library = {1, 1};
  EXPECT_EQ(verdict_of(report), BenchVerdict::inconclusive);
  EXPECT_TRUE(table_of(report).contains("not judged"));
  report.enforced_accepted = 1;
  EXPECT_EQ(verdict_of(report), BenchVerdict::missed);
  report = good_report();
  report.peer.reset();
  EXPECT_EQ(verdict_of(report), BenchVerdict::inconclusive);
  EXPECT_TRUE(table_of(report).contains("the library's mask was not measured"));
}

TEST(MaskReport, AMaskThatDiffersWithoutAReasonIsAMissHoweverFast) {
  MaskBenchReport report = good_report();
  report.peer->disagreements.at(MaskDisagreement::control) = {.only_library = 9, .tokens = 3, .examples = {"a"}};
  report.peer->disagreements.at(MaskDisagreement::not_utf8) = {.only_ours = 9, .tokens = 3, .examples = {"b"}};
  EXPECT_EQ(verdict_of(report), BenchVerdict::met);
  report.peer->disagreements.at(MaskDisagreement::other) = {.only_ours = 1, .tokens = 1, .examples = {"token \x1b 5"}};
  EXPECT_EQ(verdict_of(report), BenchVerdict::missed);
  EXPECT_TRUE(table_of(report).contains("token \\x1b 5"));
  report = good_report();
  report.peer->lost = {"somewhere"};
  EXPECT_EQ(verdict_of(report), BenchVerdict::missed);
}

}  // namespace
}  // namespace puna
