// The sampler against plain, slow definitions of what it should do.
#include "engine/sampler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include "engine/test_sampling.h"

namespace puna::engine {
namespace {

using test::kGreedy;
using test::kInfinity;
using test::kNan;
using test::plan_of;

const Sampling kPlain = {.temperature = 1.0F, .top_k = 0, .top_p = 1.0F, .min_p = 0.0F};

Result<Sampler::Choice> attempt(Sampler& sampler, std::span<const float> logits, const Sampling& sampling,
                                std::span<const Token> history = {}, std::uint64_t key = 0,
                                TokenFilter* filter = nullptr) {
  const SamplerPlan plan = plan_of(sampling, logits.size());
  SamplerState state(plan);
  return sampler.choose(logits, plan, state, history, key, filter);
}

Token choose(Sampler& sampler, std::span<const float> logits, const Sampling& sampling, std::vector<Token> history = {},
             std::int64_t index = 0, TokenFilter* filter = nullptr) {
  const auto choice = attempt(sampler, logits, sampling, history,
                              Random::mix(sampling.seed, static_cast<std::uint64_t>(index)), filter);
  EXPECT_TRUE(choice) << choice.error().message;
  return choice ? choice->token : -1;
}

std::vector<float> uniform_logits(Random& random, std::size_t count) {
  std::vector<float> logits(count);
  for (float& logit : logits) {
    logit = static_cast<float>(random.uniform() * 20 - 10);
  }
  return logits;
}

// The tokens that come out over many draws.
std::set<Token> support(std::span<const float> logits, const Sampling& sampling, int draws = 2000) {
  Sampler sampler(static_cast<int>(logits.size()), {});
  std::set<Token> tokens;
  for (int i = 0; i < draws; ++i) {
    tokens.insert(choose(sampler, logits, sampling, {}, i));
  }
  return tokens;
}

class AllowSet final : public TokenFilter {
 public:
  explicit AllowSet(std::set<Token> allowed) : allowed_(std::move(allowed)) {}
  [[nodiscard]] Result<void> test(std::span<const Token> tokens, std::span<std::uint8_t> allowed) override {
    ++tests;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      allowed[i] = allowed_.contains(tokens[i]) ? 1 : 0;
    }
    tested += tokens.size();
    return {};
  }
  [[nodiscard]] Result<void> accept(Token) override { return {}; }
  int tests = 0;
  std::size_t tested = 0;

 private:
  std::set<Token> allowed_;
};

TEST(Sampler, GreedyIsTheLargestLogitAndTheLowestIdAmongEquals) {
  Random random(1);
  for (int round = 0; round < 200; ++round) {
    auto logits = uniform_logits(random, 300);
    logits[static_cast<std::size_t>(random.next() % 300)] = 11.0F;
    logits[static_cast<std::size_t>(random.next() % 300)] = 11.0F;
    Sampler sampler(300, {});
    const auto best = std::ranges::max_element(logits) - logits.begin();
    EXPECT_EQ(choose(sampler, logits, kGreedy), best);
  }
}

TEST(Sampler, NotANumberAndInfinitiesAreNeverChosen) {
  const std::vector<float> logits = {kNan, kInfinity, -kInfinity, 1.0F, kNan, 0.5F};
  Sampler sampler(6, {});
  EXPECT_EQ(choose(sampler, logits, kGreedy), 3);
  EXPECT_EQ(support(logits, kPlain), (std::set<Token>{3, 5}));
  Sampling penalised = kPlain;
  penalised.repeat_penalty = 2.0F;
  EXPECT_EQ(choose(sampler, logits, penalised, {0, 1, 2, 3, 4, 9999, -5}) == 5 ||
                choose(sampler, logits, penalised, {0, 1, 2, 3, 4}) == 3,
            true);
}

TEST(Sampler, NothingFiniteIsAnErrorAndNotACrash) {
  const std::vector<float> logits(50, kNan);
  Sampler sampler(50, {});
  for (const Sampling& sampling : {kGreedy, kPlain, Sampling{}}) {
    const auto choice = attempt(sampler, logits, sampling);
    ASSERT_FALSE(choice);
    EXPECT_EQ(choice.error().code, ErrorCode::internal);
  }
}

TEST(Sampler, ASuppressedTokenIsNeverChosen) {
  const std::vector<float> logits = {1.0F, 9.0F, 2.0F};
  const std::vector<Token> suppressed = {1, 77, -3};
  Sampler sampler(3, suppressed);
  EXPECT_EQ(choose(sampler, logits, kGreedy), 2);
}

TEST(Sampler, DrawsFollowTheSoftmax) {
  const std::vector<float> logits = {std::log(1.0F), std::log(2.0F), std::log(3.0F), std::log(4.0F)};
  Sampler sampler(4, {});
  std::array<int, 4> counts{};
  for (int i = 0; i < 40'000; ++i) {
    ++counts[static_cast<std::size_t>(choose(sampler, logits, kPlain, {}, i))];
  }
  for (std::size_t token = 0; token < 4; ++token) {
    EXPECT_NEAR(counts[token], 4000.0 * static_cast<double>(token + 1), 400);
  }
}

TEST(Sampler, TheSameSeedAndIndexDrawTheSameTokenAndOthersDiffer) {
  Random random(3);
  const auto logits = uniform_logits(random, 1000);
  Sampling sampling = kPlain;
  sampling.temperature = 10.0F;
  Sampler one(1000, {});
  Sampler two(1000, {});
  choose(two, logits, sampling, {}, 999);  // what was drawn before does not matter
  int different = 0;
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(choose(one, logits, sampling, {}, i), choose(two, logits, sampling, {}, i));
    Sampling other = sampling;
    other.seed = 1;
    different += choose(one, logits, sampling, {}, i) != choose(two, logits, other, {}, i) ? 1 : 0;
  }
  EXPECT_GT(different, 40);
}

