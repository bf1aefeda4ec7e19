// The grammar of a reply: everything a model may say passes, a call that is not valid never does, and what passes is
// what the parser reads.
#include "chat/reply_grammar.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "chat/json_testing.h"
#include "chat/match_testing.h"
#include "puna/chat/reply.h"

namespace puna {
namespace {

using testing::json;
using testing::TextMatcher;

const std::vector<ToolSpec>& weather_tools() {
  static const std::vector<ToolSpec> specs = {
      {.name = "get_weather",
       .description = "Weather.",
       .parameters = json(R"({"type": "object", "required": ["city"], "properties": {"city": {"type": "string"},
                              "days": {"type": "integer"}}})")},
      {.name = "now", .description = "Time.", .parameters = {}},
  };
  return specs;
}

TextMatcher matcher(ReplyShape shape) {
  shape.tools = weather_tools();
  const auto grammar = reply_grammar(shape);
  EXPECT_TRUE(grammar) << (grammar ? "" : grammar.error().message);
  return TextMatcher(*grammar);
}

constexpr std::string_view kCall =
    "<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Paris\", \"days\": 2}}\n</tool_call>";
constexpr std::string_view kTimeCall = "<tool_call>{\"name\": \"now\", \"arguments\": {}}</tool_call>";

TEST(ReplyGrammar, AutomaticTakesTextCallsAndTextThenCalls) {
  TextMatcher grammar = matcher({});
  const std::string call(kCall);
  for (const std::string& text :
       std::vector<std::string>{std::string(), std::string("Hello.\n\nA < b, <tool_cal, <tool_calls> ünï 你好"), call,
                                call + "\n", "Let me see.\n" + call, call + "\n" + std::string(kTimeCall) + "\n" + call,
                                "<think>\nhm <tool_call> no\n</think>\n\n" + call, "<think>a</think>Yes.",
                                "\n<think>x</think>" + call, std::string("<<tool_call") + call, std::string("<thin")}) {
    EXPECT_TRUE(grammar.matches(text)) << text;
  }
}

TEST(ReplyGrammar, NoReplyHoldsACallThatIsNotValid) {
  TextMatcher grammar = matcher({});
  const std::string call(kCall);
  for (const std::string& text : std::vector<std::string>{
           std::string("<tool_call>"),
           std::string("text <tool_call> text"),
           std::string("<tool_call>{\"name\": \"other\", \"arguments\": {}}</tool_call>"),
           std::string("<tool_call>{\"name\": \"get_weather\", \"arguments\": {}}</tool_call>"),
           std::string("<tool_call>{\"name\": \"get_weather\", \"arguments\": {\"city\": 3}}</tool_call>"),
           std::string("<tool_call>{\"name\": \"now\", \"arguments\": {\"x\": 1}}</tool_call>"),
           std::string("<tool_call>{\"name\": \"now\", \"arguments\": {}}"),
           std::string("<tool_call>\n\n\n\n{\"name\": \"now\", \"arguments\": {}}</tool_call>"),
           call + "and then text",
           "<think>never closed " + std::string("<tool_call>"),
           "<think>a</think> b <tool_call> c",
           "<<<tool_call>x",
       }) {
    EXPECT_FALSE(grammar.matches(text)) << text;
  }
}

// A text that has gone wrong cannot be repaired by what follows: the model must not be let into it.
TEST(ReplyGrammar, WhatHasGoneWrongIsADeadEnd) {
  for (const bool reasoning : {false, true}) {
    TextMatcher grammar = matcher({.reasoning = reasoning});
    const std::string call(kCall);
    for (const std::string& text :
         {std::string("text <tool_call> text"), std::string("<tool_call>{\"name\": \"other"),
          std::string("<tool_call>{\"name\": \"get_weather\", \"arguments\": {\"city\": 3"),
          std::string("<tool_call>{\"name\": \"get_weather\", \"arguments\": {\"city\": \"a\n"),
          std::string("a ") + control_token("<tool_call>") + "x", call + "and",
          std::string("<think>a</think> b <tool_call> c")}) {
      EXPECT_FALSE(grammar.begins(text)) << text;
    }
    EXPECT_TRUE(grammar.begins("text <tool_call"));
    EXPECT_TRUE(grammar.begins("text " + control_token("<tool_call>") + "{"));
  }
}

TEST(ReplyGrammar, RequiredMeansCallsAndNothingElse) {
  TextMatcher grammar = matcher({.tool_choice = ToolChoice::required});
  const std::string call(kCall);
  EXPECT_TRUE(grammar.matches(call));
  EXPECT_TRUE(grammar.matches("\n" + call + "\n" + std::string(kTimeCall)));
  EXPECT_FALSE(grammar.matches(""));
  EXPECT_FALSE(grammar.matches("text"));
  EXPECT_FALSE(grammar.matches("text " + call));
  EXPECT_FALSE(grammar.matches("<think>a</think>" + call));
  TextMatcher thinking = matcher({.tool_choice = ToolChoice::required, .reasoning = true});
  EXPECT_TRUE(thinking.matches("<think>a</think>\n\n" + call));
  EXPECT_TRUE(thinking.matches(call));
  EXPECT_FALSE(thinking.matches("<think>a</think>"));
  TextMatcher open = matcher({.tool_choice = ToolChoice::required, .reasoning_open = true});
  EXPECT_TRUE(open.matches("a < b </thin </think>\n\n" + call));
  EXPECT_TRUE(open.matches(call)) << "the reader takes it out of the thought that was never closed";
  EXPECT_FALSE(open.matches("a thought"));
}

// Readers take all of these.
TEST(ReplyGrammar, CallsAreWrittenInTheTemplatesOwnWay) {
  TextMatcher grammar = matcher({});
  const auto call = [](std::string_view json) { return "<tool_call>\n" + std::string(json) + "\n</tool_call>"; };
  EXPECT_TRUE(
      grammar.matches(call(R"({"name": "get_weather", "arguments": {"city": "a\n\"b\\ \u0007 é/", "days": 2}})")));
  for (const std::string_view json : {
           R"({"name":"get_weather", "arguments": {"city": "Paris"}})",
           R"({"name": "get_weather", "arguments":{"city": "Paris"}})",
           R"({"name": "get_weather", "arguments": { "city": "Paris"}})",
           R"({"name": "get_weather", "arguments": {"city":"Paris"}})",
           R"({"name": "get_weather", "arguments": {"c\u0069ty": "Paris"}})",
           R"({"name": "get_weather", "arguments": {"city": "\u0050aris"}})",
           R"({"name": "get_weather", "arguments": {"city": "a\/b"}})",
           R"({"name": "get_weather", "arguments": {"city": "Paris", "days": 2.0}})",
       }) {
    EXPECT_FALSE(grammar.matches(call(json))) << json;
    ReplyParser reader(generic_reply_format(), {.tools = weather_tools()});
    static_cast<void>(reader.feed(call(json)));
    EXPECT_EQ(reader.finish().calls.size(), 1u) << json;
  }
}

TEST(ReplyGrammar, ANamedToolIsTheOnlyOneThatCanBeCalled) {
  TextMatcher grammar = matcher({.tool_choice = ToolChoice::named("now")});
  EXPECT_TRUE(grammar.matches(kTimeCall));
  EXPECT_TRUE(grammar.matches(std::string(kTimeCall) + "\n" + std::string(kTimeCall)));
  EXPECT_FALSE(grammar.begins("<tool_call>\n{\"name\": \"g"));
  EXPECT_FALSE(grammar.begins("text"));
  EXPECT_FALSE(grammar.matches(""));
}

TEST(ReplyGrammar, WithoutParallelCallsAReplyHasAtMostOne) {
  const std::string two = std::string(kCall) + "\n" + std::string(kTimeCall);
  for (const ToolChoice& choice : {ToolChoice::automatic, ToolChoice::required}) {
    TextMatcher one = matcher({.tool_choice = choice, .parallel_calls = false});
    EXPECT_TRUE(one.matches(kCall));
    EXPECT_FALSE(one.begins(std::string(kCall) + "\n<"));
    EXPECT_TRUE(matcher({.tool_choice = choice}).matches(two));
  }
}

TEST(ReplyGrammar, ATagIsAControlTokenOnlyWhereTheVocabularyHasIt) {
  const std::vector<std::string> controls = {"</think>", "<|im_end|>"};
  const std::string body = "{\"name\": \"now\", \"arguments\": {}}";
  const std::string control_call = control_token("<tool_call>") + body + control_token("</tool_call>");
  TextMatcher unknown = matcher({.reasoning = true});
  EXPECT_TRUE(unknown.matches(control_call));
  TextMatcher known = matcher({.control_texts = controls, .reasoning = true});
  EXPECT_FALSE(known.begins(control_token("<tool_call>")));
  EXPECT_TRUE(known.matches(kTimeCall));
  EXPECT_TRUE(known.matches("<think>a" + control_token("</think>") + std::string(kTimeCall)));
  EXPECT_TRUE(known.matches("<think>a</think>" + std::string(kTimeCall)));
  EXPECT_FALSE(known.begins("a" + control_token("<|im_end|>"))) << "no part of the format";
}

TEST(ReplyGrammar, AnOpenPromptStartsAsReasoning) {
  TextMatcher grammar = matcher({.reasoning_open = true});
  EXPECT_TRUE(grammar.matches("I may say <tool_call> here.</think>\n" + std::string(kCall)));
  EXPECT_TRUE(grammar.matches("</think>Yes."));
  EXPECT_FALSE(grammar.matches("no end"));
  EXPECT_FALSE(grammar.matches("a</think><tool_call>{}"));
}

TEST(ReplyGrammar, ASchemaMeansOneValueAndNothingAfterIt) {
  const OutputFormat format =
      format::Schema{json(R"({"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]})")};
  const auto grammar = reply_grammar({.format = &format});
  TextMatcher value(*grammar);
  EXPECT_TRUE(value.matches(R"({"n": 3})"));
  EXPECT_FALSE(value.matches(R"({"n": 3} and)"));
  EXPECT_FALSE(value.matches("{}"));
  const auto open_grammar = reply_grammar({.format = &format, .reasoning_open = true});
  TextMatcher open(*open_grammar);
  EXPECT_TRUE(open.matches("hm </think>\n\n{\"n\": 3}"));
  EXPECT_FALSE(open.matches(R"({"n": 3})"));
}

