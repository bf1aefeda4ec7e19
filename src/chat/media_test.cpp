// What bytes are is read from the bytes; what would unpack to too much is refused before anybody decodes it.
#include "puna/chat/media.h"

#include <gtest/gtest.h>

#include <vector>

#include "chat/test_media.h"

namespace puna {
namespace {

using namespace testing;

Media media_made(std::string bytes, std::string_view name = {}) {
  auto media = Media::create(std::move(bytes), name);
  EXPECT_TRUE(media) << (media ? "" : media.error().message);
  return media ? *media : *Media::create("x");
}

TEST(Media, WhatItIsIsReadFromTheBytesAndNotFromTheName) {
  struct Kind {
    std::string bytes;
    MediaKind kind;
    std::string_view type;
  };
  const std::vector<Kind> kinds = {
      {png(3, 2), MediaKind::image, "image/png"},
      {jpeg(3, 2), MediaKind::image, "image/jpeg"},
      {gif(3, 2), MediaKind::image, "image/gif"},
      {bmp(3, 2), MediaKind::image, "image/bmp"},
      {webp(3, 2), MediaKind::image, "image/webp"},
      {wav(16'000, 10), MediaKind::audio, "audio/wav"},
      {"ID3\x04 and so on", MediaKind::audio, "audio/mpeg"},
      {"\xFF\xFB\x90\x44 sound", MediaKind::audio, "audio/mpeg"},
      {"%PDF-1.7", MediaKind::file, "application/pdf"},
      {"plain text, ä", MediaKind::file, "text/plain"},
      {"BMW is a car, not a bitmap, whatever it begins with", MediaKind::file, "text/plain"},
      {std::string("a\0b", 3), MediaKind::file, "application/octet-stream"},
      {"\xC3(", MediaKind::file, "application/octet-stream"}};
  for (const Kind& each : kinds) {
    const Media media = media_made(each.bytes, "evil.png");
    EXPECT_EQ(media.kind(), each.kind) << each.type;
    EXPECT_EQ(media.type(), each.type);
    EXPECT_EQ(media.width(), each.kind == MediaKind::image ? 3U : 0U) << each.type;
    EXPECT_EQ(media.height(), each.kind == MediaKind::image ? 2U : 0U) << each.type;
  }
}

TEST(Media, ABombIsRefusedByItsHeaderWithItsName) {
  for (const std::string& bytes : {png(40'000, 40'000), png(0xFFFFFFFFU, 1), png(8'000, 8'000), jpeg(65'535, 65'535),
                                   gif(65'535, 65'535), webp(1U << 24U, 1U << 24U)}) {
    const auto media = Media::create(bytes, "holiday.png");
    ASSERT_FALSE(media) << bytes.substr(0, 4);
    EXPECT_EQ(media.error().code, ErrorCode::limit);
    EXPECT_TRUE(media.error().message.starts_with("holiday.png has ")) << media.error().message;
  }
  EXPECT_EQ(Media::create(wav(8'000, 8'000 * 2), "a").error_or(Error{}), Error{}) << "two seconds are fine";
  EXPECT_EQ(Media::create(wav(4'000, 4'000 * 3'700)).error().code, ErrorCode::limit);
  EXPECT_EQ(Media::create(std::string(kMediaBytesMax + 1, 'x')).error().code, ErrorCode::limit);
  EXPECT_EQ(Media::create("ID3" + std::string(kMp3BytesMax, 'x')).error().code, ErrorCode::limit);
}

TEST(Media, ADamagedHeaderIsRefusedWhereverItEnds) {
  for (const std::string& whole : {png(30, 20), jpeg(30, 20), gif(30, 20), bmp(30, 20).substr(0, 30), webp(30, 20)}) {
    for (std::size_t bytes = 0; bytes <= whole.size(); ++bytes) {
      const auto media = Media::create(whole.substr(0, bytes));
      if (media && media->kind() == MediaKind::image) {  // then all of its sizes were there
        EXPECT_EQ(media->width(), 30U) << bytes;
        EXPECT_EQ(media->height(), 20U) << bytes;
      }
    }
  }
  EXPECT_EQ(Media::create(png(0, 5)).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(Media::create(wav(1, 100)).error().code, ErrorCode::invalid_argument) << "one sample a second: a bomb";
  EXPECT_EQ(Media::create("").error().code, ErrorCode::invalid_argument);
  EXPECT_TRUE(Media::create("fLaC and so on").error().hint.contains("WAV"));
}

TEST(Media, ANameIsALastPathComponentOrWhatItIs) {
  EXPECT_EQ(media_made(gif(1, 1), "/home/me/cat.gif").name(), "cat.gif");
  EXPECT_EQ(media_made(gif(1, 1), "C:\\pictures\\cat.gif").name(), "cat.gif");
  EXPECT_EQ(media_made(gif(1, 1)).name(), "image.gif");
  EXPECT_EQ(media_made(gif(1, 1), "a\x1B[2Jb\n").name(), "a_x1b[2Jb");
  EXPECT_EQ(media_made(gif(1, 1), "a_x1b[2Jb").name(), "a_x1b[2Jb");
  EXPECT_EQ(media_made(gif(1, 1), "\n").name(), "image.gif");
}

TEST(Media, EqualBytesHaveOneHashWhateverTheirNames) {
  EXPECT_EQ(media_made(gif(1, 1), "a").hash(), media_made(gif(1, 1), "b").hash());
  EXPECT_NE(media_made(gif(1, 1)).hash(), media_made(gif(1, 2)).hash());
  EXPECT_EQ(media_made("abc").hash(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Media, ADataUriIsReadAndItsTypeIsNotBelieved) {
  const Media cat = media_made(png(3, 2), "cat.png");
  EXPECT_EQ(media_from_data_uri(data_uri(cat), "cat.png"), cat);
  EXPECT_EQ(media_from_data_uri("data:image/png;base64," + base64(wav(8'000, 4)))->type(), "audio/wav");
  EXPECT_EQ(media_from_base64("R0lG\nODlh AQABAAAAAA")->type(), "image/gif") << "line ends and no padding";
}

TEST(Media, WhatIsNoDataUriIsRefusedWithAReason) {
  const auto fetched = media_from_data_uri("https://example.com/cat.png");
  ASSERT_FALSE(fetched);
  EXPECT_TRUE(fetched.error().message.contains("is not fetched")) << fetched.error().message;
  for (const std::string_view bad : {"", "data:", "data:image/png,abc", "file:///etc/passwd",
                                     "data:image/png;base64,!!!", "data:image/png;base64,"}) {
    EXPECT_EQ(media_from_data_uri(bad).error().code, ErrorCode::invalid_argument) << bad;
  }
}

}  // namespace
}  // namespace puna
