// Model families: what a template writes is what the parser reads, for markup of published models and for markup that
// nobody uses; whole, in pieces, and damaged.
#include <gtest/gtest.h>

#include <cstdio>
#include <string>
#include <vector>

#include "base/test_rounds.h"
#include "chat/families_testing.h"

namespace puna {
namespace {

using testing::chat_of;
using testing::families;
using testing::Family;
using testing::hard_calls;
using testing::kHarmony;
using testing::offered;
using testing::reply_text;
using testing::template_of;

ParsedReply parse_offered(const ReplyFormat& format, std::string_view text, bool reasoning_open = false) {
  ReplyParser parser(format, {.reasoning_open = reasoning_open, .tools = offered()});
  static_cast<void>(parser.feed(text));
  return parser.finish();
}

ParsedReply parse_pieces(const ReplyFormat& format, std::string_view text, Random& random, std::size_t piece_max) {
  ReplyParser parser(format, {.reasoning_open = false, .tools = offered()});
  ReplyParser::Delta joined;
  while (!text.empty()) {
    const std::size_t bytes = std::min<std::size_t>(text.size(), 1 + random.next() % piece_max);
    const ReplyParser::Delta delta = parser.feed(text.substr(0, bytes));
    joined.content += delta.content;
    joined.reasoning += delta.reasoning;
    text.remove_prefix(bytes);
  }
  ParsedReply reply = parser.finish();
  EXPECT_TRUE(reply.content.starts_with(joined.content)) << joined.content << " | " << reply.content;
  EXPECT_TRUE(reply.reasoning.starts_with(joined.reasoning)) << joined.reasoning << " | " << reply.reasoning;
  return reply;
}

void expect_calls(const ParsedReply& reply, std::vector<ToolCall> calls, std::string_view what) {
  for (ToolCall& call : calls) {
    call.id.clear();
  }
  EXPECT_EQ(reply.calls, calls) << what;
  EXPECT_TRUE(reply.malformed_calls.empty()) << what;
  EXPECT_TRUE(reply.repairs.empty()) << what;
}

// The calls that the family can put into one reply.
std::vector<ToolCall> calls_for(const ChatTemplate& chat) {
  std::vector<ToolCall> calls = hard_calls();
  const ReplyFormat& format = chat.own_format();
  if (format.calls.empty() || !format.calls.front().several) {
    calls.resize(1);
  }
  return calls;
}

TEST(Families, EachFamilysCallsAreFoundAndReadBack) {
  for (const Family& family : families()) {
    const auto chat = chat_of(template_of(family));
    EXPECT_EQ(chat->own_problem(), "") << family.name;
    EXPECT_TRUE(chat->abilities().own_calls) << family.name;
    for (const bool has_text : {false, true}) {
      const Message message{.role = Role::assistant, .content = has_text ? "I look." : "", .calls = calls_for(*chat)};
      const bool is_bare = !chat->own_format().calls.empty() && chat->own_format().calls.front().is_bare();
      if (has_text && is_bare) {
        continue;  // behind text, JSON is JSON
      }
      const std::string text = reply_text(*chat, message, "<|im_end|>");
      const ParsedReply reply = parse_offered(chat->own_format(), text);
      expect_calls(reply, message.calls,
                   std::string(family.name) + "\n" + text + "\n" + to_json(chat->own_format()).dump(1));
      EXPECT_EQ(reply.content, message.content) << family.name;
    }
  }
}

TEST(Families, ReasoningComesBackApartFromTextAndCalls) {
  for (const Family& family : families()) {
    const auto chat = chat_of(template_of(family));
    EXPECT_TRUE(chat->abilities().reasoning) << family.name;
    const Message message{
        .role = Role::assistant, .content = "", .reasoning = "First\n\nthis.", .calls = calls_for(*chat)};
    const std::string text = reply_text(*chat, message, "<|im_end|>");
    const ParsedReply reply = parse_offered(chat->own_format(), text);
    EXPECT_EQ(reply.reasoning, message.reasoning) << family.name << "\n" << text;
    expect_calls(reply, message.calls, text);
  }
}

TEST(Families, NoCutOfAReplyChangesWhatIsReadOrLeaksATag) {
  Random random(11);
  for (const Family& family : families()) {
    const auto chat = chat_of(template_of(family));
    const Message message{.role = Role::assistant, .content = "", .reasoning = "So.", .calls = calls_for(*chat)};
    const std::string text = reply_text(*chat, message, "<|im_end|>");
    const ParsedReply whole = parse_offered(chat->own_format(), text);
    for (std::size_t cut = 0; cut <= text.size(); cut += test::stride()) {
      ReplyParser parser(chat->own_format(), {.reasoning_open = false, .tools = offered()});
      const ReplyParser::Delta first = parser.feed(std::string_view(text).substr(0, cut));
      const ReplyParser::Delta second = parser.feed(std::string_view(text).substr(cut));
      EXPECT_EQ(first.content + second.content, "") << family.name << " at " << cut;
      EXPECT_TRUE(message.reasoning.starts_with(first.reasoning)) << family.name << " at " << cut;
      EXPECT_EQ(parser.finish(), whole) << family.name << " at " << cut;
    }
    EXPECT_EQ(parse_pieces(chat->own_format(), text, random, 1), whole) << family.name;
  }
}

TEST(Families, TextThatIsNoCallStaysText) {
  for (const Family& family : families()) {
    const ReplyFormat format = chat_of(template_of(family))->own_format();
    for (const std::string_view text : {"Plain text.", "a < b and [1, 2] {\"a\": 1}", "[see](x) and <b>bold</b>",
                                        "Action: none. functools are good.", "{\"answer\": 42}", "[1, 2, 3]"}) {
      const ParsedReply reply = parse_offered(format, text);
      EXPECT_EQ(reply.content, text) << family.name;
      EXPECT_TRUE(reply.calls.empty() && reply.malformed_calls.empty()) << family.name << " " << text;
    }
  }
}

// Cuts, doubles, drops and changes bytes, with a liking for quotes and brackets.
std::string damaged(std::string text, Random& random) {
  constexpr std::string_view kSigns = "\"\\{}[]<>',:=|()\n";
  for (std::uint64_t changes = 1 + random.next() % 4; changes > 0 && !text.empty(); --changes) {
    const std::size_t at = random.next() % text.size();
    switch (random.next() % 5) {
      case 0:
        text.resize(at);
        break;
      case 1:
        text.erase(at, 1 + random.next() % 8);
        break;
      case 2:
        text.insert(at, 1, kSigns[random.next() % kSigns.size()]);
        break;
      case 3:
        text[at] = kSigns[random.next() % kSigns.size()];
        break;
      default:
        text.insert(at, text.substr(at / 2, random.next() % 40));
    }
  }
  return text;
}

TEST(Families, TenThousandDamagedCallsNeitherFailNorDependOnTheirCuts) {
  constexpr int kDamaged = test::rounds(10'000);
  Random random(2024);
  std::vector<std::unique_ptr<const ChatTemplate>> chats;
  std::vector<std::string> texts;
  for (const Family& family : families()) {
    chats.push_back(chat_of(template_of(family)));
    texts.push_back(reply_text(
        *chats.back(), {.role = Role::assistant, .content = "", .reasoning = "So.", .calls = calls_for(*chats.back())},
        "<|im_end|>"));
  }
  int read = 0;
  int malformed = 0;
  for (int i = 0; i < kDamaged; ++i) {
    const std::size_t which = random.next() % chats.size();
    const ReplyFormat& format = chats[which]->own_format();
    const std::string text = damaged(texts[which], random);
    const ParsedReply whole = parse_offered(format, text);
    EXPECT_EQ(parse_pieces(format, text, random, 1 + random.next() % 20), whole) << families()[which].name << "\n"
                                                                                 << text;
    for (const ToolCall& call : whole.calls) {
      EXPECT_FALSE(call.name.empty());
    }
    for (const std::string& block : whole.malformed_calls) {
      EXPECT_TRUE(whole.content.contains(block)) << text;
    }
    read += whole.calls.empty() ? 0 : 1;
    malformed += whole.malformed_calls.empty() ? 0 : 1;
  }
  std::printf("%d damaged replies: %d with a call that still reads, %d with one that does not\n", kDamaged, read,
              malformed);
  EXPECT_GT(malformed, kDamaged / 10);
  EXPECT_GT(read, kDamaged / 10);
}

TEST(Families, ACallBegunInsideTheReasoningIsRecoveredWhenNothingElseCame) {
  const std::string call = "<tool_call>\n{\"name\": \"look\", \"arguments\": {\"place\": \"x\"}}\n</tool_call>";
  const std::vector<ToolCall> calls = {{.id = "", .name = "look", .arguments = Json::object({{"place", "x"}})}};
  const ReplyFormat& format = generic_reply_format();
  expect_calls(parse_offered(format, "<think>I look. " + call), calls, "never closed");
  EXPECT_EQ(parse_offered(format, "<think>I look. " + call).reasoning, "I look.");
  expect_calls(parse_offered(format, "<think>I look. " + call + "\n</think>\n\n"), calls, "closed, and then nothing");
  expect_calls(parse_offered(format, "I look.\n" + call, true), calls, "opened by the prompt");
}

TEST(Families, ACallBegunInsideTheReasoningIsAThoughtWhenTheReplyGoesOn) {
  const std::string call = "<tool_call>\n{\"name\": \"look\", \"arguments\": {}}\n</tool_call>";
  const ParsedReply reply = parse_offered(generic_reply_format(), "<think>Not " + call + ", no.</think>Hello.");
  EXPECT_EQ(reply.reasoning, "Not " + call + ", no.");
  EXPECT_EQ(reply.content, "Hello.");
  EXPECT_TRUE(reply.calls.empty());
  EXPECT_EQ(parse_offered(generic_reply_format(), "<think>bad <tool_call>{").reasoning, "bad <tool_call>{");
}

TEST(Families, MarksOfTheFormatThatAreControlTokensAreNamed) {
  for (const Family& family : families()) {
    if (family.name == "Kimi") {
      const std::vector<std::string> controls = {"<|tool_call_begin|>", "<|im_end|>", "<|tool_calls_section_end|>"};
      EXPECT_EQ(control_texts_of(chat_of(template_of(family))->own_format(), controls),
                (std::vector<std::string>{"<|tool_call_begin|>", "<|tool_calls_section_end|>"}));
    }
  }
  EXPECT_TRUE(control_texts_of(generic_reply_format(), std::vector<std::string>{"<|im_end|>", ""}).empty());
}

TEST(Families, CallsToToolsThatTheModelKnowsMayHaveASecondForm) {
  const auto chat = chat_of(
      "{% if tools %}{{ tools | tojson }}{% endif %}{% for m in messages %}<|h|>{{ m.role }}<|/h|>{{ m.content }}"
      "{% if m.tool_calls %}{% set f = m.tool_calls[0].function %}{% if builtin_tools is defined and f.name in "
      "builtin_tools %}"
      "<|python_tag|>{{ f.name }}.call({% for k, v in f.arguments.items() %}{{ k + '=\"' + v + '\"' }}"
      "{% if not loop.last %}, {% endif %}{% endfor %})<|eom|>{% else %}{\"name\": \"{{ f.name }}\", \"parameters\": "
      "{{ f.arguments | tojson }}}<|eot|>{% endif %}{% else %}<|eot|>{% endif %}{% endfor %}"
      "{% if add_generation_prompt %}<|h|>assistant<|/h|>{% endif %}");
  ASSERT_EQ(chat->own_format().calls.size(), 2U) << chat->own_problem();
  const std::vector<ToolCall> look = {{.id = "", .name = "look", .arguments = Json::object({{"place", "a, b"}})}};
  expect_calls(parse_offered(chat->own_format(), "<|python_tag|>look.call(place=\"a, b\")"), look, "built in");
  expect_calls(parse_offered(chat->own_format(), "{\"name\": \"look\", \"parameters\": {\"place\": \"a, b\"}}"), look,
               "JSON");
  EXPECT_TRUE(parse_offered(chat->own_format(), "<|python_tag|>print(1").calls.empty());
}

TEST(Families, ATemplateWithoutCallsSaysWhyAndKeepsTheGenericFormat) {
  const auto chat = chat_of(built_in_template("chatml").value());
  EXPECT_FALSE(chat->abilities().own_calls);
  EXPECT_FALSE(chat->own_format().has_calls());
  EXPECT_EQ(chat->own_problem(), "the template does not show calls");
  EXPECT_EQ(chat->reply_format().calls, generic_reply_format().calls);
}

TEST(Families, ATemplateThatGarblesItsCallsIsNotTakenAtItsWord) {
  // Names in capitals, arguments cut: what comes out is not what went in.
  const auto chat = chat_of(
      "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}{% for c in m['tool_calls'] or [] %}<call>"
      "{{ c['function']['name'] }} {{ c['function']['name'] | upper }} {{ c['function']['arguments'] | length }}</call>"
      "{% endfor %}\n{% endfor %}");
  EXPECT_FALSE(chat->abilities().own_calls);
  EXPECT_FALSE(chat->own_problem().empty());
}

TEST(Families, ReasoningGoesBackInTheFormThatTheTemplateReadsAndOnlyThere) {
  const std::vector<Message> talk = {{.role = Role::user, .content = "Q"},
                                     {.role = Role::assistant, .content = "A", .reasoning = "T"}};
  const auto render = [&talk](std::string_view assistant) {
    const auto chat = chat_of("{% for m in messages %}<{{ m.role }}>{% if m.role == 'assistant' %}" +
                              std::string(assistant) + "{% else %}{{ m.content }}{% endif %}{% endfor %}");
    return chat->render({.messages = talk})
        .transform([](const Prompt& prompt) { return prompt.text(); })
        .value_or("refused");
  };
  EXPECT_EQ(render("{{ m.content }}"), "<user>Q<assistant>A") << "a template that does not read it drops it";
  EXPECT_EQ(render("[{{ m.reasoning_content }}]{{ m.content }}"), "<user>Q<assistant>[T]A");
  EXPECT_EQ(render("[{{ m.thinking }}]{{ m.content }}"), "<user>Q<assistant>[T]A");
  EXPECT_EQ(
      render(
          "{% if m.content is string %}{{ m.content }}{% else %}{% for c in m.content %}{% if c.type == 'thinking' %}"
          "[{{ c.thinking }}]{% else %}{{ c.text }}{% endif %}{% endfor %}{% endif %}"),
      "<user>Q<assistant>[T]A");
}

// ---- channels -------------------------------------------------------------------------------------------------------

TEST(Channels, HeadersSayWhatIsThoughtTextAndCall) {
  const auto chat = chat_of(std::string(kHarmony));
  ASSERT_EQ(chat->own_problem(), "");
  const ReplyFormat& format = chat->own_format();
  EXPECT_EQ(format.channels.recipient_start, "functions.");
  const std::vector<ToolCall> look = {{.id = "", .name = "look", .arguments = Json::object({{"place", "<|end|>"}})}};
  const std::string thought = "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant";
  const ParsedReply text = parse_offered(format, thought + "<|channel|>final<|message|>Yes.<|return|>");
  EXPECT_EQ(text, (ParsedReply{.content = "Yes.", .reasoning = "Hm."}));
  for (const std::string_view header : {" to=functions.look<|channel|>commentary json<|message|>",
                                        "<|channel|>commentary to=functions.look <|constrain|>json<|message|>"}) {
    const ParsedReply reply = parse_offered(format, thought + std::string(header) + "{\"place\": \"<|end|>\"}<|call|>");
    expect_calls(reply, look, header);
    EXPECT_EQ(reply.reasoning, "Hm.");
    EXPECT_EQ(reply.content, "");
  }
  EXPECT_EQ(parse_offered(format, "No header at all.").content, "No header at all.");
}

TEST(Channels, NoCutChangesAReplyAndABrokenCallIsMalformed) {
  const ReplyFormat format = chat_of(std::string(kHarmony))->own_format();
  Random random(5);
  const std::string text =
      "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>commentary<|message|>First.<|end|><|start|>"
      "assistant to=functions.look<|channel|>commentary json<|message|>{\"place\": \"x\"}<|call|>";
  for (int i = 0; i < 500; ++i) {
    const std::string changed = i == 0 ? text : damaged(text, random);
    const ParsedReply whole = parse_offered(format, changed);
    EXPECT_EQ(parse_pieces(format, changed, random, 1 + random.next() % 9), whole) << changed;
  }
  const ParsedReply broken =
      parse_offered(format, " to=functions.look<|channel|>commentary json<|message|>{\"place\": <|call|>");
  EXPECT_TRUE(broken.calls.empty());
  EXPECT_EQ(broken.malformed_calls.size(), 1U);
  EXPECT_TRUE(broken.content.contains(broken.malformed_calls.front()));
}

}  // namespace
}  // namespace puna
