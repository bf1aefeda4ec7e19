// The chat templates of published models, as they are: what each writes for a reply with calls and reasoning must read
// back as the same calls and reasoning, or the template must say that it has no form for calls.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "base/test_rounds.h"
#include "chat/families_testing.h"
#include "chat/oracles_testing.h"
#include "chat/reply_grammar.h"
#include "puna/base/grammar_matcher.h"

namespace puna {
namespace {

using testing::hard_calls;
using testing::offered;

struct Rendered {
  std::string reply;
  bool reasoning_open = false;
};

// What stands behind the opened prompt, or, for templates that open and close turns in other ways, behind the beginning
// that both have in common.
Rendered reply_of(const ChatTemplate& chat, const Message& message) {
  const std::vector<Message> before = {{.role = Role::user, .content = "Go on."}};
  std::vector<Message> all = before;
  all.push_back(message);
  const std::chrono::year_month_day today = std::chrono::year(2025) / 1 / 2;
  const auto opened = chat.render_own({.messages = before, .tools = offered(), .today = today});
  const auto whole = chat.render_own({.messages = all, .tools = offered(), .today = today});
  if (!opened || !whole) {
    return {};
  }
  const std::string prompt = opened->text();
  const std::string text = whole->text();
  const bool continues = text.starts_with(prompt);
  std::size_t start = static_cast<std::size_t>(std::ranges::mismatch(prompt, text).in1 - prompt.begin());
  start = continues ? start : text.rfind('>', start - 1) + 1;  // not inside a tag
  return {.reply = text.substr(start), .reasoning_open = continues && opened->reasoning_open};
}

// Arguments that every form can hold.
std::vector<ToolCall> some_calls(const ChatTemplate& chat) {
  std::vector<ToolCall> calls = hard_calls();
  if (chat.own_format().calls.empty() || !chat.own_format().calls.front().several) {
    calls.resize(1);
  }
  return calls;
}

// The longest beginning of the reply that may be a whole one; what follows is the template's end of the turn.
std::string let_through(const ChatTemplate& chat, const Rendered& rendered) {
  const auto grammar = reply_grammar(
      {.tools = offered(), .markup = &chat.own_format(), .reasoning_open = rendered.reasoning_open, .reasoning = true});
  EXPECT_TRUE(grammar) << (grammar ? "" : grammar.error().message);
  RegexPool pool;
  GrammarMatcher matcher(**grammar, pool);
  GrammarMatcher::State state = matcher.start();
  std::size_t fits = 0;
  for (std::size_t at = 0; at < rendered.reply.size(); ++at) {
    state = matcher.next(state, static_cast<std::uint8_t>(rendered.reply[at]));
    fits = matcher.may_end(state) ? at + 1 : fits;
  }
  return rendered.reply.substr(0, fits);
}

TEST(FamiliesOracle, EveryPublishedTemplatesCallsReadBackWholeAndInBytes) {
  const auto folder = testing::oracle("templates");
  if (!folder) {
    GTEST_SKIP() << "the oracle folder templates is not here";
  }
  int read_back = 0;
  int constrained = 0;
  for (const auto& file : testing::oracle_files(*folder)) {
    const std::string name = file.filename().string();
    const auto chat = testing::chat_of(testing::read_text(file));
    ASSERT_NE(chat, nullptr) << name;
    const ReplyFormat format = chat->own_format();
    std::printf("%-58s %s\n", name.c_str(),
                format.has_calls() ? Json(call_example(format)).dump().c_str() : chat->own_problem().c_str());
    if (!format.has_calls()) {
      EXPECT_FALSE(chat->own_problem().empty()) << name;
      continue;
    }
    Message message{.role = Role::assistant, .content = "", .reasoning = "So be it.", .calls = some_calls(*chat)};
    const Rendered rendered = reply_of(*chat, message);
    for (const std::size_t piece : {rendered.reply.size(), std::size_t{1}}) {
      ReplyParser parser(format, {.reasoning_open = rendered.reasoning_open, .tools = offered()});
      std::string_view rest = rendered.reply;
      for (; !rest.empty(); rest.remove_prefix(std::min(rest.size(), piece))) {
        static_cast<void>(parser.feed(rest.substr(0, piece)));
      }
      const ParsedReply reply = parser.finish();
      std::vector<ToolCall> expected = message.calls;
      std::ranges::for_each(expected, [](ToolCall& call) { call.id.clear(); });
      EXPECT_EQ(reply.calls, expected) << name << "\n" << rendered.reply.substr(0, 2000);
      EXPECT_TRUE(reply.malformed_calls.empty()) << name;
      const bool shows_thought = rendered.reply.contains(message.reasoning);
      EXPECT_EQ(reply.reasoning, shows_thought ? message.reasoning : "") << name << "\n"
                                                                         << rendered.reply.substr(0, 2000);
      EXPECT_FALSE(reply.content.contains("So be it.")) << name;
    }
    if (chat->abilities().own_calls) {
      const std::string reply = let_through(*chat, rendered);
      ReplyParser parser(format, {.reasoning_open = rendered.reasoning_open, .tools = offered()});
      static_cast<void>(parser.feed(reply));
      EXPECT_EQ(parser.finish().calls.size(), message.calls.size()) << name << "\n" << rendered.reply << "\n" << reply;
      ++constrained;
    } else {
      EXPECT_FALSE(chat->own_problem().empty()) << name;
    }
    ++read_back;
  }
  std::printf("%d forms read, %d constrained\n", read_back, constrained);
  const int least = test::stride() == 1 ? 18 : 1;  // under a sanitizer a few files are read, and not all show calls
  EXPECT_GE(read_back, least);
  EXPECT_GE(constrained, least);
}

}  // namespace
}  // namespace puna
