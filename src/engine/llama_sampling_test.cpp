// The sampler against libllama's own samplers, on seeded logits: the same tokens are left, with the same probabilities.
// What depends on a vocabulary (DRY's breakers, infill) uses the demo model's; those tests are skipped without it.
#include <gtest/gtest.h>
#include <llama.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <map>
#include <memory>
#include <numeric>

#include "engine/llama_backend.h"
#include "engine/sampler.h"
#include "engine/test_paths.h"

namespace puna::engine {
namespace {

using Stage = SamplerStage;
using Distribution = std::map<Token, double>;

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr std::uint32_t kSeed = 7;

struct FreeSampler {
  void operator()(llama_sampler* sampler) const { llama_sampler_free(sampler); }
};
using LibrarySampler = std::unique_ptr<llama_sampler, FreeSampler>;

std::vector<float> random_logits(Random& random, std::size_t count, double spread = 12) {
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

SamplerPlan plan_of(const Sampling& sampling, std::size_t vocabulary, const PlanVocabulary& uses = {}) {
  const auto asked = effective(sampling);
  EXPECT_TRUE(asked) << asked.error().message << " " << to_json(sampling).dump();
  auto plan = make_plan(*asked, static_cast<int>(vocabulary), uses);
  EXPECT_TRUE(plan) << plan.error().message;
  return *std::move(plan);
}

Distribution ours(std::span<const float> logits, const SamplerPlan& plan, const SamplerState& state,
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
Distribution ours(std::span<const float> logits, const Sampling& sampling, std::span<const Token> history = {},
                  const PlanVocabulary& uses = {}) {
  const SamplerPlan plan = plan_of(sampling, logits.size(), uses);
  return ours(logits, plan, SamplerState(plan), history);
}

void expect_same(const Distribution& mine, const Distribution& library, const std::string& what) {
  ASSERT_EQ(mine.size(), library.size()) << what;
  for (const auto& [token, probability] : library) {
    ASSERT_TRUE(mine.contains(token)) << what << ": token " << token << ", not " << mine.begin()->first;
    EXPECT_NEAR(mine.at(token), probability, 1e-5 + probability * 1e-3) << what << ": token " << token;
  }
}

// All stages off but those in the order.
Sampling only(std::vector<Stage> order) {
  return {.temperature = 1.0F, .top_k = 0, .top_p = 1.0F, .min_p = 0.0F, .samplers = std::move(order)};
}

TEST(LlamaSampling, EachCutLeavesTheSameTokensWithTheSameProbabilities) {
  Random random(11);
  for (int round = 0; round < 60; ++round) {
    const std::size_t vocabulary = round % 2 == 0 ? 300 : 3000;  // the library has another way for more than 1,024
    const auto logits = random_logits(random, vocabulary);
    const auto p = static_cast<float>(0.05 + 0.9 * random.uniform());
    const auto keep = static_cast<int>(round % 3 == 0 ? random.next() % 20 : 0);
    const auto least = static_cast<std::size_t>(keep);
    const auto check = [&](std::string_view what, Sampling sampling, llama_sampler* sampler) {
      expect_same(ours(logits, sampling), (Oracle(logits) << sampler).distribution(),
                  format_text("{} {} keeping {} of {}", what, p, keep, vocabulary));
    };
    const auto with = [&](Stage stage, auto&& set) {
      Sampling sampling = only({stage});
      set(sampling);
      return sampling;
    };
    const auto cut = [&](Stage stage, std::optional<float> Sampling::* field) {
      return with(stage, [&](Sampling& s) {
        s.*field = p;
        s.min_keep = keep;
      });
    };
    check("top_k", with(Stage::top_k, [&](Sampling& s) { s.top_k = 1 + keep; }), llama_sampler_init_top_k(1 + keep));
    check("top_p", cut(Stage::top_p, &Sampling::top_p), llama_sampler_init_top_p(p, least));
    check("min_p", cut(Stage::min_p, &Sampling::min_p), llama_sampler_init_min_p(p, least));
    check("typ_p", cut(Stage::typ_p, &Sampling::typical_p), llama_sampler_init_typical(p, least));
    check("top_n_sigma", with(Stage::top_n_sigma, [&](Sampling& s) { s.top_n_sigma = 3 * p; }),
          llama_sampler_init_top_n_sigma(3 * p));
    check("xtc",
          with(Stage::xtc,
               [&](Sampling& s) {
                 s.xtc_probability = 1.0F;
                 s.xtc_threshold = p / 10;
                 s.min_keep = keep;
               }),
          llama_sampler_init_xtc(1.0F, p / 10, least, kSeed));
    check("temperature", with(Stage::temperature, [&](Sampling& s) { s.temperature = 2 * p; }),
          llama_sampler_init_temp(2 * p));
    check("dynamic temperature",
          with(Stage::temperature,
               [&](Sampling& s) {
                 s.temperature = 1.0F;
                 s.dynatemp_range = p;
                 s.dynatemp_exponent = 0.5F + p;
               }),
          llama_sampler_init_temp_ext(1.0F, p, 0.5F + p));
  }
}

TEST(LlamaSampling, PenaltiesAndBiasesGiveTheSameLogits) {
  Random random(12);
  for (int round = 0; round < 60; ++round) {
    const auto logits = random_logits(random, 200);
    std::vector<Token> history;
    while (history.size() < random.next() % 60) {
      history.push_back(static_cast<Token>(random.next() % 40));
    }
    Sampling sampling = only({Stage::penalties});
    sampling.repeat_penalty = static_cast<float>(0.7 + random.uniform());
    sampling.frequency_penalty = static_cast<float>(random.uniform() - 0.3);
    sampling.presence_penalty = static_cast<float>(random.uniform() - 0.3);
    sampling.repeat_last_n = 1 + static_cast<int>(random.next() % 30);
    sampling.logit_bias = {{.token = 5, .bias = 2.5F}, {.token = 7, .bias = -kInfinity}, {.token = 90, .bias = -1.0F}};
    const std::vector<llama_logit_bias> biases{
        {.token = 5, .bias = 2.5F}, {.token = 7, .bias = -kInfinity}, {.token = 90, .bias = -1.0F}};
    const LibrarySampler penalties(llama_sampler_init_penalties(200, *sampling.repeat_last_n, *sampling.repeat_penalty,
                                                                *sampling.frequency_penalty,
                                                                *sampling.presence_penalty));
    for (const Token token : history) {
      llama_sampler_accept(penalties.get(), token);
    }
    Oracle oracle(logits);
    oracle << llama_sampler_init_logit_bias(200, static_cast<std::int32_t>(biases.size()), biases.data());
    expect_same(ours(logits, sampling, history), oracle.apply(penalties.get()).distribution(),
                format_text("round {}", round));
  }
}

llama_sampler* library_sampler(Stage stage, const Sampling& s, int vocabulary) {
  const auto keep = static_cast<std::size_t>(s.min_keep.value_or(0));
  switch (stage) {
    case Stage::penalties:
      return llama_sampler_init_penalties(vocabulary, *s.repeat_last_n, *s.repeat_penalty, *s.frequency_penalty,
                                          *s.presence_penalty);
    case Stage::top_n_sigma:
      return llama_sampler_init_top_n_sigma(*s.top_n_sigma);
    case Stage::top_k:
      return llama_sampler_init_top_k(*s.top_k);
    case Stage::typ_p:
      return llama_sampler_init_typical(*s.typical_p, keep);
    case Stage::top_p:
      return llama_sampler_init_top_p(*s.top_p, keep);
    case Stage::min_p:
      return llama_sampler_init_min_p(*s.min_p, keep);
    case Stage::xtc:
      return llama_sampler_init_xtc(*s.xtc_probability, *s.xtc_threshold, keep, kSeed);
    default:
      return llama_sampler_init_temp_ext(*s.temperature, *s.dynatemp_range, *s.dynatemp_exponent);
  }
}

TEST(LlamaSampling, WholeChainsInAnyOrderLeaveTheSameDistribution) {
  Random random(13);
  for (int round = 0; round < 300; ++round) {
    const auto logits = random_logits(random, 500, 8);
    std::vector<Token> history(1 + random.next() % 50);
    for (Token& token : history) {
      token = static_cast<Token>(random.next() % 500);
    }
    std::vector<Stage> order{Stage::penalties, Stage::top_n_sigma, Stage::top_k, Stage::typ_p,
                             Stage::top_p,     Stage::min_p,       Stage::xtc,   Stage::temperature};
    for (std::size_t i = order.size() - 1; round % 5 != 0 && i > 0; --i) {
      std::swap(order[i], order[random.next() % (i + 1)]);
    }
    // The library's typical sampling takes the logarithm of what top-n-sigma made zero.
    std::erase(order, round % 2 == 0 ? Stage::typ_p : Stage::top_n_sigma);
    const auto between = [&random](double least, double most) {
      return static_cast<float>(least + (most - least) * random.uniform());
    };
    Sampling sampling = {.temperature = between(0.3, 2),
                         .dynatemp_range = round % 3 == 0 ? between(0.01, 0.3) : 0.0F,
                         .top_k = 20 + static_cast<int>(random.next() % 200),
                         .top_p = between(0.8, 0.99),
                         .min_p = between(0.001, 0.05),
                         .xtc_probability = round % 4 == 0 ? 1.0F : 0.0F,
                         .repeat_penalty = between(1, 1.5),
                         .frequency_penalty = between(0, 0.5),
                         .presence_penalty = between(0, 0.5),
                         .repeat_last_n = 30,
                         .samplers = order};
    (round % 2 == 0 ? sampling.top_n_sigma : sampling.typical_p) = between(0.9, 0.99);
    const auto in_force = effective(sampling);
    ASSERT_TRUE(in_force) << in_force.error().message;
    Oracle oracle(logits);
    for (const Stage stage : order) {
      Sampling all = *in_force;
      all.dynatemp_exponent = all.dynatemp_exponent.value_or(1.0F);
      all.xtc_threshold = all.xtc_threshold.value_or(0.1F);
      const LibrarySampler sampler(library_sampler(stage, all, 500));
      for (const Token token : history) {
        llama_sampler_accept(sampler.get(), token);
      }
      oracle.apply(sampler.get());
    }
    expect_same(ours(logits, sampling, history), oracle.distribution(),
                format_text("round {}: {}", round, to_json(*in_force).dump()));
  }
}

TEST(LlamaSampling, MirostatLearnsTheSameFromTheSameTokens) {
  Random random(14);
  for (const int version : {1, 2}) {
    Sampling sampling{.temperature = 0.9F, .mirostat = version, .mirostat_tau = 4.0F, .mirostat_eta = 0.2F};
    const SamplerPlan plan = plan_of(sampling, 400);
    SamplerState state(plan);
    const LibrarySampler mirostat(version == 1 ? llama_sampler_init_mirostat(400, kSeed, 4.0F, 0.2F, 100)
                                               : llama_sampler_init_mirostat_v2(kSeed, 4.0F, 0.2F));
    for (int step = 0; step < 60; ++step) {
      const auto logits = random_logits(random, 400);
      Oracle oracle(logits);
      oracle << llama_sampler_init_temp(0.9F);
      oracle.apply(mirostat.get());
      const Distribution mine = ours(logits, plan, state);
      expect_same(mine, oracle.distribution(), format_text("version {}, step {}, mu {}", version, step, state.mu));
      ASSERT_TRUE(mine.contains(oracle.selected()));
      remember(plan, mine.at(oracle.selected()), state);  // as if we had drawn it
    }
    EXPECT_NE(state.mu, 8.0F);
  }
}

TEST(LlamaSampling, AdaptivePAimsTheSameAfterTheSameTokens) {
  Random random(15);
  Sampling sampling = only({Stage::min_p, Stage::adaptive_p});
  sampling.min_p = 0.01F;
  sampling.adaptive_target = 0.3F;
  sampling.adaptive_decay = 0.8F;
  const SamplerPlan plan = plan_of(sampling, 100);
  Sampling before = only({Stage::min_p});
  before.min_p = 0.01F;
  SamplerState state(plan);
  const LibrarySampler adaptive(llama_sampler_init_adaptive_p(0.3F, 0.8F, kSeed));
  for (int step = 0; step < 60; ++step) {
    const auto logits = random_logits(random, 100);
    Oracle oracle(logits);
    oracle << llama_sampler_init_min_p(0.01F, 0);
    oracle.apply(adaptive.get());
    expect_same(ours(logits, plan, state), oracle.distribution(), format_text("step {}", step));
    llama_sampler_accept(adaptive.get(), oracle.selected());
    remember(plan, ours(logits, before).at(oracle.selected()), state);
  }
}

// With a real vocabulary.
class LlamaSamplingWords : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(test::model_path())) {
      GTEST_SKIP() << "no model at " << test::model_path();
    }
    auto weights = Weights::load_vocabulary(test::model_path());
    ASSERT_TRUE(weights) << weights.error().message;
    weights_ = std::dynamic_pointer_cast<const EngineWeights>(*weights);
    ASSERT_NE(weights_, nullptr);
    vocab_ = llama_model_get_vocab(library_model(*weights_));
    count_ = static_cast<std::size_t>(weights_->vocabulary_tokens());
  }

