// The hand-over between the engine's thread and a caller's.
#include "engine/stream.h"

#include <gtest/gtest.h>

#include <thread>

namespace puna {
namespace {

using Stream = Generation::Stream;

Piece text(std::string words, std::vector<Token> tokens = {}) {
  return piece::Text{.text = std::move(words), .tokens = std::move(tokens)};
}

TEST(Stream, PiecesComeOutInOrderAndThenOnlyErrors) {
  auto stream = std::make_shared<Stream>();
  stream->push(piece::Prefill{.tokens_done = 1});
  stream->push(text("a"));
  stream->push(piece::Finished{});
  stream->push(text("too late"));
  Generation generation(stream);
  EXPECT_TRUE(std::holds_alternative<piece::Prefill>(*generation.next()));
  EXPECT_EQ(std::get<piece::Text>(*generation.next()).text, "a");
  EXPECT_TRUE(std::holds_alternative<piece::Finished>(*generation.next()));
  EXPECT_EQ(generation.next().error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(generation.next().error().code, ErrorCode::invalid_argument);
}

TEST(Stream, AnErrorComesAfterWhatWasProducedBeforeIt) {
  auto stream = std::make_shared<Stream>();
  stream->push(text("partial"));
  stream->fail({.code = ErrorCode::unavailable, .message = "gone", .hint = {}});
  Generation generation(stream);
  EXPECT_EQ(std::get<piece::Text>(*generation.next()).text, "partial");
  EXPECT_EQ(generation.next().error().message, "gone");
}

TEST(Stream, ASlowReaderLosesNothingAndHoldsABoundedNumberOfPieces) {
  auto stream = std::make_shared<Stream>();
  std::string expected;
  for (int i = 0; i < 20'000; ++i) {
    stream->push(text(std::to_string(i), {i}));
    expected += std::to_string(i);
  }
  stream->push(piece::Finished{});
  Generation generation(stream);
  std::string got;
  Token next = 0;
  std::size_t pieces = 0;
  for (;;) {
    const auto piece = generation.next();
    ++pieces;
    const auto* words = std::get_if<piece::Text>(&*piece);
    if (words == nullptr) {
      break;
    }
    got += words->text;
    for (const Token token : words->tokens) {
      EXPECT_EQ(token, next++);
    }
  }
  EXPECT_EQ(got, expected);
  EXPECT_EQ(next, 20'000);
  EXPECT_LE(pieces, kStreamPiecesMax + 2);
}

TEST(Stream, DroppingOrReplacingTheHandleCancels) {
  auto dropped = std::make_shared<Stream>();
  {
    const Generation generation(dropped);
  }
  EXPECT_TRUE(dropped->cancelled());

  auto first = std::make_shared<Stream>();
  auto second = std::make_shared<Stream>();
  Generation generation(first);
  generation = Generation(second);
  EXPECT_TRUE(first->cancelled());
  EXPECT_FALSE(second->cancelled());
}

TEST(Stream, AStopWakesAWaitingReaderAndCancels) {
  auto stream = std::make_shared<Stream>();
  Generation generation(stream);
  std::stop_source stop;
  std::jthread asker([&stop] { stop.request_stop(); });
  const auto piece = generation.next(stop.get_token());
  EXPECT_EQ(piece.error().code, ErrorCode::cancelled);
  EXPECT_TRUE(stream->cancelled());
}

TEST(Stream, AReaderOnAnotherThreadSeesEveryPiece) {
  auto stream = std::make_shared<Stream>();
  std::jthread engine([stream] {
    for (int i = 0; i < 5000; ++i) {
      stream->push(text("x"));
    }
    stream->push(piece::Finished{});
  });
  Generation generation(stream);
  std::size_t count = 0;
  for (;;) {
    const auto piece = generation.next();
    const auto* words = std::get_if<piece::Text>(&*piece);
    if (words == nullptr) {
      break;
    }
    count += words->text.size();
  }
  EXPECT_EQ(count, 5000U);
}

}  // namespace
}  // namespace puna