TEST(Sampler, TopKKeepsExactlyTheBestK) {
  Random random(5);
  for (const int k : {1, 2, 7, 40}) {
    const auto logits = uniform_logits(random, 200);
    Sampling sampling = kPlain;
    sampling.top_k = k;
    sampling.temperature = 100.0F;
    std::vector<Token> order(200);
    std::iota(order.begin(), order.end(), 0);
    std::ranges::stable_sort(order, std::ranges::greater{},
                             [&](Token t) { return logits[static_cast<std::size_t>(t)]; });
    EXPECT_EQ(support(logits, sampling), std::set<Token>(order.begin(), order.begin() + k));
  }
}

TEST(Sampler, AmongEqualLogitsTheLowestIdsAreKept) {
  Sampling sampling = kPlain;
  sampling.top_k = 2;
  EXPECT_EQ(support(std::vector<float>{1.0F, 1.0F, 1.5F}, sampling), (std::set<Token>{0, 2}));
  EXPECT_EQ(support(std::vector<float>{1.0F, 1.0F, 1.0F, 1.0F}, sampling), (std::set<Token>{0, 1}));
}

TEST(Sampler, TopPKeepsTheSmallestSetThatReachesP) {
  const std::vector<float> logits = {std::log(0.5F), std::log(0.3F), std::log(0.15F), std::log(0.05F)};
  for (const auto& [p, expected] :
       std::vector<std::pair<float, std::size_t>>{{0.0F, 1}, {0.4F, 1}, {0.6F, 2}, {0.9F, 3}, {0.99F, 4}, {1.0F, 4}}) {
    Sampling sampling = kPlain;
    sampling.top_p = p;
    EXPECT_EQ(support(logits, sampling).size(), expected) << p;
  }
}

TEST(Sampler, MinPKeepsWhatReachesAShareOfTheBest) {
  const std::vector<float> logits = {std::log(0.5F), std::log(0.3F), std::log(0.15F), std::log(0.05F)};
  for (const auto& [p, expected] :
       std::vector<std::pair<float, std::size_t>>{{0.0F, 4}, {0.2F, 3}, {0.5F, 2}, {0.7F, 1}, {1.0F, 1}}) {
    Sampling sampling = kPlain;
    sampling.min_p = p;
    EXPECT_EQ(support(logits, sampling).size(), expected) << p;
  }
}

TEST(Sampler, TypicalKeepsWhatIsAsSurprisingAsExpected) {
  // Entropy of (0.9, 0.05, 0.05) is 0.39 nats; -log 0.9 = 0.1 is nearest, the others are at 3.0.
  const std::vector<float> logits = {std::log(0.9F), std::log(0.05F), std::log(0.05F)};
  Sampling sampling = kPlain;
  sampling.typical_p = 0.5F;
  EXPECT_EQ(support(logits, sampling), (std::set<Token>{0}));
  // Entropy of (0.4, 12 x 0.05) is 2.16: the common token (0.92) is farther from it than the rare ones (3.0).
  std::vector<float> flat(13, std::log(0.05F));
  flat[0] = std::log(0.4F);
  sampling.typical_p = 0.3F;
  EXPECT_FALSE(support(flat, sampling).contains(0));
}

