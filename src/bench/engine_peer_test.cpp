// The engine as a peer, with real inference. Needs the demo model; skipped without it.
#include "bench/engine_peer.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "bench/agents.h"
#include "source_folder.h"

namespace puna::bench {
namespace {

const std::filesystem::path kModel = std::filesystem::path(PUNA_SOURCE_DIR) / "models/demo/puna-demo-Q8_0.gguf";

TEST(EngineOptionsOfAShape, APoolIsAskedForAsAWindowAndSeparateMemoriesAreNotEnlarged) {
  EXPECT_EQ(engine_options({.window_tokens = 100, .agents = 8, .pool_tokens = 4000}).window_tokens, 1000);
  EXPECT_EQ(engine_options({.window_tokens = 2000, .agents = 8, .pool_tokens = 4000}).window_tokens, 2000);
  EXPECT_EQ(engine_options({.window_tokens = 100, .agents = 2, .pool_tokens = 4000}).window_tokens, 2000);
  EXPECT_EQ(engine_options({.window_tokens = 100, .agents = 8, .pool_tokens = 4000, .profile = Profile::deterministic})
                .window_tokens,
            100);
}

class EnginePeerTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kModel)) {
      GTEST_SKIP() << "no model at " << kModel;
    }
    auto weights = Weights::load({.file = kModel});
    ASSERT_TRUE(weights) << weights.error().message;
    weights_ = *weights;
    auto peer = EnginePeer::open(weights_, {.window_tokens = 256, .agents = 4, .threads = 1}, 100);
    ASSERT_TRUE(peer) << peer.error().message;
    peer_ = *std::move(peer);
  }
  // A question that the model answers in a few tokens.
  std::vector<Token> question() const {
    const std::vector<PromptPart> parts = {
        {.text = "<|im_start|>user\nHello!<|im_end|>\n<|im_start|>assistant\n", .trust = Trust::trusted}};
    return *weights_->tokenize(parts);
  }

  std::shared_ptr<const Weights> weights_;
  std::unique_ptr<EnginePeer> peer_;
};

TEST_F(EnginePeerTest, AReplyHasExactlySoManyTokensAlsoWhereTheModelEndsItsTurn) {
  int hooked = 0;
  const auto reply = peer_->run({.prompt = question(), .output_tokens = 120}, [&hooked] { ++hooked; }, {});
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(reply->output.size(), 120U);
  EXPECT_EQ(reply->arrivals.size(), 120U);
  EXPECT_EQ(hooked, 120);
}

TEST_F(EnginePeerTest, FillersDoNotCountAsPromptTokens) {
  const std::int64_t before = peer_->tokens_prefilled();
  const std::vector<Token> prompt = question();
  ASSERT_TRUE(peer_->run({.prompt = prompt, .output_tokens = 120}, [] {}, {}));
  EXPECT_EQ(peer_->tokens_prefilled() - before, static_cast<std::int64_t>(prompt.size()));
}

TEST_F(EnginePeerTest, RepliesOfAWaveComeInTheOrderOfTheirRequests) {
  std::vector<PeerRequest> requests;
  for (int i = 0; i < 3; ++i) {
    requests.push_back({.prompt = question(), .output_tokens = 6 + i});
  }
  const auto together = peer_->run_together(requests, {});
  ASSERT_TRUE(together) << together.error().message;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    EXPECT_EQ(together->at(i).output.size(), static_cast<std::size_t>(requests[i].output_tokens));
  }
}

TEST_F(EnginePeerTest, AStopEndsAReplyAndAPromptBeyondTheWindowIsAnError) {
  std::stop_source stop;
  stop.request_stop();
  const auto stopped = peer_->run({.prompt = question(), .output_tokens = 100}, [] {}, stop.get_token());
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, ErrorCode::cancelled);
  EXPECT_FALSE(peer_->run({.prompt = std::vector<Token>(300, 100), .output_tokens = 1}, [] {}, {}));
}

}  // namespace
}  // namespace puna::bench
