// The yardsticks on a real model. Needs the demo model (or PUNA_TEST_MODEL); skipped without it.
#include <gtest/gtest.h>

#include <algorithm>

#include "engine/test_paths.h"
#include "puna/engine/peers.h"

namespace puna {
namespace {

const std::vector<Token> kTrunk{300, 301, 302, 303, 304, 305, 306, 307, 308, 309};
const std::vector<Token> kTail{400, 401, 402};

std::vector<Token> joined(std::vector<Token> a, const std::vector<Token>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

class LlamaPeers : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(engine::test::model_path())) {
      GTEST_SKIP() << "no model at " << engine::test::model_path();
    }
    auto weights = Weights::load({.file = engine::test::model_path()});
    ASSERT_TRUE(weights) << weights.error().message;
    weights_ = *weights;
  }
  std::unique_ptr<RawLoop> open(RawLoopOptions options) const {
    auto raw = RawLoop::open(weights_, options);
    EXPECT_TRUE(raw) << raw.error().message;
    return *std::move(raw);
  }

  std::shared_ptr<const Weights> weights_;
};

TEST_F(LlamaPeers, EveryTurnGetsItsTokensAndTheCountsAreExact) {
  const auto raw = open({.lanes = 3, .cells = 256, .batch_tokens = 8});
  const std::vector<RawTurn> turns{{.lane = 0, .tokens = kTrunk, .output_tokens = 4},
                                   {.lane = 1, .tokens = kTail, .output_tokens = 1},
                                   {.lane = 2, .tokens = kTrunk, .output_tokens = 0}};
  const auto work = raw->run(turns, {});
  ASSERT_TRUE(work) << work.error().message;
  EXPECT_EQ(work->tokens_prefilled, 23);
  EXPECT_EQ(work->tokens_decoded, 5);
  EXPECT_EQ(work->passes, 3 + 3);  // 23 rows in batches of 8, then three more tokens of lane 0
  EXPECT_EQ(work->outputs[0].size(), 4U);
  EXPECT_EQ(work->outputs[1].size(), 1U);
  EXPECT_TRUE(work->outputs[2].empty());
}

TEST_F(LlamaPeers, AContinuedLaneComputesThePendingTokenAndWhatIsNew) {
  const auto raw = open({.lanes = 1, .cells = 256});
  RawTurn turn{.lane = 0, .tokens = kTrunk, .output_tokens = 2};
  ASSERT_TRUE(raw->run(std::span(&turn, 1), {}));
  turn.tokens = kTail;
  const auto next = raw->run(std::span(&turn, 1), {});
  ASSERT_TRUE(next) << next.error().message;
  EXPECT_EQ(next->tokens_prefilled, 4);
}

TEST_F(LlamaPeers, ASharedLaneGoesOnAsItsSourceWithoutComputingItsTokens) {
  const auto raw = open({.lanes = 2, .cells = 256});
  const RawTurn trunk{.lane = 0, .tokens = kTrunk, .output_tokens = 0};
  ASSERT_TRUE(raw->run(std::span(&trunk, 1), {}));
  raw->share(0, 1);
  const std::vector<RawTurn> turns{{.lane = 0, .tokens = kTail, .output_tokens = 6},
                                   {.lane = 1, .tokens = kTail, .output_tokens = 6}};
  const auto work = raw->run(turns, {});
  ASSERT_TRUE(work) << work.error().message;
  EXPECT_EQ(work->tokens_prefilled, 6);
  EXPECT_EQ(work->outputs[0], work->outputs[1]);
}

TEST_F(LlamaPeers, APoolGivesWhatARawLoopGivesAndForgetsWhatItHeld) {
  const auto raw = open({.lanes = 1, .cells = 256});
  const RawTurn turn{.lane = 0, .tokens = joined(kTrunk, kTail), .output_tokens = 8};
  const auto expected = raw->run(std::span(&turn, 1), {});
  ASSERT_TRUE(expected);
  auto pool = ContextPool::open(weights_, {.contexts = 1, .window_tokens = 256});
  ASSERT_TRUE(pool) << pool.error().message;
  for (int time = 0; time < 2; ++time) {
    int hooked = 0;
    const auto output = (*pool)->run(turn.tokens, 8, [&hooked] { ++hooked; }, {});
    ASSERT_TRUE(output) << output.error().message;
    EXPECT_EQ(*output, expected->outputs[0]);
    EXPECT_EQ(hooked, 8);
  }
}

TEST_F(LlamaPeers, AFullCacheIsALimitAndAStopIsACancel) {
  const auto raw = open({.lanes = 1, .cells = 256});
  const RawTurn large{.lane = 0, .tokens = std::vector<Token>(400, 300), .output_tokens = 1};
  const auto full = raw->run(std::span(&large, 1), {});
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().code, ErrorCode::limit);
  std::stop_source stop;
  stop.request_stop();
  auto pool = ContextPool::open(weights_, {.contexts = 1, .window_tokens = 256});
  ASSERT_TRUE(pool);
  const auto stopped = (*pool)->run(kTrunk, 1, [] {}, stop.get_token());
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, ErrorCode::cancelled);
}

TEST_F(LlamaPeers, TheLibrarysGrammarAllowsTheTokensThatGoOnWithOneOfTheTexts) {
  const std::vector<std::string> texts{"yes", "no", "yes, of course"};
  auto grammar = LibraryGrammar::open(weights_, R"(root ::= "yes" | "no" | "yes, of course")");
  ASSERT_TRUE(grammar) << grammar.error().message;
  const auto tokens =
      weights_->tokenize(std::vector<PromptPart>{{.text = texts.back(), .trust = Trust::untrusted}}, {});
  ASSERT_TRUE(tokens);
  for (int round = 0; round < 2; ++round) {  // the second time after restart()
    std::string seen;
    for (const Token next : *tokens) {
      if (seen.empty() && weights_->is_control(next)) {
        continue;
      }
      EXPECT_GT((*grammar)->mask(), 0);
      for (Token token = 0; token < weights_->vocabulary_tokens(); ++token) {
        const std::string piece = weights_->piece(token);
        const bool goes_on = !piece.empty() && std::ranges::any_of(texts, [&](const std::string& text) {
          return text.starts_with(seen + piece);
        });
        const bool may_end = std::ranges::contains(texts, seen);
        ASSERT_EQ((*grammar)->allows(token), weights_->ends_generation(token) ? may_end : goes_on) << seen << piece;
      }
      ASSERT_TRUE((*grammar)->accept(next));
      seen += weights_->piece(next);
    }
    EXPECT_EQ(seen, texts.back());
    EXPECT_FALSE((*grammar)->accept(tokens->back()));  // nothing comes after it
    (*grammar)->restart();
  }
}

TEST_F(LlamaPeers, AGrammarThatTheLibraryDoesNotTakeIsAnError) {
  const auto grammar = LibraryGrammar::open(weights_, "root ::= \"a");
  ASSERT_FALSE(grammar);
  EXPECT_EQ(grammar.error().code, ErrorCode::invalid_argument);
  EXPECT_FALSE(LibraryGrammar::open(weights_, "root ::= nothing-like-this"));
}

}  // namespace
}  // namespace puna
