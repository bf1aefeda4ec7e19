// Sampler: biases, penalties and DRY. They touch few tokens, so the row of logits is not copied: what changes is kept
// in a short list beside it.
#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/sampler.h"

namespace puna::engine {
namespace {

using Stage = SamplerStage;

bool uses(const SamplerPlan& plan, Stage stage) {
  return std::ranges::contains(plan.lowering, stage) || std::ranges::contains(plan.stages, stage);
}

std::span<const Token> last_of(std::span<const Token> history, std::size_t count) {
  return history.last(std::min(count, history.size()));
}

// The penalty's exponent is bounded so that the power stays a float.
int exponent_max(float base) {
  return base > 1.000001F ? static_cast<int>(std::log(std::numeric_limits<float>::max()) / std::log(base)) : 0;
}

}  // namespace

void Sampler::prepare(const SamplerPlan& plan, std::size_t tokens_max) {
  const std::size_t recent = uses(plan, Stage::penalties) ? std::min(plan.repeat_last, tokens_max) : 0;
  const std::size_t repeats = uses(plan, Stage::dry) ? std::min(plan.dry_last, tokens_max) : 0;
  const std::size_t most = plan.greedy ? 1 : plan.head == 0 ? suppressed_.size() : plan.head;
  tokens_.reserve(recent);
  recent_.reserve(recent);
  scratch_.reserve(repeats);
  repeats_.reserve(repeats);
  changed_.reserve(recent + repeats + plan.bias.size());
  candidates_.list.reserve(std::min(most + 2 * changed_.capacity(), suppressed_.size() + changed_.capacity()));
  if (std::ranges::contains(plan.stages, Stage::adaptive_p)) {
    original_.reserve(candidates_.list.capacity());
  }
}

void Sampler::count_recent(const SamplerPlan& plan, std::span<const Token> history) {
  const std::span<const Token> last = last_of(history, plan.repeat_last);
  tokens_.assign(last.begin(), last.end());
  std::ranges::sort(tokens_);
  for (const Token token : tokens_) {
    if (recent_.empty() || recent_.back().token != token) {
      recent_.push_back({.token = token, .count = 0});
    }
    ++recent_.back().count;
  }
}

// What the tokens so far say about the next.
void Sampler::look_back(const SamplerPlan& plan, std::span<const Token> history) {
  recent_.clear();
  repeats_.clear();
  if (uses(plan, Stage::penalties)) {
    count_recent(plan, history);
  }
  if (uses(plan, Stage::dry)) {
    const std::span<const Token> last = last_of(history, plan.dry_last);
    const std::size_t limit = plan.breakers == nullptr ? last.size() : plan.breakers->tokens_after(last);
    find_repeats(last, limit, plan.dry_allowed_length, scratch_, repeats_);
    if (plan.breakers != nullptr) {
      std::erase_if(repeats_, [&plan](const Repeat& repeat) { return plan.breakers->is_breaker(repeat.token); });
    }
  }
}

float Sampler::lowered(const SamplerPlan& plan, Stage stage, Token token, float logit) const {
  if (stage == Stage::penalties) {
    const auto found = std::ranges::lower_bound(recent_, token, {}, &Recent::token);
    if (found == recent_.end() || found->token != token) {
      return logit;
    }
    // Multiplied below zero: dividing would lift it.
    const float scaled = logit > 0 ? logit / plan.repeat_penalty : logit * plan.repeat_penalty;
    return scaled - (static_cast<float>(found->count) * plan.frequency_penalty + plan.presence_penalty);
  }
  const auto found = std::ranges::lower_bound(repeats_, token, {}, &Repeat::token);
  if (found == repeats_.end() || found->token != token) {
    return logit;
  }
  const int most = exponent_max(plan.dry_base);
  const int over = found->length - plan.dry_allowed_length;
  const double grown = std::pow(static_cast<double>(plan.dry_base), most > 0 ? std::min(over, most) : over);
  return logit - static_cast<float>(plan.dry_multiplier * grown);
}

// The logits that differ from the row's when the biases and the first stages are done; forbidden ones with -infinity.
void Sampler::change_logits(std::span<const float> logits, const SamplerPlan& plan) {
  changed_.clear();
  for (const TokenBias& bias : plan.bias) {
    changed_.push_back({.token = bias.token, .logit = bias.bias});
  }
  const auto add_tokens = [this](const auto& tokens) {
    for (const auto& entry : tokens) {
      changed_.push_back({.token = entry.token, .logit = 0});
    }
  };
  if (std::ranges::contains(plan.lowering, Stage::penalties)) {
    add_tokens(recent_);
  }
  if (std::ranges::contains(plan.lowering, Stage::dry)) {
    add_tokens(repeats_);
  }
  // Biases first: they carry a value, the others none.
  std::ranges::sort(changed_, [](const Changed& a, const Changed& b) {
    return a.token < b.token || (a.token == b.token && std::abs(a.logit) > std::abs(b.logit));
  });
  const auto twice = std::ranges::unique(changed_, {}, &Changed::token);
  changed_.erase(twice.begin(), twice.end());
  std::erase_if(changed_, [&](const Changed& change) {
    const auto token = static_cast<std::size_t>(change.token);
    return token >= logits.size() || !usable(logits[token], token);
  });
  for (Changed& change : changed_) {
    change.logit += logits[static_cast<std::size_t>(change.token)];
    for (const Stage stage : plan.lowering) {
      change.logit = lowered(plan, stage, change.token, change.logit);
    }
  }
}

// Where such a stage stands later in the order.
void Sampler::lower_candidates(const SamplerPlan& plan, Stage stage) {
  for (Candidate& candidate : candidates_.list) {
    candidate.logit = lowered(plan, stage, candidate.token, candidate.logit);
  }
  candidates_.sorted = 0;
}

}  // namespace puna::engine
