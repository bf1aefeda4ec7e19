// Calls in every family's form: what a template writes, the grammar lets through; what the grammar lets through, the
// parser reads as calls that fit their schemas, and the template writes back the same.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "chat/families_testing.h"
#include "chat/match_testing.h"
#include "chat/oracles_testing.h"
#include "chat/reply_grammar.h"
#include "chat/walk_testing.h"
#include "puna/chat/reply.h"

namespace puna {
namespace {

using testing::chat_of;
using testing::families;
using testing::Family;
using testing::reply_text;
using testing::shown;
using testing::template_of;
using testing::TextMatcher;
using testing::Walker;

Json json(std::string_view text) { return Json::parse(text).value(); }

// As servers of tools describe them: enums, arrays of objects, values of two types, references, many optional members.
const std::vector<ToolSpec>& wide_tools() {
  static const std::vector<ToolSpec> specs = [] {
    std::vector<ToolSpec> tools = testing::offered();
    tools.push_back({.name = "plan_trip",
                     .description = "Plans.",
                     .parameters = json(R"({"type": "object", "required": ["stops", "mode"], "properties": {
        "mode": {"enum": ["car", "train", "by foot"]},
        "stops": {"type": "array", "minItems": 1, "items": {"type": "object", "required": ["name"], "properties": {
            "name": {"type": "string"}, "nights": {"type": "integer", "minimum": 0, "maximum": 30}}}},
        "note": {"type": ["string", "null"]},
        "budget": {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string", "enum": ["open", "7"]}]},
        "code": {"type": "string", "pattern": "^[A-Z]{2}[0-9]+$"},
        "from": {"$ref": "#/$defs/place"}, "ratio": {"type": "number"}, "meta": {"type": "object"}},
        "$defs": {"place": {"oneOf": [{"type": "string", "maxLength": 20}, {"type": "object",
            "properties": {"lat": {"type": "number"}}, "required": ["lat"]}]}}})")});
    tools.push_back({.name = "now", .description = "The time.", .parameters = {}});
    ToolSpec many{.name = "search_all", .description = "Searches.", .parameters = json(R"({"type": "object"})")};
    Json properties = Json::object();
    for (int i = 0; i < 48; ++i) {
      const std::string_view types[] = {"string", "integer", "boolean"};
      Json type = Json::object();
      type.set("type", types[i % 3]);
      properties.set("field_" + std::to_string(i), std::move(type));
    }
    many.parameters.set("properties", std::move(properties));
    tools.push_back(std::move(many));
    return tools;
  }();
  return specs;
}

std::vector<ToolCall> wide_calls() {
  return {{.id = "call00001",
           .name = "plan_trip",
           .arguments = json(R"({"mode": "by foot", "stops": [{"name": "Ulm \"old\"", "nights": 2}, {"name": "a's"}],
                                 "note": null, "budget": 40, "code": "DE12", "from": {"lat": 1.5}})")},
          {.id = "call00002",
           .name = "plan_trip",
           .arguments = json(R"({"stops": [{"name": "x"}], "mode": "car", "note": "two\n lines ", "budget": "open"})")},
          {.id = "call00003", .name = "now", .arguments = Json::object()},
          {.id = "call00004", .name = "search_all", .arguments = json(R"({"field_46": 3, "field_0": "é <b>",
            "field_2": true})")}};
}

TextMatcher matcher(const ReplyFormat& format, ReplyShape shape, const std::vector<ToolSpec>& tools = wide_tools()) {
  shape.tools = tools;
  shape.markup = &format;
  const auto grammar = reply_grammar(shape);
  EXPECT_TRUE(grammar) << (grammar ? "" : grammar.error().message);
  return TextMatcher(*grammar);
}

ParsedReply parse(const ReplyFormat& format, std::string_view text, const std::vector<ToolSpec>& tools = wide_tools()) {
  ReplyParser parser(format, {.reasoning_open = false, .tools = tools});
  static_cast<void>(parser.feed(text));
  return parser.finish();
}

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
    for (const auto& file : std::filesystem::directory_iterator(*folder)) {
      if (const auto chat = chat_of(testing::read_text(file.path())); chat->abilities().own_calls) {
        forms.push_back({.name = file.path().filename().string(), .format = chat->own_format()});
      }
    }
  }
  return forms;
}

void expect_fitting(const std::vector<ToolCall>& calls, const ToolChoice& choice, std::string_view what) {
  for (const ToolCall& call : calls) {
    const auto tool = std::ranges::find(wide_tools(), call.name, &ToolSpec::name);
    ASSERT_NE(tool, wide_tools().end()) << what;
    EXPECT_TRUE(choice.tool().empty() || call.name == choice.tool()) << what;
    const Json none = json(R"({"type": "object", "maxProperties": 0})");
    EXPECT_EQ(schema_violations(tool->parameters.is_null() ? none : tool->parameters, call.arguments),
              std::vector<std::string>{})
        << what;
  }
}

TEST(CallGrammar, EveryWalkThroughAGrammarIsReadAsCallsThatFit) {
  constexpr int kWalks = 40;
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
    for (int i = 0; i < 25; ++i) {
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
  EXPECT_GE(written, static_cast<int>(families().size()) * 10);
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

// A string without a single quote in it stands between single quotes, any other one between double quotes; in one value
// the grammar has either the one or the other.
TEST(CallGrammar, ValuesMayStandAsPythonPrintsThem) {
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

TEST(CallGrammar, ANameThatTheFormCannotHoldIsNamed) {
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

TEST(CallGrammar, ACallInAThoughtCountsOnlyWhenItIsValidAndNothingFollows) {
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

TEST(CallGrammar, ChannelsHoldThoughtsTextAndOneCall) {
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
