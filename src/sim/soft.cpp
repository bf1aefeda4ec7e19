// See soft.h.
#include "puna/sim/soft.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace puna::sim {
namespace {

struct Bounded {
  std::string_view name;
  double value;
  double min;
  double max;
  bool with_min = true;
  bool with_max = true;
};

Result<void> check(const Bounded& range) {
  const bool above = range.with_min ? range.value >= range.min : range.value > range.min;
  const bool below = range.with_max ? range.value <= range.max : range.value < range.max;
  if (above && below && std::isfinite(range.value)) {
    return {};
  }
  return fail(ErrorCode::invalid_argument, format_text("{} is {}: it must be {} {} and {} {}", range.name, range.value,
                                                       range.with_min ? "at least" : "more than", range.min,
                                                       range.with_max ? "at most" : "less than", range.max));
}

constexpr double kLargest = 1e9;  // of amounts; keeps sums exact enough to compare

double signal_of(int count, double decay) { return 2 * std::pow(decay, std::max(count, 0)) - 1; }

}  // namespace

double sigmoid(double x, double k) {
  const double z = k * x;
  if (z >= 0) {
    return 1 / (1 + std::exp(-z));
  }
  const double e = std::exp(z);
  return e / (1 + e);
}

Result<Proxy> Proxy::create(const ProxyOptions& asked) {
  ProxyOptions options = asked;
  const std::array<std::pair<std::string_view, double*>, 4> weights{
      {{"weight_progress", &options.weight_progress},
       {"weight_rework", &options.weight_rework},
       {"weight_verifier", &options.weight_verifier},
       {"weight_engagement", &options.weight_engagement}}};
  double sum = 0;
  for (const auto& [name, weight] : weights) {
    PUNA_TRY_VOID(check({.name = name, .value = *weight, .min = 0, .max = kLargest}));
    sum += *weight;
  }
  for (const auto& [name, weight] : weights) {
    *weight = sum > 0 ? *weight / sum : 0.25;
  }
  for (const auto& [name, decay] : {std::pair<std::string_view, double>{"decay_rework", options.decay_rework},
                                    {"decay_rejection", options.decay_rejection},
                                    {"decay_misuse", options.decay_misuse}}) {
    PUNA_TRY_VOID(check({.name = name, .value = decay, .min = 0.01, .max = 1, .with_max = false}));
  }
  PUNA_TRY_VOID(check({.name = "steepness", .value = options.steepness, .min = 0, .max = 100, .with_min = false}));
  return Proxy(options);
}

double Proxy::v_hat(const Observables& seen) const {
  const double verifier =
      (signal_of(seen.rejections, options_.decay_rejection) + signal_of(seen.misuse, options_.decay_misuse)) / 2;
  const double sum = options_.weight_progress * std::clamp(seen.progress, -1.0, 1.0) +
                     options_.weight_rework * signal_of(seen.rework, options_.decay_rework) +
                     options_.weight_verifier * verifier +
                     options_.weight_engagement * std::clamp(seen.engagement, -1.0, 1.0);
  return std::clamp(sum, -1.0, 1.0);
}

double Proxy::p(const Observables& seen) const { return sigmoid(v_hat(seen), options_.steepness); }

Result<void> validate(const PayoffOptions& options) {
  for (const Bounded& range : {Bounded{.name = "s_plus", .value = options.s_plus, .min = 0, .max = kLargest},
                               Bounded{.name = "s_minus", .value = options.s_minus, .min = 0, .max = kLargest},
                               Bounded{.name = "h", .value = options.h, .min = 0, .max = kLargest},
                               Bounded{.name = "theta", .value = options.theta, .min = 0, .max = 1},
                               Bounded{.name = "rho_a", .value = options.rho_a, .min = 0, .max = 1},
                               Bounded{.name = "rho_b", .value = options.rho_b, .min = 0, .max = 1},
                               Bounded{.name = "w_rep", .value = options.w_rep, .min = 0, .max = kLargest}}) {
    PUNA_TRY_VOID(check(range));
  }
  return {};
}

Payoff payoff_of(double p, const Terms& terms, const PayoffOptions& options) {
  Payoff got{.surplus = p * options.s_plus - (1 - p) * options.s_minus, .externality = (1 - p) * options.h};
  got.a = options.theta * got.surplus - terms.transfer - terms.cost_a - options.rho_a * got.externality +
          options.w_rep * terms.reputation_a;
  got.b = (1 - options.theta) * got.surplus + terms.transfer - terms.cost_b - options.rho_b * got.externality +
          options.w_rep * terms.reputation_b;
  return got;
}

double break_even_p(const PayoffOptions& options) { return options.s_minus / (options.s_plus + options.s_minus); }

double reputation_change(double p, double cost_a) { return (p - 0.5) - cost_a; }

}  // namespace puna::sim
