// Order: penalties, top-k, typical, top-p, min-p, temperature, draw; with a grammar, the whole choice is made first and
// only refused tokens cost more.
#include "engine/sampler.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace puna::engine {
namespace {

// Also false for NaN and infinities.
bool is_finite(float value) { return std::abs(value) <= std::numeric_limits<float>::max(); }

constexpr auto kBetter = [](const auto& a, const auto& b) {
  return a.logit > b.logit || (a.logit == b.logit && a.token < b.token);
};

}  // namespace

Sampler::Sampler(int vocabulary, std::span<const Token> suppressed)
    : suppressed_(static_cast<std::size_t>(vocabulary), 0) {
  for (const Token token : suppressed) {
    if (token >= 0 && token < vocabulary) {
      suppressed_[static_cast<std::size_t>(token)] = 1;
    }
  }
}

bool Sampler::usable(float logit, std::size_t token) const { return is_finite(logit) && suppressed_[token] == 0; }

void Sampler::count_recent(const Sampling& sampling, std::span<const Token> history) {
  recent_.clear();
  const bool off =
      sampling.repeat_penalty == 1.0F && sampling.frequency_penalty == 0.0F && sampling.presence_penalty == 0.0F;
  if (off) {
    return;
  }
  const auto last =
      sampling.penalty_last_tokens < 0 ? history.size() : static_cast<std::size_t>(sampling.penalty_last_tokens);
  tokens_.assign(history.end() - static_cast<std::ptrdiff_t>(std::min(last, history.size())), history.end());
  std::ranges::sort(tokens_);
  for (const Token token : tokens_) {
    if (recent_.empty() || recent_.back().token != token) {
      recent_.push_back({.token = token, .count = 0});
    }
    ++recent_.back().count;
  }
}

float Sampler::adjusted(const Sampling& sampling, Token token, float logit) const {
  const auto found = std::ranges::lower_bound(recent_, token, {}, &Recent::token);
  if (found == recent_.end() || found->token != token) {
    return logit;
  }
  const float scaled = logit > 0 ? logit / sampling.repeat_penalty : logit * sampling.repeat_penalty;
  return scaled - static_cast<float>(found->count) * sampling.frequency_penalty - sampling.presence_penalty;
}

// The `count` best tokens by raw logit, in candidates_, in no order. One pass; most tokens cost one comparison.
void Sampler::keep_heap(std::span<const float> logits, std::size_t count) {
  candidates_.clear();
  if (count >= logits.size()) {
    for (std::size_t i = 0; i < logits.size(); ++i) {
      if (usable(logits[i], i)) {
        candidates_.push_back({.token = static_cast<Token>(i), .logit = logits[i], .probability = 0});
      }
    }
    return;
  }
  float worst = -std::numeric_limits<float>::infinity();
  for (std::size_t i = 0; i < logits.size(); ++i) {
    // Ids rise, so a logit equal to the worst kept one comes too late. NaN compares false.
    if (!(logits[i] > worst) || !usable(logits[i], i)) {
      continue;
    }
    if (candidates_.size() == count) {
      std::ranges::pop_heap(candidates_, kBetter);
      candidates_.pop_back();
    }
    candidates_.push_back({.token = static_cast<Token>(i), .logit = logits[i], .probability = 0});
    std::ranges::push_heap(candidates_, kBetter);
    if (candidates_.size() == count) {
      worst = candidates_.front().logit;
    }
  }
}

// The `count` best tokens after penalties, best first. Penalised tokens are judged apart: a penalty may lift as well as
// lower, so they are added to the best of the others instead of being looked for among them.
void Sampler::take_best(std::span<const float> logits, const Sampling& sampling, std::size_t count) {
  keep_heap(logits, std::min(count + recent_.size(), logits.size()));
  if (!recent_.empty()) {
    std::erase_if(candidates_, [this](const Candidate& candidate) {
      return std::ranges::binary_search(recent_, candidate.token, {}, &Recent::token);
    });
    for (const Recent& recent : recent_) {
      const auto token = static_cast<std::size_t>(recent.token);
      if (token < logits.size() && usable(logits[token], token)) {
        const float logit = adjusted(sampling, recent.token, logits[token]);
        if (is_finite(logit)) {
          candidates_.push_back({.token = recent.token, .logit = logit, .probability = 0});
        }
      }
    }
  }
  if (count < candidates_.size()) {
    std::ranges::nth_element(candidates_, candidates_.begin() + static_cast<std::ptrdiff_t>(count), kBetter);
    candidates_.resize(count);
  }
  std::ranges::sort(candidates_, kBetter);
}

