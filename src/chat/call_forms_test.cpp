// What is special about some forms of calls: values as Python prints them, values without quotes, names that cannot be
// held, thoughts, channels.
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "chat/calls_testing.h"

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
using testing::template_of;
using testing::TextMatcher;

// A string without a single quote in it stands between single quotes, any other one between double quotes; in one value
// the grammar has either the one or the other.
TEST(CallForms, ValuesMayStandAsPythonPrintsThem) {
  const Family python{.name = "python",
                      .call =
                          "<run>{{ f['name'] }}{% for k, v in f['arguments'].items() %}<p>{{ k }}</p><v>{{ v }}</v>"
                          "{% endfor %}</run>"};
  const auto chat = chat_of(template_of(python));
  ASSERT_TRUE(chat->abilities().own_calls) << chat->own_problem();
  ASSERT_TRUE(chat->own_format().calls.front().python_values);
  TextMatcher grammar = matcher(chat->own_format(), {.tool_choice = ToolChoice::required});
  const ToolCall call{.id = "",
                      .name = "plan_trip",
                      .arguments = json(R"({"mode": "train", "stops": [{"name": "a \"b\" \\ \n", "nights": 1}],
                                            "meta": {"deep": [true, null, false, {"x": "'"}]}, "ratio": 0.5})")};
  const std::string text = reply_text(*chat, {.role = Role::assistant, .calls = {call}}, "<|im_end|>");
  EXPECT_TRUE(text.contains("True") && text.contains("{'name': ")) << text;
  EXPECT_EQ(parse(chat->own_format(), text).calls, std::vector<ToolCall>{call}) << text;
  EXPECT_FALSE(grammar.matches(text)) << "both quotes in meta";
  ToolCall plain = call;
  plain.arguments.set("meta", json(R"({"deep": [true, null, false, {"x": "y"}]})"));
  const std::string plain_text = reply_text(*chat, {.role = Role::assistant, .calls = {plain}}, "<|im_end|>");
  EXPECT_TRUE(grammar.matches(plain_text)) << plain_text;
  const std::string start = "<run>plan_trip<p>mode</p><v>car</v><p>stops</p><v>";
  for (const std::string_view stops :
       {"[{'name': 'it\\'s'}]", "[{\"name\": \"it's\"}]", "[{'nights': 3, 'name': ''}]"}) {
    const std::string written = start + std::string(stops) + "</v></run>";
    EXPECT_TRUE(grammar.matches(written)) << written;
    EXPECT_EQ(parse(chat->own_format(), written).calls.size(), 1U) << written;
  }
  EXPECT_FALSE(grammar.begins(start + "[{'nights': 'x"));
  EXPECT_FALSE(grammar.begins(start + "[{'name': True"));
}

TEST(CallForms, AValueWithoutQuotesHasTheTypeThatItsSchemaWants) {
  ReplyFormat format;
  for (const Family& family : families()) {
    format = family.name == "Qwen-Coder" ? chat_of(template_of(family))->own_format() : format;
  }
  const auto read = [&format](std::string_view key, std::string_view value) {
    const std::string text = "<tool_call>\n<function=plan_trip>\n<parameter=" + std::string(key) + ">\n" +
                             std::string(value) + "\n</parameter>\n</function>\n</tool_call>";
    const ParsedReply reply = parse(format, text);
    return reply.calls.size() == 1 ? reply.calls[0].arguments.find(key)->dump() : "none";
  };
  EXPECT_EQ(read("note", "42"), R"("42")") << "text or null";
  EXPECT_EQ(read("note", "null"), "null");
  EXPECT_EQ(read("note", "[1]"), R"("[1]")");
  EXPECT_EQ(read("budget", "7"), "7") << "both fit";
  EXPECT_EQ(read("budget", "open"), R"("open")");
  EXPECT_EQ(read("from", "12"), R"("12")") << "behind a reference";
  EXPECT_EQ(read("from", R"({"lat": 1})"), R"({"lat":1})");
  EXPECT_EQ(read("code", "12"), R"("12")");
  EXPECT_EQ(read("unknown", "12"), "12");
}

TEST(CallForms, ANameThatTheFormCannotHoldIsNamed) {
  ReplyFormat format;
  for (const Family& family : families()) {
    format = family.name == "Qwen-Coder" ? chat_of(template_of(family))->own_format() : format;
  }
  const auto grammar_for = [&format](std::string_view parameters) {
    const std::vector<ToolSpec> tools = {{.name = "odd", .description = "", .parameters = json(parameters)}};
    return reply_grammar({.tools = tools, .tool_choice = ToolChoice::required, .markup = &format});
  };
  const auto refused = grammar_for(R"({"type": "object", "properties": {"a>b": {}}, "required": ["a>b"]})");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::invalid_argument);
  EXPECT_TRUE(refused.error().message.contains("'odd'") && refused.error().message.contains("'a>b'"))
      << refused.error().message;
  const auto left_out = grammar_for(R"({"type": "object", "properties": {"a>b": {}, "c": {}}})");
  ASSERT_TRUE(left_out) << left_out.error().message;
  TextMatcher matches(*left_out);
  EXPECT_TRUE(matches.begins("<tool_call>\n<function=odd>\n<parameter=c>"));
  EXPECT_FALSE(matches.begins("<tool_call>\n<function=odd>\n<parameter=a"));
  EXPECT_EQ(grammar_for(R"({"type": "object", "properties": {"a": false}, "required": ["a"]})").error().code,
            ErrorCode::invalid_argument);
}

