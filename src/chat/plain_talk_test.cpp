// Conversations that a template refuses or would cut, and what they become.
#include "chat/plain_talk.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "chat/families_testing.h"
#include "chat/oracles_testing.h"

namespace puna {
namespace {

using testing::chat_of;
using testing::offered;

ToolCall look(std::string id, std::string_view place) {
  return {.id = std::move(id), .name = "look", .arguments = Json::object({{"place", place}})};
}

// Two calls with a thought and text, results in the other order, then the user speaks.
std::vector<Message> hard_talk() {
  return {{.role = Role::user, .content = "Look twice."},
          {.role = Role::assistant,
           .content = "I look.",
           .reasoning = "Hm.",
           .calls = {look("call_1", "NorthPlace"), look("call_2", "SouthPlace")}},
          {.role = Role::tool, .content = "SouthSeen", .call_id = "call_2", .tool = "look"},
          {.role = Role::tool, .content = "NorthSeen", .call_id = "call_1", .tool = "look"},
          {.role = Role::user, .content = "And now?"}};
}

TEST(PlainTalk, EachCallIsATurnWithItsResultBehindIt) {
  const std::vector<Message> talk = plain_talk(hard_talk());
  ASSERT_EQ(talk.size(), 7U);
  EXPECT_EQ(talk[1].content, "I look.");
  EXPECT_EQ(talk[1].reasoning, "") << "there is text and a call";
  EXPECT_EQ(talk[1].calls, (std::vector<ToolCall>{look("call00001", "NorthPlace")}));
  EXPECT_EQ(talk[2].content, "NorthSeen");
  EXPECT_EQ(talk[2].call_id, "call00001");
  EXPECT_EQ(talk[3].content, "");
  EXPECT_EQ(talk[3].calls, (std::vector<ToolCall>{look("call00002", "SouthPlace")}));
  EXPECT_EQ(talk[4].content, "SouthSeen");
  EXPECT_EQ(talk[5], (Message{.role = Role::assistant, .content = "(no answer)"}));
  EXPECT_EQ(talk[6].content, "And now?");
}

TEST(PlainTalk, AThoughtBesideACallAloneStaysAndTalkWithoutCallsIsAsItWas) {
  const std::vector<Message> plain = {{.role = Role::system, .content = "S"},
                                      {.role = Role::user, .content = "U"},
                                      {.role = Role::assistant, .content = "A", .reasoning = "T"},
                                      {.role = Role::user, .content = "V"}};
  EXPECT_EQ(plain_talk(plain), plain);
  const std::vector<Message> talk =
      plain_talk(std::vector<Message>{{.role = Role::assistant, .reasoning = "T", .calls = {look("x", "here")}},
                                      {.role = Role::tool, .content = "odd", .call_id = "unknown", .tool = "look"}});
  ASSERT_EQ(talk.size(), 2U);
  EXPECT_EQ(talk[0].reasoning, "T");
  EXPECT_EQ(talk[1].content, "odd") << "nothing is lost";
  EXPECT_TRUE(plain_talk({}).empty());
}

TEST(PlainTalk, ATemplateThatRefusesOrCutsAConversationGetsItPlain) {
  const std::string start =
      "{% if tools %}{{ tools | tojson }}{% endif %}{% for m in messages %}<{{ m.role }}>{{ m.content }}";
  const std::string calls =
      "{% for c in m.tool_calls or [] %}[CALL]{{ c.function.name }}[ARGS]{{ c.function.arguments | tojson }}{% endfor "
      "%}";
  const std::string end = "{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}";
  const std::vector<std::string> templates = {
      start + "{% if not m.content %}" + calls + "{% endif %}" + end,
      start + "{% if m.tool_calls and m.tool_calls | length > 1 %}{{ raise_exception('one at once') }}{% endif %}" +
          calls + end,
      start +
          "{% if m.tool_calls %}{% set f = m.tool_calls[0].function %}[CALL]{{ f.name }}[ARGS]{{ f.arguments | "
          "tojson }}{% endif %}" +
          end,
      start +
          "{% for c in m.tool_calls or [] %}{% if c.id | length != 9 %}{{ raise_exception('nine') }}{% endif %}"
          "[CALL]{{ c.function.name }}[ARGS]{{ c.function.arguments | tojson }}{% endfor %}" +
          end};
  for (const std::string& jinja : templates) {
    const auto chat = chat_of(jinja);
    ASSERT_TRUE(chat->abilities().own_calls) << chat->own_problem() << "\n" << jinja;
    const auto prompt = chat->render({.messages = hard_talk(), .tools = offered()});
    ASSERT_TRUE(prompt) << prompt.error().message << "\n" << jinja;
    const std::string text = prompt->text();
    for (const std::string_view word : {"NorthPlace", "SouthPlace", "NorthSeen", "SouthSeen", "And now?"}) {
      EXPECT_TRUE(text.contains(word)) << word << "\n" << text;
    }
    EXPECT_EQ(prompt->separation, Separation::marked);
  }
}

TEST(PlainTalk, EveryPublishedTemplateRendersAHardConversation) {
  const auto folder = testing::oracle("templates");
  if (!folder) {
    GTEST_SKIP() << "the oracle folder templates is not here";
  }
  for (const auto& file : testing::oracle_files(*folder)) {
    const auto chat = chat_of(testing::read_text(file));
    const auto prompt =
        chat->render({.messages = hard_talk(), .tools = offered(), .today = std::chrono::year(2025) / 1 / 2});
    ASSERT_TRUE(prompt) << file << ": " << prompt.error().message;
    for (const std::string_view word : {"NorthPlace", "SouthPlace", "NorthSeen", "SouthSeen", "And now?"}) {
      EXPECT_TRUE(prompt->text().contains(word)) << file << " " << word;
    }
  }
}

}  // namespace
}  // namespace puna
