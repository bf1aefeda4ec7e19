// Real inference with a real GGUF: batches against alone, chunks, cached prefixes, pressure, grammars.
// Needs the demo model (or PUNA_TEST_MODEL); skipped without it.
#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "engine/test_grammar.h"
#include "engine/test_paths.h"
#include "engine/test_sampling.h"
#include "puna/engine.h"

namespace puna {
namespace {

using engine::test::kGreedy;

class EngineModel : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (std::filesystem::exists(engine::test::model_path())) {
      auto loaded = Weights::load({.file = engine::test::model_path()});
      ASSERT_TRUE(loaded) << loaded.error().message;
      weights_ = *loaded;
    }
  }
  static void TearDownTestSuite() { weights_.reset(); }
  void SetUp() override {
    if (weights_ == nullptr) {
      GTEST_SKIP() << "no model at " << engine::test::model_path();
    }
  }

  static std::unique_ptr<Engine> open(EngineOptions options) {
    if (options.window_tokens == 0) {
      options.window_tokens = 1024;
    }
    options.threads = options.threads == 0 ? 1 : options.threads;
    auto engine = Engine::create(weights_, options);
    EXPECT_TRUE(engine) << engine.error().message;
    return *std::move(engine);
  }

  static std::vector<Token> prompt(const std::string& question) {
    const std::vector<PromptPart> parts = {{.text = "<|im_start|>user\n", .trust = Trust::trusted},
                                           {.text = question, .trust = Trust::untrusted},
                                           {.text = "<|im_end|>\n<|im_start|>assistant\n", .trust = Trust::trusted}};
    return *weights_->tokenize(parts);
  }

  struct Reply {
    std::vector<Token> tokens;
    std::string text;
    std::optional<piece::Finished> finished;
    std::optional<Error> error;
  };
  static Reply read(Generation& generation) {
    Reply reply;
    for (;;) {
      auto piece = generation.next();
      if (!piece) {
        reply.error = piece.error();
        return reply;
      }
      if (auto* text = std::get_if<piece::Text>(&*piece)) {
        reply.text += text->text;
        reply.tokens.insert(reply.tokens.end(), text->tokens.begin(), text->tokens.end());
      } else if (auto* finished = std::get_if<piece::Finished>(&*piece)) {
        reply.finished = *finished;
        return reply;
      }
    }
  }
  static Reply run(Engine& engine, GenerationRequest request) {
    auto generation = engine.submit(std::move(request));
    EXPECT_TRUE(generation) << generation.error().message;
    return generation ? read(*generation) : Reply{};
  }

  static std::vector<std::string> questions() {
    std::vector<std::string> list;
    for (int i = 0; i < 8; ++i) {
      std::string question = "Question " + std::to_string(i) + ": what is " + std::to_string(17 * i) + " plus 4?";
      for (int j = 0; j < i * 3; ++j) {
        question += " Think about number " + std::to_string(j) + ".";
      }
      list.push_back(question);
    }
    return list;
  }

  static std::shared_ptr<const Weights> weights_;
};

std::shared_ptr<const Weights> EngineModel::weights_;

TEST_F(EngineModel, GreedyRepliesAreTheSameAloneAndBesideSevenOthersInTheDeterministicProfile) {
  std::vector<std::vector<Token>> alone;
  for (const std::string& question : questions()) {
    const auto engine = open({.sequences_max = 1, .profile = Profile::deterministic});
    alone.push_back(run(*engine, {.prompt = prompt(question), .sampling = kGreedy, .tokens_max = 24}).tokens);
    EXPECT_FALSE(alone.back().empty());
  }
  const auto engine = open({.sequences_max = 8, .profile = Profile::deterministic});
  std::vector<Generation> generations;
  for (const std::string& question : questions()) {
    generations.push_back(*engine->submit({.prompt = prompt(question), .sampling = kGreedy, .tokens_max = 24}));
  }
  for (std::size_t i = 0; i < generations.size(); ++i) {
    EXPECT_EQ(read(generations[i]).tokens, alone[i]) << i;
  }
}

