// Damaged calls: what is repaired, what is left alone because it could mean two things, and what was right before.
#include "chat/repair.h"

#include <gtest/gtest.h>

#include "chat/json_testing.h"
#include "puna/chat/reply.h"

namespace puna {
namespace {

using testing::json;

ParsedReply parse_damaged(std::string_view text, ReplyParser::End end = ReplyParser::End::whole) {
  ReplyParser parser(false);
  static_cast<void>(parser.feed(text));
  return parser.finish(end);
}
ParsedReply parse_body(std::string_view body) {
  return parse_damaged("<tool_call>" + std::string(body) + "</tool_call>");
}

void expect_repaired(std::string_view body, std::string_view what, std::string_view arguments = R"({"a": 1})") {
  const ParsedReply reply = parse_body(body);
  ASSERT_EQ(reply.calls.size(), 1U) << body;
  EXPECT_EQ(reply.calls[0], (ToolCall{.id = "", .name = "f", .arguments = json(arguments)})) << body;
  EXPECT_EQ(reply.repairs, std::vector{"a call of f: " + std::string(what)}) << body;
  EXPECT_EQ(reply.content, "") << body;
  EXPECT_TRUE(reply.malformed_calls.empty()) << body;
}

void expect_malformed(std::string_view body) {
  const std::string block = "<tool_call>" + std::string(body) + "</tool_call>";
  const ParsedReply reply = parse_damaged(block);
  EXPECT_TRUE(reply.calls.empty()) << body;
  EXPECT_EQ(reply.malformed_calls, std::vector{block});
  EXPECT_EQ(reply.content, block);
  EXPECT_TRUE(reply.repairs.empty());
}

TEST(Repair, DamageThatLeavesOneReadingIsRepaired) {
  expect_repaired(R"({"name": "f", "arguments": {"a": 1})", "a missing bracket");
  expect_repaired(R"({"name": "f", "arguments": {"a": 1)", "a missing bracket");
  expect_repaired(R"({"name": "f", "arguments": {"a": 1}}})", "a bracket too many");
  expect_repaired(R"({"name": "f", "arguments": {"a": 1,},})", "a comma too many");
  expect_repaired(R"({'name': 'f', 'arguments': {'a': 1}})", "single quotes");
  expect_repaired(R"({name: "f", arguments: {a: 1}})", "a key without quotes");
  expect_repaired(R"({"name": "f", "arguments": {"a": [True, False, None]}})", "a word of Python",
                  R"({"a": [true, false, null]})");
  expect_repaired("{\"name\": \"f\", \"arguments\": {\"a\": \"x\n\ty\"}}", "a control character", R"({"a": "x\n\ty"})");
  expect_repaired("\n```json\n{\"name\": \"f\", \"arguments\": {\"a\": 1}}\n```\n", "a code fence");
  expect_repaired(R"({"name": "f", "arguments": {"a": "it\'s"}})", "an escaped quote", R"({"a": "it's"})");
  expect_repaired(R"({"name": "f", "arguments": "{'a': 1}"})", "single quotes");
  expect_repaired(R"({"tool": "f", "arguments": {"a": 1}})", "the name under another key");
  expect_repaired(R"({"function": {"name": "f", "arguments": {"a": 1}}})", "a call inside another object");
  expect_repaired(R"({"name": "f", "args": {"a": 1}})", "the arguments under another key");
  expect_repaired("```\n{'function': 'f', 'params': {a: 1,}\n```",
                  "a code fence, single quotes, a key without quotes, a comma too many, a missing bracket, "
                  "the name under another key, the arguments under another key");
}

TEST(Repair, SingleQuotesMayHoldDoubleOnesAndTheOtherWayRound) {
  expect_repaired(R"({'name': 'f', 'arguments': {'a': 'say "it\'s"'}})", "single quotes", R"({"a": "say \"it's\""})");
}

TEST(Repair, WhatCouldMeanTwoThingsIsAnObservation) {
  for (const std::string_view body : {
           R"({"name": "f", "arguments": {"a": "x)",              // text that goes on
           R"({"name": "f", "arguments": {"a": )",                // a value that never came
           R"({"name": "f", "arguments": {"a": 1, )",             // another member
           R"({"name": "f")",                                     // the arguments
           R"({"name": "f", "arguments": {"a": "it"s"}})",        // which quote ends it?
           R"({'name': 'f', 'arguments': {'a': 'it's'}})",        //
           R"({"name": "f", "arguments": {"a": "C:\pics"}})",     // a backslash, or nothing
           R"({"name": "f", "arguments": {"a": hello}})",         // a word
           R"({"name": "f", "arguments": {"a": [1, 2}})",         // which bracket is wrong?
           R"({"name": "f", "arguments": {"a": 1 "b": 2}})",      //
           R"({"name": "f", "arguments": {"a": 1,, "b": 2}})",    //
           R"({"name": "f", "arguments": {[,]: 1}})",             //
           R"({"tool": "f", "function": "g", "arguments": {}})",  // two names
           R"({"name": "f", "args": {"a": 1}, "input": {}})",     // two arguments
           R"({"name": "f", "arguments": {"a": 1}, "b": 2}})",    // which bracket is too many?
           R"({"name": "f", "a": 1})",                            // arguments, or not
           R"({"name": "f", "arguments": {"a": 1}} and then?)",   //
           "not json",
           "[]",
           "{}",
           "",
           "{,}",
           "[,]",
           "'f'",
           "```",
           "}}}}",
       }) {
    expect_malformed(body);
  }
}

