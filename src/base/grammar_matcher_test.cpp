// Grammars walked byte by byte: lists in any order, counts, nesting, ambiguity; what cannot match is removed, and what
// would not end is refused.
#include "puna/base/grammar_matcher.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace puna {
namespace {

bool matches(const Grammar& grammar, std::string_view text) {
  RegexPool pool;
  GrammarMatcher matcher(grammar, pool);
  return matcher.may_end(matcher.next(matcher.start(), text));
}

ExprId word(Grammar& grammar, std::string_view text) { return grammar.text(grammar.regexes.literal(text)); }

struct Words {
  std::vector<std::string> required;
  std::vector<std::string> optional;
  std::uint32_t min = 0;
  std::uint32_t max = RegexPool::kEndless;
  bool others = false;  // "o", as often as wanted
};

Result<void> members(Grammar& grammar, const Words& words) {
  expr::Members list{.separator = word(grammar, ","), .min = words.min, .max = words.max};
  for (const std::string& text : words.required) {
    list.entries.push_back({.entry = word(grammar, text), .is_required = true});
  }
  for (const std::string& text : words.optional) {
    list.entries.push_back({.entry = word(grammar, text)});
  }
  if (words.others) {
    list.others.push_back(word(grammar, "o"));
  }
  return grammar.finish(grammar.add(std::move(list)));
}

// By definition: each word at most once, all required ones, a count within the bounds.
bool is_member_list(const Words& words, const std::vector<std::string>& text) {
  for (const std::string& each : text) {
    const bool known = std::ranges::find(words.required, each) != words.required.end() ||
                       std::ranges::find(words.optional, each) != words.optional.end();
    if (!(known ? std::ranges::count(text, each) == 1 : words.others && each == "o")) {
      return false;
    }
  }
  return std::ranges::all_of(words.required,
                             [&](const std::string& each) { return std::ranges::find(text, each) != text.end(); }) &&
         text.size() >= words.min && text.size() <= words.max;
}

TEST(GrammarMatcher, MembersComeInAnyOrderEachOnceWithinTheCount) {
  const Words cases[] = {{.required = {"a"}, .optional = {"b", "c"}},
                         {.required = {"a", "b"}, .optional = {"c"}, .max = 2},
                         {.optional = {"a", "b", "c"}, .min = 2},
                         {.required = {"b"}, .others = true},
                         {.optional = {"a"}, .min = 2, .max = 3, .others = true}};
  std::vector<std::vector<std::string>> texts = {{}};
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (texts[i].size() < 4) {
      for (const char* each : {"a", "b", "c", "o"}) {
        texts.push_back(texts[i]);
        texts.back().emplace_back(each);
      }
    }
  }
  for (const Words& words : cases) {
    Grammar grammar;
    ASSERT_TRUE(members(grammar, words));
    for (const auto& text : texts) {
      std::string joined;
      for (const std::string& each : text) {
        joined += (joined.empty() ? "" : ",") + each;
      }
      EXPECT_EQ(matches(grammar, joined), is_member_list(words, text)) << joined;
    }
    EXPECT_FALSE(matches(grammar, "a,"));
    EXPECT_FALSE(matches(grammar, ",a"));
  }
}

TEST(GrammarMatcher, NoPrefixOfMembersLeadsNowhere) {
  Grammar grammar;
  ASSERT_TRUE(members(grammar, {.required = {"aa", "bb"}, .optional = {"cc", "dd"}, .min = 3, .max = 3}));
  RegexPool pool;
  GrammarMatcher matcher(grammar, pool);
  // From every state that is reached, some text goes on to an end.
  std::vector<GrammarMatcher::State> open = {matcher.start()};
  std::vector<GrammarMatcher::State> seen;
  while (!open.empty()) {
    const GrammarMatcher::State state = open.back();
    open.pop_back();
    if (std::ranges::find(seen, state) != seen.end()) {
      continue;
    }
    seen.push_back(state);
    EXPECT_TRUE(matcher.may_end(state) || !matcher.next_bytes(state).is_empty());
    for (unsigned byte = 0; byte < 256; ++byte) {
      const GrammarMatcher::State next = matcher.next(state, static_cast<std::uint8_t>(byte));
      if (next != GrammarMatcher::State::dead) {
        open.push_back(next);
      }
    }
  }
  EXPECT_GT(seen.size(), 20U);
}

