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

float best_logit(const Candidates& candidates) {
  return candidates.sorted > 0 ? candidates.list.front().logit
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
  candidates.sorted = 0;
}

}  // namespace

void Candidates::sort_best(std::size_t count) {
  count = std::min(count, list.size());
  if (count <= sorted) {
    return;
  }
  const auto at = [this](std::size_t rank) { return list.begin() + static_cast<std::ptrdiff_t>(rank); };
  if (count < list.size()) {
    std::ranges::nth_element(at(sorted), at(count), list.end(), kBetter);
  }
  std::ranges::sort(at(sorted), at(count), kBetter);
  sorted = count;
}

const Candidate& Candidates::ranked(std::size_t rank) {
  constexpr std::size_t kFirst = 128;
  if (rank >= sorted) {
    sort_best(std::max({rank + 1, 4 * sorted, kFirst}));
  }
  return list[rank];
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

void Candidates::keep_best(std::size_t count) {
  sort_best(count);
  list.resize(std::min(count, list.size()));
  sorted = list.size();
}

double Candidates::entropy() const {
  double entropy = 0;
  for (const Candidate& candidate : list) {
    entropy -= candidate.probability > 0 ? candidate.probability * std::log(candidate.probability) : 0;
  }
  return entropy;
}

void keep_top_p(Candidates& candidates, float mass, std::size_t least) {
  candidates.softmax();
  double sum = 0;
  std::size_t kept = 0;
  while (kept < candidates.list.size() && (kept == 0 || sum < mass || kept < least)) {
    sum += candidates.ranked(kept++).probability;
  }
  candidates.keep_best(kept);
}

void keep_min_p(Candidates& candidates, float share, std::size_t least) {
  const double wanted = best_logit(candidates) + std::log(static_cast<double>(share));
  const auto fails = [wanted](const Candidate& candidate) { return candidate.logit < wanted; };
  const std::size_t reach =
      candidates.list.size() - static_cast<std::size_t>(std::ranges::count_if(candidates.list, fails));
  if (reach < std::max(least, std::size_t{1})) {
    return candidates.keep_best(std::max(least, std::size_t{1}));
  }
  std::erase_if(candidates.list, fails);  // those that stay keep their order
  candidates.sorted = std::min(candidates.sorted, reach);
}

void keep_typical(Candidates& candidates, float mass, std::size_t least) {
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
  candidates.list.resize(kept);
  candidates.sorted = 0;
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
  candidates.softmax();
  std::size_t reach = 0;
  while (reach < candidates.list.size() && candidates.ranked(reach).probability >= threshold) {
    ++reach;
  }
  if (reach > 1 && candidates.list.size() - (reach - 1) >= least) {
    candidates.list.erase(candidates.list.begin(), candidates.list.begin() + static_cast<std::ptrdiff_t>(reach - 1));
    candidates.sorted -= reach - 1;
  }
}

void heat(Candidates& candidates, const SamplerPlan& plan, bool relative) {
  double temperature = plan.temperature;
  if (plan.dynatemp_range > 0.0F) {
    if (candidates.list.size() <= 1) {
      return;
    }
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
