// The sampler against libllama's where a vocabulary matters: DRY's breakers, infill, biases for texts. Needs the demo
// model (or PUNA_TEST_MODEL); skipped without it.
#include <filesystem>

#include "engine/llama_backend.h"
#include "engine/llama_oracle_testing.h"
#include "engine/test_paths.h"

namespace puna::engine {
namespace {

using test::Distribution;
using test::expect_same;
using test::kInfinity;
using test::LibrarySampler;
using test::only;
using test::Oracle;
using test::ours;
using test::random_logits;
using Stage = SamplerStage;

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
