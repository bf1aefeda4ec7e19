// What chooses otherwise than by plain probability: Mirostat, adaptive-p, and infill. Sources: Basu et al.,
// https://arxiv.org/abs/2007.14966 (both versions); https://github.com/ggml-org/llama.cpp/pull/17927; infill as llama.h
// describes it at llama_sampler_init_infill().
#include <algorithm>
#include <cmath>

#include "engine/sampler_stages.h"

namespace puna::engine {
namespace {

constexpr std::size_t kMirostatTokens = 100;  // that the slope is estimated from

// How many of the best tokens Mirostat 1 keeps: Zipf's exponent is estimated from the best tokens, and the count is the
// one that has the wanted surprise under it.
std::size_t mirostat_count(const std::vector<Candidate>& best, std::size_t vocabulary, float mu) {
  double products = 0;
  double squares = 0;
  for (std::size_t i = 0; i + 1 < std::min(kMirostatTokens, best.size()); ++i) {
    const double step = std::log(static_cast<double>(i + 2) / static_cast<double>(i + 1));
    products += step * (static_cast<double>(best[i].logit) - best[i + 1].logit);
    squares += step * step;
  }
  const double slope = products / squares;
  const double above = slope - 1;
  const double whole = above * std::exp2(mu) / (1 - std::pow(static_cast<double>(vocabulary), -above));
  const double count = std::pow(whole, 1 / slope);
  return count >= 1 ? static_cast<std::size_t>(std::min(count, 1e15)) : 1;  // NaN: only the best
}

std::string_view text_of(const EngineWeights& weights, Token token) {
  return weights.is_control(token) ? std::string_view() : weights.bytes(token);
}

// Keeps the candidates that end the text, and the others that reach the least probability. Returns how many others.
std::size_t keep_likely(Candidates& candidates, const EngineWeights& weights, double least) {
  std::erase_if(candidates.list, [&](const Candidate& candidate) {
    return candidate.probability < least && !weights.ends_generation(candidate.token);
  });
  return static_cast<std::size_t>(std::ranges::count_if(
      candidates.list, [&](const Candidate& candidate) { return !weights.ends_generation(candidate.token); }));
}

// The probability of a text goes to the likelier of it and what it begins.
void merge_beginnings(Candidates& candidates, const EngineWeights& weights) {
  for (Candidate& shorter : candidates.list) {
    const std::string_view text = text_of(weights, shorter.token);
    for (Candidate& longer : candidates.list) {
      if (shorter.logit == kForbidden) {
        break;
      }
      if (&shorter == &longer || longer.logit == kForbidden || text.empty() ||
          !text_of(weights, longer.token).starts_with(text)) {
        continue;
      }
      const bool into_longer = longer.probability > shorter.probability;
      Candidate& kept = into_longer ? longer : shorter;
      Candidate& gone = into_longer ? shorter : longer;
      kept.probability += gone.probability;
      gone.probability = 0;
      gone.logit = kForbidden;
    }
  }
}

}  // namespace

void cut_mirostat(Candidates& candidates, int version, std::size_t vocabulary, float mu) {
  if (version == 1) {
    candidates.sort_best(kMirostatTokens);
    candidates.keep_best(candidates.list.size() > 1 ? mirostat_count(candidates.list, vocabulary, mu) : 1);
  } else {
    candidates.softmax();
    std::size_t kept = 1;
    while (kept < candidates.list.size() && -std::log2(candidates.ranked(kept).probability) <= mu) {
      ++kept;
    }
    candidates.keep_best(kept);
  }
  candidates.softmax();
}

void aim_adaptive(Candidates& candidates, const SamplerPlan& plan, const SamplerState& state,
                  std::vector<double>& original) {
  constexpr double kWidth = 0.3;
  constexpr double kPeak = 5.0;
  constexpr double kSharpness = 10.0;
  candidates.sort();
  candidates.softmax();
  original.clear();
  const double seen = static_cast<double>(state.weighted_sum) / state.total_weight;
  const double aim = std::clamp(2.0 * plan.adaptive_target - seen, 0.0, 1.0);
  for (Candidate& candidate : candidates.list) {
    original.push_back(candidate.probability);
    if (candidate.logit != kForbidden) {
      const double distance = std::abs(candidate.probability - aim) / kWidth;
      candidate.logit = static_cast<float>(kPeak - kSharpness * distance * distance / (1.0 + distance));
    }
  }
  candidates.sorted = 0;
  candidates.softmax();
}

void remember(const SamplerPlan& plan, double probability, SamplerState& state) {
  if (plan.mirostat != 0) {
    const auto surprise = static_cast<float>(-std::log2(probability));
    state.mu -= plan.mirostat_eta * (surprise - plan.mirostat_tau);
  } else if (plan.adaptive_target >= 0.0F) {
    state.weighted_sum = static_cast<float>(probability) + plan.adaptive_decay * state.weighted_sum;
    state.total_weight = 1.0F + plan.adaptive_decay * state.total_weight;
  }
}

void infill(Candidates& candidates, const EngineWeights& weights) {
  constexpr double kLeastAlone = 0.2;
  candidates.sort();
  candidates.softmax();
  const auto size = static_cast<double>(candidates.list.size());
  double ends = 0;
  double texts = 0;
  for (const Candidate& candidate : candidates.list) {
    (weights.ends_generation(candidate.token) ? ends : texts) += candidate.probability;
  }
  if (3 * ends * size > texts) {
    std::erase_if(candidates.list,
                  [&](const Candidate& candidate) { return !weights.ends_generation(candidate.token); });
    candidates.sorted = candidates.list.size();
    return;
  }
  const Candidate best = candidates.list.front();
  merge_beginnings(candidates, weights);
  const std::size_t others = keep_likely(candidates, weights, kLeastAlone);
  if (others == 0) {
    const Token end = weights.end_of_turn();
    candidates.list.assign(1, end >= 0 ? Candidate{.token = end, .logit = 1.0F, .probability = 1.0} : best);
    candidates.sorted = 1;
    return;
  }
  double sum = 0;
  for (const Candidate& candidate : candidates.list) {
    sum += candidate.probability;
  }
  keep_likely(candidates, weights, sum / static_cast<double>(others + 1));
  candidates.sorted = 0;  // merging may have forbidden some that end the text
}

}  // namespace puna::engine
