// Pictures, sounds and files in requests of every family: what reaches the model, and what is refused before.
#include <gtest/gtest.h>

#include "server/anthropic.h"
#include "server/ollama.h"
#include "server/test_kit.h"

namespace puna::server {
namespace {

// A GIF of 1 x 1 by its header, in base64.
constexpr std::string_view kGif = "R0lGODlhAQABAAAA";

// What stands in a message: its text, with the type of each attachment where it is.
std::string laid_out(const Message& message) {
  std::string text;
  std::size_t done = 0;
  for (const Attachment& attachment : message.attachments) {
    text += message.content.substr(done, attachment.at - done) + "[" + std::string(attachment.media.type()) + "]";
    done = attachment.at;
  }
  return text + message.content.substr(done);
}

std::string with_gif(std::string text) {
  for (std::size_t at = text.find("GIF"); at != std::string::npos; at = text.find("GIF", at + kGif.size())) {
    text.replace(at, 3, kGif);
  }
  return text;
}

// The last message that the model was asked with.
std::string seen(std::string_view path, const std::string& body) {
  const auto model = scripted({says("A cat.")});
  TestServerRun run(*model);
  const HttpAnswer answer = run.post(path, with_gif(body));
  EXPECT_EQ(answer.status, 200) << answer.body;
  return model->requests().empty() ? std::string() : laid_out(model->requests().back().messages.back());
}

TEST(MediaRequests, EveryFamilysPicturesReachTheModelWhereTheyStood) {
  EXPECT_EQ(seen("/v1/chat/completions", R"({"messages":[{"role":"user","content":[
      {"type":"text","text":"What is "},{"type":"image_url","image_url":{"url":"data:image/png;base64,GIF"}},
      {"type":"text","text":"?"}]}]})"),
            "What is [image/gif]?");
  EXPECT_EQ(seen("/v1/responses", R"({"input":[{"role":"user","content":[
      {"type":"input_text","text":"a"},{"type":"input_image","image_url":"data:image/gif;base64,GIF"}]}]})"),
            "a[image/gif]");
  EXPECT_EQ(seen("/v1/messages", R"({"max_tokens":5,"messages":[{"role":"user","content":[
      {"type":"image","source":{"type":"base64","media_type":"image/gif","data":"GIF"}},
      {"type":"text","text":"b"},
      {"type":"document","title":"n.txt","source":{"type":"text","media_type":"text/plain","data":"notes"}}]}]})"),
            "[image/gif]b[text/plain]");
  EXPECT_EQ(seen("/api/chat", R"({"stream":false,"messages":[{"role":"user","content":"c","images":["GIF"]}]})"),
            "[image/gif]c");
  EXPECT_EQ(seen("/api/generate", R"({"stream":false,"prompt":"d","images":["GIF","GIF"]})"),
            "[image/gif][image/gif]d");
}

TEST(MediaRequests, SoundsAndFilesAreRead) {
  EXPECT_EQ(seen("/v1/chat/completions", R"({"messages":[{"role":"user","content":[
      {"type":"input_audio","input_audio":{"data":"SUQzBAAA","format":"mp3"}},{"type":"text","text":"x"},
      {"type":"file","file":{"filename":"n.txt","file_data":"data:text/plain;base64,aGk="}}]}]})"),
            "[audio/mpeg]x[text/plain]");
}

TEST(MediaRequests, WhatIsNoneIsRefusedWithItsMessagesPlace) {
  const auto model = scripted({});
  TestServerRun run(*model);
  struct Bad {
    std::string_view path;
    std::string_view body;
    std::string_view says;
  };
  const std::vector<Bad> cases = {
      {"/v1/chat/completions",
       R"({"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"http://x.example/a"}}]}]})",
       "message 1: attachment 1: the address http://x.example/a is not fetched"},
      {"/v1/chat/completions",
       R"({"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,aGk="}}]}]})",
       "an image that is none"},
      {"/v1/chat/completions",
       R"({"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"image_url","image_url":"GIF"}]}]})",
       "message 2: image.gif is attached to a message from assistant"},
      {"/v1/messages",
       R"({"max_tokens":5,"messages":[{"role":"user","content":[{"type":"image","source":{"type":"url","url":"https://x.example/a"}}]}]})",
       "is not fetched"},
      {"/v1/messages",
       R"({"max_tokens":5,"messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","data":"aGk="}}]}]})",
       "the bytes of its image are text/plain"},
      {"/v1/messages", R"({"max_tokens":5,"messages":[{"role":"user","content":[{"type":"image"}]}]})",
       "needs a source"},
      {"/api/chat", R"({"messages":[{"role":"user","content":"a","images":["!"]}]})", "image 1: "},
      {"/api/chat", R"({"messages":[{"role":"user","content":"a","images":"GIF"}]})", "must be a list"},
      {"/api/chat", R"({"messages":[{"role":"system","content":"a","images":["GIF"]}]})", "only the user's"}};
  for (const Bad& bad : cases) {
    const HttpAnswer answer = run.post(bad.path, with_gif(std::string(bad.body)));
    EXPECT_EQ(answer.status, 400) << bad.body;
    EXPECT_TRUE(answer.body.contains(bad.says)) << answer.body;
  }
  EXPECT_TRUE(model->requests().empty());
}

}  // namespace
}  // namespace puna::server
