// See metrics.h.
#include "puna/sim/metrics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>
#include <ranges>

namespace puna::sim {
namespace {

constexpr double kUncertainBand = 0.2;
constexpr double kHighQuality = 0.5;

// Of some values.
class Mean {
 public:
  void add(double value) {
    sum_ += value;
    ++count_;
    const double off = value - running_;  // Welford's: equal values have a variance of exactly 0
    running_ += off / count_;
    squares_ += off * (value - running_);
  }
  [[nodiscard]] double value() const { return count_ == 0 ? 0 : sum_ / count_; }
  [[nodiscard]] double variance() const { return count_ == 0 ? 0 : squares_ / count_; }
  [[nodiscard]] double sum() const { return sum_; }
  [[nodiscard]] int count() const { return count_; }

 private:
  double sum_ = 0;
  double running_ = 0;
  double squares_ = 0;  // of what is off the mean
  int count_ = 0;
};

double correlation_of(std::span<const Outcome> outcomes) {
  Mean p;
  Mean accepted;
  for (const Outcome& outcome : outcomes) {
    p.add(outcome.p);
    accepted.add(outcome.accepted ? 1 : 0);
  }
  Mean both;
  for (const Outcome& outcome : outcomes) {
    both.add((outcome.p - p.value()) * ((outcome.accepted ? 1 : 0) - accepted.value()));
  }
  const double spread = std::sqrt(p.variance() * accepted.variance());
  return spread == 0 ? 0 : std::clamp(both.value() / spread, -1.0, 1.0);
}

struct Means {
  Mean all, accepted, rejected, payoff_all, payoff_accepted, other_all, other_accepted, payoffs, high, low, uncertain,
      surplus, harm;

