#include "bench/trace.h"

#include <gtest/gtest.h>

#include <limits>

namespace puna::bench {
namespace {

TEST(Trace, EqualTokensWithoutLogitsAreEqual) {
  EXPECT_TRUE(compare({.tokens = {1, 2, 3}}, {.tokens = {1, 2, 3}}).equal());
  EXPECT_EQ(describe(compare({}, {})), "equal");
}

TEST(Trace, TheFirstTokenThatDiffersIsNamedAndSoIsAMissingOne) {
  EXPECT_EQ(compare({.tokens = {1, 2, 3}}, {.tokens = {1, 9, 3}}).token, 1U);
  EXPECT_EQ(compare({.tokens = {1, 2, 3}}, {.tokens = {1, 2}}).token, 2U);
  EXPECT_EQ(describe(compare({.tokens = {}}, {.tokens = {1}})), "token 0");
}

TEST(Trace, ABitInALogitIsADifferenceAlsoWhereTheTokensAgree) {
  const Trace a{.tokens = {1, 2}, .logits = {{0.5F, 1.0F}, {0.25F, 0.0F}}};
  Trace b = a;
  EXPECT_TRUE(compare(a, b).equal());
  b.logits[1][1] = -0.0F;
  EXPECT_EQ(compare(a, b).logits_row, 1U);
  EXPECT_EQ(describe(compare(a, b)), "logits of token 1");
}

TEST(Trace, ANanEqualsItselfBecauseBitsAreCompared) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(compare({.tokens = {1}, .logits = {{nan}}}, {.tokens = {1}, .logits = {{nan}}}).equal());
}

TEST(Trace, RowsThatOnlyOneSideHasAreNotCompared) {
  EXPECT_TRUE(compare({.tokens = {1}, .logits = {{1.0F}}}, {.tokens = {1}}).equal());
  EXPECT_FALSE(compare({.tokens = {1}, .logits = {{1.0F}}}, {.tokens = {1}, .logits = {{1.0F, 2.0F}}}).equal());
}

}  // namespace
}  // namespace puna::bench
