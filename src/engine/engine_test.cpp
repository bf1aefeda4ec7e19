// The engine with its thread, on a fake library: submissions from many threads, cancellation, shutdown, refusals.
#include "puna/engine.h"

#include <gtest/gtest.h>

#include <thread>

#include "engine/fake_backend.h"
#include "engine/fake_weights.h"
#include "engine/test_sampling.h"

namespace puna {
namespace {

using engine::fake::FakeWeights;
using engine::fake::Settings;
using engine::fake::tokens_of;
using engine::test::kGreedy;

struct Read {
  std::string text;
  std::optional<piece::Finished> finished;
  std::optional<Error> error;
};

Read read_all(Generation& generation) {
  Read result;
  for (;;) {
    auto piece = generation.next();
    if (!piece) {
      result.error = piece.error();
      return result;
    }
    if (auto* text = std::get_if<piece::Text>(&*piece)) {
      result.text += text->text;
    } else if (auto* finished = std::get_if<piece::Finished>(&*piece)) {
      result.finished = *finished;
      return result;
    }
  }
}

std::unique_ptr<Engine> open(Settings settings = {}, const EngineOptions& options = {},
                             std::shared_ptr<engine::fake::Calls> calls = std::make_shared<engine::fake::Calls>()) {
  auto engine = Engine::create(std::make_shared<FakeWeights>(std::move(settings), std::move(calls)), options);
  EXPECT_TRUE(engine) << engine.error().message;
  return *std::move(engine);
}

std::string expected(const std::string& prompt, int count) {
  return engine::fake::expected_text(engine::fake::hashed_letter, tokens_of(prompt), count);
}

TEST(Engine, AGenerationRunsToItsEndAndTheCountsAreCompleteByThen) {
  const auto engine = open();
  auto generation = engine->submit({.prompt = tokens_of("hello"), .sampling = kGreedy, .tokens_max = 10});
  ASSERT_TRUE(generation);
  const Read read = read_all(*generation);
  EXPECT_EQ(read.text, expected("hello", 10));
  EXPECT_EQ(read.finished->reason, FinishReason::tokens_max);
  const EngineStats stats = engine->stats();
  EXPECT_EQ(stats.tokens_prefilled, 5);
  EXPECT_EQ(stats.tokens_decoded, 10);
  EXPECT_EQ(stats.generations_finished, 1);
  EXPECT_EQ(stats.sequences_busy, 0);
  EXPECT_EQ(stats.waiting, 0);
}

TEST(Engine, ManyThreadsSubmitAndEachGetsItsOwnText) {
  auto calls = std::make_shared<engine::fake::Calls>();
  {
    const auto engine = open({}, {.sequences_max = 4}, calls);
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&engine, t] {
        for (int i = 0; i < 25; ++i) {
          const std::string prompt = "thread " + std::to_string(t) + " turn " + std::to_string(i);
          auto generation = engine->submit({.prompt = tokens_of(prompt), .sampling = kGreedy, .tokens_max = 12});
          ASSERT_TRUE(generation);
          EXPECT_EQ(read_all(*generation).text, expected(prompt, 12));
          EXPECT_GE(engine->stats().generations_finished, 1);
        }
      });
    }
    threads.clear();
    EXPECT_EQ(engine->stats().generations_finished, 200);
    EXPECT_EQ(engine->stats().sequences_busy, 0);
  }
  EXPECT_EQ(calls->violation, "");
}

TEST(Engine, HandlesDroppedAtAnyTimeFreeTheirSequences) {
  const auto engine = open({}, {.sequences_max = 2});
  for (int i = 0; i < 50; ++i) {
    auto generation = engine->submit({.prompt = tokens_of("dropped"), .sampling = kGreedy});
    ASSERT_TRUE(generation);
    if (i % 2 == 0) {
      EXPECT_TRUE(generation->next());
    }
  }
  auto last = engine->submit({.prompt = tokens_of("last"), .sampling = kGreedy, .tokens_max = 3});
  EXPECT_EQ(read_all(*last).text, expected("last", 3));
}

TEST(Engine, AStopRequestEndsTheWaitAndTheGeneration) {
  auto hold = std::make_shared<std::atomic<bool>>(true);
  const auto engine = open({.hold = hold});
  auto generation = engine->submit({.prompt = tokens_of("held"), .sampling = kGreedy});
  std::stop_source stop;
  std::jthread asker([&stop] { stop.request_stop(); });
  for (;;) {
    const auto piece = generation->next(stop.get_token());
    if (!piece) {
      EXPECT_EQ(piece.error().code, ErrorCode::cancelled);
      break;
    }
  }
  *hold = false;
  auto next = engine->submit({.prompt = tokens_of("after"), .sampling = kGreedy, .tokens_max = 2});
  EXPECT_EQ(read_all(*next).text, expected("after", 2));
  EXPECT_EQ(engine->stats().generations_cancelled, 1);
}

