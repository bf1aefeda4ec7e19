// The reader of replies: what it takes out, what it leaves, and that the pieces in which text comes never matter.
#include "puna/chat/reply.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "chat/json_testing.h"

namespace puna {
namespace {

using testing::json;

ParsedReply parse(std::string_view text, bool reasoning_open = false) {
  ReplyParser parser(reasoning_open);
  static_cast<void>(parser.feed(text));
  return parser.finish();
}

TEST(ReplyParser, LeavesPlainTextAsItIs) {
  EXPECT_EQ(parse("Hello.\n").content, "Hello.\n");
  EXPECT_EQ(parse("  two  spaces ").content, "  two  spaces ");
  EXPECT_EQ(parse("").content, "");
  EXPECT_EQ(parse(" \n").content, " \n");
  EXPECT_EQ(parse("a < b, <tool_callx>, <think>").content, "a < b, <tool_callx>, <think>");
}

TEST(ReplyParser, TakesReasoningOutOfTheStartOnly) {
  const ParsedReply reply = parse("<think>\nhm, <tool_call>?\n</think>\n\nYes <think>no</think>");
  EXPECT_EQ(reply.reasoning, "hm, <tool_call>?");
  EXPECT_EQ(reply.content, "Yes <think>no</think>");
  EXPECT_TRUE(reply.calls.empty());
}

TEST(ReplyParser, StartsInsideReasoningWhenThePromptOpenedIt) {
  EXPECT_EQ(parse("hm\n</think>\nYes", true), (ParsedReply{.content = "Yes", .reasoning = "hm"}));
  EXPECT_EQ(parse("<think>hm</think>Yes", true), (ParsedReply{.content = "Yes", .reasoning = "hm"}));
  EXPECT_EQ(parse("never closed", true), (ParsedReply{.reasoning = "never closed"}));
  EXPECT_EQ(parse("</think>Yes", true), (ParsedReply{.content = "Yes"}));
}

TEST(ReplyParser, ReadsACallAndLeavesNoContent) {
  const ParsedReply reply =
      parse("<think>\n</think>\n\n<tool_call>\n{\"name\": \"add\", \"arguments\": {\"a\": 1}}\n</tool_call>\n");
  ASSERT_EQ(reply.calls.size(), 1U);
  EXPECT_EQ(reply.calls[0], (ToolCall{.id = "", .name = "add", .arguments = json(R"({"a": 1})")}));
  EXPECT_EQ(reply.content, "");
  EXPECT_EQ(reply.reasoning, "");
}

TEST(ReplyParser, WithoutToolsACallIsTextLikeAnyOther) {
  const std::string text = "Write <tool_call>{\"name\": \"f\", \"arguments\": {}}</tool_call> to call.";
  ReplyParser parser(false, ReplyParser::Calls::text);
  const ReplyParser::Delta delta = parser.feed(text);
  EXPECT_EQ(delta.content, text) << "nothing is held back";
  EXPECT_EQ(parser.finish(), (ParsedReply{.content = text}));
}

TEST(ReplyParser, ReadsSeveralCallsAndTheTextAroundThem) {
  const ParsedReply reply = parse(
      "First.\n\n<tool_call>{\"name\":\"a\",\"arguments\":{}}</tool_call>\n"
      "<tool_call>{\"name\":\"b\",\"arguments\":{}}</tool_call> Then.\n");
  ASSERT_EQ(reply.calls.size(), 2U);
  EXPECT_EQ(reply.calls[0].name, "a");
  EXPECT_EQ(reply.calls[1].name, "b");
  EXPECT_EQ(reply.content, "First.\nThen.");
}

TEST(ReplyParser, TakesTheFormsOfArgumentsThatModelsWrite) {
  for (const std::string_view body :
       {R"({"name": "f", "arguments": {"x": "y"}})", R"({"name": "f", "arguments": "{\"x\": \"y\"}"})",
        R"({"name": "f", "parameters": {"x": "y"}})", R"({"arguments": {"x": "y"}, "name": "f"})"}) {
    const ParsedReply reply = parse("<tool_call>" + std::string(body) + "</tool_call>");
    ASSERT_EQ(reply.calls.size(), 1U) << body;
    EXPECT_EQ(reply.calls[0].arguments, json(R"({"x": "y"})")) << body;
  }
  EXPECT_EQ(parse(R"(<tool_call>{"name": "f"}</tool_call>)").calls.at(0).arguments, Json::object());
  EXPECT_EQ(parse(R"(<tool_call>{"name": "f", "arguments": null}</tool_call>)").calls.at(0).arguments, Json::object());
  // Not an object: kept, for the tool layer to refuse.
  EXPECT_EQ(parse(R"(<tool_call>{"name": "f", "arguments": [1]}</tool_call>)").calls.at(0).arguments, json("[1]"));
  EXPECT_EQ(parse(R"(<tool_call>{"name": "f", "arguments": "x"}</tool_call>)").calls.at(0).arguments, Json("x"));
}

TEST(ReplyParser, AClosingTagInsideAnArgumentIsText) {
  const ParsedReply reply =
      parse(R"(<tool_call>{"name": "write", "arguments": {"t": "a \" </tool_call> <tool_call> b"}}</tool_call>)");
  ASSERT_EQ(reply.calls.size(), 1U);
  EXPECT_EQ(reply.calls[0].arguments.text_or("t"), "a \" </tool_call> <tool_call> b");
  EXPECT_EQ(reply.content, "");
}

