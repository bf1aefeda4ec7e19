#include "puna/sim/soft.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace puna::sim {
namespace {

Proxy proxy(const ProxyOptions& options = {}) {
  auto made = Proxy::create(options);
  EXPECT_TRUE(made) << made.error().message;
  return *made;
}

TEST(Sigmoid, IsAHalfAtZeroSymmetricAndNeverOverflows) {
  EXPECT_DOUBLE_EQ(sigmoid(0, 2), 0.5);
  EXPECT_NEAR(sigmoid(1, 2), 0.880797077978, 1e-12);
  for (const double x : {0.1, 0.7, 3.0}) {
    EXPECT_NEAR(sigmoid(x, 2) + sigmoid(-x, 2), 1, 1e-15);
    EXPECT_GT(sigmoid(x, 2), sigmoid(x - 0.05, 2));
  }
  EXPECT_EQ(sigmoid(1e6, 100), 1);
  EXPECT_EQ(sigmoid(-1e6, 100), 0);
}

TEST(Proxy, FollowsTheTableThatWasComputedByHand) {
  struct Row {
    Observables seen;
    double v_hat;
    double p;
  };
  const Row rows[] = {
      {{}, 0.4, 0.689974481128},  // 0 + 0.2 * 1 + 0.2 * 1 + 0
      {{.progress = 0.5, .rework = 1, .engagement = 0.2}, 0.36, 0.672607017068},
      {{.progress = -1, .rework = 3, .rejections = 2, .misuse = 1, .engagement = -1}, -0.8572, 0.152593886085},
      {{.progress = 1, .engagement = 1}, 1, 0.880797077978},
      {{.progress = 7, .engagement = 9}, 1, 0.880797077978},  // clamped
  };
  for (const Row& row : rows) {
    EXPECT_NEAR(proxy().v_hat(row.seen), row.v_hat, 1e-12);
    EXPECT_NEAR(proxy().p(row.seen), row.p, 1e-9);
  }
}

TEST(Proxy, WeightsAreScaledAndStayInBounds) {
  const Proxy doubled =
      proxy({.weight_progress = 0.8, .weight_rework = 0.4, .weight_verifier = 0.4, .weight_engagement = 0.4});
  EXPECT_NEAR(doubled.options().weight_progress, 0.4, 1e-15);
  const Observables seen{.progress = 0.3, .rework = 2, .rejections = 1, .engagement = -0.5};
  EXPECT_NEAR(doubled.v_hat(seen), proxy().v_hat(seen), 1e-15);
  const Proxy even = proxy({.weight_progress = 0, .weight_rework = 0, .weight_verifier = 0, .weight_engagement = 0});
  EXPECT_DOUBLE_EQ(even.options().weight_rework, 0.25);
  EXPECT_DOUBLE_EQ(even.v_hat({.progress = 1, .engagement = -1}), 0.5);
}

TEST(Proxy, RefusesWhatIsOutOfRange) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const ProxyOptions& bad :
       {ProxyOptions{.weight_rework = -0.1}, ProxyOptions{.weight_progress = nan}, ProxyOptions{.decay_rework = 1},
        ProxyOptions{.decay_misuse = 0.009}, ProxyOptions{.steepness = 0}, ProxyOptions{.steepness = 100.5}}) {
    EXPECT_FALSE(Proxy::create(bad));
  }
  EXPECT_TRUE(Proxy::create({.decay_misuse = 0.01, .steepness = 100}));
  EXPECT_EQ(Proxy::create({.steepness = 0}).error().message, "steepness is 0: it must be more than 0 and at most 100");
}

TEST(Payoff, FollowsTheTableThatWasComputedByHand) {
  const PayoffOptions options{.rho_a = 0.1, .rho_b = 0.2, .w_rep = 0.5};
  const Payoff got = payoff_of(
      0.7, {.transfer = 0.3, .cost_a = 0.05, .cost_b = 0.02, .reputation_a = 0.4, .reputation_b = -0.2}, options);
  EXPECT_NEAR(got.surplus, 1.1, 1e-12);      // 1.4 - 0.3
  EXPECT_NEAR(got.externality, 0.6, 1e-12);  // 0.3 * 2
  EXPECT_NEAR(got.a, 0.34, 1e-12);           // 0.55 - 0.3 - 0.05 - 0.06 + 0.2
  EXPECT_NEAR(got.b, 0.61, 1e-12);           // 0.55 + 0.3 - 0.02 - 0.12 - 0.1
}

TEST(Payoff, IsLinearInPWithTheRightEndsAndBreaksEven) {
  const PayoffOptions options{.rho_a = 0.3};
  EXPECT_DOUBLE_EQ(payoff_of(1, {}, options).surplus, 2);
  EXPECT_DOUBLE_EQ(payoff_of(0, {}, options).surplus, -1);
  EXPECT_DOUBLE_EQ(payoff_of(0, {}, options).externality, 2);
  EXPECT_NEAR(payoff_of(0.5, {}, options).a, (payoff_of(0, {}, options).a + payoff_of(1, {}, options).a) / 2, 1e-12);
  EXPECT_NEAR(payoff_of(break_even_p(options), {}, options).surplus, 0, 1e-12);
  EXPECT_DOUBLE_EQ(break_even_p(options), 1.0 / 3);
}

TEST(Payoff, ATransferMovesFromOneToTheOtherAndReputationCounts) {
  const Payoff plain = payoff_of(0.6, {}, {});
  const Payoff paid = payoff_of(0.6, {.transfer = 1.5}, {});
  EXPECT_NEAR(paid.b - plain.b, 1.5, 1e-12);
  EXPECT_NEAR(paid.a + paid.b, plain.a + plain.b, 1e-12);
  EXPECT_NEAR(payoff_of(0.6, {.reputation_a = 0.25}, {}).a - plain.a, 0.25, 1e-12);
  EXPECT_NEAR(payoff_of(0.6, {.reputation_b = 0.25}, {.w_rep = 2}).b - payoff_of(0.6, {}, {.w_rep = 2}).b, 0.5, 1e-12);
  EXPECT_NEAR(reputation_change(0.8, 0.1), 0.2, 1e-12);
}

TEST(Payoff, RefusesWhatIsOutOfRange) {
  EXPECT_TRUE(validate(PayoffOptions{}));
  for (const PayoffOptions& bad :
       {PayoffOptions{.s_plus = -1}, PayoffOptions{.s_minus = -1}, PayoffOptions{.h = -0.1},
        PayoffOptions{.theta = 1.1}, PayoffOptions{.rho_a = -0.1}, PayoffOptions{.rho_b = 2},
        PayoffOptions{.w_rep = -1}, PayoffOptions{.h = std::numeric_limits<double>::infinity()}}) {
    EXPECT_FALSE(validate(bad));
  }
}

}  // namespace
}  // namespace puna::sim
