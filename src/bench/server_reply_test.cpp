#include "bench/server_reply.h"

#include <gtest/gtest.h>

namespace puna::bench {
namespace {

const std::string kStream =
    "data: {\"content\":\"a\",\"tokens\":[680],\"stop\":false}\n\n"
    "data: {\"content\":\"b\",\"tokens\":[1588,7],\"stop\":false}\n\n"
    "data: {\"tokens\":[],\"timings\":{\"cache_n\":3,\"prompt_n\":97,\"predicted_n\":3}}\n\n";

TEST(ServerReply, TokensAndCountsComeOutHoweverTheBytesAreCut) {
  for (const std::size_t step : {std::size_t{1}, std::size_t{7}, kStream.size()}) {
    ServerReply reply;
    std::vector<Token> tokens;
    for (std::size_t at = 0; at < kStream.size(); at += step) {
      const auto more = reply.feed(std::string_view(kStream).substr(at, step));
      ASSERT_TRUE(more) << more.error().message;
      tokens.insert(tokens.end(), more->begin(), more->end());
    }
    EXPECT_EQ(tokens, (std::vector<Token>{680, 1588, 7}));
    EXPECT_TRUE(reply.finished());
    EXPECT_EQ(reply.prompt_tokens_computed(), 97);
    EXPECT_EQ(reply.tokens_predicted(), 3);
  }
}

TEST(ServerReply, AnErrorOfTheServerIsAnErrorHoweverItIsWritten) {
  for (const char* text : {"data: {\"error\":{\"message\":\"full\"}}\n", "{\"error\":{\"code\":400}}\n",
                           "error: {\"message\":\"no\"}\n"}) {
    ServerReply reply;
    const auto tokens = reply.feed(text);
    ASSERT_FALSE(tokens) << text;
    EXPECT_EQ(tokens.error().code, ErrorCode::unavailable);
  }
}

TEST(ServerReply, DamagedEventsAndEndlessLinesAreRefused) {
  ServerReply damaged;
  EXPECT_FALSE(damaged.feed("data: {\"tokens\":[1,\n"));
  ServerReply endless;
  EXPECT_FALSE(endless.feed(std::string((std::size_t{1} << 20) + 1, 'x')));
  ServerReply comment;
  EXPECT_TRUE(comment.feed(": keep-alive\n\n"));
  EXPECT_FALSE(comment.finished());
}

TEST(ServerReply, TheRequestCarriesTokenIdsAndAsksForExactlySoManyTokens) {
  const auto body = Json::parse(completion_body({1, 2, 3}, 24, {9}));
  ASSERT_TRUE(body);
  EXPECT_EQ(body->find("prompt")->as_array().size(), 3U);
  EXPECT_EQ(body->find("n_predict")->as_integer(), 24);
  EXPECT_TRUE(body->find("ignore_eos")->as_bool());
  EXPECT_EQ(body->find("logit_bias")->dump(), "[[9,false]]");
}

}  // namespace
}  // namespace puna::bench
