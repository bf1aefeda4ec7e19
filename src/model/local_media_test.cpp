// Pictures through LocalModel, on a model and a projector of random weights written by the test.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "puna/engine/random_model.h"
#include "puna/model.h"

namespace puna {
namespace {

class LocalMedia : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = std::filesystem::path(testing::TempDir()) / ("local-media-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
    ASSERT_TRUE(write_random_model(folder_ / "model.gguf", {.vocabulary_tokens = 1'024}));
    ASSERT_TRUE(write_random_projector(folder_ / "mmproj.gguf", {}));
  }
  static void TearDownTestSuite() { std::filesystem::remove_all(folder_); }

  static std::unique_ptr<LocalModel> open_media_model(bool with_projector = true) {
    LocalModelOptions options{.load = {.file = folder_ / "model.gguf"},
                              .engine = {.window_tokens = 1'024, .threads = 1},
                              .chat_template = built_in_template("chatml").value()};
    if (with_projector) {
      options.media = {.file = folder_ / "mmproj.gguf", .threads = 1};
    }
    auto model = LocalModel::open(options);
    EXPECT_TRUE(model) << model.error().message;
    return *std::move(model);
  }

  // One colour, as a bitmap of 8 x 8 pixels.
  static Media coloured(char colour) {
    std::string bytes = std::string("BM\xF6\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x08\0\0\0\x08\0\0\0\x01\0\x18\0", 30) +
                        std::string(24, '\0') + std::string(8 * 8 * 3, colour);
    return Media::create(std::move(bytes), "one.bmp").value();
  }
  static Request about(const Media& media, std::string question, AgentId agent = kNoAgent) {
    Message message{.role = Role::user, .content = {}};
    EXPECT_TRUE(attach(message, media));
    message.content = std::move(question);
    return {.messages = {std::move(message)}, .sampling = {.temperature = 0.0F}, .tokens_max = 6, .agent = agent};
  }

  static inline std::filesystem::path folder_;
};

TEST_F(LocalMedia, AConversationGoesOnBehindItsPictureWithoutComputingItAgain) {
  const auto model = open_media_model();
  Request request = about(coloured('a'), "what is this", AgentId{7});
  const auto first = model->ask(request, EventSink::none());
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(first->usage.prompt_tokens, model->count_tokens(request));
  request.messages.push_back(first->message);
  request.messages.push_back({.role = Role::user, .content = "and now"});
  const auto second = model->ask(request, EventSink::none());
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_GE(second->usage.cached_tokens, first->usage.prompt_tokens);
  ASSERT_NE(model->media(), nullptr);
  EXPECT_EQ(model->media()->stats().encoded, 1);
}

TEST_F(LocalMedia, AnotherPictureInTheSamePlaceIsAnotherPrompt) {
  const auto model = open_media_model();
  const auto a = model->ask(about(coloured('a'), "what is this"), EventSink::none());
  const auto b = model->ask(about(coloured('b'), "what is this"), EventSink::none());
  const auto again = model->ask(about(coloured('a'), "what is this"), EventSink::none());
  ASSERT_TRUE(a && b && again);
  EXPECT_LT(b->usage.cached_tokens, 16);
  EXPECT_EQ(again->usage.cached_tokens, a->usage.prompt_tokens - 1);
  EXPECT_EQ(again->tokens, a->tokens);
  EXPECT_EQ(model->media()->stats().encoded, 2);
}

TEST_F(LocalMedia, TheHashTypedAsTextIsNotThePicture) {
  const auto model = open_media_model();
  const Media picture = coloured('a');
  ASSERT_TRUE(model->ask(about(picture, "x", AgentId{1}), EventSink::none()));
  Request typed{.messages = {{.role = Role::user, .content = picture.hash() + "x"}},
                .sampling = {.temperature = 0.0F},
                .tokens_max = 4};
  const auto reply = model->ask(typed, EventSink::none());
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_LT(reply->usage.cached_tokens, 20) << "the beginning of the turn, and nothing behind it";
}

TEST_F(LocalMedia, AConversationWithAPictureIsNotSaved) {
  const auto model = open_media_model();
  ASSERT_TRUE(model->ask(about(coloured('a'), "what", AgentId{3}), EventSink::none()));
  EXPECT_EQ(model->save(AgentId{3}, folder_ / "kept"), 0);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "kept"));
}

TEST_F(LocalMedia, WithoutAProjectorAPictureIsRefusedWithWhatToDo) {
  const auto model = open_media_model(false);
  const auto reply = model->ask(about(coloured('a'), "what is this"), EventSink::none());
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, ErrorCode::invalid_argument);
  EXPECT_TRUE(reply.error().message.starts_with("one.bmp is image/bmp")) << reply.error().message;
  EXPECT_TRUE(reply.error().hint.contains("--mmproj"));
  EXPECT_FALSE(model->count_tokens(about(coloured('a'), "what is this")));
  EXPECT_EQ(model->media(), nullptr);
}

TEST_F(LocalMedia, WhatTheProjectorDoesNotTakeIsRefusedByName) {
  const auto model = open_media_model();
  const auto refusal = [&](Media media) {
    const auto reply = model->ask(about(media, "what is this"), EventSink::none());
    return reply ? std::string() : reply.error().message;
  };
  EXPECT_EQ(refusal(Media::create("ID3 and so on", "song.mp3").value()),
            "song.mp3 is audio/mpeg, and this model's projector reads pictures only");
  const std::string webp = std::string("RIFF\x16\0\0\0WEBPVP8X\x0A\0\0\0\0\0\0\0\x01\0\0\x01\0\0", 30);
  EXPECT_EQ(refusal(Media::create(webp, "a.webp").value()), "a.webp is WebP, which is not decoded in this process");
  EXPECT_TRUE(
      refusal(Media::create("GIF89a\x08" + std::string(1, '\0') + "\x08" + std::string(1, '\0'), "a.gif").value())
          .starts_with("a.gif cannot be decoded"));
}

TEST_F(LocalMedia, AStopEndsAQuestionBeforeItsPictureIsEncoded) {
  const auto model = open_media_model();
  std::stop_source stop;
  stop.request_stop();
  const auto reply = model->ask(about(coloured('a'), "what is this"), EventSink::none(), stop.get_token());
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, ErrorCode::cancelled);
  EXPECT_EQ(model->media()->stats().encoded, 0);
}

}  // namespace
}  // namespace puna
