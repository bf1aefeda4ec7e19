// Calls in every family's form: what a template writes, the grammar lets through; what the grammar lets through, the
// parser reads as calls that fit their schemas, and the template writes back the same.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "base/test_rounds.h"
#include "chat/calls_testing.h"
#include "chat/families_testing.h"
#include "chat/oracles_testing.h"
#include "chat/reply_grammar.h"
#include "chat/walk_testing.h"
#include "puna/chat/reply.h"

namespace puna {
namespace {

using testing::chat_of;
using testing::expect_fitting;
using testing::families;
using testing::Family;
using testing::json;
using testing::matcher;
using testing::parse;
using testing::reply_text;
using testing::shown;
using testing::template_of;
using testing::TextMatcher;
using testing::Walker;
using testing::wide_calls;
using testing::wide_tools;

bool several(const ReplyFormat& format) { return !format.calls.empty() && format.calls.front().several; }

std::vector<ToolCall> without_ids(std::vector<ToolCall> calls) {
  std::ranges::for_each(calls, [](ToolCall& call) { call.id.clear(); });
  return calls;
}

// What ends strings, values and calls in the format, as text and as control tokens.
std::vector<std::string> words_of(const ReplyFormat& format, const std::vector<ToolSpec>& tools) {
  std::vector<std::string> words = {"\"", "}", "]", "\":", "\\\"", "'", "{", "1", "true"};
  for (const CallSyntax& syntax : format.calls) {
    for (const std::string& literal :
         {syntax.opening(), syntax.call_end, syntax.list_end, syntax.name_end, syntax.key_end, syntax.value_end,
          syntax.separator + syntax.call_start, syntax.parameter_separator + syntax.key_start, syntax.quote}) {
      words.push_back(literal);
      words.push_back(control_token(literal));
    }
  }
  const Channels& channels = format.channels;
  for (const std::string& literal : {channels.channel_mark, channels.body_mark, channels.call_name,
                                     " to=" + channels.recipient_start, channels.call_end}) {
    words.push_back(literal);
    words.push_back(control_token(literal));
  }
  for (const ToolSpec& tool : tools) {
    words.push_back(tool.name);
  }
  return words;
}

TEST(CallGrammar, WhatATemplateWritesIsLetThrough) {
  for (const Family& family : families()) {
    const auto chat = chat_of(template_of(family));
    ASSERT_TRUE(chat->abilities().own_calls) << family.name << ": " << chat->own_problem();
    TextMatcher grammar = matcher(chat->own_format(), {.reasoning = true});
    TextMatcher required = matcher(chat->own_format(), {.tool_choice = ToolChoice::required, .reasoning = true});
    for (const std::vector<ToolCall>& calls : {testing::hard_calls(), wide_calls()}) {
      for (const ToolCall& call : calls) {
        for (const std::string_view thought : {"", "Hm."}) {
          const std::string text = reply_text(
              *chat, {.role = Role::assistant, .reasoning = std::string(thought), .calls = {call}}, "<|im_end|>");
          EXPECT_TRUE(grammar.matches(text)) << family.name << "\n" << text;
          EXPECT_TRUE(required.matches(text)) << family.name << "\n" << text;
          EXPECT_EQ(parse(chat->own_format(), text).calls, without_ids({call})) << family.name << "\n" << text;
        }
      }
      const std::string all = reply_text(*chat, {.role = Role::assistant, .calls = calls}, "<|im_end|>");
      EXPECT_EQ(grammar.matches(all), several(chat->own_format())) << family.name << "\n" << all;
      TextMatcher one = matcher(chat->own_format(), {.parallel_calls = false});
      EXPECT_FALSE(one.matches(all)) << family.name;
    }
  }
}

struct Form {
  std::string name;
  ReplyFormat format;
};

// Of every family, of channels, and of the published templates where they are.
std::vector<Form> all_forms() {
  std::vector<Form> forms = {{.name = "generic", .format = generic_reply_format()},
                             {.name = "harmony", .format = chat_of(std::string(testing::kHarmony))->own_format()}};
  for (const Family& family : families()) {
    forms.push_back({.name = std::string(family.name), .format = chat_of(template_of(family))->own_format()});
  }
  if (const auto folder = testing::oracle("templates")) {
    for (const auto& file : testing::oracle_files(*folder)) {
      if (const auto chat = chat_of(testing::read_text(file)); chat->abilities().own_calls) {
        forms.push_back({.name = file.filename().string(), .format = chat->own_format()});
      }
    }
  }
  return forms;
}

TEST(CallGrammar, EveryWalkThroughAGrammarIsReadAsCallsThatFit) {
  constexpr int kWalks = test::rounds(25);
  Random random(31);
  int walks = 0;
  std::size_t calls = 0;
  const std::vector<Form> forms = all_forms();
  for (const auto& [name, format] : forms) {
    for (const ToolChoice& choice : {ToolChoice::required, ToolChoice::automatic, ToolChoice::named("plan_trip")}) {
      const auto grammar =
          reply_grammar({.tools = wide_tools(), .tool_choice = choice, .markup = &format, .reasoning = true});
      ASSERT_TRUE(grammar) << name << grammar.error().message;
      Walker walker(*grammar, words_of(format, wide_tools()));
      for (int i = 0; i < kWalks; ++i) {
        const auto walk = walker.walk(random, 1'500);
        if (!walk) {
          continue;
        }
        ++walks;
        const std::string text = shown(*walk);
        const ParsedReply reply = parse(format, text);
        const std::string what = name + "\n" + text;
        EXPECT_TRUE(reply.malformed_calls.empty()) << what;
        EXPECT_TRUE(!choice.needs_call() || (!reply.calls.empty() && reply.content.empty())) << what;
        expect_fitting(reply.calls, choice, what);
        calls += reply.calls.size();
      }
    }
  }
  std::printf("%d walks in %zu forms: %zu calls, all of them fit\n", walks, forms.size(), calls);
  EXPECT_GE(walks, static_cast<int>(forms.size()) * kWalks * 2);
  EXPECT_GE(calls, static_cast<std::size_t>(walks) / 2);
}

// What was read the template writes again; where that says the same, the grammar lets it through. Large whole numbers
// are left out: templates print them with an exponent, which no integer in a grammar has.
TEST(CallGrammar, WhatAWalkSaysTheTemplateCanWriteAgain) {
  Random random(77);
  int written = 0;
  for (const Family& family : families()) {
    const auto chat = chat_of(template_of(family));
    const ReplyFormat& format = chat->own_format();
    const auto grammar = reply_grammar({.tools = wide_tools(), .tool_choice = ToolChoice::required, .markup = &format});
    ASSERT_TRUE(grammar) << family.name << grammar.error().message;
    Walker walker(*grammar, words_of(format, wide_tools()));
    TextMatcher matches(*grammar);
    for (int i = 0; i < test::rounds(25); ++i) {
      const auto walk = walker.walk(random, 1'000);
      const std::vector<ToolCall> calls = walk ? parse(format, shown(*walk)).calls : std::vector<ToolCall>();
      Message message{.role = Role::assistant, .calls = calls};
      int number = 10'000;
      for (ToolCall& call : message.calls) {
        call.id = "call" + std::to_string(number++);
      }
      const std::string text = reply_text(*chat, message, "<|im_end|>");
      if (calls.empty() || text.contains("e+") || parse(format, text).calls != calls) {
        continue;
      }
      ++written;
      EXPECT_TRUE(matches.matches(text)) << family.name << "\n" << text << "\n" << *walk;
    }
  }
  std::printf("%d replies written again\n", written);
  EXPECT_GE(written, static_cast<int>(families().size()) * test::rounds(10));
}

// A reply that goes wrong is a dead end at the byte where it does.
TEST(CallGrammar, ACallToAToolThatIsNotThereOrWithArgumentsThatDoNotFitCannotBegin) {
  for (const Family& family : families()) {
    const auto chat = chat_of(template_of(family));
    TextMatcher grammar = matcher(chat->own_format(), {.tool_choice = ToolChoice::required});
    const auto text_of = [&](const ToolCall& call) {
      return reply_text(*chat, {.role = Role::assistant, .calls = {call}}, "<|im_end|>");
    };
    const ToolCall good = testing::hard_calls()[1];
    ASSERT_TRUE(grammar.matches(text_of(good))) << family.name;
    ToolCall other = good;
    other.name = "look_away";
    EXPECT_FALSE(grammar.begins(text_of(other))) << family.name;
    for (const std::string_view arguments :
         {R"({"mode": "car"})", R"({"mode": "boat", "stops": [{"name": "x"}]})", R"({"mode": "car", "stops": []})",
          R"({"mode": "car", "stops": [{"nights": 1}]})", R"({"mode": "car", "stops": [{"name": "x"}], "code": "a1"})",
          R"({"mode": "car", "stops": [{"name": "x"}], "budget": 0})",
          R"({"mode": "car", "stops": [{"name": "x"}], "unknown": 1})"}) {
      const ToolCall wrong{.id = "call00001", .name = "plan_trip", .arguments = json(arguments)};
      EXPECT_FALSE(grammar.begins(text_of(wrong))) << family.name << "\n" << text_of(wrong);
    }
  }
}

}  // namespace
}  // namespace puna