TEST(ReplyGrammar, EveryFormatHoldsAlsoBehindReasoning) {
  struct Case {
    OutputFormat format;
    std::string_view fits;
    std::string_view differs;
  };
  const Case cases[] = {
      {format::Gbnf{.text = "root ::= item (\",\" item)*\nitem ::= [a-c]+ | \"(\" root \")\""}, "ab,(c,a)", "ab,"},
      {format::Pattern{"^(?i:yes|no)[!.]?$"}, "YES!", "yes no"},
      {format::Choice{{"red", "green"}}, "green", "gree"}};
  for (const Case& each : cases) {
    TextMatcher plain(reply_grammar({.format = &each.format}).value());
    EXPECT_TRUE(plain.matches(each.fits)) << each.fits;
    EXPECT_FALSE(plain.matches(each.differs)) << each.differs;
    ReplyFormat markup = generic_reply_format();
    markup.reasoning_start = "[THINK]";
    markup.reasoning_end = "[/THINK]";
    TextMatcher open(reply_grammar({.format = &each.format, .markup = &markup, .reasoning_open = true}).value());
    EXPECT_TRUE(open.matches("hm " + control_token("[/THINK]") + "\n" + std::string(each.fits)));
    EXPECT_TRUE(open.matches("hm [/THINK]" + std::string(each.fits)));
    EXPECT_FALSE(open.matches(each.fits));
    EXPECT_FALSE(open.matches("hm [/THINK]" + std::string(each.differs)));
  }
}

