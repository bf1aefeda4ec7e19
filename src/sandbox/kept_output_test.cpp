#include "sandbox/kept_output.h"

#include <gtest/gtest.h>

namespace puna::sandbox {
namespace {

std::string numbered(std::size_t bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes; ++i) {
    text += static_cast<char>('a' + static_cast<int>((i * 7) % 26));
  }
  return text;
}

TEST(KeptOutput, IsTheSameHoweverTheBytesArrive) {
  for (const std::size_t total : {0U, 1U, 9U, 10U, 11U, 16U, 17U, 18U, 40U, 200U}) {
    const std::string text = numbered(total);
    for (const std::size_t piece : {1U, 2U, 3U, 7U, 13U, 14U, 15U, 100U, 300U}) {
      KeptOutput kept(10, 7);
      for (std::size_t at = 0; at < total; at += piece) {
        kept.add(std::string_view(text).substr(at, piece));
      }
      const SandboxOutput output = kept.take();
      EXPECT_EQ(output.head, text.substr(0, 10));
      EXPECT_EQ(output.tail,
                total <= 10 ? "" : text.substr(std::max<std::size_t>(10, total - std::min<std::size_t>(7, total))));
      EXPECT_EQ(output.head.size() + output.dropped_bytes + output.tail.size(), total) << piece;
    }
  }
}

TEST(KeptOutput, IsEmptyAfterItWasTaken) {
  KeptOutput kept(4, 4);
  kept.add("0123456789abc");
  EXPECT_EQ(kept.take().dropped_bytes, 5U);
  EXPECT_EQ(kept.take(), SandboxOutput{});
  kept.add("xy");
  EXPECT_EQ(kept.take().text(), "xy");
}

TEST(KeptOutput, ACutInsideACharacterLeavesValidText) {
  KeptOutput kept(4, 4);
  kept.add("abc\u00e9def\u00e9ghi");
  const std::string text = kept.take().text();
  EXPECT_TRUE(utf8::is_valid(text)) << text;
  EXPECT_TRUE(text.contains("bytes dropped]")) << text;
}

}  // namespace
}  // namespace puna::sandbox
