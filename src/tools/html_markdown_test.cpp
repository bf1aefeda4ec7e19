// Pages as Markdown: each form, what is left out, and pages that were written to hurt.
#include "tools/html_markdown.h"
#include "base/test_rounds.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <random>

namespace puna::tools {
namespace {

const Url& base() {
  static const Url url = *Url::parse("https://example.org/dir/page");
  return url;
}
Markdown page(std::string_view html, std::size_t bytes_max = 200'000) {
  auto made = html_to_markdown(html, base(), bytes_max, {});
  EXPECT_TRUE(made) << made.error().message;
  return made ? *std::move(made) : Markdown{};
}
std::string text(std::string_view html) { return page(html).text; }

TEST(HtmlMarkdown, ParagraphsHeadingsAndBreaksStandOnLinesOfTheirOwn) {
  EXPECT_EQ(text("<h1>Big  <b>cats</b></h1><p>One\n two<p>Three<br>four<hr><h3>Small</h3>x"),
            "# Big cats\n\nOne two\n\nThree\nfour\n\n---\n\n### Small\n\nx");
  EXPECT_EQ(text("<div>a<div>b</div>c</div>"), "a\n\nb\n\nc");
  EXPECT_EQ(text("<dl><dt>Leopard<dd>58 km/h<dt>Lion<dd>80 km/h</dl>"), "Leopard\n58 km/h\nLion\n80 km/h");
  EXPECT_EQ(text(""), "");
  EXPECT_EQ(text("<!DOCTYPE html><!-- no --><html><body>only"), "only");
}

TEST(HtmlMarkdown, ListsNestAndCount) {
  EXPECT_EQ(text("<ul><li>a<ul><li>b<li>c</ul><li><p>d</p><p>e</p></ul>"), "- a\n  - b\n  - c\n- d\n\n  e");
  EXPECT_EQ(text("<ol start=9><li>a<li hidden>no<li>b</ol>"), "9. a\n10. b");
  EXPECT_EQ(text("<ol start='-5'><li>a</ol>"), "1. a");
  EXPECT_EQ(text("<blockquote>a<p>b<blockquote>c</blockquote></blockquote>"), "> a\n>\n> b\n>\n> > c");
}

TEST(HtmlMarkdown, LinksAreAbsoluteAndOfTheWebOnly) {
  EXPECT_EQ(text("<a href='../x?a=1#part'>to <i>x</i></a>"), "[to x](https://example.org/x?a=1)");
  EXPECT_EQ(text("see<a href='/y'> y </a>there"), "see [y](https://example.org/y) there");
  EXPECT_EQ(text("<a href='javascript:alert(1)'>a</a> <a href='file:///etc/passwd'>b</a> <a href='#c'>c</a> "
                 "<a href='data:text/html,x'>d</a> <a>e</a>"),
            "a b c d e");
  EXPECT_EQ(text("a <a href='/empty'><img src=x></a> b"), "a b");
  EXPECT_EQ(text("<base href='https://other.example/q/'><a href=z>z</a>"), "[z](https://other.example/q/z)");
  EXPECT_EQ(text("<base href='file:///etc/'><a href=z>z</a>"), "[z](https://example.org/dir/z)");
  EXPECT_EQ(text("<a href='/h'><h2>Head</h2>line</a>"), "[Head line](https://example.org/h)");
}

TEST(HtmlMarkdown, CodeKeepsItsLinesAndItsFenceIsLongEnough) {
  EXPECT_EQ(text("<pre><code>if (a)\n  b;\n</code></pre>after"), "```\nif (a)\n  b;\n```\n\nafter");
  EXPECT_EQ(text("<pre>```\nx\n````</pre>"), "`````\n```\nx\n````\n`````");
  EXPECT_EQ(text("use <code>a  b</code>, <code>`</code> and <code></code>."), "use `a b`, ` and .");
}

TEST(HtmlMarkdown, TablesWithColumnsAreTablesAndOthersArrange) {
  EXPECT_EQ(text("<table><caption>Speeds</caption><tr><th>Animal<th>km/h<tr><td>Leopard<td>58</table>"),
            "Speeds\n\n| Animal | km/h |\n| --- | --- |\n| Leopard | 58 |");
  EXPECT_EQ(text("<table><tr><td>one<tr><td>two</table>"), "one\ntwo");
  EXPECT_EQ(text("<table><tr><td><table><tr><td>a<td>b</table></td><td>c</td></table>").find('|') < 20, true);
}

TEST(HtmlMarkdown, WhatIsNotForReadingIsLeftOut) {
  EXPECT_EQ(text("<head><title>T</title><style>a{}</style></head><body>a<script>evil()</script>"
                 "<p style='DISPLAY:x;display : none'>hid<p hidden>hid<template>hid</template>"
                 "<svg><text>hid</text></svg><select><option>hid</select><textarea>hid</textarea>"
                 "<iframe src=x>hid</iframe></p><p><img src=y alt='A cat'><img src=z>"),
            "a\n\n![A cat]");
  EXPECT_EQ(text("a\x01\x1b[31mb\x7f\0c"), "a[31mb");
  EXPECT_EQ(text("<pre>a\f\x1b[0m\x7f\tb</pre>"), "```\na[0m\tb\n```");
  EXPECT_EQ(page("<title> A\n B </title>x").title, "A B");
  EXPECT_EQ(text("&lt;b&gt; &amp; &#x41;&nbsp;&bogus; &#0;"), "<b> & A\xc2\xa0&bogus; \xef\xbf\xbd");
}

TEST(HtmlMarkdown, StopsAtItsLimitAndSaysSo) {
  std::string html;
  for (int i = 0; i < 1'000; ++i) {
    html += "<p>paragraph of words</p>";
  }
  const Markdown made = page(html, 1'000);
  EXPECT_TRUE(made.is_cut);
  EXPECT_LT(made.text.size(), 1'040U);
  EXPECT_FALSE(page(html).is_cut);
  std::stop_source stop;
  stop.request_stop();
  const auto stopped = html_to_markdown(html, base(), 1'000, stop.get_token());
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, ErrorCode::cancelled);
}

std::string repeated(std::string_view piece, std::size_t count) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) {
    all += piece;
  }
  return all;
}

// Sanitizers make a byte many times as dear.
#ifdef PUNA_UNDER_SANITIZER
constexpr std::size_t kPageBytes = 65'536;
constexpr int kAttributes = 5'000;
#else
constexpr std::size_t kPageBytes = 2'097'152;
constexpr int kAttributes = 100'000;
#endif

// What makes naive parsers quadratic, deep or huge. A quadratic one would take hours here; the times are on record.
TEST(HtmlMarkdown, PagesThatWereWrittenToHurtEnd) {
  for (const std::string_view piece : {"<div>",
                                       "<b>",
                                       "<a href=x>",
                                       "<p><b>",
                                       "<table><tr><td>",
                                       "<ul><li>",
                                       "<blockquote>",
                                       "<svg><desc>",
                                       "<font a=1>",
                                       "<i></p>",
                                       "</p>",
                                       "<b><p></b>",
                                       "<a><p></a>",
                                       "<select><option>",
                                       "<template>",
                                       "<pre>`",
                                       "&amp;",
                                       "&#x",
                                       "<x y=",
                                       "<!--",
                                       "<![CDATA[",
                                       "<br>",
                                       "<li>",
                                       "<td>",
                                       "<nobr>",
                                       "<form><div></form>",
                                       "\n",
                                       "<h1>",
                                       "<q z='a"}) {
    const std::string html = repeated(piece, kPageBytes / piece.size());
    const auto begin = std::chrono::steady_clock::now();
    const Markdown made = page(html, 160'000);
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
    EXPECT_TRUE(utf8::is_valid(made.text)) << piece;
    RecordProperty(std::string(piece), std::to_string(time.count()));
  }
  std::string attributes = "<p";
  for (int i = 0; i < kAttributes; ++i) {
    attributes += format_text(" a{}=b", i);
  }
  const Markdown cut = page("before" + attributes + ">end");
  EXPECT_EQ(cut.text, "before");
  EXPECT_TRUE(cut.is_cut);
}

TEST(HtmlMarkdown, AnyBytesOfTagsGiveValidTextWithinTheLimit) {
  constexpr std::array<std::string_view, 30> kPieces{
      "<p>",  "</p>", "<b>",     "</b>",        "<a href=/x>", "</a>", "<table>", "<tr>",       "<td>", "</table>",
      "<ul>", "<li>", "</ul>",   "<pre>",       "</pre>",      "text", " ",       "\n",         "<h2>", "</h2>",
      "`",    "&lt;", "<base x", "<base href=", ">",           "é",    "<br>",    "<img alt='", "'",    "<blockquote>"};
  std::mt19937 random(7);
  for (int round = 0; round < 500; ++round) {
    std::string html;
    for (auto i = random() % 60; i-- > 0;) {
      html += kPieces[random() % kPieces.size()];
    }
    const Markdown made = page(html, 100);
    EXPECT_TRUE(utf8::is_valid(made.text)) << html;
    EXPECT_LT(made.text.size(), 100U + html.size() * 40) << html;
    EXPECT_FALSE(made.text.ends_with('\n')) << html;
  }
}

}  // namespace
}  // namespace puna::tools