TEST(ReplyParser, WhatIsNotAValidCallStaysInTheContentAndIsReported) {
  for (const std::string_view body :
       {"{\"name\": \"f\", \"arguments\": {\"a\": \"", "not json", "[]", "{}", "{\"name\": 3}", "{\"name\": \"\"}",
        "<function=f>\n<parameter=\"x\">1</parameter></function>"}) {
    const std::string block = "<tool_call>" + std::string(body) + "</tool_call>";
    const ParsedReply reply = parse("See: " + block + " end");
    EXPECT_TRUE(reply.calls.empty()) << body;
    EXPECT_EQ(reply.malformed_calls, std::vector{block}) << body;
    EXPECT_EQ(reply.content, "See: " + block + " end") << body;
  }
}

TEST(ReplyParser, AWrongQuoteDoesNotSwallowTheCallsAfterIt) {
  const ParsedReply reply = parse(
      "<tool_call>{\"name\": \"a\", \"arguments\": {\"t\": \"it\"s\"}}</tool_call>"
      "<tool_call>{\"name\": \"b\", \"arguments\": {}}</tool_call>");
  ASSERT_EQ(reply.calls.size(), 1U);
  EXPECT_EQ(reply.calls[0].name, "b");
  EXPECT_EQ(reply.malformed_calls.size(), 1U);
}

TEST(ReplyParser, AnUnfinishedCallIsMalformedAndNotLost) {
  const ParsedReply reply = parse("So: <tool_call>\n{\"name\": \"add\", \"argu");
  EXPECT_EQ(reply.malformed_calls, std::vector<std::string>{"<tool_call>\n{\"name\": \"add\", \"argu"});
  EXPECT_EQ(reply.content, "So: <tool_call>\n{\"name\": \"add\", \"argu");
  EXPECT_EQ(parse("half a tag <tool_ca").content, "half a tag <tool_ca");
  EXPECT_EQ(parse("<thi").content, "<thi");
  EXPECT_EQ(parse("<think>half </thi").reasoning, "half </thi");
}

TEST(ReplyParser, ToolTagsInsideReasoningAreNotCalls) {
  const ParsedReply reply = parse("<think>I could <tool_call>{\"name\":\"a\",\"arguments\":{}}</tool_call></think>No.");
  EXPECT_TRUE(reply.calls.empty());
  EXPECT_EQ(reply.content, "No.");
}