TEST(ReplyGrammar, NoToolsOrNoneMeansFreeText) {
  EXPECT_EQ(reply_grammar({}).value(), nullptr);
  EXPECT_EQ(reply_grammar({.tools = weather_tools(), .tool_choice = ToolChoice::none}).value(), nullptr);
}

TEST(ReplyGrammar, ABadSchemaIsRefusedWithTheToolsName) {
  for (const std::string_view schema : {R"({"type": "object", "$ref": "#/$defs/none"})",
                                        R"({"type": "object", "properties": {"a": {"minLength": -1}}})"}) {
    const std::vector<ToolSpec> bad = {{.name = "odd", .description = "", .parameters = json(schema)}};
    const auto grammar = reply_grammar({.tools = bad});
    ASSERT_FALSE(grammar) << schema;
    EXPECT_TRUE(grammar.error().message.contains("'odd'")) << grammar.error().message;
  }
}

TEST(ReplyGrammar, ToolsThatTakeNoObjectAreRefused) {
  const std::vector<ToolSpec> bad = {{.name = "odd", .description = "", .parameters = json(R"({"type": "string"})")}};
  EXPECT_EQ(reply_grammar({.tools = bad}).error().code, ErrorCode::invalid_argument);
}

TEST(ReplyGrammar, SizeIsLinearInToolsAndBounded) {
  std::vector<ToolSpec> many;
  for (std::size_t i = 0; i < kToolsMax; ++i) {
    many.push_back(
        {.name = "tool_" + std::to_string(i), .description = "", .parameters = weather_tools()[0].parameters});
  }
  const auto grammar = reply_grammar({.tools = many});
  ASSERT_TRUE(grammar);
  EXPECT_LT((*grammar)->exprs(), kToolsMax * 40);
  Json parameters = json(R"({"type": "object", "properties": {}})");
  for (int i = 0; i < 5'000; ++i) {
    parameters.as_object()[1].value.set("member" + std::to_string(i), Json::object({{"type", "string"}}));
  }
  for (ToolSpec& tool : many) {
    tool.parameters = parameters;
  }
  EXPECT_EQ(reply_grammar({.tools = many}).error().code, ErrorCode::limit);
}