TEST(Sampler, PenaltiesLowerRepeatedTokensAlsoOutsideTheTopK) {
  const std::vector<float> logits = {5.0F, 4.0F, 3.0F, -1.0F};
  Sampler sampler(4, {});
  Sampling sampling = kGreedy;
  sampling.repeat_penalty = 2.0F;
  EXPECT_EQ(choose(sampler, logits, sampling, {0}), 1);  // 5 / 2 < 4
  sampling = kGreedy;
  sampling.frequency_penalty = 0.6F;
  EXPECT_EQ(choose(sampler, logits, sampling, {0}), 0);     // 4.4
  EXPECT_EQ(choose(sampler, logits, sampling, {0, 0}), 1);  // 3.8
  sampling = kGreedy;
  sampling.presence_penalty = 1.5F;
  EXPECT_EQ(choose(sampler, logits, sampling, {0, 0, 0}), 1);  // 3.5, however often
  sampling.presence_penalty = -10.0F;
  EXPECT_EQ(choose(sampler, logits, sampling, {3}), 3);  // lifted from the last place: 9
  sampling.repeat_last_n = 2;
  EXPECT_EQ(choose(sampler, logits, sampling, {3, 0, 0}), 0);  // out of sight
  sampling.repeat_last_n = -1;
  EXPECT_EQ(choose(sampler, logits, sampling, {3, 1, 1}), 1);
}

TEST(Sampler, TheFilterIsAskedOnceWhenItAgrees) {
  Random random(8);
  const auto logits = uniform_logits(random, 500);
  Sampler sampler(500, {});
  const Token best = choose(sampler, logits, kGreedy);
  AllowSet filter({best});
  const auto choice = attempt(sampler, logits, kGreedy, {}, 0, &filter);
  EXPECT_EQ(choice->token, best);
  EXPECT_EQ(choice->rejected, 0);
  EXPECT_EQ(filter.tested, 1U);
}

TEST(Sampler, GreedyUnderAFilterIsTheBestAllowedToken) {
  Random random(9);
  for (int round = 0; round < 100; ++round) {
    const auto logits = uniform_logits(random, 400);
    std::set<Token> allowed;
    for (int i = 0; i <= round % 5; ++i) {
      allowed.insert(static_cast<Token>(random.next() % 400));
    }
    Token best = *allowed.begin();
    for (const Token token : allowed) {
      best = logits[static_cast<std::size_t>(token)] > logits[static_cast<std::size_t>(best)] ? token : best;
    }
    Sampler sampler(400, {});
    AllowSet filter(allowed);
    const auto choice = attempt(sampler, logits, kGreedy, {}, 0, &filter);
    ASSERT_TRUE(choice);
    EXPECT_EQ(choice->token, best);
    std::int64_t better = 0;
    for (const float logit : logits) {
      better += logit > logits[static_cast<std::size_t>(best)] ? 1 : 0;
    }
    EXPECT_EQ(choice->rejected, std::min<std::int64_t>(better, kFilterTries));
  }
}

TEST(Sampler, DrawsUnderAFilterStayInsideItAndKeepTheirProportions) {
  std::vector<float> logits(300, 0.0F);
  logits[7] = std::log(2.0F);
  Sampler sampler(300, {});
  AllowSet filter({7, 250});
  std::map<Token, int> counts;
  for (int i = 0; i < 3000; ++i) {
    ++counts[choose(sampler, logits, kPlain, {}, i, &filter)];
  }
  EXPECT_EQ(counts.size(), 2U);
  AllowSet near({7, 8});
  counts.clear();
  for (int i = 0; i < 3000; ++i) {
    ++counts[choose(sampler, logits, kPlain, {}, i, &near)];
  }
  EXPECT_NEAR(counts[7], 2000, 150);
}

