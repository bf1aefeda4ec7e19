// Templates, built in and made up: what is rendered, whose text is where, and what happens when a template plays
// tricks.
#include "puna/chat/template.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "chat/json_testing.h"

namespace puna {
namespace {

using testing::json;

const std::vector<std::string> kControls = {"<|im_start|>", "<|im_end|>", "</s>", "<|eot_id|>", "[INST]", "</think>"};

std::unique_ptr<const ChatTemplate> make(std::string jinja) {
  auto made = ChatTemplate::create({.jinja = std::move(jinja), .bos_text = "<s>", .eos_text = "</s>"});
  EXPECT_TRUE(made) << (made ? "" : made.error().message);
  return made ? *std::move(made) : nullptr;
}
std::unique_ptr<const ChatTemplate> built_in(std::string_view name) { return make(built_in_template(name).value()); }

Prompt render(const ChatTemplate& chat, const std::vector<Message>& messages, const std::vector<ToolSpec>& tools = {},
              const ToolChoice& choice = {}) {
  const auto prompt = chat.render({.messages = messages,
                                   .tools = tools,
                                   .tool_choice = choice,
                                   .format = {},
                                   .control_texts = kControls,
                                   .today = {}});
  EXPECT_TRUE(prompt) << (prompt ? "" : prompt.error().message);
  return prompt.value_or(Prompt{});
}

const std::vector<ToolSpec>& tools() {
  static const std::vector<ToolSpec> specs = {
      {.name = "add",
       .description = "Adds </s> numbers.",
       .parameters = json(R"({"type": "object", "properties": {"a": {"type": "integer", "description": "x<|im_end|>"}},
                              "required": ["a"]})")}};
  return specs;
}

std::vector<Message> tool_talk() {
  return {{.role = Role::system, .content = "Be brief."},
          {.role = Role::user, .content = "1+1?"},
          {.role = Role::assistant,
           .content = "Adding.",
           .calls = {{.id = "c1", .name = "add", .arguments = json(R"({"a": 1})")}}},
          {.role = Role::tool, .content = "2 <|im_end|>", .call_id = "c1", .tool = "add"}};
}

// Text of control tokens in what users wrote must not be in a trusted part, and the parts are the whole prompt.
void expect_apart(const Prompt& prompt, std::string_view needle) {
  for (std::size_t i = 0; i < prompt.parts.size(); ++i) {
    const PromptPart& part = prompt.parts[i];
    EXPECT_FALSE(part.text.empty());
    EXPECT_TRUE(i == 0 || prompt.parts[i - 1].trust != part.trust) << "neighbours of one kind";
    if (part.trust == Trust::trusted) {
      EXPECT_FALSE(part.text.contains(needle)) << part.text;
    }
  }
}

TEST(BuiltInTemplate, EachRendersAPlainChatAsDocumented) {
  const std::vector<Message> chat = {{.role = Role::system, .content = "S"},
                                     {.role = Role::user, .content = "U"},
                                     {.role = Role::assistant, .content = "A"},
                                     {.role = Role::user, .content = "V"}};
  EXPECT_EQ(render(*built_in("chatml"), chat).text(),
            "<|im_start|>system\nS<|im_end|>\n<|im_start|>user\nU<|im_end|>\n<|im_start|>assistant\nA<|im_end|>\n"
            "<|im_start|>user\nV<|im_end|>\n<|im_start|>assistant\n");
  EXPECT_EQ(render(*built_in("llama-2"), chat).text(),
            "<s>[INST] <<SYS>>\nS\n<</SYS>>\n\nU [/INST] A </s><s>[INST] V [/INST]");
  EXPECT_EQ(render(*built_in("llama-3"), chat).text(),
            "<s><|start_header_id|>system<|end_header_id|>\n\nS<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nU"
            "<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\nA<|eot_id|><|start_header_id|>user"
            "<|end_header_id|>\n\nV<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n");
  EXPECT_EQ(render(*built_in("generic"), chat).text(), "<s>S\n\nUser: U\n\nAssistant: A</s>\n\nUser: V\n\nAssistant:");
}

TEST(BuiltInTemplate, AnUnknownNameListsTheKnownOnes) {
  const auto unknown = built_in_template("vicuna");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ErrorCode::not_found);
  EXPECT_TRUE(unknown.error().hint.contains("chatml, llama-2, llama-3, generic"));
  EXPECT_EQ(built_in_template_names().size(), 4U);
}

TEST(ChatTemplate, GenericFormatShowsToolsCallsAndResultsAsText) {
  for (const std::string_view name : built_in_template_names()) {
    const auto chat = built_in(name);
    EXPECT_FALSE(chat->abilities().own_calls) << name;
    const Prompt prompt = render(*chat, tool_talk(), tools());
    const std::string text = prompt.text();
    EXPECT_TRUE(text.contains("<tools>\n{\"type\": \"function\", \"function\": {\"name\": \"add\"")) << text;
    EXPECT_TRUE(text.contains("Adding.\n<tool_call>\n{\"name\": \"add\", \"arguments\": {\"a\": 1}}\n</tool_call>"))
        << text;
    EXPECT_TRUE(text.contains("<tool_response>\n2 <|im_end|>\n</tool_response>")) << text;
    EXPECT_TRUE(prompt.grammar);
    EXPECT_EQ(prompt.separation, Separation::marked) << name;
    expect_apart(prompt, "2 <|im_end|>");
    expect_apart(prompt, "x<|im_end|>");
    expect_apart(prompt, "Adds </s>");
  }
}

TEST(ChatTemplate, SeveralResultsAreOneTurnAndTheTurnAfterThemIsNotLost) {
  std::vector<Message> talk = tool_talk();
  talk.push_back({.role = Role::tool, .content = "three", .call_id = "c2", .tool = "add"});
  talk.push_back({.role = Role::user, .content = "thanks"});
  const std::string text = render(*built_in("llama-2"), talk, tools()).text();
  EXPECT_TRUE(text.contains("</tool_response>\n<tool_response>\nthree\n</tool_response>\n\nthanks [/INST]")) << text;
}

TEST(ChatTemplate, NoToolsAreShownWhenNoneMayBeCalled) {
  const Prompt prompt = render(*built_in("chatml"), {{.role = Role::user, .content = "hi"}}, tools(), ToolChoice::none);
  EXPECT_FALSE(prompt.text().contains("add"));
  EXPECT_FALSE(prompt.grammar);
}

TEST(ChatTemplate, SystemTextGoesToTheFirstUserTurnWhereThereIsNoSystemRole) {
  const auto chat = make(
      "{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('no system') }}{% endif %}"
      "[{{ m.role }}]{{ m.content }}{% endfor %}");
  EXPECT_FALSE(chat->abilities().system);
  EXPECT_EQ(render(*chat, {{.role = Role::system, .content = "S"}, {.role = Role::user, .content = "U"}}).text(),
            "[user]S\n\nU");
  EXPECT_EQ(render(*chat, {{.role = Role::system, .content = "S"}, {.role = Role::assistant, .content = "A"}}).text(),
            "[user]S[assistant]A");
  EXPECT_EQ(render(*chat, {{.role = Role::user, .content = "U"}, {.role = Role::system, .content = "late"}}).text(),
            "[user]U[user]late");
}

TEST(ChatTemplate, TypedContentIsFoundByProbing) {
  const auto chat =
      make("{% for m in messages %}{% for c in m.content %}{{ m.role }}:{{ c.text }};{% endfor %}{% endfor %}");
  EXPECT_EQ(render(*chat, {{.role = Role::user, .content = "U"}}).text(), "user:U;");
}

TEST(ChatTemplate, ReasoningOpenIsReadOffThePrompt) {
  const std::string base = "{% for m in messages %}{{ m.content }}{% endfor %}{% if add_generation_prompt %}<a>";
  EXPECT_TRUE(render(*make(base + "<think>\n{% endif %}"), {{.role = Role::user, .content = "U"}}).reasoning_open);
  EXPECT_FALSE(
      render(*make(base + "<think></think>{% endif %}"), {{.role = Role::user, .content = "U"}}).reasoning_open);
  // Written by a user, it opens nothing.
  EXPECT_FALSE(
      render(*make("{% for m in messages %}{{ m.content }}{% endfor %}"), {{.role = Role::user, .content = "<think>"}})
          .reasoning_open);
}

TEST(ChatTemplate, TheDateComesFromTheRequestOnly) {
  const auto chat = make("{{ strftime_now('%Y') }}{% for m in messages %}{{ m.content }}{% endfor %}");
  EXPECT_TRUE(chat->abilities().needs_date);
  const std::vector<Message> talk = {{.role = Role::user, .content = "U"}};
  EXPECT_FALSE(chat->render({.messages = talk, .tools = {}, .format = {}, .control_texts = {}, .today = {}}));
  const auto prompt = chat->render(
      {.messages = talk, .tools = {}, .format = {}, .control_texts = {}, .today = std::chrono::year(1999) / 1 / 2});
  EXPECT_EQ(prompt->text(), "1999U");
}

TEST(ChatTemplate, RefusesTemplatesAndRequestsThatCannotWork) {
  EXPECT_EQ(ChatTemplate::create({.jinja = "{{ bos_token }}", .bos_text = "", .eos_text = ""}).error().code,
            ErrorCode::invalid_argument);
  EXPECT_FALSE(ChatTemplate::create({.jinja = "", .bos_text = "", .eos_text = ""}));
  EXPECT_TRUE(ChatTemplate::create({.jinja = "{{ raise_exception('mine only') }}", .bos_text = "", .eos_text = ""})
                  .error()
                  .message.contains("mine only"));
  const auto chat = built_in("chatml");
  const std::vector<Message> talk = {{.role = Role::user, .content = "U"}};
  const std::vector<ToolSpec> twice = {tools()[0], tools()[0]};
  const std::vector<ToolSpec> odd = {{.name = "a b", .description = "", .parameters = {}}};
  const std::vector<ToolSpec> many(kToolsMax + 1, tools()[0]);
  const auto code = [&](const RenderRequest& request) {
    const auto prompt = chat->render(request);
    EXPECT_FALSE(prompt);
    return prompt ? ErrorCode::internal : prompt.error().code;
  };
  RenderRequest request;
  EXPECT_EQ(code(request), ErrorCode::invalid_argument);
  request.messages = talk;
  request.tool_choice = ToolChoice::required;
  EXPECT_EQ(code(request), ErrorCode::invalid_argument);
  request.tool_choice = ToolChoice::automatic;
  request.tools = twice;
  EXPECT_EQ(code(request), ErrorCode::invalid_argument);
  request.tools = odd;
  EXPECT_EQ(code(request), ErrorCode::invalid_argument);
  request.tools = many;
  EXPECT_EQ(code(request), ErrorCode::limit);
  request.tools = tools();
  request.format = format::Schema{json("{}")};
  EXPECT_EQ(code(request), ErrorCode::invalid_argument);
  request.tools = {};
  request.format = format::Schema{json(R"({"pattern": "(x"})")};
  EXPECT_EQ(code(request), ErrorCode::invalid_argument);
}

// Whoever walks a grammar knows it by its address.
TEST(ChatTemplate, TheSameRequestGetsTheSameGrammarAndAnotherOneAnother) {
  const auto chat = built_in("chatml");
  const std::vector<Message> first = {{.role = Role::user, .content = "U"}};
  const std::vector<Message> second = tool_talk();
  const auto grammar = [&](const RenderRequest& request) { return chat->render(request).value().grammar; };
  std::vector<ToolSpec> own = tools();
  const RenderRequest request{.messages = first, .tools = own, .control_texts = kControls};
  const auto known = grammar(request);
  EXPECT_EQ(grammar({.messages = second, .tools = own, .control_texts = kControls}), known);
  std::vector<ToolSpec> described = own;
  described[0].description = "Other words.";
  EXPECT_EQ(grammar({.messages = first, .tools = described, .control_texts = kControls}), known);
  std::vector<ToolSpec> changed = own;
  changed[0].parameters.set("required", Json::array());
  const OutputFormat yes = format::Choice{{"yes"}};
  const OutputFormat no = format::Choice{{"no"}};
  const std::vector<std::shared_ptr<const Grammar>> others = {
      grammar({.messages = first, .tools = changed, .control_texts = kControls}),
      grammar({.messages = first, .tools = own, .tool_choice = ToolChoice::required, .control_texts = kControls}),
      grammar({.messages = first, .tools = own, .tool_choice = ToolChoice::named("add"), .control_texts = kControls}),
      grammar({.messages = first, .tools = own, .parallel_calls = false, .control_texts = kControls}),
      grammar({.messages = first, .tools = own}),
      grammar({.messages = first, .format = yes}),
      grammar({.messages = first, .format = no})};
  for (std::size_t i = 0; i < others.size(); ++i) {
    EXPECT_NE(others[i], known) << i;
    EXPECT_EQ(std::ranges::count(others, others[i]), 1) << i;
  }
  EXPECT_EQ(grammar(request), known) << "kept beside the others";
  for (int i = 0; i < 40; ++i) {
    own[0].name = "add" + std::to_string(i);
    EXPECT_NE(grammar({.messages = first, .tools = own, .control_texts = kControls}), known);
  }
  EXPECT_NE(grammar({.messages = first, .tools = tools(), .control_texts = kControls}), known) << "bounded";
}

TEST(ChatTemplate, AChoiceThatNamesNoToolIsRefusedWithTheirNames) {
  const std::vector<Message> talk = {{.role = Role::user, .content = "U"}};
  RenderRequest request{.messages = talk, .tools = tools(), .tool_choice = ToolChoice::named("ad\x01")};
  const auto refused = built_in("chatml")->render(request);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::invalid_argument);
  EXPECT_TRUE(refused.error().message.contains("'ad")) << refused.error().message;
  EXPECT_FALSE(refused.error().message.contains('\x01'));
  EXPECT_TRUE(refused.error().hint.contains("add")) << refused.error().hint;
  request.tool_choice = ToolChoice::named("add");
  const auto prompt = built_in("chatml")->render(request);
  ASSERT_TRUE(prompt) << prompt.error().message;
  EXPECT_TRUE(prompt->grammar);
  request.tools = {};
  EXPECT_EQ(built_in("chatml")->render(request).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(ToolChoice::named("add").tool(), "add");
  EXPECT_NE(ToolChoice::named("add"), ToolChoice::named("sub"));
}

TEST(ChatTemplate, ATemplateThatMeasuresOrChangesTextFallsBackToEscaping) {
  const std::vector<std::string_view> tricks = {
      "{% for m in messages %}{{ m.content | length }}{{ m.content }}{% endfor %}",
      "{% for m in messages %}{{ m.content | upper }} {{ m.content }}{% endfor %}",
      "{% for m in messages %}{{ m.content[:1] }}{{ m.content }}{% endfor %}",
      "{% for m in messages %}{{ m.content.split('</think>')[-1] }}|{{ m.content }}{% endfor %}",
  };
  for (const std::string_view trick : tricks) {
    const Prompt prompt = render(*make(std::string(trick)), {{.role = Role::user, .content = "a </think> b </s> c"}});
    EXPECT_EQ(prompt.separation, Separation::escaped) << trick;
    expect_apart(prompt, "</s>");
  }
}

TEST(ChatTemplate, APieceCutOutFromBetweenTheMarksIsNoticed) {
  // Prints only what is between the tags: neither mark comes out, so the marks alone would prove nothing.
  const auto chat = make(
      "{% for m in messages %}{% if '<x>' in m.content %}{{ m.content.split('<x>')[1].split('</x>')[0] }}{% else %}"
      "{{ m.content }}{% endif %}{% endfor %}");
  const Prompt prompt = render(*chat, {{.role = Role::user, .content = "a<x>hidden </s></x>b"}});
  EXPECT_EQ(prompt.separation, Separation::escaped);
  expect_apart(prompt, "</s>");
}

TEST(ChatTemplate, ATemplateThatMakesControlTextsOutOfWhatUsersWroteIsRefusedForIt) {
  const auto chat = make("{% for m in messages %}{{ m.content | lower }} {{ m.content }}{% endfor %}<|im_end|>");
  EXPECT_EQ(render(*chat, {{.role = Role::user, .content = "Fine"}}).text(), "fine Fine<|im_end|>");
  const std::vector<Message> talk = {{.role = Role::user, .content = "</S>"}};
  EXPECT_FALSE(chat->render({.messages = talk, .tools = {}, .format = {}, .control_texts = kControls, .today = {}}));
}

TEST(ChatTemplate, AThinkTagThatATemplateFailsOnDoesNotEndTheConversation) {
  const auto chat = make(
      "{% for m in messages %}{% if '</think>' in m.content %}{{ raise_exception('a stray tag') }}{% endif %}"
      "{{ m.content }}{% endfor %}");
  const Prompt prompt = render(*chat, {{.role = Role::user, .content = "a</think>b"}});
  EXPECT_EQ(prompt.text(), "a<\u200B/think>b");
  EXPECT_EQ(prompt.separation, Separation::escaped);
}

TEST(ChatTemplate, InstructionsThatNameTheOpeningTagAloneDoNotHideItsNativeCalls) {
  const auto chat = make(
      "{% if tools %}call with <tool_call>: {% for t in tools %}{{ t | tojson }}{% endfor %}{% endif %}"
      "{% for m in messages %}{{ m.content }}{% for c in m.tool_calls or [] %}<tool_call>{\"name\": \"{{ "
      "c.function.name }}\", \"arguments\": {{ c.function.arguments | tojson }}}</tool_call>{% endfor %}{% endfor %}");
  EXPECT_TRUE(chat->abilities().own_calls);
}

TEST(ChatTemplate, OnlyToolTextIsEscapedWhenOnlyToolTextIsChanged) {
  const auto chat = make(
      "{% for t in tools or [] %}{{ t.function.name | length }}{{ t | tojson }}{% endfor %}{% for m in messages %}{{ "
      "m.content }}"
      "{% for c in m.tool_calls or [] %}<tool_call>{\"name\": \"{{ c.function.name }}\", \"arguments\": "
      "{{ c.function.arguments | tojson }}}</tool_call>{% endfor %}{% endfor %}");
  ASSERT_TRUE(chat->abilities().own_calls);
  const Prompt prompt = render(*chat, {{.role = Role::user, .content = "mine </s>"}}, tools());
  EXPECT_EQ(prompt.separation, Separation::escaped);
  EXPECT_TRUE(prompt.text().contains("Adds <\u200B/s> numbers."));
  EXPECT_TRUE(prompt.text().contains("mine </s>"));
  expect_apart(prompt, "mine </s>");
  expect_apart(prompt, "Adds </s>");
}

TEST(ChatTemplate, RandomTextStaysApartAndThePartsAreThePrompt) {
  const std::vector<std::string_view> words = {
      "<|im_end|>",      "</s>",    "<think>", "</think>", "\n",   " ",          "x",  "[INST]",
      "<tool_response>", "{{ m }}", "\u200B",  "é",        "\xff", "<|eot_id|>", "\"", "\\"};
  Random random(17);
  const auto text = [&] {
    std::string out;
    for (std::uint64_t i = random.next() % 6; i > 0; --i) {
      out += words[random.next() % words.size()];
    }
    return out;
  };
  for (const std::string_view name : built_in_template_names()) {
    const auto chat = built_in(name);
    const std::size_t own = render(*chat, {{.role = Role::user, .content = "x"},
                                           {.role = Role::assistant, .content = "y"},
                                           {.role = Role::user, .content = "z"}})
                                .parts.size();
    EXPECT_EQ(own, 7U) << name;
    for (int round = 0; round < 100; ++round) {
      const std::vector<Message> talk = {
          {.role = Role::system, .content = text()},
          {.role = Role::user, .content = text()},
          {.role = Role::assistant,
           .content = text(),
           .reasoning = text(),
           .calls = {{.id = text(), .name = text(), .arguments = Json::object({{text(), text()}})}}},
          {.role = Role::tool, .content = text(), .call_id = text(), .tool = text()}};
      const Prompt prompt = render(*chat, talk, tools());
      EXPECT_TRUE(utf8::is_valid(prompt.text()));
      EXPECT_EQ(prompt.separation, Separation::marked) << name;
      for (const PromptPart& part : prompt.parts) {
        if (part.trust == Trust::trusted) {
          EXPECT_FALSE(part.text.contains("x<|im_end|>") || part.text.contains("</think>")) << part.text;
        }
      }
    }
  }
}

}  // namespace
}  // namespace puna
