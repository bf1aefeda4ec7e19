#include "engine/log_probabilities.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/finite.h"

namespace puna::engine {
namespace {

constexpr float kNothing = -std::numeric_limits<float>::infinity();

// Puts the token into its place among the best ones; the worst leaves. Ids rise, so of equals the first stays before.
void insert(std::span<TokenProbability> best, Token token, float logit) {
  std::size_t place = best.size() - 1;
  while (place > 0 && best[place - 1].log_probability < logit) {
    best[place] = best[place - 1];
    --place;
  }
  best[place] = {.token = token, .log_probability = logit};
}

}  // namespace

void log_probabilities(std::span<const float> logits, Token chosen, std::span<TokenProbability> out) {
  const std::span<TokenProbability> best = out.subspan(1);
  std::ranges::fill(best, TokenProbability{.token = -1, .log_probability = kNothing});
  float most = kNothing;
  for (std::size_t i = 0; i < logits.size(); ++i) {
    if (!is_finite(logits[i])) {
      continue;
    }
    most = std::max(most, logits[i]);
    if (!best.empty() && logits[i] > best.back().log_probability) {
      insert(best, static_cast<Token>(i), logits[i]);
    }
  }
  double sum = 0;
  for (const float logit : logits) {
    sum += is_finite(logit) ? std::exp(static_cast<double>(logit) - most) : 0;
  }
  const double base = most + std::log(sum);
  out.front() = {.token = chosen, .log_probability = logits[static_cast<std::size_t>(chosen)]};
  for (TokenProbability& entry : out) {
    entry.log_probability = static_cast<float>(entry.log_probability - base);
  }
}

}  // namespace puna::engine
