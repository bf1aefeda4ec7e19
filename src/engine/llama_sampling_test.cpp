// The sampler against libllama's own samplers, on seeded logits: the same tokens are left, with the same probabilities.
#include <utility>

#include "engine/llama_oracle_testing.h"

namespace puna::engine {
namespace {

using test::Distribution;
using test::expect_same;
using test::kInfinity;
using test::kSeed;
using test::LibrarySampler;
using test::only;
using test::Oracle;
using test::ours;
using test::plan_of;
using test::random_logits;
using Stage = SamplerStage;

TEST(LlamaSampling, EachCutLeavesTheSameTokensWithTheSameProbabilities) {
  Random random(11);
  for (int round = 0; round < 60; ++round) {
    const std::size_t vocabulary = round % 2 == 0 ? 300 : 3000;  // the library has another way for more than 1,024
    const auto logits = random_logits(random, vocabulary);
    const auto p = static_cast<float>(0.05 + 0.9 * random.uniform());
    const auto keep = static_cast<int>(round % 3 == 0 ? random.next() % 20 : 0);
    const auto least = static_cast<std::size_t>(keep);
    const auto check = [&](std::string_view what, const Sampling& sampling, llama_sampler* sampler) {
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

}  // namespace
}  // namespace puna::engine