TEST(ReplyGrammar, RandomTextPassesExactlyWhenItHoldsNoTag) {
  TextMatcher grammar = matcher({});
  const std::vector<std::string_view> words = {"<tool_call", kCall, "<", ">", "t", "<tool", "_call>", "!", "é"};
  Random random(11);
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (std::uint64_t i = random.next() % 8; i > 0; --i) {
      text += words[random.next() % words.size()];
    }
    const std::size_t tag = text.find("<tool_call>");
    std::string_view calls = tag == std::string::npos ? "" : std::string_view(text).substr(tag);
    while (calls.starts_with(kCall)) {
      calls.remove_prefix(kCall.size());
    }
    const bool expected = calls.empty();
    EXPECT_EQ(grammar.matches(text), expected) << text;
  }
}

TEST(ReplyGrammar, WhatPassesIsReadAsValidCallsOnly) {
  TextMatcher grammar = matcher({});
  const std::vector<std::string> words = {
      std::string(kCall), std::string(kTimeCall), "<tool_call>", "<think>", "</think>", " ", "\n", "text",
      "</tool_call>"};
  Random random(5);
  int passed = 0;
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    for (std::uint64_t i = random.next() % 7; i > 0; --i) {
      text += words[random.next() % words.size()];
    }
    if (!grammar.matches(text)) {
      continue;
    }
    ++passed;
    ReplyParser parser(false);
    static_cast<void>(parser.feed(text));
    const ParsedReply reply = parser.finish();
    EXPECT_TRUE(reply.malformed_calls.empty()) << text;
    for (const ToolCall& call : reply.calls) {
      EXPECT_TRUE(call.name == "now" || call.arguments.text_or("city") == "Paris") << text;
    }
  }
  EXPECT_GT(passed, 300);
}

}  // namespace
}  // namespace puna
