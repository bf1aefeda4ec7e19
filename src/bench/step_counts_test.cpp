#include "bench/step_counts.h"

#include <gtest/gtest.h>

namespace puna::bench {
namespace {

TEST(StepCountsLine, ItsThreeNumbersAreRead) {
  const auto counts = parse_step_counts("{\"steps\":100,\"allocations\":7,\"locks\":0}\n");
  ASSERT_TRUE(counts) << counts.error().message;
  EXPECT_EQ(counts->steps, 100);
  EXPECT_EQ(counts->allocations, 7);
  EXPECT_EQ(counts->locks, 0);
}

TEST(StepCountsLine, AMissingOrImpossibleNumberIsNoCount) {
  for (const char* line : {"", "{}", "{\"steps\":1,\"allocations\":0}", "{\"steps\":1,\"allocations\":-1,\"locks\":0}",
                           "{\"steps\":1,\"allocations\":\"0\",\"locks\":0}"}) {
    EXPECT_FALSE(parse_step_counts(line)) << line;
  }
}

}  // namespace
}  // namespace puna::bench
