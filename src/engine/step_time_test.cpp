// How many prompt rows fit beside decoding.
#include "engine/step_time.h"

#include <gtest/gtest.h>

namespace puna::engine {
namespace {

using Duration = StepTime::Duration;

TEST(StepTime, WithoutMeasurementsAFixedSmallNumberIsAllowed) {
  const StepTime time;
  EXPECT_EQ(time.prefill_rows_max(4, 512), 32);
  EXPECT_EQ(time.prefill_rows_max(4, 8), 8);
}

TEST(StepTime, PromptRowsMayTakeAsLongAsTheDecodingItself) {
  StepTime time;
  for (int i = 0; i < 50; ++i) {
    time.note(8, 0, Duration(0.027));
    time.note(0, 100, Duration(0.15));
  }
  EXPECT_EQ(time.prefill_rows_max(8, 512), 16);  // 27 ms at 1.5 ms a row, in tiles of four
}

TEST(StepTime, MixedStepsTeachWhatARowCosts) {
  StepTime time;
  for (int i = 0; i < 100; ++i) {
    time.note(8, 0, Duration(0.020));
    time.note(8, 40, Duration(0.020 + 40 * 0.001));
  }
  EXPECT_NEAR(time.prefill_row(), 0.001, 1e-5);
  EXPECT_EQ(time.prefill_rows_max(8, 512), 28);  // 50 ms in all
}

TEST(StepTime, FarBehindInALongPromptAPieceIsLessThanATile) {
  const auto rows = [](double decode_step, double prefill_row) {
    StepTime time;
    for (int i = 0; i < 50; ++i) {
      time.note(8, 0, Duration(decode_step));
      time.note(0, 10, Duration(10 * prefill_row));
    }
    return time.prefill_rows_max(8, 512);
  };
  EXPECT_EQ(rows(0.030, 0.0074), kRowTile);
  EXPECT_EQ(rows(0.030, 0.0099), 3);
  EXPECT_EQ(rows(0.030, 0.0149), 2);
  EXPECT_EQ(rows(0.030, 0.0299), 1);
  EXPECT_EQ(rows(0.030, 0.1), 1);
}

// A pass takes 42 ms for one row to four, a little more than the decoding.
TEST(StepTime, APieceThatIsLessThanATileDoesNotShrinkForEver) {
  StepTime time;
  for (int i = 0; i < 50; ++i) {
    time.note(1, 0, Duration(0.040));
    time.note(0, 8, Duration(0.084));
  }
  for (int i = 0; i < 500; ++i) {
    time.note(1, 0, Duration(0.040));
    time.note(0, time.prefill_rows_max(0, 512), Duration(0.042));
  }
  EXPECT_EQ(time.prefill_rows_max(0, 512), 3);
}

TEST(StepTime, WhereTokensComeFasterThanAnybodyReadsTheGapMayTriple) {
  const auto rows = [](double decode_step) {
    StepTime time;
    for (int i = 0; i < 50; ++i) {
      time.note(1, 0, Duration(decode_step));
      time.note(0, 100, Duration(0.1));
    }
    return time.prefill_rows_max(0, 512);
  };
  EXPECT_EQ(rows(0.0061), 12);  // twice as long as the decoding
  EXPECT_EQ(rows(0.0190), 28);  // 31 ms: until 50 in all
  EXPECT_EQ(rows(0.0290), 28);  // as long as the decoding
  EXPECT_EQ(rows(0.0810), 80);
}

TEST(StepTime, RowsAreAtMostTheBatch) {
  StepTime time;
  for (int i = 0; i < 200; ++i) {
    time.note(1, 0, Duration(10.0));
    time.note(0, 1000, Duration(0.001));
  }
  EXPECT_LE(time.prefill_rows_max(1, 512), 512);
  EXPECT_GE(time.prefill_rows_max(1, 512), 508);
}

TEST(StepTime, DecodingAndPromptsTogetherFillTiles) {
  StepTime time;
  for (int i = 0; i < 50; ++i) {
    time.note(6, 0, Duration(0.030));
    time.note(0, 100, Duration(0.1));
  }
  EXPECT_EQ((6 + time.prefill_rows_max(6, 512)) % kRowTile, 0);
}

}  // namespace
}  // namespace puna::engine