TEST(GrammarMatcher, ItemsKeepTheirPlacesAndCounts) {
  Grammar grammar;
  const ExprId any = grammar.text(grammar.regexes.bytes(ByteSet::range('x', 'z')));
  const ExprId first = word(grammar, "f");
  expr::Items items{.first = {{first, first}}, .rest = {any, word(grammar, "z")}, .separator = word(grammar, ",")};
  items.max = 4;
  items.counted_min = 1;
  items.counted_max = 2;
  // The first item counts as well when it stands for itself; here it may not be "z".
  items.first[0].counted = grammar.never();
  ASSERT_TRUE(grammar.finish(grammar.add(items)));
  for (const std::string_view text : {"f,z", "f,x,z", "f,z,y,z", "f,x,y,z"}) {
    EXPECT_TRUE(matches(grammar, text)) << text;
  }
  for (const std::string_view text : {"", "f", "f,x", "z", "f,x,y,y", "f,x,y,z,z", "f,z,"}) {
    EXPECT_FALSE(matches(grammar, text)) << text;
  }
}

TEST(GrammarMatcher, AmbiguityCostsNoMoreThanTheGrammar) {
  // s = "a" s "b" | "a" s "c" | "": every "a" may be closed in two ways.
  Grammar grammar;
  const RuleId rule = grammar.declare("s");
  const ExprId s = grammar.add(expr::Reference{rule});
  const auto closed = [&](std::string_view close) {
    return grammar.add(expr::Sequence{{word(grammar, "a"), s, word(grammar, close)}});
  };
  grammar.define(rule, grammar.add(expr::Choice{{closed("b"), closed("c"), grammar.text(Regex::empty)}}));
  ASSERT_TRUE(grammar.finish(s));
  RegexPool pool;
  GrammarMatcher matcher(grammar, pool);
  const GrammarMatcher::State deep = matcher.next(matcher.start(), std::string(500, 'a'));
  EXPECT_LE(matcher.items(deep).size(), 4U);
  std::string close;
  for (int i = 0; i < 500; ++i) {
    close += i % 3 == 0 ? 'b' : 'c';
  }
  EXPECT_TRUE(matcher.may_end(matcher.next(deep, close)));
  EXPECT_FALSE(matcher.may_end(matcher.next(deep, close.substr(1))));
}

