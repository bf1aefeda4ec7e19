#include "engine/sampler_plan.h"

#include <algorithm>
#include <array>
#include <limits>

#include "engine/sampling_table.h"

namespace puna::engine {
namespace {

using Stage = SamplerStage;

std::size_t last_tokens(int asked) {
  return asked < 0 ? std::numeric_limits<std::size_t>::max() : static_cast<std::size_t>(asked);
}

// Unset means that nothing needs it.
SamplerPlan values_of(const Sampling& s) {
  SamplerPlan plan;
  plan.temperature = s.temperature.value_or(1.0F);
  plan.dynatemp_range = s.dynatemp_range.value_or(0.0F);
  plan.dynatemp_exponent = s.dynatemp_exponent.value_or(1.0F);
  plan.top_k = static_cast<std::size_t>(s.top_k.value_or(0));
  plan.top_p = s.top_p.value_or(1.0F);
  plan.min_p = s.min_p.value_or(0.0F);
  plan.typical_p = s.typical_p.value_or(1.0F);
  plan.top_n_sigma = s.top_n_sigma.value_or(0.0F);
  plan.xtc_probability = s.xtc_probability.value_or(0.0F);
  plan.xtc_threshold = s.xtc_threshold.value_or(1.0F);
  plan.min_keep = static_cast<std::size_t>(s.min_keep.value_or(0));
  plan.repeat_penalty = s.repeat_penalty.value_or(1.0F);
  plan.frequency_penalty = s.frequency_penalty.value_or(0.0F);
  plan.presence_penalty = s.presence_penalty.value_or(0.0F);
  plan.repeat_last = last_tokens(s.repeat_last_n.value_or(0));
  plan.dry_multiplier = s.dry_multiplier.value_or(0.0F);
  plan.dry_base = s.dry_base.value_or(1.0F);
  plan.dry_allowed_length = s.dry_allowed_length.value_or(0);
  plan.dry_last = last_tokens(s.dry_penalty_last_n.value_or(0));
  plan.mirostat = s.mirostat.value_or(0);
  plan.mirostat_tau = s.mirostat_tau.value_or(0.0F);
  plan.mirostat_eta = s.mirostat_eta.value_or(0.0F);
  plan.adaptive_target = s.adaptive_target.value_or(-1.0F);
  plan.adaptive_decay = s.adaptive_decay.value_or(0.0F);
  return plan;
}

bool does_something(Stage stage, const SamplerPlan& plan) {
  switch (stage) {
    case Stage::penalties:
      return plan.repeat_last > 0 &&
             (plan.repeat_penalty != 1.0F || plan.frequency_penalty != 0.0F || plan.presence_penalty != 0.0F);
    case Stage::dry:
      return plan.dry_multiplier > 0.0F && plan.dry_last > 0;
    case Stage::top_n_sigma:
      return plan.top_n_sigma > 0.0F;
    case Stage::top_k:
      return plan.top_k > 0;
    case Stage::typ_p:
      return plan.typical_p < 1.0F;
    case Stage::top_p:
      return plan.top_p < 1.0F;
    case Stage::min_p:
      return plan.min_p > 0.0F;
    case Stage::xtc:
      return plan.xtc_probability > 0.0F && plan.xtc_threshold <= 0.5F;
    case Stage::temperature:
      return plan.temperature != 1.0F || plan.dynatemp_range > 0.0F;
    case Stage::infill:
      return true;
    case Stage::adaptive_p:
      return plan.adaptive_target >= 0.0F;
  }
  return false;
}

bool lowers(Stage stage) { return stage == Stage::penalties || stage == Stage::dry; }

void order_stages(const std::vector<Stage>& order, SamplerPlan& plan) {
  for (const Stage stage : order) {
    if (!does_something(stage, plan)) {
      continue;
    }
    (plan.stages.empty() && lowers(stage) ? plan.lowering : plan.stages).push_back(stage);
  }
  plan.head = !plan.stages.empty() && plan.stages.front() == Stage::top_k ? plan.top_k : 0;
  // The plain cuts look at the best tokens first, so a few hundred are as good as all.
  const auto plain = [](Stage stage) {
    return stage == Stage::top_k || stage == Stage::typ_p || stage == Stage::top_p || stage == Stage::min_p ||
           stage == Stage::temperature;
  };
  plan.needs_all =
      plan.head == 0 && (plan.mirostat != 0 || !std::ranges::all_of(plan.stages, plain) || plan.dynatemp_range > 0.0F);
}

Result<void> add_biases(const Sampling& sampling, int vocabulary, const EngineWeights* weights, SamplerPlan& plan) {
  for (const LogitBias& entry : sampling.logit_bias) {
    if (const auto* token = std::get_if<Token>(&entry.token)) {
      if (*token < 0 || *token >= vocabulary) {
        return fail(ErrorCode::invalid_argument,
                    format_text("logit_bias names the token {}, and the vocabulary has {}", *token, vocabulary));
      }
      plan.bias.push_back({.token = *token, .bias = entry.bias});
      continue;
    }
    PUNA_CHECK(weights != nullptr, "weights for a bias by text");
    PUNA_TRY(const std::vector<Token> tokens, plain_tokens(*weights, std::get<std::string>(entry.token)));
    for (const Token token : tokens) {
      plan.bias.push_back({.token = token, .bias = entry.bias});
    }
  }
  std::ranges::stable_sort(plan.bias, {}, &TokenBias::token);
  std::size_t kept = 0;
  for (const TokenBias& bias : plan.bias) {
    if (kept > 0 && plan.bias[kept - 1].token == bias.token) {
      plan.bias[kept - 1].bias += bias.bias;
    } else {
      plan.bias[kept++] = bias;
    }
  }
  plan.bias.resize(kept);
  return {};
}

}  // namespace

Result<std::vector<Token>> plain_tokens(const Weights& weights, std::string_view text) {
  const std::array parts{PromptPart{.text = std::string(text), .trust = Trust::untrusted}};
  PUNA_TRY(std::vector<Token> tokens, weights.tokenize(parts));
  if (!tokens.empty() && weights.is_control(tokens.front())) {  // untrusted text never becomes one: it begins prompts
    tokens.erase(tokens.begin());
  }
  return tokens;
}

Result<SamplerPlan> make_plan(const Sampling& sampling, int vocabulary, const PlanVocabulary& uses) {
  SamplerPlan plan = values_of(sampling);
  PUNA_TRY_VOID(add_biases(sampling, vocabulary, uses.weights, plan));
  const std::vector<Stage> order =
      plan.mirostat != 0 ? std::vector<Stage>{Stage::temperature} : sampling.samplers.value_or(std::vector<Stage>{});
  order_stages(order, plan);
  const bool infill = std::ranges::contains(plan.stages, Stage::infill);
  plan.greedy = plan.temperature == 0.0F && !infill;
  plan.weights = infill ? uses.weights : nullptr;
  if (std::ranges::contains(plan.lowering, Stage::dry) || std::ranges::contains(plan.stages, Stage::dry)) {
    plan.breakers = uses.breakers;
  }
  return plan;
}

Result<std::shared_ptr<const DryBreakers>> PlanMaker::breakers(const std::vector<std::string>& texts,
                                                               const EngineWeights& weights) {
  const std::scoped_lock lock(mutex_);
  if (breakers_ == nullptr || texts_ != texts) {
    PUNA_TRY(DryBreakers found,
             DryBreakers::create(
                 texts, weights.vocabulary_tokens(), [&weights](Token token) { return weights.bytes(token); },
                 [&weights](std::string_view text) { return plain_tokens(weights, text); }));
    breakers_ = std::make_shared<const DryBreakers>(std::move(found));
    texts_ = texts;
  }
  return breakers_;
}

Result<SamplerPlan> PlanMaker::make(const Sampling& sampling, const EngineWeights& weights) {
  PlanVocabulary uses{.weights = &weights, .breakers = nullptr};
  if (sampling.dry_sequence_breakers && !sampling.dry_sequence_breakers->empty()) {
    PUNA_TRY(uses.breakers, breakers(*sampling.dry_sequence_breakers, weights));
  }
  return make_plan(sampling, weights.vocabulary_tokens(), uses);
}

}  // namespace puna::engine
