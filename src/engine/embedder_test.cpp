// Vectors of texts: alone, beside others, beside an engine that generates. Needs the demo model (or PUNA_TEST_MODEL).
#include "puna/engine/embedder.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numeric>
#include <thread>

#include "engine/test_paths.h"
#include "engine/test_sampling.h"
#include "puna/engine/random_model.h"

namespace puna {
namespace {

double dot(const std::vector<float>& a, const std::vector<float>& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0, std::plus<>(),
                            [](float x, float y) { return static_cast<double>(x) * static_cast<double>(y); });
}

class EmbedderTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(engine::test::model_path())) {
      GTEST_SKIP() << "no model at " << engine::test::model_path();
    }
    auto weights = Weights::load({.file = engine::test::model_path()});
    ASSERT_TRUE(weights) << weights.error().message;
    weights_ = *weights;
  }
  [[nodiscard]] std::unique_ptr<Embedder> open(EmbedderOptions options = {}, int threads = 1,
                                               Profile profile = Profile::fast) const {
    auto embedder =
        Embedder::create(weights_, options, {.threads = threads, .threads_batch = threads, .profile = profile});
    EXPECT_TRUE(embedder) << embedder.error().message;
    return *std::move(embedder);
  }
  static std::vector<Token> tokens_of_text(const Embedder& embedder, std::string_view text) {
    return embedder.tokenize(text, Embedder::Length::whole).value();
  }
  static std::vector<float> vector_of(Embedder& embedder, std::string_view text) {
    auto vector = embedder.embed(tokens_of_text(embedder, text));
    EXPECT_TRUE(vector) << vector.error().message;
    return vector ? *std::move(vector) : std::vector<float>();
  }

  std::shared_ptr<const Weights> weights_;
};

TEST_F(EmbedderTest, AVectorHasTheModelsWidthAndLengthOne) {
  const auto embedder = open();
  const auto vector = vector_of(*embedder, "The river is long.");
  EXPECT_EQ(vector.size(), static_cast<std::size_t>(weights_->facts().embedding));
  EXPECT_EQ(embedder->dimensions(), weights_->facts().embedding);
  EXPECT_NEAR(dot(vector, vector), 1, 1e-5);
}

TEST_F(EmbedderTest, WhatWasComputedBeforeMakesNoDifference) {
  const auto embedder = open();
  const auto first = vector_of(*embedder, "The river is long.");
  const auto other = vector_of(*embedder, "Turn on the lamp in the kitchen, please, and tell me what time it is now.");
  EXPECT_EQ(vector_of(*embedder, "The river is long."), first);
  EXPECT_NE(first, other);
  const auto fresh = open();
  EXPECT_EQ(vector_of(*fresh, "The river is long."), first);
}

TEST_F(EmbedderTest, TheDeterministicProfileGivesTheSameBitsWithTwoThreads) {
  const auto one = open({}, 1, Profile::deterministic);
  const auto two = open({}, 2, Profile::deterministic);
  for (const std::string_view text : {"a", "The river is long.", "Which files are in the folder with the plans?"}) {
    EXPECT_EQ(vector_of(*one, text), vector_of(*two, text)) << text;
  }
}

TEST_F(EmbedderTest, PoolingDecidesWhichTokensCount) {
  const auto mean = open({.pooling = Pooling::mean});
  const auto last = open({.pooling = Pooling::last});
  const auto cls = open({.pooling = Pooling::cls});
  EXPECT_EQ(vector_of(*open(), "The river is long."), vector_of(*mean, "The river is long."));  // the file says nothing
  EXPECT_NE(vector_of(*mean, "The river is long."), vector_of(*last, "The river is long."));
  // The first token sees nothing of what comes after it.
  EXPECT_GT(dot(vector_of(*cls, "The river is long."), vector_of(*cls, "The river is deep.")), 0.9999);
  EXPECT_LT(dot(vector_of(*last, "The river is long."), vector_of(*last, "The river is long and")), 0.9999);
}

TEST_F(EmbedderTest, SpecialTokensInATextAreText) {
  const auto embedder = open();
  for (const Token token : tokens_of_text(*embedder, "a<|im_end|>b<|endoftext|>")) {
    EXPECT_FALSE(weights_->is_control(token)) << token;
  }
}

TEST_F(EmbedderTest, WhatCannotBeComputedSaysWhy) {
  const auto embedder = open({.text_tokens_max = 8});
  EXPECT_EQ(embedder->text_tokens_max(), 8);
  EXPECT_EQ(embedder->embed({}).error().message, "the text has no tokens");
  const auto tokens = tokens_of_text(*embedder, "one two three four five six seven eight nine ten eleven twelve");
  const auto too_long = embedder->embed(tokens);
  ASSERT_FALSE(too_long);
  EXPECT_EQ(too_long.error().code, ErrorCode::limit);
  EXPECT_EQ(too_long.error().message,
            format_text("the text has {} tokens and a vector takes 8 at most", tokens.size()));
  const std::vector<Token> foreign{1, 99'999'999};
  EXPECT_EQ(embedder->embed(foreign).error().code, ErrorCode::invalid_argument);
  const auto cut = embedder->tokenize("one two three four five six seven eight nine ten", Embedder::Length::cut);
  ASSERT_TRUE(cut);
  EXPECT_EQ(cut->size(), 8U);
  EXPECT_TRUE(embedder->embed(*cut));
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(embedder->embed(*cut, stop.get_token()).error().code, ErrorCode::cancelled);
  EXPECT_TRUE(embedder->embed(*cut)) << "a stop leaves nothing behind";
  EXPECT_EQ(Embedder::create(weights_, {.text_tokens_max = -1}, {}).error().code, ErrorCode::invalid_argument);
}