  std::shared_ptr<const EngineWeights> weights_;
  const llama_vocab* vocab_ = nullptr;
  std::size_t count_ = 0;
};

TEST_F(LlamaSamplingWords, DryLowersTheSameTokensByAsMuch) {
  Random random(16);
  PlanMaker plans;
  const std::vector<std::vector<std::string>> breakers{{"\n", ":", "\"", "*"}, {}, {"the", "ing "}, {"a", ". But"}};
  for (int round = 0; round < 80; ++round) {
    const std::vector<std::string>& texts = breakers[static_cast<std::size_t>(round) % breakers.size()];
    auto words = library_tokens(*weights_, "the cat: said \"the cat\", going on.\nBut the cat. But in the hat");
    std::vector<Token> history;
    while (history.size() < 20 + static_cast<std::size_t>(round)) {
      const std::size_t from = random.next() % words.size();
      const std::size_t length = std::min<std::size_t>(1 + random.next() % 9, words.size() - from);
      history.insert(history.end(), words.begin() + static_cast<std::ptrdiff_t>(from),
                     words.begin() + static_cast<std::ptrdiff_t>(from + length));
    }
    Sampling sampling = only({Stage::dry});
    sampling.dry_multiplier = 0.8F;
    sampling.dry_base = 1.75F;
    sampling.dry_allowed_length = 1 + round % 3;
    sampling.dry_penalty_last_n = round % 4 == 3 ? 1000 : 20 + round / 2;
    sampling.dry_sequence_breakers = texts;
    std::vector<const char*> names;
    for (const std::string& text : texts) {
      names.push_back(text.c_str());
    }
    const LibrarySampler dry(llama_sampler_init_dry(vocab_, 0.8F, 1.75F, *sampling.dry_allowed_length,
                                                    *sampling.dry_penalty_last_n, names.data(), names.size()));
    for (const Token token : history) {
      llama_sampler_accept(dry.get(), token);
    }
    const auto logits = random_logits(random, count_);
    const auto plan = plans.make(*effective(sampling), *weights_);
    ASSERT_TRUE(plan) << plan.error().message;
    expect_same(ours(logits, *plan, SamplerState(*plan), history), Oracle(logits).apply(dry.get()).distribution(),
                format_text("round {}", round));
  }
}

TEST_F(LlamaSamplingWords, InfillKeepsTheSameTokens) {
  Random random(17);
  const LibrarySampler infill(llama_sampler_init_infill(vocab_));
  std::vector<Token> ends;
  for (Token token = 0; token < static_cast<Token>(count_); ++token) {
    if (weights_->ends_generation(token)) {
      ends.push_back(token);
    }
  }
  std::map<std::size_t, int> sizes;
  for (int round = 0; round < 400; ++round) {
    std::vector<float> logits(count_, -20.0F);
    for (int i = 0; i < 12; ++i) {  // a few are likely, so that each rule has its turn
      logits[random.next() % count_] = static_cast<float>(random.uniform() * (round % 4 == 0 ? 1 : 4));
    }
    float apart = 0;  // of equal logits the library takes any
    for (const Token end : ends) {
      logits[static_cast<std::size_t>(end)] = (round % 3 == 0 ? 1.0F : -9.0F + static_cast<float>(round % 7)) + apart;
      apart += 0.01F;
    }
    Sampling sampling = only({Stage::top_k, Stage::infill});
    sampling.top_k = 12;
    Oracle oracle(logits);
    oracle << llama_sampler_init_top_k(12);
    const Distribution library = oracle.apply(infill.get()).distribution();
    ++sizes[library.size()];
    expect_same(ours(logits, sampling, {}, {.weights = weights_.get()}), library, format_text("round {}", round));
  }
  EXPECT_GT(sizes.size(), 2U);
}

TEST_F(LlamaSamplingWords, ABiasForATextIsForEachOfItsTokens) {
  Sampling sampling;
  sampling.logit_bias = {{.token = std::string("Hello world"), .bias = -kInfinity}};
  const auto plan = make_plan(*effective(sampling), static_cast<int>(count_), {.weights = weights_.get()});
  ASSERT_TRUE(plan) << plan.error().message;
  std::string text;
  std::vector<Token> tokens = *plain_tokens(*weights_, "Hello world");
  for (const Token token : tokens) {
    text += weights_->piece(token);
    EXPECT_TRUE(std::ranges::contains(plan->bias, token, &TokenBias::token));
  }
  EXPECT_NE(text.find("Hello world"), std::string::npos);
  std::ranges::sort(tokens);
  tokens.erase(std::ranges::unique(tokens).begin(), tokens.end());
  EXPECT_EQ(plan->bias.size(), tokens.size());
}

}  // namespace
}  // namespace puna::engine