TEST(GrammarMatcher, ALoopAtTheEndOfARuleKeepsTheStackFlat) {
  Grammar grammar;
  grammar.depth_max = 3;
  const RuleId rule = grammar.declare("list");
  const ExprId list = grammar.add(expr::Reference{rule});
  const ExprId more = grammar.add(expr::Sequence{{word(grammar, "x"), list}});
  grammar.define(rule, grammar.add(expr::Choice{{more, grammar.text(Regex::empty)}}));
  ASSERT_TRUE(grammar.finish(list));
  EXPECT_TRUE(matches(grammar, std::string(10'000, 'x')));
}

TEST(GrammarMatcher, WhatNestsTooDeepIsRefused) {
  Grammar grammar;
  grammar.depth_max = 10;
  const RuleId rule = grammar.declare("nest");
  const ExprId nest = grammar.add(expr::Reference{rule});
  const ExprId inner = grammar.add(expr::Sequence{{word(grammar, "("), nest, word(grammar, ")")}});
  grammar.define(rule, grammar.add(expr::Choice{{inner, grammar.text(Regex::empty)}}));
  ASSERT_TRUE(grammar.finish(nest));
  EXPECT_TRUE(matches(grammar, "(((())))"));
  EXPECT_FALSE(matches(grammar, std::string(20, '(') + std::string(20, ')')));
}

TEST(GrammarMatcher, AStateGoesOnInANewMatcherAsItWouldHave) {
  Grammar grammar;
  const RuleId rule = grammar.declare("list");
  const ExprId list = grammar.add(expr::Reference{rule});
  const ExprId members = grammar.add(expr::Members{
      .entries = {{.entry = word(grammar, "a"), .is_required = true}, {.entry = word(grammar, "b")}, {.entry = list}},
      .separator = word(grammar, ",")});
  grammar.define(rule, grammar.add(expr::Sequence{{word(grammar, "("), members, word(grammar, ")")}}));
  ASSERT_TRUE(grammar.finish(list));
  RegexPool pool;
  const std::string text = "(b,(a,(b,a)),a)";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    GrammarMatcher first(grammar, pool);
    const GrammarMatcher::State before = first.next(first.start(), std::string_view(text).substr(0, cut));
    GrammarMatcher second(grammar, pool);
    static_cast<void>(second.next(second.start(), "(a,b"));  // numbers that differ
    const GrammarMatcher::State after = second.adopt(first, before);
    EXPECT_TRUE(second.may_end(second.next(after, std::string_view(text).substr(cut)))) << cut;
    EXPECT_EQ(second.next(after, "x"), GrammarMatcher::State::dead);
    EXPECT_EQ(second.next_bytes(after), first.next_bytes(before)) << cut;
  }
}

TEST(GrammarMatcher, RepeatsOfNothingEnd) {
  Grammar grammar;
  const ExprId maybe = grammar.add(expr::Repeat{.inner = word(grammar, "a"), .min = 0});
  const ExprId nested = grammar.add(expr::Repeat{.inner = maybe, .min = 3});
  ASSERT_TRUE(grammar.finish(grammar.add(expr::Sequence{{nested, word(grammar, "b")}})));
  EXPECT_TRUE(matches(grammar, "b"));
  EXPECT_TRUE(matches(grammar, "aaaab"));
  EXPECT_FALSE(matches(grammar,
                       "ab"
                       "b"));
}

TEST(Grammar, LeftRecursionIsRefusedAlsoBehindWhatCanBeEmpty) {
  for (const bool hidden : {false, true}) {
    Grammar grammar;
    const RuleId rule = grammar.declare("r");
    const ExprId r = grammar.add(expr::Reference{rule});
    const ExprId before = hidden ? grammar.text(grammar.regexes.optional(grammar.regexes.literal("-"))) : r;
    const ExprId left = grammar.add(expr::Sequence{{before, r, word(grammar, "x")}});
    grammar.define(rule, grammar.add(expr::Choice{{left, word(grammar, "y")}}));
    const Result<void> ok = grammar.finish(r);
    ASSERT_FALSE(ok);
    EXPECT_EQ(ok.error().code, ErrorCode::invalid_argument);
    EXPECT_TRUE(ok.error().message.contains("'r'")) << ok.error().message;
  }
}

TEST(Grammar, AGrammarThatNothingMatchesIsRefusedAndDeadBranchesGo) {
  Grammar empty;
  const RuleId endless = empty.declare("endless");
  const ExprId loop = empty.add(expr::Reference{endless});
  empty.define(endless, empty.add(expr::Sequence{{word(empty, "("), loop, word(empty, ")")}}));
  EXPECT_FALSE(empty.finish(loop));

  Grammar grammar;
  const RuleId bad = grammar.declare("bad");
  const ExprId never = grammar.add(expr::Reference{bad});
  grammar.define(bad, grammar.add(expr::Sequence{{word(grammar, "("), never}}));
  ASSERT_TRUE(grammar.finish(grammar.add(expr::Choice{{never, word(grammar, "x")}})));
  RegexPool pool;
  GrammarMatcher matcher(grammar, pool);
  EXPECT_EQ(matcher.next(matcher.start(), "("), GrammarMatcher::State::dead);
  EXPECT_TRUE(matches(grammar, "x"));
}

TEST(Grammar, FiveThousandRulesInARowAreWalked) {
  Grammar grammar;
  ExprId next = word(grammar, "x");
  for (int i = 0; i < 5'000; ++i) {
    const RuleId rule = grammar.declare("r" + std::to_string(i));
    grammar.define(rule, next);
    next = grammar.add(expr::Reference{rule});
  }
  ASSERT_TRUE(grammar.finish(next));
  EXPECT_TRUE(matches(grammar, "x"));
}

}  // namespace
}  // namespace puna
