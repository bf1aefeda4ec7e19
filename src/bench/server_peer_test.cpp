#include "bench/server_peer.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace puna::bench {
namespace {

TEST(ServerPeer, ItsFlagsGiveEachAgentItsWindowInEitherLayout) {
  const auto split = server_arguments("llama-server", "m.gguf", {.agents = 8, .window_tokens = 1100}, 4242);
  EXPECT_TRUE(std::ranges::contains(split, "8800"));
  EXPECT_TRUE(std::ranges::contains(split, "--no-kv-unified"));
  EXPECT_TRUE(std::ranges::contains(split, "4242"));
  const auto one = server_arguments("llama-server", "m.gguf", {.agents = 8, .window_tokens = 1, .one_pool = true}, 1);
  EXPECT_TRUE(std::ranges::contains(one, "--kv-unified"));
}

TEST(ServerPeer, AProgramThatIsNotThereIsNotFound) {
  const auto peer = ServerPeer::open("puna-no-such-server", "m.gguf", {}, {});
  ASSERT_FALSE(peer);
  EXPECT_EQ(peer.error().code, ErrorCode::not_found);
}

TEST(ServerPeer, AServerThatEndsWhileItStartsIsUnavailableAfterABoundedNumberOfTries) {
  const auto peer = ServerPeer::open("false", "m.gguf", {}, {});
  ASSERT_FALSE(peer);
  EXPECT_EQ(peer.error().code, ErrorCode::unavailable);
}

TEST(ServerPeer, AStopEndsTheWaitForAServerThatNeverAnswers) {
  std::stop_source stop;
  stop.request_stop();
  const auto peer = ServerPeer::open("yes", "m.gguf", {}, stop.get_token());  // any arguments, no port
  ASSERT_FALSE(peer);
  EXPECT_EQ(peer.error().code, ErrorCode::cancelled);
}

}  // namespace
}  // namespace puna::bench
