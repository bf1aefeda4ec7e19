// Every kind of memory, with models of random weights: what is reused must be what would have been computed. In the
// deterministic profile each reply is compared with the one of a fresh engine that never held anything else.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <stop_token>
#include <thread>

#include "engine/test_sampling.h"
#include "puna/engine.h"
#include "puna/engine/random_model.h"

namespace puna {
namespace {

using engine::test::kGreedy;

constexpr Sampling kWarm = {.temperature = 1.0F, .top_k = 0, .top_p = 1.0F, .min_p = 0.0F, .seed = 7};

// Engines whose arithmetic does not depend on what stands beside a row, though only the first promises it. The second
// has the keys and values of a processor that multiplies BF16; others compute the same, slowly.
const std::array<EngineOptions, 2> kExact = {
    {{.profile = Profile::deterministic}, {.cache = CacheLayout::parts, .attention = Attention::bf16}}};

struct Said {
  std::vector<Token> tokens;
  std::vector<std::uint64_t> logit_hashes;
  std::int64_t cached = 0;
};

Said read(Generation& generation) {
  Said said;
  for (;;) {
    auto piece = generation.next();
    if (!piece) {
      ADD_FAILURE() << piece.error().message;
      return said;
    }
    if (const auto* text = std::get_if<piece::Text>(&*piece)) {
      said.tokens.append_range(text->tokens);
      said.logit_hashes.append_range(text->logit_hashes);
    } else if (const auto* finished = std::get_if<piece::Finished>(&*piece)) {
      said.cached = finished->usage.cached_tokens;
      return said;
    }
  }
}

class EngineKinds : public testing::TestWithParam<RandomModelKind> {
 protected:
  void SetUp() override {
    const auto file =
        std::filesystem::path(testing::TempDir()) /
        ("kinds-" + std::to_string(static_cast<int>(GetParam())) + "-" + std::to_string(::getpid()) + ".gguf");
    ASSERT_TRUE(write_random_model(file, RandomModelOptions::tiny(GetParam())));
    auto weights = Weights::load({.file = file});
    std::filesystem::remove(file);
    ASSERT_TRUE(weights) << weights.error().message;
    weights_ = *weights;
  }

  std::unique_ptr<Engine> open(EngineOptions options) const {
    options.threads = options.threads == 0 ? 1 : options.threads;
    if (options.window_tokens == 0) {
      options.window_tokens = 512;
    }
    auto engine = Engine::create(weights_, options);
    EXPECT_TRUE(engine) << engine.error().message;
    return *std::move(engine);
  }

  // What a fresh engine says, which never held anything else.
  Said alone(GenerationRequest request, EngineOptions options = kExact[0]) const {
    request.logit_hashes = true;
    options.sequences_max = 1;
    const auto engine = open(options);
    auto generation = engine->submit(request);
    return read(*generation);
  }

  void compare_with_fresh(const EngineOptions& exact) const;
  void sleep_and_go_on(EngineOptions exact) const;

  static std::vector<Token> some_tokens(std::uint64_t seed, std::size_t count) {
    Random random(seed);
    std::vector<Token> tokens(count);
    for (Token& token : tokens) {
      token = static_cast<Token>(20 + random.next() % 400);
    }
    return tokens;
  }

  static std::vector<Token> joined(std::vector<Token> a, const std::vector<Token>& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
  }

