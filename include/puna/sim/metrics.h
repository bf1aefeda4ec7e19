// What many interactions were, in numbers. Pure functions; every mean over nothing is 0.
// Source: SWARM's soft metrics, reporters and incoherence modules (swarm-ai-safety/swarm).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "puna/base.h"
#include "puna/sim/soft.h"

namespace puna::sim {

// One interaction as the metrics see it.
struct Outcome {
  double p = 0;
  bool accepted = false;
  // What both sides got, or would have got had it been accepted.
  Payoff payoff;
  std::optional<bool> truth;  // whether it did good, where rules say so
};

struct Metrics {
  int interactions = 0;
  int accepted = 0;
  double toxicity = 0;                       // mean of 1 - p over the accepted
  double toxicity_all = 0;                   // over all
  double quality = 0;                        // mean p over all
  double quality_gap = 0;                    // mean p of accepted less that of rejected; 0 if either is empty
  double conditional_loss = 0;               // the initiators' mean payoff when accepted less that over all
  double conditional_loss_counterparty = 0;  // likewise
  double spread = 0;                         // (s_plus + s_minus) (mean p - mean p of accepted)
  double quality_correlation = 0;            // of p and being accepted (Pearson); 0 when either does not vary
  // toxicity = baseline_harm - selection_credit: what taking everything would have cost, and what choosing saved.
  double baseline_harm = 0;
  double selection_credit = 0;
  // |quality_gap| sqrt(a (1 - a)) / deviation of p, with a the part that was accepted: how far choosing went by
  // quality, from 0 to 1, whatever that part is. It is the correlation without its sign.
  double selection_saturation = 0;
  double uncertain = 0;              // part with p within 0.2 of a half
  double high_quality_accepted = 0;  // part of those with p >= 0.5 that was accepted
  double low_quality_accepted = 0;   // of the others
  double welfare = 0;                // surplus of all accepted
  double externality = 0;            // harm of all accepted
  double net_social_welfare = 0;     // welfare - externality
  double variance_p = 0;             // of p over all (divided by n)
  double variance_payoff = 0;        // of both sides' payoffs over the accepted (divided by n)
};
[[nodiscard]] Metrics metrics_of(std::span<const Outcome> outcomes, const PayoffOptions& options);
[[nodiscard]] Json to_json(const Metrics& metrics);

// How true p is. Over the outcomes whose truth is known.
struct Calibration {
  int known = 0;
  double brier = 0;           // mean of (p - truth)^2
  double log_loss = 0;        // natural logarithm; p is kept 1e-15 from 0 and 1
  double error = 0;           // mean p less the part that did good
  double expected_error = 0;  // ECE, ten bins of equal width
  std::optional<double> auc;  // ties count half; nothing unless there are both kinds
};
// Nothing when no truth is known.
[[nodiscard]] std::optional<Calibration> calibration_of(std::span<const Outcome> outcomes);
[[nodiscard]] Json to_json(const Calibration& calibration);

// One decision, made again in several replays.
struct Incoherence {
  double disagreement = 0;  // D: part that is not the most frequent action
  double error = 0;         // E: part that is not the benchmark's action; 0 without a benchmark
  double index = 0;         // D / (E + 1e-8), at most 1
};
// actions  one for each replay; an empty text abstained and is left out.
[[nodiscard]] Incoherence incoherence_of(std::span<const std::string> actions,
                                         const std::optional<std::string>& benchmark = {});

}  // namespace puna::sim
