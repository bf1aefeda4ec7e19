#include "cli/markdown.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace puna::cli {
namespace {

std::string rendered(std::string_view text) {
  MarkdownStream stream;
  std::string out = stream.add(text);
  return out + stream.end();
}

std::string bold(const std::string& text) { return "\x1b[1m" + text + "\x1b[0m"; }
std::string in_code(const std::string& text) { return "\x1b[36m" + text + "\x1b[0m"; }
std::string faint(const std::string& text) { return "\x1b[2m" + text + "\x1b[0m"; }

std::string without_styles(const std::string& text) {
  std::string plain;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\x1b') {
      at = text.find('m', at);
    } else {
      plain += text[at];
    }
  }
  return plain;
}

TEST(Markdown, MarksThatCloseBecomeStyles) {
  EXPECT_EQ(rendered("a **bold** word"), "a " + bold("bold") + " word");
  EXPECT_EQ(rendered("an *italic* word"), "an \x1b[3mitalic\x1b[0m word");
  EXPECT_EQ(rendered("_so_ and __so__"), "\x1b[3mso\x1b[0m and " + bold("so"));
  EXPECT_EQ(rendered("***both***"), "\x1b[1;3mboth\x1b[0m");
  EXPECT_EQ(rendered("~~gone~~"), "\x1b[9mgone\x1b[0m");
  EXPECT_EQ(rendered("call `f(x)` now"), "call " + in_code("f(x)") + " now");
  EXPECT_EQ(rendered("``a ` b``"), in_code("a ` b"));
  EXPECT_EQ(rendered("see [the page](https://a.b/c)"), "see \x1b[4mthe page\x1b[0m" + faint(" (https://a.b/c)"));
}

TEST(Markdown, StylesWithinStyles) {
  EXPECT_EQ(rendered("**a `b` c**"), bold("a ") + "\x1b[1;36mb\x1b[0m" + bold(" c"));
  EXPECT_EQ(rendered("**a *b* c**"), bold("a ") + "\x1b[1;3mb\x1b[0m" + bold(" c"));
}

TEST(Markdown, WhatDoesNotCloseIsShownAsItWasWritten) {
  for (const std::string text :
       {"2 * 3 * 4", "x**2 is a power", "snake_case_name", "a_b and c_d", "**never closed", "`never closed",
        "[no link] here", "[half](link", "5 ~~ 6", "a [0] b", "x ****", "f(*args"}) {
    EXPECT_EQ(rendered(text), text);
  }
}

TEST(Markdown, MarksInCodeAreCode) {
  EXPECT_EQ(rendered("`a ** b ** c`"), in_code("a ** b ** c"));
  EXPECT_EQ(rendered("**a `*` b**"), bold("a ") + "\x1b[1;36m*\x1b[0m" + bold(" b"));
}

TEST(Markdown, ABackslashTakesAMarksMeaning) {
  EXPECT_EQ(rendered("\\*not\\*"), "*not*");
  EXPECT_EQ(rendered("C:\\names"), "C:\\names");
}

TEST(Markdown, LinesHaveKinds) {
  EXPECT_EQ(rendered("# Title\ntext"), "\x1b[1;4mTitle\x1b[0m\ntext");
  EXPECT_EQ(rendered("### Part *one*\n"), bold("Part ") + "\x1b[1;3mone\x1b[0m\n");
  EXPECT_EQ(rendered("#hashtag\n"), "#hashtag\n");
  EXPECT_EQ(rendered("- one\n* two\n  + three\n"), "• one\n• two\n  • three\n");
  EXPECT_EQ(rendered("-5 degrees\n"), "-5 degrees\n");
  EXPECT_EQ(rendered("1. one\n2. two\n"), "1. one\n2. two\n");
  EXPECT_EQ(rendered("> said\n"), faint("│ ") + faint("said") + "\n");
  std::string rule;
  for (int i = 0; i < 40; ++i) {
    rule += "─";
  }
  EXPECT_EQ(rendered("---\n"), faint(rule) + "\n");
  EXPECT_EQ(rendered("**bold** at the start\n"), bold("bold") + " at the start\n");
}

