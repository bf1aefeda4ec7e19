// Rules of observation.h.
#include "tools/observation.h"

#include <gtest/gtest.h>

#include <string>

#include "puna/tools.h"

namespace puna::tools {
namespace {

TEST(Observation, TextThatFitsIsUnchanged) { EXPECT_EQ(fit_observation("caf\u00e9\n", 128), "caf\u00e9\n"); }

TEST(Observation, TextOfExactlyTheLimitIsUnchanged) {
  const std::string text(128, 'x');
  EXPECT_EQ(fit_observation(text, 128), text);
}

TEST(Observation, LongTextLosesItsMiddleAndSaysHowMuch) {
  std::string text = "start";
  text += std::string(1'000, '.');
  text += "end";
  const std::string cut = fit_observation(text, 200);
  EXPECT_LE(cut.size(), 200U);
  EXPECT_TRUE(cut.starts_with("start"));
  EXPECT_TRUE(cut.ends_with("end"));
  EXPECT_NE(cut.find("\n[... 872 bytes left out ...]\n"), std::string::npos) << cut;
}

TEST(Observation, ACutNeverLeavesHalfACharacter) {
  for (std::size_t shift = 0; shift < 4; ++shift) {
    std::string text(shift, 'a');
    for (int i = 0; i < 200; ++i) {
      text += "\U0001F600";
    }
    const std::string cut = fit_observation(text, 301);
    EXPECT_TRUE(utf8::is_valid(cut));
    EXPECT_LE(cut.size(), 301U);
    EXPECT_EQ(cut.find("\uFFFD"), std::string::npos) << "shift " << shift;
  }
}

TEST(Observation, BrokenBytesAreReplacedAndStillFit) {
  const std::string rubbish(10'000, '\xff');
  const std::string cut = fit_observation(rubbish, 512);
  EXPECT_TRUE(utf8::is_valid(cut));
  EXPECT_LE(cut.size(), 512U);
  EXPECT_EQ(fit_observation("a\xff z", 128), "a\uFFFD z");
  // Fits as bytes and not any more once the bytes are replaced.
  const std::string grown = fit_observation(std::string(200, '\xff'), 256);
  EXPECT_TRUE(utf8::is_valid(grown));
  EXPECT_LE(grown.size(), 256U);
}

TEST(Observation, NamesInMessagesStayOnOneLine) {
  EXPECT_EQ(shown("a\nb\x1b[2J\x7f"), "a?b?[2J?");
  EXPECT_EQ(shown("\xff"), "\uFFFD");
  const std::string cut = shown(std::string(500, 'n'));
  EXPECT_EQ(cut, std::string(200, 'n') + "...");
}

TEST(Observation, AToolErrorStartsWithError) {
  EXPECT_EQ(tool_error("no such file: a"), (ToolResult{.content = "error: no such file: a", .is_error = true}));
}

}  // namespace
}  // namespace puna::tools
