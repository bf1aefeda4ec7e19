// Test support: libllama's samplers as the oracle of ours, and distributions to compare.
#pragma once

#include <gtest/gtest.h>
#include <llama.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/sampler.h"
#include "engine/test_sampling.h"

namespace puna::engine::test {

using Stage = SamplerStage;
using Distribution = std::map<Token, double>;

inline constexpr std::uint32_t kSeed = 7;

struct FreeSampler {
  void operator()(llama_sampler* sampler) const { llama_sampler_free(sampler); }
};
using LibrarySampler = std::unique_ptr<llama_sampler, FreeSampler>;

inline std::vector<float> random_logits(Random& random, std::size_t count, double spread = 12) {
  std::vector<float> logits(count);
  for (float& logit : logits) {
    logit = static_cast<float>((random.uniform() + random.uniform() - 1) * spread);
  }
  return logits;
}

// The library's candidates.
class Oracle {
 public:
  explicit Oracle(std::span<const float> logits) {
    for (std::size_t i = 0; i < logits.size(); ++i) {
      list_.push_back({.id = static_cast<Token>(i), .logit = logits[i], .p = 0});
    }
    array_ = {.data = list_.data(), .size = list_.size(), .selected = -1, .sorted = false};
  }
  Oracle& apply(llama_sampler* sampler) {
    llama_sampler_apply(sampler, &array_);
    return *this;
  }
  // Takes over the sampler.
  Oracle& operator<<(llama_sampler* sampler) {
    const LibrarySampler owned(sampler);
    return apply(sampler);
  }
  // By the logits that are left, as the library's last sampler draws.
  [[nodiscard]] Distribution distribution() const {
    const std::span<const llama_token_data> left(array_.data, array_.size);
    const double best = std::ranges::max_element(left, {}, &llama_token_data::logit)->logit;
    double sum = 0;
    for (const llama_token_data& entry : left) {
      sum += std::exp(entry.logit - best);
    }
    Distribution all;
    for (const llama_token_data& entry : left) {
      if (entry.logit != -kInfinity) {
        all[entry.id] = std::exp(entry.logit - best) / sum;
      }
    }
    return all;
  }
  [[nodiscard]] Token selected() const { return array_.data[array_.selected].id; }

 private:
  std::vector<llama_token_data> list_;
  llama_token_data_array array_{};
};

inline Distribution ours(std::span<const float> logits, const SamplerPlan& plan, const SamplerState& state,
                         std::span<const Token> history = {}) {
  Sampler sampler(static_cast<int>(logits.size()), {});
  const auto candidates = sampler.distribution(logits, plan, state, history, kSeed);
  EXPECT_TRUE(candidates) << candidates.error().message;
  Distribution all;
  for (const Candidate& candidate : *candidates) {
    if (candidate.logit != -kInfinity) {
      all[candidate.token] = candidate.probability;
    }
  }
  return all;
}
inline Distribution ours(std::span<const float> logits, const Sampling& sampling, std::span<const Token> history = {},
                         const PlanVocabulary& uses = {}) {
  const SamplerPlan plan = plan_of(sampling, logits.size(), uses);
  return ours(logits, plan, SamplerState(plan), history);
}

inline void expect_same(const Distribution& mine, const Distribution& library, const std::string& what) {
  ASSERT_EQ(mine.size(), library.size()) << what;
  for (const auto& [token, probability] : library) {
    ASSERT_TRUE(mine.contains(token)) << what << ": token " << token << ", not " << mine.begin()->first;
    EXPECT_NEAR(mine.at(token), probability, 1e-5 + probability * 1e-3) << what << ": token " << token;
  }
}

// All stages off but those in the order.
inline Sampling only(std::vector<Stage> order) {
  return {.temperature = 1.0F, .top_k = 0, .top_p = 1.0F, .min_p = 0.0F, .samplers = std::move(order)};
}

}  // namespace puna::engine::test