// Requires candidates_ sorted, best first.
void Sampler::softmax() {
  const double best = candidates_.front().logit;
  double sum = 0;
  for (Candidate& candidate : candidates_) {
    candidate.probability = std::exp(candidate.logit - best);
    sum += candidate.probability;
  }
  for (Candidate& candidate : candidates_) {
    candidate.probability /= sum;
  }
}

// Keeps the tokens whose surprise is nearest to the expected one, until they hold `mass`.
void Sampler::keep_typical(float mass) {
  softmax();
  double entropy = 0;
  for (const Candidate& candidate : candidates_) {
    entropy -= candidate.probability > 0 ? candidate.probability * std::log(candidate.probability) : 0;
  }
  const auto distance = [entropy](const Candidate& candidate) {
    return candidate.probability > 0 ? std::abs(-std::log(candidate.probability) - entropy)
                                     : std::numeric_limits<double>::infinity();
  };
  std::ranges::stable_sort(candidates_, {}, distance);
  double sum = 0;
  std::size_t kept = 0;
  while (kept < candidates_.size() && (kept == 0 || sum <= mass)) {
    sum += candidates_[kept++].probability;
  }
  candidates_.resize(kept);
  std::ranges::sort(candidates_, kBetter);
}

void Sampler::keep_top_p(float mass) {
  softmax();
  double sum = 0;
  std::size_t kept = 0;
  while (kept < candidates_.size() && (kept == 0 || sum < mass)) {
    sum += candidates_[kept++].probability;
  }
  candidates_.resize(kept);
}

void Sampler::keep_min_p(float share) {
  const double least = candidates_.front().logit + std::log(static_cast<double>(share));
  const auto first_below =
      std::ranges::find_if(candidates_, [least](const Candidate& candidate) { return candidate.logit < least; });
  candidates_.erase(first_below, candidates_.end());
}

// One of candidates_, which must not be empty and are sorted best first.
Token Sampler::pick(const Sampling& sampling, double draw) {
  if (sampling.temperature == 0.0F) {
    return candidates_.front().token;
  }
  if (sampling.top_k > 0 && candidates_.size() > static_cast<std::size_t>(sampling.top_k)) {
    candidates_.resize(static_cast<std::size_t>(sampling.top_k));
  }
  if (sampling.typical_p < 1.0F) {
    keep_typical(sampling.typical_p);
  }
  if (sampling.top_p < 1.0F) {
    keep_top_p(sampling.top_p);
  }
  if (sampling.min_p > 0.0F) {
    keep_min_p(sampling.min_p);
  }
  const float best = candidates_.front().logit;
  for (Candidate& candidate : candidates_) {
    candidate.logit = (candidate.logit - best) / sampling.temperature;  // relative: no overflow for tiny temperatures
  }
  softmax();
  double sum = 0;
  for (const Candidate& candidate : candidates_) {
    sum += candidate.probability;
    if (draw < sum) {
      return candidate.token;
    }
  }
  return candidates_.back().token;  // rounding left the sum just below 1
}

// Drops the candidates that the filter refuses; the others keep their order.
Result<void> Sampler::keep_allowed(TokenFilter& filter) {
  tokens_.clear();
  for (const Candidate& candidate : candidates_) {
    tokens_.push_back(candidate.token);
  }
  allowed_.assign(tokens_.size(), 0);
  PUNA_TRY_VOID(filter.test(tokens_, allowed_));
  std::size_t kept = 0;
  for (std::size_t i = 0; i < candidates_.size(); ++i) {
    if (allowed_[i] != 0) {
      candidates_[kept++] = candidates_[i];
    }
  }
  candidates_.resize(kept);
  return {};
}

