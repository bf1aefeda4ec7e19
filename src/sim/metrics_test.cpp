#include "puna/sim/metrics.h"

#include <gtest/gtest.h>

namespace puna::sim {
namespace {

Outcome outcome(double p, bool accepted, double a, double b, std::optional<bool> truth) {
  Payoff payoff = payoff_of(p, {}, {});
  payoff.a = a;
  payoff.b = b;
  return {.p = p, .accepted = accepted, .payoff = payoff, .truth = truth};
}

const std::vector<Outcome> kTable = {outcome(0.9, true, 2, 1, true), outcome(0.6, true, 1, 1, false),
                                     outcome(0.4, false, 0.5, 0, true), outcome(0.1, true, -1, 0, false)};

TEST(Metrics, FollowTheTableThatWasComputedByHand) {
  const Metrics m = metrics_of(kTable, {});
  EXPECT_EQ(m.interactions, 4);
  EXPECT_EQ(m.accepted, 3);
  EXPECT_NEAR(m.toxicity, 1.4 / 3, 1e-12);
  EXPECT_NEAR(m.toxicity_all, 0.5, 1e-12);
  EXPECT_NEAR(m.quality, 0.5, 1e-12);
  EXPECT_NEAR(m.quality_gap, 1.6 / 3 - 0.4, 1e-12);
  EXPECT_NEAR(m.conditional_loss, 2.0 / 3 - 0.625, 1e-12);
  EXPECT_NEAR(m.conditional_loss_counterparty, 2.0 / 3 - 0.5, 1e-12);
  EXPECT_NEAR(m.spread, -0.1, 1e-12);
  EXPECT_NEAR(m.quality_correlation, 0.198029508595, 1e-9);
  EXPECT_NEAR(m.uncertain, 0.5, 1e-12);
  EXPECT_NEAR(m.high_quality_accepted, 1, 1e-12);
  EXPECT_NEAR(m.low_quality_accepted, 0.5, 1e-12);
  EXPECT_NEAR(m.welfare, 1.8, 1e-12);
  EXPECT_NEAR(m.externality, 2.8, 1e-12);
  EXPECT_NEAR(m.net_social_welfare, -1.0, 1e-12);
  EXPECT_NEAR(m.variance_p, 0.085, 1e-12);
  EXPECT_NEAR(m.variance_payoff, 8.0 / 9, 1e-12);
}

TEST(Metrics, EqualQualitiesDoNotVary) {
  for (int count = 1; count < 300; ++count) {
    std::vector<Outcome> outcomes;
    for (int i = 0; i < count; ++i) {
      outcomes.push_back(outcome(0.8375371, i % 3 == 0, 0.3, 0.3, {}));
    }
    const Metrics m = metrics_of(outcomes, {});
    ASSERT_EQ(m.quality_correlation, 0) << count;
    ASSERT_EQ(m.variance_p, 0) << count;
    ASSERT_EQ(m.variance_payoff, 0) << count;
  }
}

TEST(Metrics, ToxicityIsBaselineHarmLessWhatChoosingSaved) {
  const Metrics m = metrics_of(kTable, {});
  EXPECT_NEAR(m.baseline_harm - m.selection_credit, m.toxicity, 1e-15);
  // Quality gap times the root of a (1 - a), over the deviation of p.
  EXPECT_NEAR(m.selection_saturation, std::abs(m.quality_gap) * std::sqrt(0.75 * 0.25) / std::sqrt(m.variance_p),
              1e-12);
  EXPECT_NEAR(m.selection_saturation, 0.198029508595, 1e-9);
  const std::vector<Outcome> worst = {outcome(0.9, false, 0, 0, {}), outcome(0.1, true, 0, 0, {})};
  EXPECT_NEAR(metrics_of(worst, {}).selection_saturation, 1, 1e-12);
  const std::vector<Outcome> best = {outcome(0.9, true, 0, 0, {}), outcome(0.2, false, 0, 0, {})};
  EXPECT_NEAR(metrics_of(best, {}).selection_saturation, 1, 1e-12);
}

TEST(Metrics, OfNothingAreZero) {
  EXPECT_EQ(to_json(metrics_of({}, {})), to_json(Metrics{}));
  const std::vector<Outcome> rejected = {outcome(0.3, false, -1, -1, {})};
  const Metrics m = metrics_of(rejected, {});
  EXPECT_EQ(m.toxicity, 0);
  EXPECT_EQ(m.quality_gap, 0);
  EXPECT_EQ(m.spread, 0);
  EXPECT_EQ(m.conditional_loss, 0);
  EXPECT_EQ(m.welfare, 0);
  EXPECT_EQ(m.selection_credit, 0);
  const std::vector<Outcome> accepted = {outcome(0.3, true, -1, -1, {})};
  EXPECT_EQ(metrics_of(accepted, {}).quality_gap, 0);
  EXPECT_EQ(metrics_of(accepted, {}).quality_correlation, 0);
}

TEST(Calibration, FollowsTheTableThatWasComputedByHand) {
  const auto found = calibration_of(kTable);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->known, 4);
  EXPECT_NEAR(found->brier, 0.185, 1e-12);
  EXPECT_NEAR(found->log_loss, 0.510825623766, 1e-9);
  EXPECT_NEAR(found->error, 0, 1e-12);
  EXPECT_NEAR(found->expected_error, 0.35, 1e-12);
  ASSERT_TRUE(found->auc);
  EXPECT_NEAR(*found->auc, 0.75, 1e-12);
}

TEST(Calibration, EqualPCountHalfAndTheEdgesAreFinite) {
  const std::vector<Outcome> ties = {outcome(0.5, true, 0, 0, true), outcome(0.5, true, 0, 0, false)};
  EXPECT_NEAR(*calibration_of(ties)->auc, 0.5, 1e-12);
  const std::vector<Outcome> edges = {outcome(1, true, 0, 0, true), outcome(1, true, 0, 0, false)};
  EXPECT_NEAR(calibration_of(edges)->log_loss, 34.538776394911 / 2, 1e-2);
  EXPECT_NEAR(calibration_of(edges)->expected_error, 0.5, 1e-12);
}

TEST(Calibration, IsNothingWithoutTruth) {
  const std::vector<Outcome> unknown = {outcome(0.5, true, 0, 0, {})};
  EXPECT_FALSE(calibration_of(unknown));
  const std::vector<Outcome> one_kind = {outcome(0.5, true, 0, 0, true)};
  EXPECT_FALSE(calibration_of(one_kind)->auc);
  EXPECT_TRUE(to_json(*calibration_of(one_kind)).find("auc")->is_null());
}

TEST(Incoherence, IsDisagreementOverError) {
  const std::vector<std::string> actions = {"give", "give", "take", "", "keep"};
  const Incoherence with = incoherence_of(actions, "give");
  EXPECT_NEAR(with.disagreement, 0.5, 1e-12);
  EXPECT_NEAR(with.error, 0.5, 1e-12);
  EXPECT_NEAR(with.index, 1, 1e-6);
  EXPECT_NEAR(incoherence_of(actions, "take").index, 2.0 / 3, 1e-6);
  EXPECT_EQ(incoherence_of(actions).error, 0);
  EXPECT_EQ(incoherence_of(actions).index, 1) << "without a benchmark any disagreement is incoherent";
  EXPECT_EQ(incoherence_of({}).index, 0);
  const std::vector<std::string> same(5, "give");
  EXPECT_EQ(incoherence_of(same, "take").index, 0) << "wrong, and coherent";
}

}  // namespace
}  // namespace puna::sim