TEST(CallForms, ChoicesThatLeadToChoicesAreFollowedOnlySoFar) {
  const auto code_of = [](int links) {
    Json defs = Json::object();
    for (int i = 0; i < links; ++i) {
      Json next = Json::object();
      next.set("$ref", "#/$defs/d" + std::to_string(i + 1));
      Json one = Json::object();
      one.set("anyOf", Json::array({std::move(next), Json::object({{"type", "integer"}})}));
      defs.set("d" + std::to_string(i), std::move(one));
    }
    defs.set("d" + std::to_string(links), Json::object({{"type", "string"}}));
    Json parameters = json(R"({"type": "object", "properties": {"a": {"$ref": "#/$defs/d0"}}})");
    parameters.set("$defs", std::move(defs));
    const std::vector<ToolSpec> tools = {{.name = "deep", .description = "", .parameters = std::move(parameters)}};
    const ReplyFormat format = chat_of(template_of(families().back()))->own_format();
    const auto grammar = reply_grammar({.tools = tools, .markup = &format});
    return grammar ? std::optional<ErrorCode>() : std::optional(grammar.error().code);
  };
  ASSERT_EQ(families().back().name, "keys in attributes");
  EXPECT_EQ(code_of(50), std::nullopt);
  EXPECT_EQ(code_of(2'000), ErrorCode::limit);
}

TEST(CallForms, ACallInAThoughtCountsOnlyWhenItIsValidAndNothingFollows) {
  const ReplyFormat& format = generic_reply_format();
  TextMatcher grammar = matcher(format, {.reasoning = true});
  const std::string good = "<tool_call>\n{\"name\": \"look\", \"arguments\": {\"place\": \"x\"}}\n</tool_call>";
  const std::string bad = "<tool_call>\n{\"name\": \"look\", \"arguments\": {\"place\": 1}}\n</tool_call>";
  for (const std::string& text :
       std::vector<std::string>{"<think>I look. " + good, "<think>I look. " + good + "\n</think>\n",
                                "<think>I may say <tool_call> here.</think>Yes.", "<think>" + bad + "</think>" + good,
                                "<think>" + good + "</think>No."}) {
    EXPECT_TRUE(grammar.matches(text)) << text;
    const ParsedReply reply = parse(format, text);
    EXPECT_TRUE(reply.malformed_calls.empty()) << text;
    expect_fitting(reply.calls, {}, text);
    EXPECT_TRUE(reply.calls.size() == 1 || !reply.content.empty()) << text;
  }
  for (const std::string& text :
       std::vector<std::string>{"<think>I look. " + bad, "<think>I look. " + bad + "\n</think>\n",
                                "<think>I may say <tool_call> here.</think>", "<think>Hm.", "<think><tool_call>"}) {
    EXPECT_FALSE(grammar.matches(text)) << text;
  }
}

TEST(CallForms, ChannelsHoldThoughtsTextAndOneCall) {
  const ReplyFormat format = chat_of(std::string(testing::kHarmony))->own_format();
  TextMatcher grammar = matcher(format, {.reasoning = true});
  TextMatcher required = matcher(format, {.tool_choice = ToolChoice::named("look")});
  const std::string thought = "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant";
  const std::string body = "{\"place\": \"<|end|>\"}";
  const auto controls = [](std::string text) {
    for (const std::string_view mark : {"<|channel|>", "<|message|>", "<|call|>", "<|start|>", "<|constrain|>"}) {
      for (std::size_t at = 0; (at = text.find(mark, at)) != std::string::npos; at += mark.size() + 2) {
        text.replace(at, mark.size(), control_token(mark));
      }
    }
    return text;
  };
  for (const std::string& call :
       {" to=functions.look<|channel|>commentary json<|message|>" + body + "<|call|>",
        "<|channel|>commentary to=functions.look <|constrain|>json<|message|>" + body + "<|call|>",
        "<|channel|>commentary to=functions.look<|message|>" + body}) {
    for (const std::string& text : {call, thought + call, thought + thought + call}) {
      EXPECT_TRUE(grammar.matches(text)) << text;
      EXPECT_TRUE(required.matches(text)) << text;
      EXPECT_TRUE(required.matches(controls(text))) << text;
      EXPECT_EQ(parse(format, text).calls.size(), 1U) << text;
    }
    const std::string said = "<|channel|>commentary<|message|>I look.<|end|><|start|>assistant" + call;
    EXPECT_TRUE(grammar.matches(said));
    EXPECT_FALSE(required.begins(said));
  }
  EXPECT_TRUE(grammar.matches(thought + "<|channel|>final<|message|>Yes.<|return|>"));
  EXPECT_FALSE(grammar.matches(thought));
  EXPECT_FALSE(grammar.begins("Yes."));
  EXPECT_FALSE(grammar.begins(" to=functions.elsewhere"));
  EXPECT_FALSE(grammar.begins(" to=functions.look<|channel|>commentary json<|message|>{\"place\": 1"));
  const OutputFormat answer = format::Choice{{"yes", "no"}};
  TextMatcher formatted(reply_grammar({.format = &answer, .markup = &format}).value());
  EXPECT_TRUE(formatted.matches("yes"));
  EXPECT_TRUE(formatted.matches(thought + "<|channel|>final<|message|>no"));
  EXPECT_FALSE(formatted.matches(thought + "no"));
}

}  // namespace
}  // namespace puna
