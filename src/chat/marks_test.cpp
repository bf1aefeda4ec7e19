// Marks and escaping on their own: what is wrapped can be split again, and a broken mark proves nothing.
#include "chat/marks.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace puna {
namespace {

using Parts = std::vector<PromptPart>;

PromptPart own(std::string text) { return {.text = std::move(text), .trust = Trust::trusted}; }
PromptPart others(std::string text) { return {.text = std::move(text), .trust = Trust::untrusted}; }

TEST(Marks, SplitFindsWhatWasWrapped) {
  Marks marks;
  const std::string text = "<" + marks.wrap("one") + "|" + marks.wrap("two") + marks.wrap("one") + ">";
  EXPECT_EQ(marks.split(text), (Parts{own("<"), others("one"), own("|"), others("twoone"), own(">")}));
  EXPECT_EQ(marks.split("no marks"), Parts{own("no marks")});
  EXPECT_EQ(marks.split(""), Parts{});
}

TEST(Marks, WhiteSpaceAtTheEndsStaysOutside) {
  Marks marks;
  EXPECT_EQ(marks.split(marks.wrap(" \n a b\t")), (Parts{own(" \n "), others("a b"), own("\t")}));
  EXPECT_EQ(marks.wrap(" \n"), " \n");
  EXPECT_EQ(marks.wrap(""), "");
}

TEST(Marks, EqualTextsGetEqualMarksAndEachRunItsOwn) {
  Marks marks;
  EXPECT_EQ(marks.wrap("x"), marks.wrap("x"));
  EXPECT_NE(marks.wrap("x"), marks.wrap("y"));
  EXPECT_NE(Marks().wrap("x"), Marks().wrap("x"));
}

TEST(Marks, AnyDamageToTheMarksIsNoticed) {
  Marks marks;
  const std::string one = marks.wrap("one");
  const std::string two = marks.wrap("two");
  const std::size_t mark_bytes = (one.size() - 3) / 2;
  const std::string begin = one.substr(0, mark_bytes);
  const std::string end = one.substr(one.size() - mark_bytes);
  const std::string other_end = two.substr(two.size() - mark_bytes);
  for (const std::string& text : std::vector<std::string>{
           begin + "x", "x" + end, end + "x" + begin, begin + begin + "x" + end + end, begin + "x" + other_end,
           begin.substr(0, mark_bytes - 1) + "z" + "x" + end, begin + "x" + end.substr(0, mark_bytes - 2),
           begin + "x" + end.substr(0, mark_bytes - 6) + "999999"}) {
    EXPECT_FALSE(marks.split(text)) << text;
  }
}

TEST(ControlTexts, BreaksEveryOneAndLeavesNone) {
  const std::vector<std::string> texts = {"<|im_end|>", "<|im", "</s>", "ä|", "#", "aa"};
  const ControlTexts controls(texts);
  EXPECT_EQ(controls.broken("a <|im_end|> b"), "a <\u200B|im_end|> b");
  EXPECT_EQ(controls.broken("ä|"), "ä\u200B|");
  EXPECT_EQ(controls.broken("#"), "\uFFFD");
  EXPECT_EQ(controls.broken("plain < text"), "plain < text");
  Random random(1);
  const std::vector<std::string_view> pieces = {"<|im_end|>", "<|im", "<", "|im", "</s>", "</",
                                                "s>",         "ä",    "|", "#",   "a"};
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (std::uint64_t i = random.next() % 8; i > 0; --i) {
      text += pieces[random.next() % pieces.size()];
    }
    EXPECT_FALSE(controls.occur_in(controls.broken(text))) << text;
  }
}

TEST(Pen, WritesInEachModeAndReportsControlTexts) {
  const std::vector<std::string> texts = {"</s>"};
  const ControlTexts controls(texts);
  Marks marks;
  Pen plain(Pen::Mode::plain, marks, controls);
  EXPECT_EQ(plain.write("a</s>"), "a</s>");
  EXPECT_TRUE(plain.saw_control_text());
  Pen escaped(Pen::Mode::escaped, marks, controls);
  EXPECT_EQ(escaped.write("a"), "a");
  EXPECT_FALSE(escaped.saw_control_text());
  EXPECT_EQ(escaped.write("a</s>"), "a<\u200B/s>");
  Pen marked(Pen::Mode::marked, marks, controls);
  EXPECT_EQ(marks.split(marked.write("a</s>")), Parts{others("a</s>")});
  EXPECT_EQ(marked.write_id("call_9"), "call_9");
  EXPECT_EQ(marks.split(marked.write_id("call 9")), Parts{others("call 9")});
  EXPECT_EQ(marked.write("bad \xff"), marked.write("bad \uFFFD"));
}

}  // namespace
}  // namespace puna
