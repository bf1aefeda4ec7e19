// A limit on reasoning: after exactly so many tokens it is closed, whatever the model wants.
#include "engine/thinking_filter.h"

#include <string>

#include "engine/grammar_filter.h"
#include "engine/test_core.h"
#include "engine/test_grammar.h"

namespace puna::engine {
namespace {

class Thinking : public test::EngineCoreTest {
 protected:
  // What comes out when the model wants to say `wish`, one byte a token, and then dots.
  std::string say(std::string_view wish, int limit, bool open_tag, std::unique_ptr<TokenFilter> inner = nullptr) {
    open({.next = [wish](const std::vector<Token>& tokens) {
      const std::size_t index = tokens.size() - 1;
      return index < wish.size() ? static_cast<unsigned char>(wish[index]) : Token{'.'};
    }});
    auto filter = limit_reasoning(
        std::move(inner),
        {.tokens_max = limit, .start = "<think>", .end = "</think>", .closing = "</think>\n", .open = open_tag},
        std::make_shared<fake::FakeWeights>());
    EXPECT_TRUE(filter);
    const test::Caller caller = submit({'p'}, 30, {.temperature = 0.0F}, *std::move(filter));
    run_to_end();
    return caller.drain().text;
  }
};

TEST_F(Thinking, IsClosedAfterExactlySoManyTokens) {
  EXPECT_EQ(say("abcdefghij", 5, true).substr(0, 17), "abcde</think>\n...");
  EXPECT_EQ(say("abcdefghij", 0, true).substr(0, 12), "</think>\nj..");
  EXPECT_EQ(say("<think>abcdef", 3, false).substr(0, 21), "<think>abc</think>\n..");
  EXPECT_EQ(say(" \n<think>abcdef", 3, false).substr(0, 21), " \n<think>abc</think>\n");
  EXPECT_EQ(say("<think>abcdef", 0, false).substr(0, 16), "<think></think>\n");
}

TEST_F(Thinking, IsLeftAloneWhenItEndsByItself) {
  EXPECT_EQ(say("ab</think>longer than that", 10, true).substr(0, 26), "ab</think>longer than that");
  EXPECT_EQ(say("<think>ab</think>longer", 12, false).substr(0, 23), "<think>ab</think>longer");
}

TEST_F(Thinking, ATagThatIsBegunIsCompleted) {
  EXPECT_EQ(say("ab</thing", 4, true).substr(0, 12), "ab</think>\n.");
  EXPECT_EQ(say("ab<<<<<<<", 4, true).substr(0, 12), "ab<</think>\n");
}

TEST_F(Thinking, IsOnlyWhatAReplyBeginsWith) {
  const std::string wish = "So <think>abcdefgh";
  EXPECT_EQ(say(wish, 2, false).substr(0, wish.size()), wish);
}

TEST_F(Thinking, WhatFollowsStillFitsItsGrammar) {
  auto grammar = std::make_shared<Grammar>();
  RegexPool& pool = grammar->regexes;
  const Regex thought = pool.repeat(pool.bytes(ByteSet::range('a', 'z')), 0);
  const auto done =
      testing_grammar::finished(grammar, grammar->text(pool.sequence(thought, pool.literal("</think>\n{\"n\": 1}"))));
  GrammarFilters filters(std::make_shared<fake::FakeWeights>());
  EXPECT_EQ(say("abcdefgh", 3, true, filters.make(done)), "abc</think>\n{\"n\": 1}");
  EXPECT_EQ(say("ab</think>", 3, true, filters.make(done)), "ab</think>\n{\"n\": 1}");
}

TEST(ThinkingLimit, NeedsItsTags) {
  const auto weights = std::make_shared<fake::FakeWeights>();
  EXPECT_FALSE(limit_reasoning(nullptr, {.tokens_max = -1, .start = "<a>", .end = "</a>", .closing = "</a>"}, weights));
  EXPECT_FALSE(limit_reasoning(nullptr, {.tokens_max = 1, .start = "<a>", .end = "", .closing = ""}, weights));
}

}  // namespace
}  // namespace puna::engine
