// Where the code stands in a reply, and the expression that holds replies to it.
#include "agent/code_reply.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "puna/base/grammar_matcher.h"
#include "puna/chat.h"

namespace puna::agent {
namespace {

TEST(CodeReply, BlocksBetweenTagsAreJoinedWithAnEmptyLine) {
  EXPECT_EQ(code_of("Thought: add.\n<code>\nx = 1\n</code>"), "x = 1");
  EXPECT_EQ(code_of("<code>a = 1</code> and <code>\n\n  b = 2\n</code> end"), "a = 1\n\n  b = 2");
  EXPECT_EQ(code_of("<code>\n\n</code>"), "");
  EXPECT_EQ(code_of("no code"), "");
}

TEST(CodeReply, ABlockThatWasNotClosedCounts) {
  EXPECT_EQ(code_of("Thought: x\n<code>\nprint(1)\n"), "print(1)");
  EXPECT_EQ(code_of("```python\nprint(1)\n"), "print(1)");
}

TEST(CodeReply, FencesForPythonAreReadWhereThereAreNoTags) {
  EXPECT_EQ(code_of("So:\n```python\nx = 1\n```\nthen\n  ```py\n  y = 2\n  ```\n"), "x = 1\n\n  y = 2");
  EXPECT_EQ(code_of("```bash\nls\n```\n```\nx = 1\n```"), "");
  EXPECT_EQ(code_of("```python\nold\n```\n<code>new</code>"), "new");
}

TEST(CodeReply, AFenceInsideTheTagsIsTakenOff) {
  EXPECT_EQ(code_of("<code>\n```python\nx = 1\n```\n</code>"), "x = 1");
}

class Pattern {
 public:
  explicit Pattern(Block block = Block::optional)
      : grammar_(grammar_from_regex(code_reply_pattern(block)).value()), matcher_(*grammar_, pool_) {}
  bool matches(std::string_view text) { return matcher_.may_end(matcher_.next(matcher_.start(), text)); }
  bool begins(std::string_view text) { return matcher_.next(matcher_.start(), text) != GrammarMatcher::State::dead; }

 private:
  std::shared_ptr<const Grammar> grammar_;
  RegexPool pool_;
  GrammarMatcher matcher_;
};

TEST(CodeReply, ABlockIsClosedAndEndsTheReply) {
  Pattern pattern;
  EXPECT_TRUE(pattern.matches("Thought: é <b> <cod <code"));
  EXPECT_TRUE(pattern.matches("Thought\n<code>\nif a < b: print('<</co</code>"));
  EXPECT_FALSE(pattern.matches("<code>x"));
  EXPECT_TRUE(pattern.begins("<code>x"));
  EXPECT_FALSE(pattern.begins("<code>x</code>\n"));
  Pattern required(Block::required);
  EXPECT_TRUE(required.matches("So <code>x</code>"));
  EXPECT_FALSE(required.matches("So"));
}

// What the expression should say, without one.
bool is_reply(const std::string& text) {
  const std::size_t start = text.find(kCodeStart);
  if (start == std::string::npos) {
    return true;
  }
  const std::size_t end = text.find(kCodeEnd, start + kCodeStart.size());
  return end != std::string::npos && end + kCodeEnd.size() == text.size();
}

TEST(CodeReply, TheExpressionAgreesWithASearchOnRandomTexts) {
  Pattern pattern;
  std::mt19937 random(5);
  const std::vector<std::string> parts = {"<",      "</",      "c", "co", "<cod", "<code>",
                                          "</code", "</code>", ">", "e",  "x",    "é"};
  int replies = 0;
  for (int i = 0; i < 50'000; ++i) {
    std::string text;
    for (int n = static_cast<int>(random() % 7); n > 0; --n) {
      text += parts[random() % parts.size()];
    }
    ASSERT_EQ(pattern.matches(text), is_reply(text)) << text;
    replies += is_reply(text) ? 1 : 0;
  }
  EXPECT_GT(replies, 10'000);
  EXPECT_LT(replies, 48'000);
}

}  // namespace
}  // namespace puna::agent