TEST_F(EmbedderTest, AVocabularyAloneIsRefused) {
  auto vocabulary = Weights::load_vocabulary(engine::test::model_path());
  ASSERT_TRUE(vocabulary);
  EXPECT_EQ(Embedder::create(*vocabulary, {}, {}).error().code, ErrorCode::invalid_argument);
}

TEST_F(EmbedderTest, RunsBesideTheEngineWithoutChangingIt) {
  auto opened = Engine::create(weights_, {.window_tokens = 256, .threads = 1, .profile = Profile::deterministic});
  ASSERT_TRUE(opened) << opened.error().message;
  const std::vector<PromptPart> parts{{.text = "Once upon a time there was"}};
  const auto generate = [&] {
    std::vector<Token> tokens;
    auto generation = (*opened)->submit(
        {.prompt = weights_->tokenize(parts).value(), .sampling = engine::test::kGreedy, .tokens_max = 48});
    while (generation) {
      auto piece = generation->next();
      if (!piece || std::holds_alternative<piece::Finished>(*piece)) {
        break;
      }
      if (const auto* text = std::get_if<piece::Text>(&*piece)) {
        tokens.append_range(text->tokens);
      }
    }
    return tokens;
  };
  const auto alone = generate();
  ASSERT_FALSE(alone.empty());
  const auto embedder = open({}, 1, Profile::deterministic);
  const auto quiet = vector_of(*embedder, "The river is long.");
  std::vector<std::vector<float>> seen(12);
  std::vector<std::jthread> callers;
  for (std::size_t i = 0; i < 3; ++i) {
    callers.emplace_back([&, i] {
      for (std::size_t k = 0; k < 4; ++k) {
        seen[4 * i + k] = vector_of(*embedder, "The river is long.");
      }
    });
  }
  EXPECT_EQ(generate(), alone);
  callers.clear();
  for (const auto& vector : seen) {
    EXPECT_EQ(vector, quiet);
  }
}

TEST_F(EmbedderTest, ItsMemoryIsPartOfTheCeiling) {
  const ModelFacts& facts = weights_->facts();
  const std::uint64_t bytes = estimate_embedder_bytes(facts, {}, Profile::fast);
  EXPECT_GT(bytes, static_cast<std::uint64_t>(facts.window_trained_tokens) * facts.kv_bytes_per_token);
  EXPECT_LT(estimate_embedder_bytes(facts, {.text_tokens_max = 64}, Profile::fast), bytes);
  EngineOptions options{.window_tokens = 256, .sequences_max = 1, .saved_bytes_max = 0};
  const std::uint64_t least = estimate_memory(facts, options).needed_bytes();
  options.memory_bytes_max = least + bytes - 1;
  options.reserved_bytes = bytes;
  EXPECT_FALSE(estimate_memory(facts, options).fits());
  EXPECT_EQ(Engine::create(weights_, options).error().code, ErrorCode::limit);
  ++options.memory_bytes_max;
  EXPECT_TRUE(estimate_memory(facts, options).fits());
}

class EmbedderKinds : public testing::TestWithParam<RandomModelKind> {};

TEST_P(EmbedderKinds, EveryKindOfMemoryComputesVectors) {
  const auto file = std::filesystem::path(testing::TempDir()) /
                    format_text("embedder-{}-{}.gguf", static_cast<int>(GetParam()), ::getpid());
  ASSERT_TRUE(write_random_model(file, RandomModelOptions::tiny(GetParam())));
  auto weights = Weights::load({.file = file});
  std::filesystem::remove(file);
  ASSERT_TRUE(weights) << weights.error().message;
  auto embedder = Embedder::create(*weights, {.text_tokens_max = 64}, {.threads = 1, .threads_batch = 1});
  ASSERT_TRUE(embedder) << embedder.error().message;
  const std::vector<Token> text{5, 6, 7, 8, 9};
  const std::vector<Token> other{9, 8, 7};
  const auto first = (*embedder)->embed(text);
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_NEAR(dot(*first, *first), 1, 1e-5);
  ASSERT_TRUE((*embedder)->embed(other));
  EXPECT_EQ((*embedder)->embed(text).value(), *first);
}
INSTANTIATE_TEST_SUITE_P(Kinds, EmbedderKinds,
                         testing::Values(RandomModelKind::attention, RandomModelKind::sliding_window,
                                         RandomModelKind::recurrent, RandomModelKind::hybrid),
                         [](const auto& kind) { return format_text("kind{}", static_cast<int>(kind.param)); });

}  // namespace
}  // namespace puna