  void add(const Outcome& outcome) {
    all.add(outcome.p);
    payoff_all.add(outcome.payoff.a);
    other_all.add(outcome.payoff.b);
    uncertain.add(std::abs(outcome.p - 0.5) < kUncertainBand ? 1 : 0);
    (outcome.p >= kHighQuality ? high : low).add(outcome.accepted ? 1 : 0);
    if (!outcome.accepted) {
      rejected.add(outcome.p);
      return;
    }
    accepted.add(outcome.p);
    payoff_accepted.add(outcome.payoff.a);
    other_accepted.add(outcome.payoff.b);
    payoffs.add(outcome.payoff.a);
    payoffs.add(outcome.payoff.b);
    surplus.add(outcome.payoff.surplus);
    harm.add(outcome.payoff.externality);
  }
};

}  // namespace

Metrics metrics_of(std::span<const Outcome> outcomes, const PayoffOptions& options) {
  Means of;
  for (const Outcome& outcome : outcomes) {
    of.add(outcome);
  }
  Metrics found{.interactions = of.all.count(),
                .accepted = of.accepted.count(),
                .toxicity_all = outcomes.empty() ? 0 : 1 - of.all.value(),
                .quality = of.all.value(),
                .quality_correlation = correlation_of(outcomes),
                .uncertain = of.uncertain.value(),
                .high_quality_accepted = of.high.value(),
                .low_quality_accepted = of.low.value(),
                .welfare = of.surplus.sum(),
                .externality = of.harm.sum(),
                .net_social_welfare = of.surplus.sum() - of.harm.sum(),
                .variance_p = of.all.variance(),
                .variance_payoff = of.payoffs.variance()};
  if (found.accepted > 0) {
    found.toxicity = 1 - of.accepted.value();
    found.conditional_loss = of.payoff_accepted.value() - of.payoff_all.value();
    found.conditional_loss_counterparty = of.other_accepted.value() - of.other_all.value();
    found.spread = (options.s_plus + options.s_minus) * (of.all.value() - of.accepted.value());
    found.baseline_harm = found.toxicity_all;
    found.selection_credit = found.baseline_harm - found.toxicity;
    found.selection_saturation = std::abs(found.quality_correlation);
    found.quality_gap = of.rejected.count() > 0 ? of.accepted.value() - of.rejected.value() : 0;
  }
  return found;
}

Json to_json(const Metrics& m) {
  return Json::object({{"interactions", m.interactions},
                       {"accepted", m.accepted},
                       {"toxicity", m.toxicity},
                       {"toxicity_all", m.toxicity_all},
                       {"quality", m.quality},
                       {"quality_gap", m.quality_gap},
                       {"conditional_loss", m.conditional_loss},
                       {"conditional_loss_counterparty", m.conditional_loss_counterparty},
                       {"spread", m.spread},
                       {"quality_correlation", m.quality_correlation},
                       {"baseline_harm", m.baseline_harm},
                       {"selection_credit", m.selection_credit},
                       {"selection_saturation", m.selection_saturation},
                       {"uncertain", m.uncertain},
                       {"high_quality_accepted", m.high_quality_accepted},
                       {"low_quality_accepted", m.low_quality_accepted},
                       {"welfare", m.welfare},
                       {"externality", m.externality},
                       {"net_social_welfare", m.net_social_welfare},
                       {"variance_p", m.variance_p},
                       {"variance_payoff", m.variance_payoff}});
}

namespace {

constexpr int kBins = 10;

double expected_error_of(std::span<const Outcome> known) {
  struct Bin {
    Mean p;
    Mean good;
  };
  std::array<Bin, kBins> bins;
  for (const Outcome& outcome : known) {
    Bin& bin = bins.at(static_cast<std::size_t>(std::clamp(static_cast<int>(outcome.p * kBins), 0, kBins - 1)));
    bin.p.add(outcome.p);
    bin.good.add(*outcome.truth ? 1 : 0);
  }
  double sum = 0;
  for (const Bin& bin : bins) {
    sum += bin.p.count() * std::abs(bin.p.value() - bin.good.value());
  }
  return sum / static_cast<double>(known.size());
}

// The chance that a good one has the larger p than a bad one.
std::optional<double> auc_of(std::span<const Outcome> known) {
  std::vector<double> good;
  std::vector<double> bad;
  for (const Outcome& outcome : known) {
    (*outcome.truth ? good : bad).push_back(outcome.p);
  }
  if (good.empty() || bad.empty()) {
    return std::nullopt;
  }
  std::ranges::sort(bad);
  double wins = 0;
  for (const double p : good) {
    const auto [from, to] = std::ranges::equal_range(bad, p);
    wins += static_cast<double>(from - bad.begin()) + static_cast<double>(to - from) / 2;
  }
  return wins / (static_cast<double>(good.size()) * static_cast<double>(bad.size()));
}

}  // namespace

std::optional<Calibration> calibration_of(std::span<const Outcome> outcomes) {
  std::vector<Outcome> known;
  std::ranges::copy_if(outcomes, std::back_inserter(known), [](const Outcome& one) { return one.truth.has_value(); });
  if (known.empty()) {
    return std::nullopt;
  }
  constexpr double kEdge = 1e-15;
  Mean brier;
  Mean loss;
  Mean error;
  for (const Outcome& outcome : known) {
    const double truth = *outcome.truth ? 1 : 0;
    const double p = std::clamp(outcome.p, kEdge, 1 - kEdge);
    brier.add((outcome.p - truth) * (outcome.p - truth));
    loss.add(*outcome.truth ? -std::log(p) : -std::log(1 - p));
    error.add(outcome.p - truth);
  }
  return Calibration{.known = static_cast<int>(known.size()),
                     .brier = brier.value(),
                     .log_loss = loss.value(),
                     .error = error.value(),
                     .expected_error = expected_error_of(known),
                     .auc = auc_of(known)};
}

Json to_json(const Calibration& c) {
  return Json::object({{"known", c.known},
                       {"brier", c.brier},
                       {"log_loss", c.log_loss},
                       {"error", c.error},
                       {"expected_error", c.expected_error},
                       {"auc", c.auc ? Json(*c.auc) : Json()}});
}

Incoherence incoherence_of(std::span<const std::string> actions, const std::optional<std::string>& benchmark) {
  std::map<std::string, int> counts;
  int made = 0;
  for (const std::string& action : actions) {
    if (!action.empty()) {
      ++counts[action];
      ++made;
    }
  }
  Incoherence found;
  if (made == 0) {
    return found;
  }
  const int most = std::ranges::max(std::views::values(counts));
  found.disagreement = 1 - static_cast<double>(most) / made;
  if (benchmark) {
    found.error = 1 - static_cast<double>(counts[*benchmark]) / made;
  }
  found.index = std::min(1.0, found.disagreement / (found.error + 1e-8));
  return found;
}

}  // namespace puna::sim
