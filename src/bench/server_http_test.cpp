#include "bench/server_http.h"

#include <gtest/gtest.h>

#include <string>

namespace puna::bench {
namespace {

TEST(ServerHttp, APortThatWasFreeIsClosedAgainAndNobodyAnswersThere) {
  const auto port = free_port();
  ASSERT_TRUE(port) << port.error().message;
  EXPECT_GT(*port, 1023);
  EXPECT_EQ(http_status(*port, "/health"), 0);
}

TEST(ServerHttp, AStreamToNobodyIsUnavailableAndNoByteArrives) {
  const auto port = free_port();
  ASSERT_TRUE(port);
  const auto done = http_stream(*port, "/completion", "{}",
                                [](std::string_view) -> Result<void> {
                                  ADD_FAILURE() << "bytes from nobody";
                                  return {};
                                },
                                {});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::unavailable);
}

TEST(ServerHttp, AStopIsACancelAlsoWhereNobodyAnswers) {
  const auto port = free_port();
  ASSERT_TRUE(port);
  std::stop_source stop;
  stop.request_stop();
  const auto done =
      http_stream(*port, "/completion", "{}", [](std::string_view) -> Result<void> { return {}; }, stop.get_token());
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::cancelled);
}

}  // namespace
}  // namespace puna::bench