  std::shared_ptr<const Weights> weights_;
};

// Cold agents with one beginning, their next turns, forks, the same prompt again, a rollback: all in one engine.
void EngineKinds::compare_with_fresh(const EngineOptions& exact) const {
  EngineOptions options = exact;
  options.sequences_max = 4;
  options.batch_tokens = 48;
  const auto engine = open(options);
  const auto role = some_tokens(1, 150);
  std::vector<std::vector<Token>> prompts;
  for (std::uint64_t i = 0; i < 4; ++i) {
    prompts.push_back(joined(role, some_tokens(10 + i, 12 + 5 * i)));
  }
  const auto ask = [&](const std::vector<std::vector<Token>>& all) {
    std::vector<Generation> generations;
    for (const auto& prompt : all) {
      generations.push_back(
          *engine->submit({.prompt = prompt, .sampling = kWarm, .tokens_max = 12, .logit_hashes = true}));
    }
    std::vector<Said> said;
    for (std::size_t i = 0; i < all.size(); ++i) {
      said.push_back(read(generations[i]));
      const Said wanted = alone({.prompt = all[i], .sampling = kWarm, .tokens_max = 12}, exact);
      EXPECT_EQ(said.back().tokens, wanted.tokens) << i;
      EXPECT_EQ(said.back().logit_hashes, wanted.logit_hashes) << i;
    }
    return said;
  };
  const auto first = ask(prompts);
  std::vector<std::vector<Token>> next;
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    next.push_back(joined(joined(prompts[i], first[i].tokens), some_tokens(50 + i, 9)));  // next turns
  }
  ask(next);
  ask({prompts[0], prompts[0], joined(prompts[1], some_tokens(70, 5)), joined(role, some_tokens(71, 30))});
  const auto again = ask({prompts[2], joined(prompts[2], first[2].tokens)});
  EXPECT_GT(again[0].cached, 0);
}

TEST_P(EngineKinds, WhateverIsReusedTheDeterministicReplyIsTheOneOfAFreshEngine) { compare_with_fresh(kExact[0]); }

TEST_P(EngineKinds, WhateverIsReusedTheReplyInPartsWithBfloat16IsTheOneOfAFreshEngine) {
  compare_with_fresh(kExact[1]);
}

// An agent that comes when the first one has gone on from the common beginning may have to compute it again, and this
// thread may be held up; so there are a few tries.
TEST_P(EngineKinds, ColdAgentsComputeTheirCommonBeginningOnce) {
  constexpr int kTriesMax = 10;
  const std::array<EngineOptions, 3> caches = {
      {{}, {.cache = CacheLayout::parts}, {.profile = Profile::deterministic}}};
  for (EngineOptions options : caches) {
    options.sequences_max = 4;
    options.batch_tokens = 64;
    std::int64_t prefilled = 0;
    for (int attempt = 0; attempt < kTriesMax && prefilled != 200 + 4 * 10; ++attempt) {
      const auto engine = open(options);
      const auto role = some_tokens(2, 200);
      std::vector<Generation> generations;
      for (std::uint64_t i = 0; i < 4; ++i) {
        auto own = some_tokens(20, 10);
        own[0] = static_cast<Token>(100 + i);
        generations.push_back(*engine->submit({.prompt = joined(role, own), .sampling = kGreedy, .tokens_max = 2}));
      }
      for (Generation& generation : generations) {
        read(generation);
      }
      prefilled = engine->stats().tokens_prefilled;
      EXPECT_GE(prefilled, 200 + 4 * 10);
    }
    EXPECT_EQ(prefilled, 200 + 4 * 10) << (options.has_pool() ? "pool" : "parts");
  }
}

// A memory that cannot be cut is marked where a second prompt parts from the first one: the third goes on from there.
TEST_P(EngineKinds, AgentsOneAfterTheOtherComputeTheirCommonBeginningTwiceAtMost) {
  constexpr int kAgents = 5;
  const auto engine = open({.sequences_max = 8, .batch_tokens = 64});
  const auto role = some_tokens(2, 200);
  for (int i = 0; i < kAgents; ++i) {
    auto own = some_tokens(20, 10);
    own[0] = static_cast<Token>(100 + i);
    auto talk = joined(role, own);
    for (int turn = 0; turn < (i == 1 ? 4 : 1); ++turn) {  // the second one has a longer conversation
      Generation generation = *engine->submit({.prompt = talk, .sampling = kGreedy, .tokens_max = 2});
      const Said said = read(generation);
      talk = joined(joined(talk, said.tokens), some_tokens(40 + static_cast<std::uint64_t>(turn), 10));
    }
  }
  EXPECT_LE(engine->stats().tokens_prefilled, 2 * 200 + (kAgents + 3) * (10 + 2));
}

// Whoever asked for a pin and gave up before it was there does not keep half of the lanes for ever.
TEST_P(EngineKinds, APinThatNobodyWaitsForAnyMoreIsNotKept) {
  const auto engine = open({.sequences_max = 4, .batch_tokens = 256, .profile = Profile::deterministic});
  int given_up = 0;
  for (int i = 0; i < 24; ++i) {
    std::stop_source stop;
    const std::jthread caller([&, i] {
      std::this_thread::sleep_for(std::chrono::microseconds(300 * i));
      stop.request_stop();
    });
    given_up += engine->pin(some_tokens(60 + static_cast<std::uint64_t>(i), 250), stop.get_token()) ? 0 : 1;
  }
  EXPECT_GT(given_up, 0);
  const auto one = engine->pin(some_tokens(1, 100));
  const auto two = engine->pin(some_tokens(2, 100));
  EXPECT_TRUE(one && two) << (one ? two : one).error().message;
}

TEST_P(EngineKinds, StatesThatWereSavedGoOnAsIfTheyHadStayed) {
  // Two lanes for four conversations: they push each other out.
  const auto engine = open({.sequences_max = 2, .batch_tokens = 64, .profile = Profile::deterministic});
  std::vector<std::vector<Token>> talks;
  for (std::uint64_t i = 0; i < 4; ++i) {
    talks.push_back(some_tokens(100 + i, 60));
  }
  for (int turn = 0; turn < 3; ++turn) {
    for (std::size_t i = 0; i < talks.size(); ++i) {
      const GenerationRequest request{.prompt = talks[i], .sampling = kWarm, .tokens_max = 8};
      auto generation = engine->submit(request);
      const Said said = read(*generation);
      ASSERT_EQ(said.tokens, alone(request).tokens) << "talk " << i << " turn " << turn;
      talks[i] = joined(joined(talks[i], said.tokens), some_tokens(200 + i, 6));
    }
  }
  const EngineStats stats = engine->stats();
  EXPECT_GT(stats.tokens_restored, 0);
  EXPECT_LE(stats.tokens_prefilled, 4 * 60 + 2 * 4 * (6 + 8 + 1));
}

void EngineKinds::sleep_and_go_on(EngineOptions exact) const {
  const auto file =
      std::filesystem::path(testing::TempDir()) /
      ("sleep-" + std::to_string(static_cast<int>(GetParam())) + "-" + std::to_string(::getpid()) + ".kv");
  exact.sequences_max = 2;
  auto talk = some_tokens(300, 80);
  {
    const auto engine = open(exact);
    auto generation = engine->submit({.prompt = talk, .sampling = kWarm, .tokens_max = 8});
    talk = joined(talk, read(*generation).tokens);
    const auto slept = engine->hibernate(talk, file, "who it was");
    ASSERT_TRUE(slept) << slept.error().message;
    EXPECT_GE(*slept, static_cast<std::int64_t>(talk.size()) - 1);
    EXPECT_EQ(engine->hibernate(some_tokens(9999, 5), file / "no").error().code, ErrorCode::not_found);
  }
  const auto engine = open(exact);
  const auto woken = engine->wake(file);
  ASSERT_TRUE(woken) << woken.error().message;
  EXPECT_TRUE(std::ranges::equal(woken->tokens, std::span(talk).first(woken->tokens.size())));
  const GenerationRequest request{.prompt = joined(talk, some_tokens(301, 6)), .sampling = kWarm, .tokens_max = 8};
  auto generation = engine->submit(request);
  const Said said = read(*generation);
  EXPECT_EQ(said.cached, static_cast<std::int64_t>(woken->tokens.size()));
  EXPECT_EQ(woken->note, "who it was");
  EXPECT_EQ(said.tokens, alone(request, exact).tokens);
  for (const EngineOptions& other :
       {EngineOptions{.sequences_max = 2},
        {.sequences_max = 2, .cache = CacheLayout::parts, .attention = Attention::flash}}) {
    const auto refused = open(other)->wake(file);
    ASSERT_FALSE(refused) << "a state of another arithmetic";
    EXPECT_EQ(refused.error().code, ErrorCode::invalid_argument);
  }
  std::filesystem::remove(file);
}

TEST_P(EngineKinds, AnAgentThatWasHibernatedGoesOnInAnotherEngineAsIfItHadStayed) { sleep_and_go_on(kExact[0]); }

TEST_P(EngineKinds, AnAgentThatWasHibernatedInPartsWithBfloat16GoesOnAsIfItHadStayed) { sleep_and_go_on(kExact[1]); }

std::string kind_name(const testing::TestParamInfo<RandomModelKind>& info) {
  constexpr std::array kNames = {"attention", "sliding_window", "recurrent", "hybrid"};
  return kNames.at(static_cast<std::size_t>(info.param));
}

INSTANTIATE_TEST_SUITE_P(Kinds, EngineKinds,
                         testing::Values(RandomModelKind::attention, RandomModelKind::sliding_window,
                                         RandomModelKind::recurrent, RandomModelKind::hybrid),
                         kind_name);

}  // namespace
}  // namespace puna
