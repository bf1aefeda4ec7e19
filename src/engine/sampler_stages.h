// The stages of a sampler chain, each a plain function on the candidates that are left. Formulas and edge cases are
// libllama's, which llama_sampling_test holds them to; sums are in double precision.
//
// Invariant between stages: at least one candidate's logit is finite. One that a stage forbids but does not drop has
// minus infinity, as in libllama, where the next stages still count it.
#pragma once

#include <cstddef>
#include <limits>
#include <vector>

#include "engine/sampler_plan.h"

namespace puna::engine {

struct Candidate {
  Token token = 0;
  float logit = 0;
  double probability = 0;
};

// The logit of one that a stage forbids.
inline constexpr float kForbidden = -std::numeric_limits<float>::infinity();

// The larger logit first; of equals, the lower id.
inline constexpr auto kBetter = [](const Candidate& a, const Candidate& b) {
  return a.logit > b.logit || (a.logit == b.logit && a.token < b.token);
};

// Sorted only as far as somebody looks: a draw rarely goes beyond the best hundred of a large vocabulary.
class Candidates {
 public:
  std::vector<Candidate> list;
  std::size_t sorted = 0;  // so many of them are the best ones, best first

  void sort() { sort_best(list.size()); }
  void sort_best(std::size_t count);
  // The candidate of this rank, from 0 for the best. Asking for one after the other costs little more than a sort.
  [[nodiscard]] const Candidate& ranked(std::size_t rank);
  // Sets every probability.
  void softmax();
  // Keeps the best.
  void keep_best(std::size_t count);
  // In nats, of the probabilities as they are.
  [[nodiscard]] double entropy() const;
};

void keep_top_p(Candidates& candidates, float mass, std::size_t least);
void keep_min_p(Candidates& candidates, float share, std::size_t least);
// Those whose surprise is nearest to the expected one, until they hold `mass`.
void keep_typical(Candidates& candidates, float mass, std::size_t least);
// Forbids what is more than n standard deviations below the best logit.
void forbid_below_sigma(Candidates& candidates, float n);
// Drops all but the last of those that reach the threshold.
void drop_likeliest(Candidates& candidates, float threshold, std::size_t least);
// Divides logits by the temperature. relative: to the best one, which changes no probability and never overflows.
void heat(Candidates& candidates, const SamplerPlan& plan, bool relative);
// Merges beginnings of each other, and ends the text early when nothing else is likely.
void infill(Candidates& candidates, const EngineWeights& weights);

// What draws in place of plain drawing by probability. They set probabilities; remember() follows with the choice.
void cut_mirostat(Candidates& candidates, int version, std::size_t vocabulary, float mu);
// original: the probabilities before the change, in the candidates' order.
void aim_adaptive(Candidates& candidates, const SamplerPlan& plan, const SamplerState& state,
                  std::vector<double>& original);
void remember(const SamplerPlan& plan, double probability, SamplerState& state);

}  // namespace puna::engine
