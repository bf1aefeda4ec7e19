#include "bench/trace.h"

#include <gtest/gtest.h>

namespace puna::bench {
namespace {

TEST(Trace, EqualTokensAndEqualLogitsAreEqual) {
  EXPECT_TRUE(compare({.tokens = {1, 2}, .logit_hashes = {7, 8}}, {.tokens = {1, 2}, .logit_hashes = {7, 8}}).equal());
  EXPECT_EQ(describe(compare({}, {})), "equal");
}

TEST(Trace, TheFirstTokenThatDiffersIsNamedAndSoIsAMissingOne) {
  EXPECT_EQ(compare({.tokens = {1, 2, 3}}, {.tokens = {1, 9, 3}}).token, 1U);
  EXPECT_EQ(compare({.tokens = {1, 2, 3}}, {.tokens = {1, 2}}).token, 2U);
  EXPECT_EQ(describe(compare({.tokens = {}}, {.tokens = {1}})), "token 0");
}

TEST(Trace, LogitsThatDifferAreADifferenceAlsoWhereTheTokensAgree) {
  const Difference difference =
      compare({.tokens = {1, 2}, .logit_hashes = {7, 8}}, {.tokens = {1, 2}, .logit_hashes = {7, 9}});
  EXPECT_FALSE(difference.equal());
  EXPECT_EQ(describe(difference), "logits of token 1");
}

}  // namespace
}  // namespace puna::bench
