// What sampling remembers, through the engine's step: a generation that had to wait, or had others beside it, says what
// it says alone; log probabilities arrive with their tokens.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "engine/log_probabilities.h"
#include "engine/test_core.h"

namespace puna::engine {
namespace {

using fake::tokens_of;
using test::Caller;
using test::Output;
using Stage = SamplerStage;

class SamplingState : public test::EngineCoreTest {};

std::vector<Sampling> with_memory() {
  return {{.temperature = 3.0F, .mirostat = 1, .mirostat_tau = 3.0F, .seed = 4},
          {.temperature = 3.0F, .mirostat = 2, .mirostat_tau = 4.0F, .mirostat_eta = 0.5F, .seed = 4},
          {.adaptive_target = 0.05F, .samplers = std::vector{Stage::min_p, Stage::adaptive_p}, .seed = 4},
          {.temperature = 2.0F,
           .top_k = 0,
           .repeat_penalty = 1.3F,
           .repeat_last_n = -1,
           .dry_multiplier = 2.0F,
           .dry_allowed_length = 1,
           .dry_penalty_last_n = -1,
           .seed = 4},
          {.temperature = 4.0F, .dynatemp_range = 1.0F, .top_n_sigma = 2.0F, .xtc_probability = 0.5F, .seed = 4}};
}

TEST_F(SamplingState, StaysWithAGenerationThatHasToWait) {
  for (const Sampling& sampling : with_memory()) {
    std::vector<std::vector<Token>> said[2];
    for (const int run : {0, 1}) {
      counters_.sequences_parked = 0;
      // Alone in turn; then all at once in a pool that is too small, so that some are saved and wait.
      open({.lanes = 4, .cells = run == 0 ? 1000 : 100});
      std::vector<Caller> callers;
      for (int i = 0; i < 4; ++i) {
        callers.push_back(submit(std::vector<Token>(20, 'a' + i), 30, sampling));
        if (run == 0) {
          run_to_end();
        }
      }
      run_to_end();
      for (const Caller& caller : callers) {
        const Output output = caller.drain();
        ASSERT_TRUE(output.finished) << output.error->message;
        said[run].push_back(output.tokens);
      }
    }
    EXPECT_EQ(said[0], said[1]) << to_json(sampling).dump();
    EXPECT_GT(counters_.sequences_parked, 0);
  }
}

TEST_F(SamplingState, ChangesWhatComesNext) {
  // Twins that differ only in how fast Mirostat learns say the same first token and part later.
  open({.lanes = 1});
  Sampling sampling{.temperature = 3.0F, .mirostat = 2, .mirostat_tau = 2.0F, .mirostat_eta = 0.0F, .seed = 5};
  const Caller fixed = submit(tokens_of("twins"), 60, sampling);
  run_to_end();
  sampling.mirostat_eta = 1.0F;
  const Caller learns = submit(tokens_of("twins"), 60, sampling);
  run_to_end();
  const Output one = fixed.drain();
  const Output other = learns.drain();
  ASSERT_FALSE(one.tokens.empty());
  EXPECT_EQ(one.tokens[0], other.tokens[0]);
  EXPECT_NE(one.tokens, other.tokens);
}

TEST_F(SamplingState, LogProbabilitiesComeWithTheirTokensAndWithoutBeingAskedForTheyDoNot) {
  open({.lanes = 1});
  const Caller asked = submit(tokens_of("p"), 5, {.temperature = 0.0F, .n_probs = 3});
  run_to_end();
  const Caller silent = submit(tokens_of("p"), 5, {.temperature = 0.0F});
  run_to_end();
  Generation generation(asked.stream);
  std::vector<Token> tokens;
  std::vector<piece::Text::Probabilities> probabilities;
  for (auto piece = generation.next(); piece && !std::holds_alternative<piece::Finished>(*piece);
       piece = generation.next()) {
    if (const auto* text = std::get_if<piece::Text>(&*piece)) {
      tokens.append_range(text->tokens);
      probabilities.append_range(text->probabilities);
    }
  }
  EXPECT_EQ(generation.sampling().n_probs, 3);
  EXPECT_EQ(generation.sampling().top_k, 0);  // what is in force, not what is the default
  ASSERT_EQ(tokens.size(), 5U);
  ASSERT_EQ(probabilities.size(), 5U);
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    EXPECT_EQ(probabilities[i].chosen.token, tokens[i]);
    ASSERT_EQ(probabilities[i].best.size(), 3U);
    EXPECT_EQ(probabilities[i].best[0].token, tokens[i]);  // greedy
    EXPECT_GE(probabilities[i].best[0].log_probability, probabilities[i].best[1].log_probability);
    EXPECT_LE(probabilities[i].chosen.log_probability, 0.0F);
  }
  Generation other(silent.stream);
  for (auto piece = other.next(); piece && !std::holds_alternative<piece::Finished>(*piece); piece = other.next()) {
    if (const auto* text = std::get_if<piece::Text>(&*piece)) {
      EXPECT_TRUE(text->probabilities.empty());
    }
  }
}

TEST(LogProbabilities, AreOfTheFiniteLogitsAlone) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const std::vector<float> logits = {std::log(1.0F), std::nanf(""),  std::log(6.0F),
                                     -kInfinity,     std::log(3.0F), kInfinity};
  std::vector<TokenProbability> out(5);
  log_probabilities(logits, 4, out);
  EXPECT_EQ(out[0].token, 4);
  EXPECT_NEAR(out[0].log_probability, std::log(0.3F), 1e-5);
  EXPECT_EQ(out[1].token, 2);
  EXPECT_NEAR(out[1].log_probability, std::log(0.6F), 1e-5);
  EXPECT_EQ(out[2].token, 4);
  EXPECT_EQ(out[3].token, 0);
  EXPECT_EQ(out[4].token, -1);  // there are no more
  std::vector<TokenProbability> alone(1);
  log_probabilities(logits, 0, alone);
  EXPECT_NEAR(alone[0].log_probability, std::log(0.1F), 1e-5);
}

TEST(LogProbabilities, OfEqualLogitsTheLowestIdsComeFirst) {
  const std::vector<float> logits(20, 1.0F);
  std::vector<TokenProbability> out(4);
  log_probabilities(logits, 19, out);
  EXPECT_EQ(out[1].token, 0);
  EXPECT_EQ(out[2].token, 1);
  EXPECT_EQ(out[3].token, 2);
  EXPECT_NEAR(out[0].log_probability, -std::log(20.0F), 1e-5);
}

}  // namespace
}  // namespace puna::engine
