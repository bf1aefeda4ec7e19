// Who gets rows: decoding first, prompts by remaining length, followers and age, nobody never.
#include "engine/scheduler.h"

#include <gtest/gtest.h>

#include <map>

namespace puna::engine {
namespace {

constexpr int kLanes = 64;

Plan planned(Scheduler& scheduler, int rows_max) {
  Plan plan;
  scheduler.plan({.rows = rows_max, .prompt_rows = rows_max}, plan);
  return plan;
}

constexpr LaneId lane(int number) { return static_cast<LaneId>(number); }

TEST(Scheduler, NothingAddedIsAnEmptyPlan) {
  Scheduler scheduler(kLanes);
  EXPECT_TRUE(planned(scheduler, 8).empty());
}

TEST(Scheduler, DecodingSequencesComeBeforePrompts) {
  Scheduler scheduler(kLanes);
  scheduler.add(lane(1), 1);
  scheduler.computed(planned(scheduler, 8));  // 1 decodes from now on
  scheduler.add(lane(2), 100);
  EXPECT_EQ(scheduler.decoding(), 1);
  const Plan plan = planned(scheduler, 8);
  EXPECT_EQ(plan.decode, (std::vector<Slice>{{.lane = lane(1), .rows = 1}}));
  EXPECT_EQ(plan.prefill, (std::vector<Slice>{{.lane = lane(2), .rows = 7}}));
}

TEST(Scheduler, PromptsBesideDecodingGetTheirBudgetAndNoMore) {
  Scheduler scheduler(kLanes);
  scheduler.add(lane(1), 1);
  Plan plan = planned(scheduler, 64);
  scheduler.computed(plan);
  scheduler.add(lane(2), 100);
  scheduler.plan({.rows = 64, .prompt_rows = 12}, plan);
  EXPECT_EQ(plan.prefill_rows(), 12);
  scheduler.remove(lane(1));
  scheduler.plan({.rows = 64, .prompt_rows = 12}, plan);
  EXPECT_EQ(plan.prefill_rows(), 64);  // nobody decodes: there is no gap to keep small
}

TEST(Scheduler, TheShortestPromptGoesFirstAndTheRestOfTheStepToTheNext) {
  Scheduler scheduler(kLanes);
  scheduler.add(lane(1), 1000);
  scheduler.add(lane(2), 10);
  EXPECT_EQ(planned(scheduler, 64).prefill,
            (std::vector<Slice>{{.lane = lane(2), .rows = 10}, {.lane = lane(1), .rows = 54}}));
}

TEST(Scheduler, APromptThatOthersWaitForGoesFirst) {
  Scheduler scheduler(kLanes);
  scheduler.add(lane(1), 1000);
  scheduler.add(lane(2), 200);
  scheduler.set_followers(lane(1), 9);
  EXPECT_EQ(planned(scheduler, 64).prefill, (std::vector<Slice>{{.lane = lane(1), .rows = 64}}));
}

TEST(Scheduler, ALongPromptIsNotStarvedByAnEndlessStreamOfShortOnes) {
  Scheduler scheduler(kLanes);
  scheduler.add(lane(1), 640);
  int steps = 0;
  for (bool served = false; !served && steps < 1000; ++steps) {
    scheduler.add(lane(2), 64);  // each would fill a step by itself
    const Plan plan = planned(scheduler, 64);
    for (const Slice& slice : plan.prefill) {
      served = served || slice.lane == lane(1);
    }
    scheduler.computed(plan);
    scheduler.remove(lane(2));
  }
  EXPECT_LT(steps, 100);
}

TEST(Scheduler, MoreDecodersThanRowsTakeTurns) {
  Scheduler scheduler(kLanes);
  for (int number = 1; number <= 10; ++number) {
    scheduler.add(lane(number), 1);
  }
  for (int step = 0; step < 50; ++step) {
    scheduler.computed(planned(scheduler, 4));  // until all of them decode
  }
  std::map<LaneId, int> rows;
  for (int step = 0; step < 100; ++step) {
    const Plan plan = planned(scheduler, 4);
    EXPECT_LE(plan.rows(), 4);
    for (const Slice& slice : plan.decode) {
      ++rows[slice.lane];
    }
    scheduler.computed(plan);
  }
  for (int number = 1; number <= 10; ++number) {
    EXPECT_NEAR(rows[lane(number)], 40, 3) << number;
  }
}

TEST(Scheduler, DecodingAloneNeverShutsOutAPrompt) {
  for (const int rows_max : {1, 2, 3, 4, 16}) {
    Scheduler scheduler(kLanes);
    for (int number = 1; number <= 20; ++number) {
      scheduler.add(lane(number), 1);
    }
    for (int step = 0; step < 100; ++step) {
      scheduler.computed(planned(scheduler, rows_max));
    }
    scheduler.add(lane(60), 5);
    int prefilled = 0;
    int decoded = 0;
    for (int step = 0; step < 200; ++step) {
      const Plan plan = planned(scheduler, rows_max);
      EXPECT_LE(plan.rows(), rows_max);
      EXPECT_GE(plan.rows(), 1);
      decoded += static_cast<int>(plan.decode.size());
      prefilled += plan.prefill_rows();
      scheduler.computed(plan);
    }
    EXPECT_EQ(prefilled, 5) << rows_max;
    EXPECT_GT(decoded, 100) << rows_max;
  }
}

TEST(Scheduler, KeptApartPromptsGoFirstAndADecodingSequenceWaitsSoManySteps) {
  Scheduler scheduler(kLanes);
  scheduler.add(lane(1), 1);
  scheduler.add(lane(2), 1);
  const StepLimits limits{.rows = 64, .prompt_rows = 64, .apart_steps = 16};
  Plan plan;
  scheduler.plan(limits, plan);
  scheduler.computed(plan);
  scheduler.add(lane(3), 64 * 100);
  int prompt_steps = 0;
  int decode_steps = 0;
  for (int step = 0; step < 85; ++step) {
    scheduler.plan(limits, plan);
    EXPECT_TRUE(plan.decode.empty() || plan.prefill.empty());
    EXPECT_EQ(plan.rows(), plan.prefill.empty() ? 2 : 64);
    ++(plan.prefill.empty() ? decode_steps : prompt_steps);
    scheduler.computed(plan);
  }
  EXPECT_EQ(decode_steps, 5);  // one in 17
  EXPECT_EQ(prompt_steps, 80);
}

TEST(Scheduler, KeptApartTheirPiecesAreAsSmallAsWithThem) {
  Scheduler scheduler(kLanes);
  scheduler.add(lane(1), 0);
  scheduler.add(lane(2), 100);
  const StepLimits limits{.rows = 64, .prompt_rows = 8, .apart_steps = 1};
  Plan plan;
  for (int step = 0; step < 10; ++step) {
    scheduler.plan(limits, plan);
    EXPECT_EQ(plan.prefill_rows(), step % 2 == 0 ? 8 : 0);
    EXPECT_EQ(plan.decode.size(), step % 2 == 0 ? 0U : 1U);
    scheduler.computed(plan);
  }
  scheduler.remove(lane(1));
  scheduler.plan(limits, plan);
  EXPECT_EQ(plan.prefill_rows(), 60) << "nobody decodes: all that is left";
}

// The last of many prompts to be computed has waited for nothing, and was there before the others decoded last.
TEST(Scheduler, KeptApartItIsTheLongestWaitThatCounts) {
  Scheduler scheduler(kLanes);
  scheduler.add(lane(1), 8);
  scheduler.add(lane(2), 100);
  scheduler.add(lane(3), 0);
  const StepLimits limits{.rows = 64, .prompt_rows = 8, .apart_steps = 1};
  Plan plan;
  scheduler.plan(limits, plan);
  EXPECT_EQ(plan.prefill, (std::vector<Slice>{{.lane = lane(1), .rows = 8}}));
  scheduler.computed(plan);
  scheduler.plan(limits, plan);
  EXPECT_EQ(plan.decode.size(), 2U) << "3 has waited for a step";
}

// A pass of the library that is not full costs as much as one that is.
TEST(Scheduler, KeptApartAPromptThatDoesNotFitIsGivenFullPasses) {
  Scheduler scheduler(kLanes);
  scheduler.add(lane(1), 96);
  scheduler.add(lane(2), 97);
  scheduler.add(lane(3), 300);
  scheduler.add(lane(4), 301);
  const StepLimits limits{.rows = 280, .prompt_rows = 280, .apart_steps = 16};
  Plan plan;
  scheduler.plan(limits, plan);
  EXPECT_EQ(plan.prefill,
            (std::vector<Slice>{
                {.lane = lane(1), .rows = 96}, {.lane = lane(2), .rows = 97}, {.lane = lane(3), .rows = kPassRows}}));
  scheduler.computed(plan);
  scheduler.plan(limits, plan);
  EXPECT_EQ(plan.prefill, (std::vector<Slice>{{.lane = lane(3), .rows = 236}})) << "44 rows are left, and not used";
}

TEST(Scheduler, KeptApartWhoIsFirstGoesOnInPiecesSmallerThanAPass) {
  Scheduler scheduler(kLanes);
  scheduler.add(lane(1), 0);
  scheduler.add(lane(2), 10);
  scheduler.add(lane(3), 100);
  const StepLimits limits{.rows = 280, .prompt_rows = 12, .apart_steps = 1};
  Plan plan;
  scheduler.plan(limits, plan);
  EXPECT_EQ(plan.prefill, (std::vector<Slice>{{.lane = lane(2), .rows = 10}}));
  scheduler.computed(plan);
  scheduler.plan(limits, plan);
  EXPECT_EQ(plan.decode.size(), 2U);
  scheduler.computed(plan);
  scheduler.plan(limits, plan);
  EXPECT_EQ(plan.prefill, (std::vector<Slice>{{.lane = lane(3), .rows = 12}}));
}

TEST(Scheduler, RowsOfAReplyGoFirstAndPromptsHoldBackForThem) {
  Scheduler scheduler(kLanes);
  scheduler.add(lane(1), 500);
  Plan plan;
  for (int step = 0; step < 5; ++step) {
    scheduler.plan({.rows = 4, .prompt_rows = 4}, plan);  // it ages
    scheduler.computed({});
  }
  scheduler.add(lane(2), 0);
  scheduler.set_reply_rows(lane(2), 6);
  scheduler.plan({.rows = 64, .prompt_rows = 8}, plan);
  EXPECT_EQ(plan.prefill, (std::vector<Slice>{{.lane = lane(2), .rows = 6}, {.lane = lane(1), .rows = 8}}));
  scheduler.computed(plan);
  EXPECT_EQ(scheduler.decoding(), 1);
  scheduler.set_rows(lane(2), 6);  // all of it is computed anew: no reply any more
  scheduler.plan({.rows = 64, .prompt_rows = 8}, plan);
  EXPECT_EQ(plan.prefill_rows(), 64) << "nobody replies";
}

TEST(Scheduler, KeptApartRowsOfAReplyAreDecodingAndNotAPrompt) {
  Scheduler scheduler(kLanes);
  scheduler.add(lane(1), 0);
  scheduler.add(lane(2), 0);
  scheduler.add(lane(3), 100);
  scheduler.set_reply_rows(lane(2), 5);
  const StepLimits limits{.rows = 64, .prompt_rows = 8, .apart_steps = 1};
  Plan plan;
  scheduler.plan(limits, plan);
  EXPECT_EQ(plan.prefill, (std::vector<Slice>{{.lane = lane(3), .rows = 8}}));
  EXPECT_TRUE(plan.decode.empty());
  scheduler.computed(plan);
  scheduler.plan(limits, plan);
  EXPECT_EQ(plan.prefill, (std::vector<Slice>{{.lane = lane(2), .rows = 5}}));
  EXPECT_EQ(plan.decode, (std::vector<Slice>{{.lane = lane(1), .rows = 1}}));
}

TEST(Scheduler, KeptApartWithASingleRowNobodyIsShutOutAndNoPlanIsEmpty) {
  for (const int apart_steps : {1, 16}) {
    Scheduler scheduler(kLanes);
    scheduler.add(lane(1), 0);
    scheduler.add(lane(2), 0);
    scheduler.add(lane(3), 200);
    scheduler.set_reply_rows(lane(2), 20);
    const StepLimits limits{.rows = 1, .prompt_rows = 1, .apart_steps = apart_steps};
    std::map<LaneId, int> rows;
    Plan plan;
    for (int step = 0; step < 650; ++step) {
      scheduler.plan(limits, plan);
      ASSERT_EQ(plan.rows(), 1) << step;
      ++rows[plan.decode.empty() ? plan.prefill[0].lane : plan.decode[0].lane];
      scheduler.computed(plan);
    }
    EXPECT_GT(rows[lane(1)], 10);
    EXPECT_GT(rows[lane(2)], 20) << "its reply went on";
    EXPECT_GE(rows[lane(3)], 200);
  }
}

TEST(Scheduler, ARemovedSequenceGetsNoRows) {
  Scheduler scheduler(kLanes);
  scheduler.add(lane(1), 4);
  scheduler.add(lane(2), 4);
  scheduler.remove(lane(1));
  EXPECT_EQ(planned(scheduler, 8).prefill, (std::vector<Slice>{{.lane = lane(2), .rows = 4}}));
}

TEST(Plan, ShrinkingHalvesPromptsAndKeepsDecoders) {
  Plan plan{.decode = {{.lane = lane(1), .rows = 1}},
            .prefill = {{.lane = lane(2), .rows = 6}, {.lane = lane(3), .rows = 4}}};
  ASSERT_TRUE(plan.shrink());
  EXPECT_EQ(plan.prefill, (std::vector<Slice>{{.lane = lane(2), .rows = 5}}));
  int shrinks = 0;
  while (plan.shrink()) {
    ++shrinks;
  }
  EXPECT_EQ(shrinks, 3);
  EXPECT_TRUE(plan.prefill.empty());
  EXPECT_EQ(plan.decode.size(), 1U);
}

TEST(Plan, APromptAloneShrinksToOneRowAndNoFurther) {
  Plan plan{.decode = {}, .prefill = {{.lane = lane(2), .rows = 100}}};
  int shrinks = 0;
  while (plan.shrink()) {
    ++shrinks;
  }
  EXPECT_EQ(plan.rows(), 1);
  EXPECT_EQ(shrinks, 6);
}

}  // namespace
}  // namespace puna::engine