TEST_F(EngineModel, ChunksThreadsCachesAndSamplingDoNotChangeADeterministicReply) {
  const std::string question = questions()[2];
  const Sampling sampled = {.temperature = 1.0F, .seed = 5};
  std::vector<std::vector<Token>> replies;
  for (const EngineOptions& options :
       {EngineOptions{.batch_tokens = 512, .threads = 1}, EngineOptions{.batch_tokens = 37, .threads = 2},
        EngineOptions{.batch_tokens = 1, .threads = 1}, EngineOptions{.batch_tokens = 64, .threads = 3},
        EngineOptions{.batch_tokens = 512, .threads = 8}}) {
    EngineOptions deterministic = options;
    deterministic.profile = Profile::deterministic;
    const auto engine = open(deterministic);
    for (int turn = 0; turn < 2; ++turn) {  // the second time the prompt is cached
      const Reply reply = run(*engine, {.prompt = prompt(question), .sampling = sampled, .tokens_max = 16});
      replies.push_back(reply.tokens);
      EXPECT_EQ(reply.finished->usage.cached_tokens > 0, turn == 1);
    }
  }
  for (const auto& reply : replies) {
    EXPECT_EQ(reply, replies.front());
  }
}

TEST_F(EngineModel, TheFastProfileAnswersEightAtOnceFromOneSharedPrefix) {
  const auto engine = open({.sequences_max = 8});
  const std::string system(400, 'x');
  run(*engine, {.prompt = prompt(system), .sampling = kGreedy, .tokens_max = 1});
  const auto before = engine->stats();
  std::vector<Generation> generations;
  for (int i = 0; i < 8; ++i) {
    generations.push_back(*engine->submit(
        {.prompt = prompt(system + " and " + std::to_string(i)), .sampling = kGreedy, .tokens_max = 16}));
  }
  for (Generation& generation : generations) {
    const Reply reply = read(generation);
    ASSERT_TRUE(reply.finished) << reply.error->message;
    EXPECT_GT(reply.finished->usage.cached_tokens, 100);
  }
  const auto after = engine->stats();
  EXPECT_LT(after.tokens_prefilled - before.tokens_prefilled, 8 * 30);
}

TEST_F(EngineModel, ATurnThatContinuesTheLastOneComputesOnlyWhatIsNew) {
  for (const Profile profile : {Profile::fast, Profile::deterministic}) {
    const auto engine = open({.profile = profile});
    auto tokens = prompt("Hello!");
    const Reply first = run(*engine, {.prompt = tokens, .sampling = kGreedy, .tokens_max = 20});
    tokens.insert(tokens.end(), first.tokens.begin(), first.tokens.end());
    const auto more = prompt("And then?");
    tokens.insert(tokens.end(), more.begin(), more.end());
    const Reply second = run(*engine, {.prompt = tokens, .sampling = kGreedy, .tokens_max = 5});
    const auto fresh = static_cast<std::int64_t>(more.size());
    EXPECT_GE(second.finished->usage.cached_tokens, second.finished->usage.prompt_tokens - fresh - 1);
  }
}

TEST_F(EngineModel, AFullPoolMakesTheYoungestWaitAndEveryReplyIsWhole) {
  // One pool of four windows of 256, and eight generations that want 200 tokens each.
  const auto engine = open({.window_tokens = 256, .sequences_max = 8});
  const auto suppress_end = engine::testing_grammar::letters(150, 200);
  std::vector<Generation> generations;
  for (int i = 0; i < 8; ++i) {
    generations.push_back(*engine->submit({.prompt = prompt("Write letters " + std::to_string(i)),
                                           .sampling = {.temperature = 0.7F, .seed = static_cast<std::uint64_t>(i)},
                                           .grammar = suppress_end,
                                           .tokens_max = 180}));
  }
  for (Generation& generation : generations) {
    const Reply reply = read(generation);
    ASSERT_TRUE(reply.finished) << reply.error->message;
    EXPECT_GE(reply.text.size(), 150U);
  }
}

