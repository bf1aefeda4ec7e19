// The order of a choice: biases and the first stages on the row, the best tokens, the other stages, the draw; with a
// grammar, the whole choice is made first and only refused tokens cost more.
#include "engine/sampler.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/finite.h"

namespace puna::engine {
namespace {

using Stage = SamplerStage;

// A key has a random number for each purpose.
enum class Purpose : std::uint64_t { token, xtc };
double number_for(std::uint64_t key, Purpose purpose) {
  return Random(purpose == Purpose::token ? key : Random::mix(key, static_cast<std::uint64_t>(purpose))).uniform();
}

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

// The `count` best tokens by raw logit, in no order. One pass; most tokens cost one comparison.
void Sampler::keep_heap(std::span<const float> logits, std::size_t count) {
  std::vector<Candidate>& list = candidates_.list;
  list.clear();
  candidates_.sorted = 0;
  if (count >= logits.size()) {
    for (std::size_t i = 0; i < logits.size(); ++i) {
      if (usable(logits[i], i)) {
        list.push_back({.token = static_cast<Token>(i), .logit = logits[i]});
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
    if (list.size() == count) {
      std::ranges::pop_heap(list, kBetter);
      list.pop_back();
    }
    list.push_back({.token = static_cast<Token>(i), .logit = logits[i]});
    std::ranges::push_heap(list, kBetter);
    if (list.size() == count) {
      worst = list.front().logit;
    }
  }
}

// The `count` best tokens, or all. Changed logits are judged apart: a change may lift as well as lower, so they are
// added to the best of the others instead of being looked for among them.
void Sampler::take_best(std::span<const float> logits, std::size_t count) {
  keep_heap(logits, std::min(count + changed_.size(), logits.size()));
  if (!changed_.empty()) {
    std::erase_if(candidates_.list, [this](const Candidate& candidate) {
      return std::ranges::binary_search(changed_, candidate.token, {}, &Changed::token);
    });
    for (const Changed& change : changed_) {
      if (is_finite(change.logit)) {
        candidates_.list.push_back({.token = change.token, .logit = change.logit});
      }
    }
  }
  if (count < logits.size()) {
    candidates_.keep_best(count);
  }
}

// One of plan.stages. `index` tells what follows.
void Sampler::run_stage(const SamplerPlan& plan, std::size_t index, std::uint64_t key) {
  switch (const Stage stage = plan.stages[index]) {
    case Stage::penalties:
    case Stage::dry:
      return lower_candidates(plan, stage);
    case Stage::top_n_sigma:
      return forbid_below_sigma(candidates_, plan.top_n_sigma);
    case Stage::top_k:
      return candidates_.keep_best(plan.top_k);
    case Stage::typ_p:
      return keep_typical(candidates_, plan.typical_p, plan.min_keep);
    case Stage::top_p:
      return keep_top_p(candidates_, plan.top_p, plan.min_keep);
    case Stage::min_p:
      return keep_min_p(candidates_, plan.min_p, plan.min_keep);
    case Stage::xtc:
      if (number_for(key, Purpose::xtc) <= plan.xtc_probability) {
        drop_likeliest(candidates_, plan.xtc_threshold, plan.min_keep);
      }
      return;
    case Stage::temperature: {
      const auto later = std::span(plan.stages).subspan(index + 1);
      const bool relative = !std::ranges::contains(later, Stage::penalties);  // they look at the sign
      return heat(candidates_, plan, relative);
    }
    case Stage::infill:
      return infill(candidates_, *plan.weights);
    case Stage::adaptive_p:
      return;  // it draws: after all others
  }
}

// From the best tokens to what is drawn from, with probabilities.
void Sampler::run_stages(const SamplerPlan& plan, const SamplerState& state, std::uint64_t key) {
  for (std::size_t i = 0; i < plan.stages.size(); ++i) {
    run_stage(plan, i, key);
  }
  if (plan.mirostat != 0) {
    return cut_mirostat(candidates_, plan.mirostat, suppressed_.size(), state.mu);
  }
  if (!plan.stages.empty() && plan.stages.back() == Stage::adaptive_p) {
    return aim_adaptive(candidates_, plan, state, original_);
  }
  candidates_.softmax();
}

// One of the candidates, which must not be empty.
Sampler::Pick Sampler::pick(const SamplerPlan& plan, const SamplerState& state, std::uint64_t key) {
  if (plan.greedy) {
    return {.token = candidates_.ranked(0).token};
  }
  run_stages(plan, state, key);
  const double draw = number_for(key, Purpose::token);
  double sum = 0;
  std::size_t chosen = candidates_.list.size();
  for (std::size_t i = 0; i < candidates_.list.size() && chosen == candidates_.list.size(); ++i) {
    sum += candidates_.ranked(i).probability;
    chosen = draw < sum ? i : chosen;
  }
  while (chosen == candidates_.list.size() || candidates_.list[chosen].probability == 0) {
    --chosen;  // rounding left the sum just below 1
  }
  const bool adapts = !plan.stages.empty() && plan.stages.back() == Stage::adaptive_p && plan.mirostat == 0;
  return {.token = candidates_.list[chosen].token,
          .probability = adapts ? original_[chosen] : candidates_.list[chosen].probability};
}

// Drops the candidates that the filter refuses; the others keep their order.
Result<void> Sampler::keep_allowed(TokenFilter& filter) {
  tokens_.clear();
  for (const Candidate& candidate : candidates_.list) {
    tokens_.push_back(candidate.token);
  }
  allowed_.assign(tokens_.size(), 0);
  PUNA_TRY_VOID(filter.test(tokens_, allowed_));
  std::size_t kept = 0;
  std::size_t sorted = 0;
  for (std::size_t i = 0; i < candidates_.list.size(); ++i) {
    if (allowed_[i] != 0) {
      sorted += i < candidates_.sorted ? 1 : 0;
      candidates_.list[kept++] = candidates_.list[i];
    }
  }
  candidates_.list.resize(kept);
  candidates_.sorted = sorted;
  return {};
}

// The allowed ones of the best few; none, if none is allowed or the few are not enough.
Result<void> Sampler::keep_allowed_best(std::span<const float> logits, const SamplerPlan& plan, Token first,
                                        TokenFilter& filter, std::int64_t& refused) {
  if (plan.needs_all && !plan.greedy) {
    candidates_.list.clear();
    return {};
  }
  take_best(logits, kFilterTries);
  candidates_.sort();
  if (!plan.greedy) {
    const std::size_t tried = candidates_.list.size();
    PUNA_TRY_VOID(keep_allowed(filter));
    refused = std::max<std::int64_t>(1, static_cast<std::int64_t>(tried - candidates_.list.size()));
    return {};
  }
  for (const Candidate& candidate : candidates_.list) {
    if (candidate.token == first) {
      continue;
    }
    std::uint8_t allowed = 0;
    PUNA_TRY_VOID(filter.test(std::span(&candidate.token, 1), std::span(&allowed, 1)));
    if (allowed != 0) {
      candidates_.list.assign(1, Candidate(candidate));
      candidates_.sorted = 1;
      return {};
    }
    ++refused;
  }
  candidates_.list.clear();
  return {};
}

// The candidates for a first choice.
Result<void> Sampler::begin(std::span<const float> logits, const SamplerPlan& plan, std::span<const Token> history) {
  PUNA_CHECK(logits.size() == suppressed_.size(), "a row of logits as long as the vocabulary");
  refusal_ = Refusal::none;
  look_back(plan, history);
  change_logits(logits, plan);
  take_best(logits, plan.greedy ? 1 : plan.head == 0 ? logits.size() : plan.head);
  if (!candidates_.list.empty()) {
    return {};
  }
  for (std::size_t i = 0; i < logits.size(); ++i) {
    if (usable(logits[i], i)) {
      refusal_ = Refusal::nothing_allowed;
      return fail(ErrorCode::invalid_argument, "logit_bias forbids every token", "forbid fewer of them");
    }
  }
  refusal_ = Refusal::nothing_finite;
  return fail(ErrorCode::internal, "the model gave no finite logit",
              "the weights may be damaged; check the model file");
}

Result<std::span<const Candidate>> Sampler::distribution(std::span<const float> logits, const SamplerPlan& plan,
                                                         const SamplerState& state, std::span<const Token> history,
                                                         std::uint64_t key) {
  PUNA_TRY_VOID(begin(logits, plan, history));
  run_stages(plan, state, key);
  return candidates_.list;
}

Result<Sampler::Choice> Sampler::choose(std::span<const float> logits, const SamplerPlan& plan, SamplerState& state,
                                        std::span<const Token> history, std::uint64_t key, TokenFilter* filter) {
  PUNA_TRY_VOID(begin(logits, plan, history));
  Pick choice = pick(plan, state, key);
  std::int64_t refused = 0;
  if (filter != nullptr) {
    std::uint8_t allowed = 0;
    PUNA_TRY_VOID(filter->test(std::span(&choice.token, 1), std::span(&allowed, 1)));
    if (allowed == 0) {
      refused = 1;
      PUNA_TRY_VOID(keep_allowed_best(logits, plan, choice.token, *filter, refused));
      if (candidates_.list.empty()) {
        take_best(logits, logits.size());
        PUNA_TRY_VOID(keep_allowed(*filter));
      }
      if (candidates_.list.empty()) {
        refusal_ = Refusal::nothing_allowed;
        return fail(ErrorCode::invalid_argument, "the grammar allows none of the vocabulary's tokens here",
                    "check the grammar for rules that nothing can match");
      }
      choice = pick(plan, state, key);
    }
  }
  remember(plan, choice.probability, state);
  return Choice{.token = choice.token, .rejected = refused};
}

}  // namespace puna::engine