// After the filter refused `first`: the best few, then everything.
Result<Sampler::Choice> Sampler::choose_filtered(std::span<const float> logits, const Sampling& sampling, double draw,
                                                 Token first, TokenFilter& filter) {
  take_best(logits, sampling, kFilterTries);
  std::int64_t refused = 1;
  if (sampling.temperature == 0.0F) {
    for (const Candidate& candidate : candidates_) {
      if (candidate.token == first) {
        continue;
      }
      std::uint8_t allowed = 0;
      PUNA_TRY_VOID(filter.test(std::span(&candidate.token, 1), std::span(&allowed, 1)));
      if (allowed != 0) {
        return Choice{.token = candidate.token, .rejected = refused};
      }
      ++refused;
    }
    candidates_.clear();
  } else {
    const std::size_t tried = candidates_.size();
    PUNA_TRY_VOID(keep_allowed(filter));
    refused = static_cast<std::int64_t>(tried - candidates_.size());
  }
  if (candidates_.empty()) {
    take_best(logits, sampling, logits.size());
    PUNA_TRY_VOID(keep_allowed(filter));
  }
  if (candidates_.empty()) {
    refusal_ = Refusal::nothing_allowed;
    return fail(ErrorCode::invalid_argument, "the grammar allows none of the vocabulary's tokens here",
                "check the grammar for rules that nothing can match");
  }
  return Choice{.token = pick(sampling, draw), .rejected = std::max<std::int64_t>(refused, 1)};
}

Result<Sampler::Choice> Sampler::choose(std::span<const float> logits, const Sampling& sampling,
                                        std::span<const Token> history, std::uint64_t key, TokenFilter* filter) {
  PUNA_CHECK(logits.size() == suppressed_.size(), "a row of logits as long as the vocabulary");
  refusal_ = Refusal::none;
  count_recent(sampling, history);
  const bool greedy = sampling.temperature == 0.0F;
  const auto wanted = static_cast<std::size_t>(sampling.top_k);
  take_best(logits, sampling, greedy ? 1 : wanted == 0 ? logits.size() : wanted);
  if (candidates_.empty()) {
    refusal_ = Refusal::nothing_finite;
    return fail(ErrorCode::internal, "the model gave no finite logit",
                "the weights may be damaged; check the model file");
  }
  const double draw = greedy ? 0.0 : Random(key).uniform();
  const Choice choice{.token = pick(sampling, draw), .rejected = 0};
  if (filter == nullptr) {
    return choice;
  }
  std::uint8_t allowed = 0;
  PUNA_TRY_VOID(filter->test(std::span(&choice.token, 1), std::span(&allowed, 1)));
  if (allowed != 0) {
    return choice;
  }
  return choose_filtered(logits, sampling, draw, choice.token, *filter);
}

}  // namespace puna::engine

namespace puna {

Result<void> validate(const Sampling& sampling) {
  struct Range {
    const char* name;
    float value;
    float least;
    float most;
  };
  const Range ranges[] = {
      {.name = "temperature", .value = sampling.temperature, .least = 0.0F, .most = 100.0F},
      {.name = "top_p", .value = sampling.top_p, .least = 0.0F, .most = 1.0F},
      {.name = "min_p", .value = sampling.min_p, .least = 0.0F, .most = 1.0F},
      {.name = "typical_p", .value = sampling.typical_p, .least = 0.0F, .most = 1.0F},
      {.name = "repeat_penalty", .value = sampling.repeat_penalty, .least = 0.01F, .most = 100.0F},
      {.name = "frequency_penalty", .value = sampling.frequency_penalty, .least = -100.0F, .most = 100.0F},
      {.name = "presence_penalty", .value = sampling.presence_penalty, .least = -100.0F, .most = 100.0F},
  };
  for (const Range& range : ranges) {
    if (!(range.value >= range.least && range.value <= range.most)) {  // also refuses NaN
      return fail(ErrorCode::invalid_argument,
                  format_text("{} is {} and must be from {} to {}", range.name, range.value, range.least, range.most));
    }
  }
  if (sampling.top_k < 0) {
    return fail(ErrorCode::invalid_argument, format_text("top_k is {} and must be at least 0", sampling.top_k));
  }
  if (sampling.penalty_last_tokens < -1) {
    return fail(ErrorCode::invalid_argument,
                format_text("penalty_last_tokens is {} and must be at least -1", sampling.penalty_last_tokens));
  }
  return {};
}

}  // namespace puna