TEST(Engine, ClosingTheEngineEndsEveryGenerationAsUnavailable) {
  auto hold = std::make_shared<std::atomic<bool>>(true);
  std::vector<Generation> generations;
  {
    const auto engine = open({.hold = hold}, {.sequences_max = 2});
    for (int i = 0; i < 6; ++i) {
      generations.push_back(*engine->submit({.prompt = tokens_of("closing"), .sampling = kGreedy}));
    }
  }
  for (Generation& generation : generations) {
    EXPECT_EQ(read_all(generation).error->code, ErrorCode::unavailable);
  }
}

TEST(Engine, AFullLineRefusesAndNamesTheLimit) {
  auto hold = std::make_shared<std::atomic<bool>>(true);
  const auto engine = open({.hold = hold}, {.sequences_max = 1, .waiting_max = 3});
  std::vector<Generation> generations;
  std::optional<Error> refusal;
  for (int i = 0; i < 10 && !refusal; ++i) {
    auto generation = engine->try_submit({.prompt = tokens_of("crowd"), .sampling = kGreedy, .tokens_max = 1});
    if (generation) {
      generations.push_back(*std::move(generation));
    } else {
      refusal = generation.error();
    }
  }
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->code, ErrorCode::limit);
  EXPECT_TRUE(refusal->message.contains("3"));
  EXPECT_LE(generations.size(), 4U);
  *hold = false;
  for (Generation& generation : generations) {
    EXPECT_TRUE(read_all(generation).finished);
  }
  EXPECT_TRUE(engine->submit({.prompt = tokens_of("again"), .sampling = kGreedy, .tokens_max = 1}));
}

// One that runs, and as many behind it as may wait. Requires an engine that holds still.
std::vector<Generation> fill_line(Engine& engine) {
  std::vector<Generation> generations;
  generations.push_back(*engine.submit({.prompt = tokens_of("first"), .sampling = kGreedy, .tokens_max = 1}));
  while (engine.stats().sequences_busy == 0) {
    std::this_thread::yield();
  }
  while (auto generation = engine.try_submit({.prompt = tokens_of("crowd"), .sampling = kGreedy, .tokens_max = 1})) {
    generations.push_back(*std::move(generation));
  }
  return generations;
}

TEST(Engine, SubmitWaitsForAPlaceInAFullLineAndCanBeStopped) {
  auto hold = std::make_shared<std::atomic<bool>>(true);
  const auto engine = open({.hold = hold}, {.sequences_max = 1, .waiting_max = 1});
  const std::vector<Generation> generations = fill_line(*engine);
  std::stop_source stop;
  std::jthread asker([&stop] { stop.request_stop(); });
  const auto stopped = engine->submit({.prompt = tokens_of("stopped"), .sampling = kGreedy}, stop.get_token());
  EXPECT_EQ(stopped.error().code, ErrorCode::cancelled);
  std::jthread opener([&hold] { *hold = false; });
  auto patient = engine->submit({.prompt = tokens_of("patient"), .sampling = kGreedy, .tokens_max = 3});
  ASSERT_TRUE(patient);
  EXPECT_EQ(read_all(*patient).text, expected("patient", 3));
}

TEST(Engine, ADeadlineCountsWhileTheLineIsFull) {
  auto hold = std::make_shared<std::atomic<bool>>(true);
  const auto engine = open({.hold = hold}, {.sequences_max = 1, .waiting_max = 1});
  const std::vector<Generation> generations = fill_line(*engine);
  auto late = engine->submit({.prompt = tokens_of("late"),
                              .sampling = kGreedy,
                              .deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(20)});
  ASSERT_TRUE(late);
  const auto read = read_all(*late);
  ASSERT_TRUE(read.finished);
  EXPECT_EQ(read.finished->reason, FinishReason::deadline);
  EXPECT_EQ(read.text, "");
  *hold = false;
}

// The last place, taken and left by many: whoever waits for it gets it.
TEST(Engine, NobodyMissesThatAPlaceIsFree) {
  const auto engine = open({}, {.sequences_max = 1, .waiting_max = 1});
  std::atomic<bool> is_over = false;
  std::jthread impatient([&] {
    while (!is_over) {
      if (auto generation = engine->try_submit({.prompt = tokens_of("no"), .sampling = kGreedy, .tokens_max = 1})) {
        static_cast<void>(read_all(*generation));
      }
    }
  });
  {
    std::vector<std::jthread> patient;
    for (int thread = 0; thread < 3; ++thread) {
      patient.emplace_back([&] {
        for (int i = 0; i < 200; ++i) {
          auto generation = engine->submit({.prompt = tokens_of("yes"), .sampling = kGreedy, .tokens_max = 1});
          ASSERT_TRUE(generation);
          EXPECT_TRUE(read_all(*generation).finished);
        }
      });
    }
  }
  is_over = true;
}

