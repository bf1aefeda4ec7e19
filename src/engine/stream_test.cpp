// The hand-over between the engine's thread and a caller's.
#include "engine/stream.h"

#include <gtest/gtest.h>

#include <thread>

namespace puna {
namespace {

using Stream = Generation::Stream;

// Token n is the letter n.
std::shared_ptr<Stream> stream_of(std::size_t tokens_max, std::vector<std::string> stops = {}) {
  static constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz";
  return std::make_shared<Stream>(tokens_max, std::move(stops), [](Token token) {
    return kLetters.substr(static_cast<std::size_t>(token) % kLetters.size(), 1);
  });
}

TEST(Stream, PiecesComeOutInOrderAndThenOnlyErrors) {
  auto stream = stream_of(4);
  stream->prefilled({.tokens_done = 1, .tokens_total = 7, .tokens_cached = 0});
  stream->push(0);
  stream->push(1);
  stream->finish(FinishReason::tokens_max, {.output_tokens = 2});
  stream->fail({.code = ErrorCode::internal, .message = "too late", .hint = {}});
  Generation generation(stream);
  EXPECT_EQ(std::get<piece::Prefill>(*generation.next()).tokens_total, 7);
  const auto text = std::get<piece::Text>(*generation.next());
  EXPECT_EQ(text.text, "ab");
  EXPECT_EQ(text.tokens, (std::vector<Token>{0, 1}));
  EXPECT_EQ(std::get<piece::Finished>(*generation.next()).usage.output_tokens, 2);
  EXPECT_EQ(generation.next().error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(generation.next().error().code, ErrorCode::invalid_argument);
}

TEST(Stream, HashesOfLogitsComeWithTheirTokensAlsoWhenTheTextIsHeldBack) {
  static constexpr std::string_view kBytes[] = {"\xC3", "\xA9", "x", "y"};  // the first two make one character
  auto stream = std::make_shared<Stream>(
      4, std::vector<std::string>{"xy"}, [](Token token) { return kBytes[static_cast<std::size_t>(token)]; },
      engine::StreamExtras{.logit_hashes = true});
  ASSERT_TRUE(stream->wants_logit_hashes());
  std::vector<std::uint64_t> hashes;
  const auto read = [&hashes](Generation& generation) {
    hashes.append_range(std::get<piece::Text>(*generation.next()).logit_hashes);
  };
  Generation generation(stream);
  stream->push(0, 10);
  stream->push(1, 11);
  read(generation);
  EXPECT_EQ(hashes, (std::vector<std::uint64_t>{10, 11}));
  stream->push(2, 12);
  stream->push(3, 13);
  stream->finish(FinishReason::stop_string, {});
  read(generation);
  EXPECT_EQ(hashes, (std::vector<std::uint64_t>{10, 11, 12, 13}));
  EXPECT_FALSE(stream_of(1)->wants_logit_hashes());
}

TEST(Stream, AnErrorComesAfterWhatWasProducedBeforeIt) {
  auto stream = stream_of(4);
  stream->push(2);
  stream->fail({.code = ErrorCode::unavailable, .message = "gone", .hint = {}});
  Generation generation(stream);
  EXPECT_EQ(std::get<piece::Text>(*generation.next()).text, "c");
  EXPECT_EQ(generation.next().error().message, "gone");
}

TEST(Stream, ASlowReaderLosesNothingAndFindsItInOnePiece) {
  constexpr int kTokens = 20'000;
  auto stream = stream_of(kTokens);
  for (int i = 0; i < kTokens; ++i) {
    stream->push(i);
  }
  stream->finish(FinishReason::tokens_max, {});
  Generation generation(stream);
  const auto text = std::get<piece::Text>(*generation.next());
  ASSERT_EQ(text.tokens.size(), std::size_t{kTokens});
  for (int i = 0; i < kTokens; ++i) {
    ASSERT_EQ(text.tokens[static_cast<std::size_t>(i)], i);
  }
  EXPECT_TRUE(std::holds_alternative<piece::Finished>(*generation.next()));
}

TEST(Stream, AStopStringEndsTheTextAndItsTokensAreStillReported) {
  auto stream = stream_of(8, {"cd"});
  for (const Token token : {0, 1, 2, 3}) {
    stream->push(token);
  }
  stream->finish(FinishReason::stop_string, {});
  Generation generation(stream);
  const auto text = std::get<piece::Text>(*generation.next());
  EXPECT_EQ(text.text, "ab");
  EXPECT_EQ(text.tokens.size(), 4U);
  EXPECT_EQ(std::get<piece::Finished>(*generation.next()).reason, FinishReason::stop_string);
}

TEST(Stream, TextThatMightHaveBecomeAStopStringComesWithTheEnd) {
  auto stream = stream_of(8, {"cd"});
  stream->push(1);
  stream->push(2);
  Generation generation(stream);
  EXPECT_EQ(std::get<piece::Text>(*generation.next()).text, "b");
  stream->finish(FinishReason::tokens_max, {});
  EXPECT_EQ(std::get<piece::Text>(*generation.next()).text, "c");
  EXPECT_TRUE(std::holds_alternative<piece::Finished>(*generation.next()));
}

TEST(Stream, DroppingOrReplacingTheHandleCancels) {
  auto dropped = stream_of(1);
  {
    const Generation generation(dropped);
  }
  EXPECT_TRUE(dropped->cancelled());

  auto first = stream_of(1);
  auto second = stream_of(1);
  Generation generation(first);
  generation = Generation(second);
  EXPECT_TRUE(first->cancelled());
  EXPECT_FALSE(second->cancelled());
}

TEST(Stream, AStopWakesAWaitingReaderAndCancels) {
  auto stream = stream_of(1);
  Generation generation(stream);
  std::stop_source stop;
  std::jthread asker([&stop] { stop.request_stop(); });
  const auto piece = generation.next(stop.get_token());
  EXPECT_EQ(piece.error().code, ErrorCode::cancelled);
  EXPECT_TRUE(stream->cancelled());
}

TEST(Stream, AReaderOnAnotherThreadSeesEveryToken) {
  constexpr int kTokens = 5000;
  for (int round = 0; round < 20; ++round) {
    auto stream = stream_of(kTokens);
    std::jthread engine([stream] {
      for (int i = 0; i < kTokens; ++i) {
        stream->push(i);
      }
      stream->finish(FinishReason::tokens_max, {.output_tokens = kTokens});
    });
    Generation generation(stream);
    Token next = 0;
    for (;;) {
      const auto piece = generation.next();
      const auto* text = std::get_if<piece::Text>(&*piece);
      if (text == nullptr) {
        EXPECT_EQ(std::get<piece::Finished>(*piece).usage.output_tokens, kTokens);
        break;
      }
      EXPECT_EQ(text->text.size(), text->tokens.size());
      for (const Token token : text->tokens) {
        ASSERT_EQ(token, next++);
      }
    }
    EXPECT_EQ(next, kTokens);
  }
}

}  // namespace
}  // namespace puna