TEST(Sampler, AFilterThatAllowsNothingIsAnErrorThatSaysSo) {
  Random random(10);
  const auto logits = uniform_logits(random, 100);
  Sampler sampler(100, {});
  AllowSet filter({});
  for (const Sampling& sampling : {kGreedy, kPlain}) {
    const auto choice = attempt(sampler, logits, sampling, {}, 0, &filter);
    ASSERT_FALSE(choice);
    EXPECT_EQ(choice.error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(sampler.refusal(), Sampler::Refusal::nothing_allowed);
  }
}

TEST(Sampler, ABiasLiftsLowersAndForbids) {
  const std::vector<float> logits = {1.0F, 2.0F, 3.0F, 0.0F};
  Sampler sampler(4, {});
  Sampling sampling = kGreedy;
  sampling.logit_bias = {{.token = 3, .bias = 4.0F}, {.token = 2, .bias = -0.5F}};
  EXPECT_EQ(choose(sampler, logits, sampling), 3);
  sampling.logit_bias = {
      {.token = 3, .bias = 4.0F}, {.token = 3, .bias = -kInfinity}, {.token = 2, .bias = -kInfinity}};
  EXPECT_EQ(choose(sampler, logits, sampling), 1);
  Sampling drawn = kPlain;
  drawn.logit_bias = {{.token = 2, .bias = -kInfinity}};
  EXPECT_EQ(support(logits, drawn), (std::set<Token>{0, 1, 3}));
  drawn.repeat_penalty = 1.5F;
  EXPECT_NE(choose(sampler, logits, drawn, {2, 2, 2}), 2);  // a penalty does not bring it back
}

TEST(Sampler, BiasesThatForbidEverythingAreAnErrorAndSoIsATokenThatIsNotThere) {
  const std::vector<float> logits = {1.0F, kNan};
  Sampler sampler(2, {});
  Sampling sampling = kPlain;
  sampling.logit_bias = {{.token = 0, .bias = -kInfinity}};
  const auto choice = attempt(sampler, logits, sampling);
  ASSERT_FALSE(choice);
  EXPECT_EQ(choice.error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(sampler.refusal(), Sampler::Refusal::nothing_allowed);
  sampling.logit_bias = {{.token = 2, .bias = 1.0F}};
  EXPECT_FALSE(make_plan(*effective(sampling), 2, {}));
}

TEST(Sampler, XtcCutsAsOftenAsItsProbabilitySays) {
  const std::vector<float> logits = {std::log(0.5F), std::log(0.3F), std::log(0.2F)};
  Sampling sampling = kPlain;
  sampling.xtc_threshold = 0.25F;
  sampling.xtc_probability = 1.0F;
  EXPECT_EQ(support(logits, sampling), (std::set<Token>{1, 2}));  // of 0 and 1, the last stays
  sampling.xtc_probability = 0.3F;
  Sampler sampler(3, {});
  int best = 0;
  for (int i = 0; i < 20'000; ++i) {
    best += choose(sampler, logits, sampling, {}, i) == 0 ? 1 : 0;
  }
  EXPECT_NEAR(best, 20'000 * 0.7 * 0.5, 250);  // the two draws do not depend on each other
}

TEST(Sampler, AStateMovesWithTheTokenThatIsTakenAndOnlyThen) {
  const std::vector<float> logits(50, 0.0F);
  Sampler sampler(50, {});
  for (const Sampling& sampling :
       {Sampling{.temperature = 1.0F, .mirostat = 2, .mirostat_tau = 3.0F},
        Sampling{.temperature = 1.0F, .mirostat = 1, .mirostat_tau = 3.0F},
        Sampling{.adaptive_target = 0.3F, .samplers = std::vector{SamplerStage::adaptive_p}}}) {
    const SamplerPlan plan = plan_of(sampling, 50);
    SamplerState one(plan);
    SamplerState other(plan);
    AllowSet none({});
    ASSERT_FALSE(sampler.choose(logits, plan, one, {}, 7, &none));
    EXPECT_EQ(one, other);
    AllowSet few({3, 4});
    ASSERT_TRUE(sampler.choose(logits, plan, one, {}, 7, &few));
    EXPECT_NE(one, other);
    ASSERT_TRUE(sampler.choose(logits, plan, other, {}, 7, &few));
    EXPECT_EQ(one, other);  // the same logits, the same key: the same state
  }
}

TEST(Sampler, WhatNeedsTheWholeVocabularyIsJudgedByTheFilterAsAWhole) {
  // The best 64 hold one allowed token; a share of the spread must be measured on all that are allowed.
  std::vector<float> logits(300, 0.0F);
  std::set<Token> allowed;
  for (Token token = 0; token < 300; ++token) {
    logits[static_cast<std::size_t>(token)] = token < 64 ? 9.0F : 1.0F + static_cast<float>(token % 2);
    if (token == 0 || token >= 64) {
      allowed.insert(token);
    }
  }
  Sampling sampling = kPlain;
  sampling.temperature = 100.0F;
  sampling.top_n_sigma = 20.0F;  // keeps all that are allowed
  Sampler sampler(300, {});
  AllowSet filter(allowed);
  std::set<Token> seen;
  for (int i = 0; i < 3000; ++i) {
    seen.insert(choose(sampler, logits, sampling, {}, i, &filter));
  }
  EXPECT_GT(seen.size(), 200U);
}

}  // namespace
}  // namespace puna::engine
