// Numbers and vectors of media over a projector that counts: equal tokens only for equal content, one encoding for
// each.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "engine/projector.h"

namespace puna::engine {
namespace {

constexpr std::size_t kFakeWidth = 2;

struct FakeCalls {
  std::atomic<int> cuts = 0;
  std::atomic<int> encodings = 0;
  std::atomic<bool> hold = false;
};

// A medium "3,2": word 7, three vectors, word 8, two vectors, word 9. "x": cannot be decoded.
class FakeProjector final : public Projector {
 public:
  explicit FakeProjector(std::shared_ptr<FakeCalls> calls) : calls_(std::move(calls)) {}

  [[nodiscard]] bool sees() const override { return true; }
  [[nodiscard]] bool hears() const override { return false; }
  [[nodiscard]] Result<std::vector<MediaPiece>> cut(const MediaBytes& medium) override {
    ++calls_->cuts;
    if (medium.bytes == "x") {
      return fail(ErrorCode::invalid_argument, "cannot be decoded");
    }
    std::vector<MediaPiece> pieces{std::vector<Token>{7}};
    for (std::size_t i = 0; i < medium.bytes.size(); i += 2) {
      pieces.emplace_back(static_cast<std::size_t>(medium.bytes[i] - '0'));
      pieces.emplace_back(std::vector<Token>{static_cast<Token>(8 + i / 2)});
    }
    return pieces;
  }
  [[nodiscard]] Result<std::vector<std::vector<float>>> encode(const MediaBytes& medium,
                                                               const std::stop_token& stop) override {
    ++calls_->encodings;
    while (calls_->hold && !stop.stop_requested()) {
      std::this_thread::yield();
    }
    std::vector<std::vector<float>> vectors;
    for (std::size_t i = 0; i < medium.bytes.size(); i += 2) {
      if (stop.stop_requested()) {
        return fail(ErrorCode::cancelled, "stopped");
      }
      vectors.emplace_back(static_cast<std::size_t>(medium.bytes[i] - '0') * kFakeWidth, static_cast<float>(i));
    }
    return vectors;
  }

 private:
  std::shared_ptr<FakeCalls> calls_;
};

class MediaEncoderTest : public testing::Test {
 protected:
  void open_encoder(std::uint64_t cache_bytes_max) {
    encoder_ = make_media_encoder(std::make_unique<FakeProjector>(calls_), kFakeWidth, cache_bytes_max);
  }
  void SetUp() override { open_encoder(1 << 20); }