TEST_F(EngineModel, AGrammarIsObeyedWhateverTheModelWants) {
  const auto engine = open({});
  const auto grammar = engine::testing_grammar::answer();
  for (const float temperature : {0.0F, 1.5F}) {
    const Reply reply = run(*engine, {.prompt = prompt("Say anything."),
                                      .sampling = {.temperature = temperature, .seed = 3},
                                      .grammar = grammar,
                                      .tokens_max = 64});
    ASSERT_TRUE(reply.finished) << reply.error->message;
    EXPECT_EQ(reply.finished->reason, FinishReason::end_of_turn) << reply.text;
    EXPECT_TRUE(reply.text.starts_with("{\"answer\": ")) << reply.text;
    EXPECT_TRUE(reply.text.ends_with("}")) << reply.text;
  }
  EXPECT_GT(engine->stats().tokens_rejected, 0);
}

TEST_F(EngineModel, AStopStringEndsARealReply) {
  const auto engine = open({});
  const Reply whole = run(*engine, {.prompt = prompt("Hello!"), .sampling = kGreedy, .tokens_max = 20});
  ASSERT_GT(whole.text.size(), 4U);
  const std::string stop = whole.text.substr(2, 3);
  const Reply cut = run(*engine, {.prompt = prompt("Hello!"), .sampling = kGreedy, .stop = {stop}, .tokens_max = 20});
  EXPECT_EQ(cut.finished->reason, FinishReason::stop_string);
  EXPECT_EQ(cut.text, whole.text.substr(0, whole.text.find(stop)));
}

TEST_F(EngineModel, ThePromptLogAndTheReplysTokensSpellTheReply) {
  const auto engine = open({});
  const Reply reply = run(*engine, {.prompt = prompt("Hello!"), .sampling = kGreedy, .tokens_max = 20});
  std::string spelled;
  for (const Token token : reply.tokens) {
    spelled += weights_->piece(token);
  }
  EXPECT_EQ(spelled, reply.text);
}

TEST_F(EngineModel, AnEngineClosedWhileItComputesReturnsSoon) {
  std::optional<Generation> generation;
  {
    const auto engine = open({.batch_tokens = 512});
    generation = *engine->submit({.prompt = std::vector<Token>(900, 100), .sampling = kGreedy});
  }
  const Reply reply = read(*generation);
  EXPECT_TRUE(reply.error && reply.error->code == ErrorCode::unavailable);
}

TEST_F(EngineModel, AWindowBeyondTheMemoryIsRefusedWithBothSizes) {
  const auto engine =
      Engine::create(weights_, {.window_tokens = 1 << 24, .sequences_max = 256, .profile = Profile::deterministic});
  ASSERT_FALSE(engine);
  EXPECT_EQ(engine.error().code, ErrorCode::limit);
}

TEST_F(EngineModel, LoadingStopsWhenProgressSaysNo) {
  int calls = 0;
  const auto weights = Weights::load({.file = engine::test::model_path()}, [&calls](float) { return ++calls < 3; });
  ASSERT_FALSE(weights);
  EXPECT_EQ(weights.error().code, ErrorCode::cancelled);
  EXPECT_EQ(calls, 3);
}

TEST_F(EngineModel, TwoEnginesShareTheWeights) {
  const auto one = open({});
  const auto two = open({.profile = Profile::deterministic});
  std::jthread other([&two] { run(*two, {.prompt = prompt("Two"), .sampling = kGreedy, .tokens_max = 10}); });
  EXPECT_TRUE(run(*one, {.prompt = prompt("One"), .sampling = kGreedy, .tokens_max = 10}).finished);
}

}  // namespace
}  // namespace puna
