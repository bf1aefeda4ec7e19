#include "puna/chat/pronunciation.h"

#include <gtest/gtest.h>

#include <random>

namespace puna {
namespace {

Pronunciation dictionary(std::vector<PronouncedWord> words) { return Pronunciation::create(std::move(words)).value(); }

const std::vector<PronouncedWord> kWords{
    {"GGUF", "gee guff"},     {"llama", "yama"},     {"llama runner", "the runner"},
    {"New York", "noo york"}, {"York Times", "Y T"}, {"New York Times", "the times"},
    {"C++", "see plus plus"}, {".NET", "dot net"},   {"naïve", "nah eve"},
    {"cafe", "kaff ay"},      {"SQL", "sequel"},     {"東京", "toukyou"}};

TEST(Pronunciation, WordsAreReplacedWhereTheyStandAlone) {
  const Pronunciation words = dictionary(kWords);
  EXPECT_EQ(words.spoken("A GGUF file."), "A gee guff file.");
  EXPECT_EQ(words.spoken("(GGUF), \"GGUF\", GGUF's"), "(gee guff), \"gee guff\", gee guff's");
  EXPECT_EQ(words.spoken("GGUFs XGGUF GGUF2"), "GGUFs XGGUF GGUF2");
  EXPECT_EQ(words.spoken(""), "");
  EXPECT_EQ(words.spoken("nothing here\n"), "nothing here\n");
}

TEST(Pronunciation, TheLongestWordCountsAndTheFirstOfOverlappingOnes) {
  const Pronunciation words = dictionary(kWords);
  EXPECT_EQ(words.spoken("New York Times"), "the times");
  EXPECT_EQ(words.spoken("New York City"), "noo york City");
  EXPECT_EQ(words.spoken("the York Times"), "the Y T");
  EXPECT_EQ(words.spoken("New York York Times"), "noo york Y T");
  EXPECT_EQ(words.spoken("llama runners"), "yama runners");
}

TEST(Pronunciation, WhatWasReplacedIsNotLookedAtAgain) {
  EXPECT_EQ(dictionary({{"a", "b"}, {"b", "a"}}).spoken("a b"), "b a");
  EXPECT_EQ(dictionary({{"x", "x x"}}).spoken("x x"), "x x x x");
}

TEST(Pronunciation, ABlankInAWordIsAnyWhiteSpace) {
  EXPECT_EQ(dictionary(kWords).spoken("New \n York  Times!"), "the times!");
  EXPECT_EQ(dictionary({{"New   York", "n"}}).spoken("New York"), "n");
}

TEST(Pronunciation, AWordWithACapitalIsMetAsItIsWritten) {
  EXPECT_EQ(dictionary({{"IT", "eye tee"}}).spoken("IT is it"), "eye tee is it");
  EXPECT_EQ(dictionary({{"llama", "yama"}}).spoken("Llama LLAMA llama"), "yama yama yama");
  EXPECT_EQ(dictionary({{"polish", "make shine"}, {"Polish", "of Poland"}}).spoken("Polish polish POLISH"),
            "of Poland make shine make shine");
}

TEST(Pronunciation, MarksAtTheEndsOfAWordAreTheirOwnBorders) {
  const Pronunciation words = dictionary(kWords);
  EXPECT_EQ(words.spoken("C++ and C++17, C+"), "see plus plus and see plus plus17, C+");
  EXPECT_EQ(words.spoken("ASP.NET"), "ASPdot net");
  EXPECT_EQ(words.spoken("XC++"), "XC++");
}

TEST(Pronunciation, CamelCaseIsSplitWhereAPartIsAWord) {
  const Pronunciation words = dictionary(kWords);
  EXPECT_EQ(words.spoken("LlamaRunner"), "yama Runner");
  EXPECT_EQ(words.spoken("loadGGUFFile"), "load gee guff File");
  EXPECT_EQ(words.spoken("GGUFFile"), "gee guff File");
  EXPECT_EQ(words.spoken("openSQL"), "open sequel");
  EXPECT_EQ(words.spoken("JavaScript"), "JavaScript");
  EXPECT_EQ(words.spoken("llama_path"), "yama_path");
  EXPECT_EQ(dictionary({{"MemoryMark", "mem mark"}, {"memory", "m"}}).spoken("BigMemoryMarkStore"),
            "Big mem mark Store");
  EXPECT_EQ(dictionary({{"LlamaRunner", "the runner"}, {"llama", "yama"}}).spoken("LlamaRunner"), "the runner");
  EXPECT_EQ(dictionary({{"École", "school"}}).spoken("GrandeÉcole"), "Grande school");
}

TEST(Pronunciation, LettersBeyondAsciiAreLetters) {
  const Pronunciation words = dictionary(kWords);
  EXPECT_EQ(words.spoken("a naïve NAÏVE naïvely"), "a nah eve nah eve naïvely");
  EXPECT_EQ(words.spoken("cafe\u0301"), "cafe\u0301");  // the accent makes it another word
  EXPECT_EQ(words.spoken("écafe"), "écafe");
  EXPECT_EQ(words.spoken("東京に"), "toukyouに");  // no spaces there, no borders
  EXPECT_EQ(words.spoken("😀GGUF😀"), "😀gee guff😀");
  EXPECT_EQ(words.spoken("GGUF \xFF GGUF"), "gee guff \uFFFD gee guff");
}

TEST(Pronunciation, FoundTellsWhatIsReplaced) {
  EXPECT_EQ(dictionary(kWords).found("Load a GGUF by LlamaRunner."),
            (std::vector<PronouncedWord>{{"GGUF", "gee guff"}, {"LlamaRunner", "yama Runner"}}));
  EXPECT_TRUE(dictionary(kWords).found("nothing").empty());
}

TEST(Pronunciation, TheWayBack) {
  const Pronunciation words = dictionary({{"GGUF", "gee guff"}, {"SQL", "sequel"}, {"New York", "noo york"}});
  const Pronunciation back = words.reversed().value();
  for (const std::string text : {"A GGUF, SQL and New York.", "none", "GGUF GGUF"}) {
    EXPECT_EQ(back.spoken(words.spoken(text)), text);
  }
  EXPECT_EQ(words.spoken(back.spoken("gee guff sequel")), "gee guff sequel");
  const auto alike = dictionary({{"two", "too"}, {"to", "too"}}).reversed();
  ASSERT_FALSE(alike);
  EXPECT_EQ(alike.error().code, ErrorCode::invalid_argument);
}

TEST(Pronunciation, AFileIsLinesOrAnObject) {
  const auto lines = Pronunciation::parse("# words\n\nGGUF = gee guff\r\n  C++=see plus plus\nlast = l = m", "f");
  ASSERT_TRUE(lines) << lines.error().message;
  EXPECT_EQ(std::vector(lines->words().begin(), lines->words().end()),
            (std::vector<PronouncedWord>{{"GGUF", "gee guff"}, {"C++", "see plus plus"}, {"last", "l = m"}}));
  const auto json = Pronunciation::parse("\xEF\xBB\xBF {\"GGUF\": \"gee guff\", \"b\": \"bee\"}", "f");
  ASSERT_TRUE(json) << json.error().message;
  EXPECT_EQ(json->spoken("b GGUF"), "bee gee guff");
  EXPECT_TRUE(Pronunciation::parse("", "f"));
}

TEST(Pronunciation, AFileThatIsNoneIsRefusedWithItsLine) {
  const auto problem = [](std::string_view text) {
    const auto read = Pronunciation::parse(text, "words.txt");
    EXPECT_FALSE(read) << text;
    EXPECT_TRUE(read || read.error().code == ErrorCode::corrupt) << text;
    return read ? "" : read.error().message;
  };
  EXPECT_TRUE(problem("a = b\nno equals sign").contains("words.txt:2: no \"=\""));
  EXPECT_TRUE(problem("a =").contains("words.txt:1: the spoken form"));
  EXPECT_TRUE(problem("= b").contains("words.txt:1: the word"));
  EXPECT_TRUE(problem("a = \x1b[2J").contains("is no plain text"));
  EXPECT_TRUE(problem("a = b\na = c").contains("there twice"));
  EXPECT_TRUE(problem("{\"a\": 1}").contains("the member \"a\" is no text"));
  EXPECT_TRUE(problem("{\"a\": ").contains("words.txt: "));
  EXPECT_TRUE(problem("\xFF = b").contains("words.txt:1"));
  EXPECT_FALSE(Pronunciation::create({{"a", ""}}));
}

// Cut into pieces anywhere, the same comes out.
TEST(Pronunciation, AStreamSaysWhatTheWholeSays) {
  const Pronunciation words = dictionary(kWords);
  std::mt19937 random(20261122);
  const std::vector<std::string> parts{"GGUF", "Llama", "Runner", " ", "New", "York",  "Times",
                                       "\n",   ".",     "é",      "C", "+",   "東",    "京",
                                       "NET",  "cafe",  "\u0301", "s", "2",   "llama", "'"};
  for (int round = 0; round < 3000; ++round) {
    PronunciationStream stream(words);
    std::string all;
    std::string out;
    const std::size_t count = random() % 20;
    for (std::size_t i = 0; i < count; ++i) {
      const std::string& part = parts[random() % parts.size()];
      all += part;
      out += stream.add(part);
    }
    out += stream.end();
    EXPECT_EQ(out, words.spoken(all)) << all;
  }
}

TEST(Pronunciation, AStreamGivesWhatIsDecided) {
  PronunciationStream stream(dictionary(kWords));
  EXPECT_EQ(stream.add("a GG"), "a ");
  EXPECT_EQ(stream.add("UF"), "");
  EXPECT_EQ(stream.add(" fi"), "gee guff ");
  EXPECT_EQ(stream.add("le New"), "file ");
  EXPECT_EQ(stream.end(), "New");
  EXPECT_FALSE(stream.add(std::string(5000, 'x')).empty());
}

}  // namespace
}  // namespace puna