  std::shared_ptr<FakeCalls> calls_ = std::make_shared<FakeCalls>();
  std::unique_ptr<MediaEncoder> encoder_;
};

constexpr MediaBytes kCat{.hash = "cat", .bytes = "3,2", .name = "cat.png"};
constexpr MediaBytes kDog{.hash = "dog", .bytes = "3,2", .name = "dog.png"};  // as large, and not the same
constexpr std::array kBoth{kCat, kDog};

TEST_F(MediaEncoderTest, TokensAreEqualOnlyForTheSameContent) {
  const auto cat = encoder_->tokens(kCat).value();
  const auto dog = encoder_->tokens(kDog).value();
  EXPECT_EQ(cat, encoder_->tokens(kCat).value());
  EXPECT_EQ(calls_->cuts, 2) << "the second time nothing is decoded";
  ASSERT_EQ(cat.size(), 1U + 3 + 1 + 2 + 1);
  ASSERT_EQ(dog.size(), cat.size());
  for (std::size_t i = 0; i < cat.size(); ++i) {
    EXPECT_EQ(is_media(cat[i]), (i >= 1 && i <= 3) || i == 5 || i == 6) << i;
    EXPECT_EQ(cat[i] == dog[i], !is_media(cat[i])) << i;
  }
  EXPECT_NE(cat[1], cat[5]) << "neither are two parts of one";
}

TEST_F(MediaEncoderTest, EachMediumIsEncodedOnceForAllItsPromptsAndPieces) {
  std::vector<Token> prompt{1};
  prompt.append_range(encoder_->tokens(kCat).value());
  prompt.append_range(encoder_->tokens(kDog).value());
  prompt.append_range(encoder_->tokens(kCat).value());
  const auto runs = encoder_->encode(prompt, kBoth).value();
  ASSERT_EQ(runs.size(), 6U);
  EXPECT_EQ(calls_->encodings, 2);
  for (const MediaRun& run : runs) {
    EXPECT_EQ(run.vectors->size(), run.tokens * kFakeWidth);
    EXPECT_TRUE(is_media(prompt[run.begin]) && is_media(prompt[run.begin + run.tokens - 1]));
  }
  EXPECT_EQ(runs[0].vectors, runs[4].vectors);
  ASSERT_TRUE(encoder_->encode(prompt, {})) << "the vectors are there: no bytes are needed";
  EXPECT_EQ(calls_->encodings, 2);
  EXPECT_EQ(encoder_->stats().encoded, 2);
  EXPECT_EQ(encoder_->stats().cached_bytes, 2 * 5 * kFakeWidth * sizeof(float));
}

TEST_F(MediaEncoderTest, TheLongestUnusedVectorsAreForgottenAndNumbersAreNot) {
  open_encoder(5 * kFakeWidth * sizeof(float));  // of one
  const auto cat = encoder_->tokens(kCat).value();
  const auto dog = encoder_->tokens(kDog).value();
  ASSERT_TRUE(encoder_->encode(cat, kBoth));
  ASSERT_TRUE(encoder_->encode(dog, kBoth));
  EXPECT_EQ(encoder_->stats().cached_bytes, 5 * kFakeWidth * sizeof(float));
  EXPECT_EQ(encoder_->tokens(kCat).value(), cat);
  ASSERT_TRUE(encoder_->encode(dog, kBoth));
  EXPECT_EQ(calls_->encodings, 2);
  ASSERT_TRUE(encoder_->encode(cat, kBoth));
  EXPECT_EQ(calls_->encodings, 3) << "it was forgotten, and computed again";
  open_encoder(0);
  ASSERT_TRUE(encoder_->encode(encoder_->tokens(kCat).value(), kBoth)) << "one is kept even if it is too large";
}

TEST_F(MediaEncoderTest, WhatIsNoMediumHereIsRefused) {
  EXPECT_EQ(encoder_->encode(std::vector<Token>{1, kMediaTokensEnd, 2}, kBoth).error().code,
            ErrorCode::invalid_argument);
  auto cat = encoder_->tokens(kCat).value();
  EXPECT_EQ(encoder_->encode(cat, {}).error().code, ErrorCode::invalid_argument) << "no bytes";
  cat.resize(2);
  EXPECT_EQ(encoder_->encode(cat, kBoth).error().code, ErrorCode::invalid_argument) << "cut off";
  EXPECT_FALSE(encoder_->tokens({.hash = "bad", .bytes = "x", .name = "bad.png"}));
  EXPECT_TRUE(encoder_->encode(std::vector<Token>{1, 2}, {}).value().empty());
}

TEST_F(MediaEncoderTest, AStopEndsTheEncodingAndTheWaitForAnothers) {
  const auto cat = encoder_->tokens(kCat).value();
  calls_->hold = true;
  std::stop_source first;
  std::stop_source second;
  std::optional<Error> of_first;
  std::jthread encodes([&] { of_first = encoder_->encode(cat, kBoth, first.get_token()).error_or(Error{}); });
  while (calls_->encodings == 0) {
    std::this_thread::yield();
  }
  second.request_stop();
  EXPECT_EQ(encoder_->encode(cat, kBoth, second.get_token()).error().code, ErrorCode::cancelled);
  first.request_stop();
  encodes.join();
  EXPECT_EQ(of_first->code, ErrorCode::cancelled);
  calls_->hold = false;
  EXPECT_TRUE(encoder_->encode(cat, kBoth)) << "and it can be asked again";
}

TEST_F(MediaEncoderTest, ThreadsThatShowTheSamePictureHaveItEncodedOnce) {
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([this] {
      for (int round = 0; round < 50; ++round) {
        const auto tokens = encoder_->tokens(kCat).value();
        ASSERT_EQ(encoder_->encode(tokens, kBoth).value().size(), 2U);
      }
    });
  }
  threads.clear();
  EXPECT_EQ(calls_->encodings, 1);
}

}  // namespace
}  // namespace puna::engine
