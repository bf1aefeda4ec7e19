// Who gets rows: decoding first, prompts by remaining length and age, nobody never.
#include "engine/scheduler.h"

#include <gtest/gtest.h>

#include <map>

namespace puna::engine {
namespace {

TEST(Scheduler, NothingAddedIsAnEmptyPlan) { EXPECT_TRUE(Scheduler(8).plan().empty()); }

TEST(Scheduler, DecodingSequencesComeBeforePrompts) {
  Scheduler scheduler(8);
  scheduler.add(1, 1);
  scheduler.computed(scheduler.plan());  // 1 decodes from now on
  scheduler.add(2, 100);
  const Plan plan = scheduler.plan();
  EXPECT_EQ(plan.decode, (std::vector<Slice>{{.sequence = 1, .rows = 1}}));
  EXPECT_EQ(plan.prefill, (std::vector<Slice>{{.sequence = 2, .rows = 7}}));
}

TEST(Scheduler, TheShortestPromptGoesFirstAndTheRestOfTheStepToTheNext) {
  Scheduler scheduler(64);
  scheduler.add(1, 1000);
  scheduler.add(2, 10);
  EXPECT_EQ(scheduler.plan().prefill, (std::vector<Slice>{{.sequence = 2, .rows = 10}, {.sequence = 1, .rows = 54}}));
}

TEST(Scheduler, ALongPromptIsNotStarvedByAnEndlessStreamOfShortOnes) {
  Scheduler scheduler(64);
  scheduler.add(1, 640);
  SequenceNumber next = 2;
  int steps = 0;
  for (bool served = false; !served && steps < 1000; ++steps) {
    scheduler.add(next++, 64);  // each would fill a step by itself
    const Plan plan = scheduler.plan();
    for (const Slice& slice : plan.prefill) {
      served = served || slice.sequence == 1;
      if (slice.sequence != 1) {
        scheduler.remove(slice.sequence);
      }
    }
    scheduler.computed(plan);
  }
  EXPECT_LT(steps, 100);
}

TEST(Scheduler, MoreDecodersThanRowsTakeTurns) {
  Scheduler scheduler(4);
  for (SequenceNumber number = 1; number <= 10; ++number) {
    scheduler.add(number, 1);
  }
  for (int step = 0; step < 50; ++step) {
    scheduler.computed(scheduler.plan());  // until all of them decode
  }
  std::map<SequenceNumber, int> rows;
  for (int step = 0; step < 100; ++step) {
    const Plan plan = scheduler.plan();
    EXPECT_LE(plan.rows(), 4);
    for (const Slice& slice : plan.decode) {
      ++rows[slice.sequence];
    }
    scheduler.computed(plan);
  }
  for (SequenceNumber number = 1; number <= 10; ++number) {
    EXPECT_NEAR(rows[number], 40, 3) << number;
  }
}

TEST(Scheduler, DecodingAloneNeverShutsOutAPrompt) {
  for (const int rows_max : {1, 2, 3, 4, 16}) {
    Scheduler scheduler(rows_max);
    for (SequenceNumber number = 1; number <= 20; ++number) {
      scheduler.add(number, 1);
    }
    for (int step = 0; step < 100; ++step) {
      scheduler.computed(scheduler.plan());
    }
    scheduler.add(99, 5);
    int prefilled = 0;
    int decoded = 0;
    for (int step = 0; step < 200; ++step) {
      const Plan plan = scheduler.plan();
      EXPECT_LE(plan.rows(), rows_max);
      EXPECT_GE(plan.rows(), 1);
      decoded += static_cast<int>(plan.decode.size());
      for (const Slice& slice : plan.prefill) {
        prefilled += slice.rows;
      }
      scheduler.computed(plan);
    }
    EXPECT_EQ(prefilled, 5) << rows_max;
    EXPECT_GT(decoded, 100) << rows_max;
  }
}

TEST(Scheduler, ARemovedSequenceGetsNoRows) {
  Scheduler scheduler(8);
  scheduler.add(1, 4);
  scheduler.add(2, 4);
  scheduler.remove(1);
  EXPECT_EQ(scheduler.plan().prefill, (std::vector<Slice>{{.sequence = 2, .rows = 4}}));
}

TEST(Plan, ShrinkingHalvesPromptsAndKeepsDecoders) {
  Plan plan{.decode = {{.sequence = 1, .rows = 1}},
            .prefill = {{.sequence = 2, .rows = 6}, {.sequence = 3, .rows = 4}}};
  ASSERT_TRUE(plan.shrink());
  EXPECT_EQ(plan.prefill, (std::vector<Slice>{{.sequence = 2, .rows = 5}}));
  int shrinks = 0;
  while (plan.shrink()) {
    ++shrinks;
  }
  EXPECT_EQ(shrinks, 3);
  EXPECT_TRUE(plan.prefill.empty());
  EXPECT_EQ(plan.decode.size(), 1U);
}

TEST(Plan, APromptAloneShrinksToOneRowAndNoFurther) {
  Plan plan{.decode = {}, .prefill = {{.sequence = 2, .rows = 100}}};
  int shrinks = 0;
  while (plan.shrink()) {
    ++shrinks;
  }
  EXPECT_EQ(plan.rows(), 1);
  EXPECT_EQ(shrinks, 6);
}

}  // namespace
}  // namespace puna::engine
