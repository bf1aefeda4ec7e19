// Cuts and temperature. Sources: top-k and top-p, https://arxiv.org/abs/1904.09751; locally typical,
// https://arxiv.org/abs/2202.00666; min-p, https://arxiv.org/abs/2407.01082; top-n-sigma,
// https://arxiv.org/abs/2411.07641; XTC, https://github.com/oobabooga/text-generation-webui/pull/6335; dynamic
// temperature, https://arxiv.org/abs/2309.02772.
#include "engine/sampler_stages.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace puna::engine {
namespace {

constexpr float kForbidden = -std::numeric_limits<float>::infinity();

float best_logit(const Candidates& candidates) {
  return candidates.sorted ? candidates.list.front().logit
                           : std::ranges::max_element(candidates.list, {}, &Candidate::logit)->logit;
}

float within_floats(double value) {
  constexpr double kMost = std::numeric_limits<float>::max();
  return std::isinf(value) ? static_cast<float>(value) : static_cast<float>(std::clamp(value, -kMost, kMost));
}

void forbid_all_but_the_best(Candidates& candidates) {
  const auto best = std::ranges::min_element(candidates.list, kBetter);
  for (Candidate& candidate : candidates.list) {
    candidate.logit = &candidate == &*best ? candidate.logit : kForbidden;
  }
  candidates.sorted = false;
}

}  // namespace

void Candidates::sort() {
  if (!sorted) {
    std::ranges::sort(list, kBetter);
    sorted = true;
  }
}

void Candidates::softmax() {
  const double best = best_logit(*this);
  double sum = 0;
  for (Candidate& candidate : list) {
    candidate.probability = std::exp(candidate.logit - best);
    sum += candidate.probability;
  }
  for (Candidate& candidate : list) {
    candidate.probability /= sum;
  }
}

void Candidates::keep(std::size_t count) { list.resize(std::min(count, list.size())); }

double Candidates::entropy() const {
  double entropy = 0;
  for (const Candidate& candidate : list) {
    entropy -= candidate.probability > 0 ? candidate.probability * std::log(candidate.probability) : 0;
  }
  return entropy;
}

void keep_top_k(Candidates& candidates, std::size_t count) {
  if (!candidates.sorted && count < candidates.list.size()) {
    std::ranges::nth_element(candidates.list, candidates.list.begin() + static_cast<std::ptrdiff_t>(count), kBetter);
    candidates.keep(count);
  }
  candidates.sort();
  candidates.keep(count);
}

void keep_top_p(Candidates& candidates, float mass, std::size_t least) {
  candidates.sort();
  candidates.softmax();
  double sum = 0;
  std::size_t kept = 0;
  while (kept < candidates.list.size() && (kept == 0 || sum < mass || kept < least)) {
    sum += candidates.list[kept++].probability;
  }
  candidates.keep(kept);
}

void keep_min_p(Candidates& candidates, float share, std::size_t least) {
  const double wanted = best_logit(candidates) + std::log(static_cast<double>(share));
  const auto reaches = [wanted](const Candidate& candidate) { return candidate.logit >= wanted; };
  if (!candidates.sorted && static_cast<std::size_t>(std::ranges::count_if(candidates.list, reaches)) >= least) {
    std::erase_if(candidates.list, std::not_fn(reaches));
    return;
  }
  candidates.sort();
  const auto first_below = std::ranges::find_if_not(candidates.list, reaches);
  candidates.keep(std::max({static_cast<std::size_t>(first_below - candidates.list.begin()), least, std::size_t{1}}));
}

void keep_typical(Candidates& candidates, float mass, std::size_t least) {
  candidates.sort();
  candidates.softmax();
  const double entropy = candidates.entropy();
  const auto distance = [entropy](const Candidate& candidate) {
    return candidate.probability > 0 ? std::abs(-std::log(candidate.probability) - entropy)
                                     : std::numeric_limits<double>::infinity();
  };
  // By distance; of equals, the better one. (A stable sort would take memory.)
  std::ranges::sort(candidates.list, [&distance](const Candidate& a, const Candidate& b) {
    const double one = distance(a);
    const double other = distance(b);
    return one < other || (one == other && kBetter(a, b));
  });
  double sum = 0;
  std::size_t kept = 0;
  while (kept < candidates.list.size() && (kept == 0 || sum <= mass || kept < least)) {
    sum += candidates.list[kept++].probability;
  }
  candidates.keep(kept);
  candidates.sorted = false;
}

void forbid_below_sigma(Candidates& candidates, float n) {
  if (candidates.list.size() <= 1) {
    return;
  }
  double sum = 0;
  std::size_t count = 0;
  for (const Candidate& candidate : candidates.list) {
    if (candidate.logit != kForbidden) {
      sum += candidate.logit;
      ++count;
    }
  }
  const double mean = sum / static_cast<double>(count);
  double squares = 0;
  for (const Candidate& candidate : candidates.list) {
    const double away = candidate.logit - mean;
    squares += candidate.logit != kForbidden ? away * away : 0;
  }
  const double least = best_logit(candidates) - n * std::sqrt(squares / static_cast<double>(count));
  for (Candidate& candidate : candidates.list) {
    candidate.logit = candidate.logit < least ? kForbidden : candidate.logit;
  }
}

void drop_likeliest(Candidates& candidates, float threshold, std::size_t least) {
  if (candidates.list.size() < 2) {
    return;
  }
  candidates.sort();
  candidates.softmax();
  const auto first_below = std::ranges::find_if(
      candidates.list, [threshold](const Candidate& candidate) { return candidate.probability < threshold; });
  const auto reach = static_cast<std::size_t>(first_below - candidates.list.begin());
  if (reach > 1 && candidates.list.size() - (reach - 1) >= least) {
    candidates.list.erase(candidates.list.begin(), candidates.list.begin() + static_cast<std::ptrdiff_t>(reach - 1));
  }
}

void heat(Candidates& candidates, const SamplerPlan& plan, bool relative) {
  double temperature = plan.temperature;
  if (plan.dynatemp_range > 0.0F) {
    if (candidates.list.size() <= 1) {
      return;
    }
    candidates.sort();
    candidates.softmax();
    const double least = std::max(0.0F, plan.temperature - plan.dynatemp_range);
    const double most = plan.temperature + plan.dynatemp_range;
    const double share = candidates.entropy() / std::log(static_cast<double>(candidates.list.size()));
    temperature = least + (most - least) * std::pow(share, plan.dynatemp_exponent);
  }
  if (temperature <= 0.0) {
    return forbid_all_but_the_best(candidates);
  }
  const double base = relative ? best_logit(candidates) : 0.0;
  for (Candidate& candidate : candidates.list) {
    candidate.logit = within_floats((candidate.logit - base) / temperature);
  }
}

}  // namespace puna::engine
