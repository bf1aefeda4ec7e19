// Soft labels: from what an interaction looked like (observables) to the probability p that it did good, and from p to
// what both sides get. Pure functions.
// Source: SWARM's proxy, sigmoid and payoff modules (swarm-ai-safety/swarm).
#pragma once

#include <string>

#include "puna/base.h"

namespace puna::sim {

// What can be seen of one interaction.
struct Observables {
  double progress = 0;    // of the task, -1 .. 1
  int rework = 0;         // times that work had to be done again
  int rejections = 0;     // by a verifier
  int misuse = 0;         // of tools
  double engagement = 0;  // of the other side afterwards, -1 .. 1

  bool operator==(const Observables&) const = default;
};

// How observables become one number. A count c becomes 2 * decay^c - 1: 1 for none, towards -1 for many.
struct ProxyOptions {
  double weight_progress = 0.4;
  double weight_rework = 0.2;
  double weight_verifier = 0.2;  // the mean of rejections' and misuse's signals
  double weight_engagement = 0.2;
  double decay_rework = 0.3;
  double decay_rejection = 0.4;
  double decay_misuse = 0.5;
  double steepness = 2;  // k of the sigmoid
};

// Observables to p.
class Proxy {
 public:
  // Weights are scaled to a sum of 1; if all are 0, each is a quarter.
  // Errors  invalid_argument  a weight below 0, a decay outside [0.01, 1), k outside (0, 100]; NaN is outside
  [[nodiscard]] static Result<Proxy> create(const ProxyOptions& options);

  [[nodiscard]] double v_hat(const Observables& seen) const;              // in [-1, 1]
  [[nodiscard]] double p(const Observables& seen) const;                  // in (0, 1)
  [[nodiscard]] const ProxyOptions& options() const { return options_; }  // weights scaled

 private:
  explicit Proxy(const ProxyOptions& options) : options_(options) {}
  ProxyOptions options_;
};

// 1 / (1 + e^(-k x)), without overflow for any x.
[[nodiscard]] double sigmoid(double x, double k);

struct PayoffOptions {
  double s_plus = 2;   // surplus of a good interaction, >= 0
  double s_minus = 1;  // loss of a bad one, >= 0
  double h = 2;        // harm of a bad one to everybody else, >= 0
  double theta = 0.5;  // the initiator's share of the surplus, 0 .. 1
  double rho_a = 0;    // the share of the harm that the initiator pays, 0 .. 1
  double rho_b = 0;    // that the counterparty pays, 0 .. 1
  double w_rep = 1;    // what a unit of reputation is worth, >= 0
};
// Errors  invalid_argument  a value outside its range; the message names it
[[nodiscard]] Result<void> validate(const PayoffOptions& options);

// What one interaction was, besides p.
struct Terms {
  double transfer = 0;  // tau, from initiator to counterparty
  double cost_a = 0;    // governance: taxes, penalties
  double cost_b = 0;
  double reputation_a = 0;  // of the initiator when it happened
  double reputation_b = 0;
};

struct Payoff {
  double surplus = 0;      // S = p s_plus - (1 - p) s_minus
  double externality = 0;  // E = (1 - p) h
  double a = 0;            // theta S - tau - c_a - rho_a E + w_rep r_a
  double b = 0;            // (1 - theta) S + tau - c_b - rho_b E + w_rep r_b
};
[[nodiscard]] Payoff payoff_of(double p, const Terms& terms, const PayoffOptions& options);

// The p at which the surplus is 0.  Requires  s_plus + s_minus > 0
[[nodiscard]] double break_even_p(const PayoffOptions& options);

// What an accepted interaction adds to its initiator's reputation: (p - 0.5) - c_a.
[[nodiscard]] double reputation_change(double p, double cost_a);

}  // namespace puna::sim
