// A request's sampling, worked out once: which stages run, in which order, with which values.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "engine/backend.h"
#include "engine/dry.h"

namespace puna::engine {

struct TokenBias {
  Token token = 0;
  float bias = 0;
};

struct SamplerPlan {
  bool greedy = false;  // the likeliest allowed token; only lowering and biases matter
  // penalties and dry, where they are the first stages: they change few logits, so they are applied to the row itself.
  std::vector<SamplerStage> lowering;
  std::vector<SamplerStage> stages;  // the others that do something, in order
  std::size_t head = 0;              // all that is needed are so many best tokens; 0 = all
  // What the first stages do depends on more than the best tokens, so a grammar has to judge the whole vocabulary.
  bool needs_all = false;
  int mirostat = 0;

  float temperature = 1;
  float dynatemp_range = 0;
  float dynatemp_exponent = 1;
  float top_p = 1;
  float min_p = 0;
  float typical_p = 1;
  float top_n_sigma = 0;
  float xtc_probability = 0;
  float xtc_threshold = 0;
  float repeat_penalty = 1;
  float frequency_penalty = 0;
  float presence_penalty = 0;
  float dry_multiplier = 0;
  float dry_base = 1;
  int dry_allowed_length = 0;
  std::size_t top_k = 0;
  std::size_t min_keep = 0;
  std::size_t repeat_last = 0;  // tokens that the penalties look at
  std::size_t dry_last = 0;
  float mirostat_tau = 0;
  float mirostat_eta = 0;
  float adaptive_target = 0;
  float adaptive_decay = 0;

  std::vector<TokenBias> bias;  // sorted, each token once
  std::shared_ptr<const DryBreakers> breakers;
  const EngineWeights* weights = nullptr;  // for infill; borrowed
};

// What a generation's sampling remembers from token to token: a function of the logits and tokens that it saw. What
// depends on tokens alone (penalties, DRY) is computed from them.
struct SamplerState {
  float mu = 0;            // Mirostat: the most surprise, in bits
  float weighted_sum = 0;  // adaptive-p: of the chosen tokens' probabilities
  float total_weight = 0;

  explicit SamplerState(const SamplerPlan& plan)
      : mu(2.0F * plan.mirostat_tau),
        weighted_sum(plan.adaptive_target / (1.0F - plan.adaptive_decay)),
        total_weight(1.0F / (1.0F - plan.adaptive_decay)) {}
  bool operator==(const SamplerState&) const = default;
};

// What a plan needs of a vocabulary, besides its weights for infill.
struct PlanVocabulary {
  const EngineWeights* weights = nullptr;  // null: no infill, and biases by number only
  std::shared_ptr<const DryBreakers> breakers;
};

// Requires  what effective() returned.
// Errors  invalid_argument  a bias for a token that the vocabulary does not have
[[nodiscard]] Result<SamplerPlan> make_plan(const Sampling& sampling, int vocabulary, const PlanVocabulary& uses);

// Makes plans for one vocabulary and keeps the last DRY breakers: to find them, every token is searched.
// Thread  any.
class PlanMaker {
 public:
  // Errors  as make_plan(), and those of tokenising
  [[nodiscard]] Result<SamplerPlan> make(const Sampling& sampling, const EngineWeights& weights);

 private:
  [[nodiscard]] Result<std::shared_ptr<const DryBreakers>> breakers(const std::vector<std::string>& texts,
                                                                    const EngineWeights& weights);
  std::mutex mutex_;
  std::vector<std::string> texts_;  // of breakers_
  std::shared_ptr<const DryBreakers> breakers_;
};

// A text's tokens, without one that begins a prompt.
[[nodiscard]] Result<std::vector<Token>> plain_tokens(const Weights& weights, std::string_view text);

}  // namespace puna::engine