TEST(Repair, ANumberAtTheEndMayLackDigits) {
  EXPECT_TRUE(parse_damaged(R"(<tool_call>{"name": "f", "arguments": {"a": 12)").calls.empty());
  EXPECT_EQ(parse_damaged(R"(<tool_call>{"name": "f", "arguments": {"a": "12")").calls.size(), 1U);
  EXPECT_EQ(parse_damaged(R"(<tool_call>{"name": "f", "arguments": {"a": [12])").calls.size(), 1U);
}

TEST(Repair, NothingIsAddedToAReplyThatALimitCut) {
  for (const std::string_view text : {R"(<tool_call>{"name": "f", "arguments": {"a": "12"})",
                                      R"(<tool_call>{"name": "f", "arguments": {"a": "12")"}) {
    EXPECT_EQ(parse_damaged(text).calls.size(), 1U);
    const ParsedReply cut = parse_damaged(text, ReplyParser::End::cut);
    EXPECT_TRUE(cut.calls.empty()) << text;
    EXPECT_EQ(cut.malformed_calls, std::vector{std::string(text)});
  }
  // What ended before the cut is repaired as always.
  EXPECT_EQ(parse_damaged(R"(<tool_call>{'name': 'f'}</tool_call> and)", ReplyParser::End::cut).calls.size(), 1U);
}

TEST(Repair, ACallThatIsRightIsNotTouched) {
  for (const std::string_view arguments :
       {R"({"a": "{'b': True,}"})", R"({"a": "```json\n{}\n```", "b": "True", "c": ["x,]", "}}"]})", R"({})",
        R"({"args": {"a": 1}, "function": {"name": "g"}})"}) {
    const ParsedReply reply = parse_body(R"({"name": "f", "arguments": )" + std::string(arguments) + "}");
    ASSERT_EQ(reply.calls.size(), 1U) << arguments;
    EXPECT_EQ(reply.calls[0].arguments, json(arguments));
    EXPECT_TRUE(reply.repairs.empty());
  }
}

TEST(Repair, ASketchInAThoughtIsNoCall) {
  const ParsedReply reply = parse_damaged("<think>Perhaps <tool_call>{'name': 'f', 'arguments': {}}</tool_call>");
  EXPECT_TRUE(reply.calls.empty());
  EXPECT_TRUE(reply.repairs.empty());
  EXPECT_EQ(parse_damaged("<think>So <tool_call>{\"name\": \"f\", \"arguments\": {}}</tool_call>").calls.size(), 1U);
}

TEST(Repair, OtherFormsOfCallsAreRepairedToo) {
  ReplyFormat named = generic_reply_format();
  named.calls = {{.shape = CallSyntax::Shape::named_json, .call_start = "[TOOL_CALLS]", .name_end = "[ARGS]"}};
  ReplyFormat channels = generic_reply_format();
  channels.channels = {.channel_mark = "<|channel|>",
                       .body_mark = "<|message|>",
                       .end_mark = "<|end|>",
                       .turn_start = "<|start|>assistant",
                       .reasoning_name = "analysis",
                       .content_name = "final",
                       .call_name = "commentary",
                       .recipient_start = "functions.",
                       .call_end = "<|call|>"};
  for (const auto& [format, text] :
       {std::pair(named, R"([TOOL_CALLS]f[ARGS]{'a': 1})"),
        std::pair(channels, R"( to=functions.f<|channel|>commentary json<|message|>{'a': 1}<|call|>)")}) {
    ReplyParser parser(format, {});
    static_cast<void>(parser.feed(text));
    const ParsedReply reply = parser.finish();
    ASSERT_EQ(reply.calls.size(), 1U) << text;
    EXPECT_EQ(reply.calls[0], (ToolCall{.id = "", .name = "f", .arguments = json(R"({"a": 1})")})) << text;
    EXPECT_EQ(reply.repairs, std::vector<std::string>{"a call of f: single quotes"}) << text;
  }
}

TEST(Repair, DepthAndSizeAreBounded) {
  expect_malformed(R"({"name": "f", "arguments": )" + std::string(200'000, '['));
  expect_malformed("{'name': 'f', 'arguments': {'a': " + std::string(100, '[') + std::string(100, ']') + "}}");
}

TEST(Repair, PiecesGiveTheSameReplyAsTheWhole) {
  const std::vector<std::string> texts = {
      "A <tool_call>```json\n{'name': 'f', 'arguments': {a: 'x\"y', b: None,}}\n```</tool_call> and "
      "<tool_call>{\"name\": \"g\", \"arguments\": {}</tool_call> end",
      "<tool_call>{\"name\": \"f\", \"arguments\": {\"t\": \"it\"s\"}}</tool_call>",
      "<tool_call>\n{'tool': 'f', 'args': {'t': '</tool_call>'}}",
  };
  for (const std::string& text : texts) {
    const ParsedReply whole = parse_damaged(text);
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
      ReplyParser parser(false);
      std::string content = parser.feed(std::string_view(text).substr(0, cut)).content;
      content += parser.feed(std::string_view(text).substr(cut)).content;
      const ParsedReply pieces = parser.finish();
      EXPECT_EQ(pieces, whole) << text << " at " << cut;
      EXPECT_TRUE(pieces.content.starts_with(content));
    }
  }
}

}  // namespace
}  // namespace puna