TEST(Markdown, FencedCodeIsCodeUntilItsFenceCloses) {
  EXPECT_EQ(rendered("```python\nx = a * b * c\n# no heading\n```\n*x*"),
            faint("```python") + "\n" + in_code("x = a * b * c") + "\n" + in_code("# no heading") + "\n" +
                faint("```") + "\n\x1b[3mx\x1b[0m");
  EXPECT_EQ(rendered("~~~\n```\n~~~\n"), faint("~~~") + "\n" + in_code("```") + "\n" + faint("~~~") + "\n");
  EXPECT_EQ(rendered("````\n```\n````\n"), faint("````") + "\n" + in_code("```") + "\n" + faint("````") + "\n");
}

TEST(Markdown, AFenceThatNeverClosedDoesNotReachTheNextText) {
  MarkdownStream stream;
  std::string out = stream.add("```\nx");
  out += stream.end();
  EXPECT_EQ(stream.add("**y** "), bold("y") + " ");
}

TEST(Markdown, TextComesAsSoonAsItIsDecided) {
  MarkdownStream stream;
  EXPECT_EQ(stream.add("Hello wor"), "Hello wor");
  EXPECT_EQ(stream.add("ld, **bo"), "ld, ");
  EXPECT_EQ(stream.add("ld"), "");
  EXPECT_EQ(stream.add("** and"), bold("bold") + " and");
  EXPECT_EQ(stream.add("\n```\nint"), "\n" + faint("```") + "\n" + in_code("int"));
  EXPECT_EQ(stream.add(" x"), in_code(" x"));
}

TEST(Markdown, AMarkIsNotWaitedForForever) {
  MarkdownStream stream;
  EXPECT_EQ(stream.add("*" + std::string(200, 'a')), "");
  EXPECT_EQ(stream.add(std::string(100, 'a')), "*" + std::string(300, 'a'));
}

// What a model writes must not steer the terminal.
TEST(Markdown, ControlCharactersAreShownNotObeyed) {
  const std::string out = rendered("a\x1b]0;title\x07 **b\x1b[2J** `c\x1b[31m`\n```\n\x1b[H\n```");
  for (std::size_t at = out.find('\x1b'); at != std::string::npos; at = out.find('\x1b', at + 1)) {
    const std::size_t end = out.find_first_not_of("0123456789;", at + 2);
    ASSERT_EQ(out[at + 1], '[');
    EXPECT_EQ(out[end], 'm');  // a style of ours
  }
  EXPECT_EQ(out.find('\x07'), std::string::npos);
  EXPECT_NE(without_styles(out).find("\\x1b[2J"), std::string::npos);
}

// Random texts of marks: cut into pieces anywhere, they say the same (within what is waited for), and never more styles
// than they end.
TEST(Markdown, PiecesOfAnySizeGiveTheSameText) {
  std::mt19937 random(20261122);
  const std::vector<std::string> words{"*",  "**", "_",  "`",   "```", "~~", "a", "b c", " ",     "\n",
                                       "- ", "# ", "> ", "[x]", "(y)", "\\", "é", "1. ", "---\n", "~~~\n"};
  for (int round = 0; round < 3000; ++round) {
    std::vector<std::string> text;
    const std::size_t count = random() % 24;
    for (std::size_t i = 0; i < count; ++i) {
      text.push_back(words[random() % words.size()]);
    }
    std::string all;
    MarkdownStream stream;
    std::string out;
    for (const std::string& piece : text) {
      all += piece;
      out += stream.add(piece);
    }
    out += stream.end();
    EXPECT_EQ(without_styles(out), without_styles(rendered(all))) << all;
  }
}

}  // namespace
}  // namespace puna::cli