TEST(Engine, APinnedPrefixIsComputedOnceAndMayOutliveTheEngine) {
  std::optional<Pin> pin;
  {
    const auto engine = open();
    pin = *engine->pin(tokens_of("system prompt and tools"));
    EXPECT_EQ(engine->stats().tokens_prefilled, 23);
    auto generation = engine->submit(
        {.prompt = tokens_of("system prompt and tools, and a task"), .sampling = kGreedy, .tokens_max = 2});
    EXPECT_EQ(read_all(*generation).finished->usage.cached_tokens, 23);
    engine->leave_for_tool(AgentId{1}, "calculator");
  }
}

TEST(Engine, ADeadEngineAnswersUnavailableForEver) {
  const auto engine = open(
      {.outcomes = {
           {1, engine::DecodeStatus::failed}, {2, engine::DecodeStatus::failed}, {3, engine::DecodeStatus::failed}}});
  auto first = engine->submit({.prompt = tokens_of("dies"), .sampling = kGreedy});
  EXPECT_EQ(read_all(*first).error->code, ErrorCode::unavailable);
  for (int i = 0; i < 3; ++i) {
    auto later = engine->submit({.prompt = tokens_of("late"), .sampling = kGreedy});
    const Error error = later ? *read_all(*later).error : later.error();
    EXPECT_EQ(error.code, ErrorCode::unavailable);
  }
}

TEST(Engine, TheModelsFileDecidesWhatTheCallerLeavesOpen) {
  auto weights = std::make_shared<FakeWeights>();
  weights->set_sampling({.temperature = 0.0F, .top_k = 7});
  const auto engine = *Engine::create(weights, {});
  auto silent = engine->submit({.prompt = tokens_of("file"), .tokens_max = 4});
  ASSERT_TRUE(silent) << silent.error().message;
  EXPECT_EQ(silent->sampling().temperature, 0.0F);
  EXPECT_EQ(read_all(*silent).text, expected("file", 4));
  auto asked = engine->submit({.prompt = tokens_of("file"), .sampling = {.temperature = 1.5F}, .tokens_max = 4});
  ASSERT_TRUE(asked) << asked.error().message;
  EXPECT_EQ(asked->sampling().temperature, 1.5F);
  EXPECT_EQ(asked->sampling().top_k, 7);
  const auto clash = engine->submit({.prompt = tokens_of("file"), .sampling = {.top_p = 0.5F}, .tokens_max = 4});
  ASSERT_FALSE(clash);  // at the file's temperature it would have no effect
  EXPECT_TRUE(clash.error().message.starts_with("top_p")) << clash.error().message;
}

TEST(Engine, BadRequestsAreRefusedBeforeTheyWait) {
  const auto engine = open({}, {.window_tokens = 32});
  const auto code = [&engine](GenerationRequest request) {
    const auto generation = engine->submit(std::move(request));
    EXPECT_FALSE(generation);
    return generation ? ErrorCode::internal : generation.error().code;
  };
  EXPECT_EQ(code({.prompt = {}}), ErrorCode::invalid_argument);
  EXPECT_EQ(code({.prompt = {1, -1}}), ErrorCode::invalid_argument);
  EXPECT_EQ(code({.prompt = {engine::fake::kVocabulary}}), ErrorCode::invalid_argument);
  EXPECT_EQ(code({.prompt = std::vector<Token>(32, 'x')}), ErrorCode::limit);
  EXPECT_EQ(code({.prompt = {1}, .sampling = {.temperature = -1.0F}}), ErrorCode::invalid_argument);
  EXPECT_EQ(code({.prompt = {1}, .stop = {""}}), ErrorCode::invalid_argument);
  EXPECT_EQ(code({.prompt = {1}, .tokens_max = -1}), ErrorCode::invalid_argument);
  EXPECT_EQ(engine->stats().waiting, 0);
  EXPECT_EQ(engine->stats().steps, 0);
  auto longest = engine->submit({.prompt = std::vector<Token>(31, 'x'), .sampling = kGreedy});
  EXPECT_EQ(read_all(*longest).finished->reason, FinishReason::window_full);
}

TEST(Engine, TheMessageForATooLongPromptNamesBothSizes) {
  const auto engine = open({}, {.window_tokens = 32});
  const auto generation = engine->submit({.prompt = std::vector<Token>(100, 'x')});
  EXPECT_TRUE(generation.error().message.contains("100"));
  EXPECT_TRUE(generation.error().message.contains("32"));
}

TEST(Engine, OptionsOutOfRangeAndForeignWeightsAreRefused) {
  EXPECT_EQ(Engine::create(std::make_shared<FakeWeights>(), {.sequences_max = 0}).error().code,
            ErrorCode::invalid_argument);
  EXPECT_EQ(Engine::create(nullptr, {}).error().code, ErrorCode::invalid_argument);
}

TEST(Engine, TheOptionsInForceHaveNoZeros) {
  const auto engine = open();
  EXPECT_GT(engine->options().window_tokens, 0);
  EXPECT_GT(engine->options().threads, 0);
  EXPECT_GT(engine->options().threads_batch, 0);
}

}  // namespace
}  // namespace puna
