#include "cli/sim_view.h"

#include <gtest/gtest.h>

namespace puna::cli {
namespace {

using std::chrono::seconds;

sim::Progress stepped(int epoch, int step, double toxicity, double welfare, int asked) {
  return {.epoch = epoch,
          .epochs = 4,
          .step = step,
          .steps = 5,
          .agents_asked = asked,
          .toxicity = toxicity,
          .welfare = welfare};
}

TEST(Sparkline, HasABlockForEachValueWithinItsEnds) {
  EXPECT_EQ(sparkline({0, 0.5, 1}, 0, 1), "▁▅█");
  EXPECT_EQ(sparkline({-3, 9}, 0, 1), "▁█");
  EXPECT_EQ(sparkline({2, 2}, 2, 2), "▅▅") << "no span: the middle";
  EXPECT_EQ(sparkline({}, 0, 1), "");
}

TEST(SimView, SaysHowFarItIsHowLongItTakesAndHowTheEpochsWent) {
  SimView view("town", SimView::Time{});
  int done = 0;
  for (int epoch = 0; epoch < 2; ++epoch) {
    for (int s = 0; s < 5; ++s) {
      ++done;
      view.update(stepped(epoch, s, 0.25 * epoch, 10.0 * epoch, 8 * done), SimView::Time{} + seconds(10 * done));
    }
  }
  EXPECT_EQ(view.line(200),
            "━━━━━━━━────────  epoch 2/4 step 5/5  1:40 left  toxicity ▃ 0.25  welfare ▅ 10.0  80 asked");
  view.update(stepped(2, 0, 0.5, 30, 88), SimView::Time{} + seconds(110));
  EXPECT_EQ(view.line(200),
            "━━━━━━━━────────  epoch 3/4 step 1/5  1:30 left  toxicity ▃▅ 0.50  welfare ▁█ 30.0  88 asked");
}

TEST(SimView, CountsStepsBeyondTwoThousandMillion) {
  SimView view("town", SimView::Time{});
  sim::Progress now = stepped(0, 0, 0, 0, 0);
  now.epochs = 100'000;
  now.steps = 100'000;
  view.update(now, SimView::Time{} + std::chrono::microseconds(100));
  EXPECT_TRUE(view.line(200).contains("277:46 h left")) << view.line(200);
}

TEST(SimView, LeavesOutWhatDoesNotFitTheLeastImportantFirst) {
  SimView view("town", SimView::Time{});
  view.update(stepped(1, 0, 0.5, 30, 88), SimView::Time{} + seconds(6));
  EXPECT_EQ(view.line(80), "━━━━────────────  epoch 2/4 step 1/5  14 s left  toxicity ▅ 0.50");
  EXPECT_EQ(view.line(40), "━━━━────────────  epoch 2/4 step 1/5");
  EXPECT_EQ(view.line(10), "");
}

TEST(SimView, ForgetsHowSoonReplayedStepsWentBy) {
  SimView view("town", SimView::Time{});
  for (int s = 0; s < 5; ++s) {
    view.update(stepped(0, s, 0, 0, 0), SimView::Time{});
  }
  sim::Progress now{.epochs = 1, .steps = 100};
  for (now.step = 5; now.step < 60; ++now.step) {
    view.update(now, SimView::Time{} + seconds(now.step));
  }
  EXPECT_TRUE(view.line(80).contains("40 s left")) << view.line(80);
}

TEST(SimView, IsPlainAndRareWhereThereIsNoTerminal) {
  SimView view("town", SimView::Time{});
  view.update(stepped(0, 0, 0, 0, 0), SimView::Time{} + seconds(9));
  EXPECT_FALSE(view.plain_line());
  view.update(stepped(0, 1, 0, 0, 0), SimView::Time{} + seconds(12));
  EXPECT_EQ(view.plain_line(), "town: epoch 1/4 step 2/5, 1:48 left");
  EXPECT_FALSE(view.plain_line());
  view.update(stepped(0, 2, 0, 0, 0), SimView::Time{} + seconds(3'612));
  EXPECT_EQ(view.plain_line(), "town: epoch 1/4 step 3/5, 5:41 h left");
}

}  // namespace
}  // namespace puna::cli