const std::vector<std::string>& samples() {
  static const std::vector<std::string> texts = {
      "Hello.\n",
      "  <think> a\n\n b </think>\n\n text \n<tool_call>\n{\"name\": \"f\", \"arguments\": {\"k\": "
      "\"</tool_call>\"}}\n</tool_call>\n",
      "<tool_call>{\"name\":\"a\"}</tool_call> x <tool_call>{\"name\":\"b\"}</tool_call>\ny\n\n",
      "<tool_call>bad \" quote</tool_call> and <tool_call>{\"name\":\"a\",\"arguments\":{\"x\":\"\\\\\"}}</tool_call>",
      "<tool_call>{\"name\": \"a\", \"arguments\": {\"t\": \"it\"s\"}}</tool_call><tool_call>{\"name\": "
      "\"b\"}</tool_call> end ",
      "a <tool_call <tool_call> <<tool_call>{\"name\":\"a\"}</tool_call></tool_call> <think> </think>",
      "\n\n \n<think>never closed <tool_call>{}</tool_call>",
      "   ",
      "<<think>x</think>",
      "ä<think>ö</think>\u00fc \u4f60",
      "<tool_call>\n{\"name\": \"x\", \"arguments\": {}}",
      "</think>a</think>b",
  };
  return texts;
}

ParsedReply parse_in_pieces(const std::vector<std::string_view>& pieces, bool reasoning_open) {
  ReplyParser parser(reasoning_open);
  std::string content;
  std::string reasoning;
  for (const std::string_view piece : pieces) {
    const ReplyParser::Delta delta = parser.feed(piece);
    content += delta.content;
    reasoning += delta.reasoning;
  }
  ParsedReply reply = parser.finish();
  EXPECT_TRUE(reply.content.starts_with(content)) << content << " | " << reply.content;
  EXPECT_TRUE(reply.reasoning.starts_with(reasoning)) << reasoning << " | " << reply.reasoning;
  return reply;
}

TEST(ReplyParser, EverySplitInTwoAndInSingleBytesGivesTheSameReply) {
  for (const std::string& sample : samples()) {
    for (const bool open : {false, true}) {
      const ParsedReply whole = parse(sample, open);
      std::vector<std::string_view> bytes;
      for (std::size_t i = 0; i < sample.size(); ++i) {
        const std::string_view text = sample;
        EXPECT_EQ(parse_in_pieces({text.substr(0, i), text.substr(i)}, open), whole) << sample << " at " << i;
        bytes.push_back(text.substr(i, 1));
      }
      EXPECT_EQ(parse_in_pieces(bytes, open), whole) << sample;
    }
  }
}

TEST(ReplyParser, RandomTextInRandomPiecesGivesTheSameReply) {
  const std::vector<std::string_view> words = {"<think>",     "</think>",
                                               "<tool_call>", "</tool_call>",
                                               "\"",          "\\",
                                               "{",           "}",
                                               "\n",          " ",
                                               "a",           "<",
                                               "</tool",      R"({"name":"f","arguments":{"x":1}})"};
  Random random(7);
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    for (std::uint64_t i = random.next() % 14; i > 0; --i) {
      text += words[random.next() % words.size()];
    }
    const bool open = random.next() % 2 == 0;
    std::vector<std::string_view> pieces;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t size = 1 + random.next() % 9;
      pieces.push_back(std::string_view(text).substr(at, size));
      at += size;
    }
    const ParsedReply whole = parse(text, open);
    EXPECT_EQ(parse_in_pieces(pieces, open), whole) << text;
    // Nothing but tags and white space is ever lost.
    for (const std::string& malformed : whole.malformed_calls) {
      EXPECT_TRUE(whole.content.contains(malformed)) << text;
    }
  }
}

TEST(ReplyParser, DeltasComeOutAsSoonAsTheyAreCertain) {
  ReplyParser parser(false);
  EXPECT_EQ(parser.feed("Hel").content, "Hel");
  EXPECT_EQ(parser.feed("lo <").content, "lo");
  EXPECT_EQ(parser.feed("b> <tool").content, " <b>");
  EXPECT_EQ(parser.feed("box>").content, " <toolbox>");
  EXPECT_EQ(parser.finish().content, "Hello <b> <toolbox>");
}

TEST(ReplyParser, WorkGrowsLinearlyWithTheReply) {
  // 50,000 unclosed openings: quadratic work would not end.
  std::string text;
  for (int i = 0; i < 50'000; ++i) {
    text += "<tool_call>{\"</tool_call>";
  }
  EXPECT_EQ(parse(text).calls.size(), 0U);
}

}  // namespace
}  // namespace puna
