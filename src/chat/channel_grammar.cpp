// Source: OpenAI's harmony response format (github.com/openai/harmony, docs/format.md): a call's recipient stands
// before the channel or behind it; then a content type may follow, with or without a mark before it.
#include "chat/channel_grammar.h"

#include <array>
#include <utility>

#include "chat/format_grammar.h"

namespace puna {
namespace {

constexpr std::uint32_t kMessagesMax = 64;

}  // namespace

ChannelReply::ChannelReply(const ReplyShape& shape, JsonTerminals& json, Markup& markup, ArgumentsGrammar& arguments)
    : shape_(shape), channels_(shape.markup->channels), json_(json), markup_(markup), arguments_(arguments) {
  const std::string_view turn = channels_.turn_start;
  const std::string_view start = turn.substr(0, turn.empty() ? 0 : turn.find('>', 1) + 1);
  std::vector<Regex> marks;
  for (const std::string_view mark :
       {std::string_view(channels_.end_mark), std::string_view(channels_.call_end),
        std::string_view(shape.markup->content_end), start, std::string_view(channels_.channel_mark)}) {
    marks.push_back(mark.empty() ? Regex::nothing : pool().literal(mark));
  }
  text_ = pool().without(markup_.anything(), markup_.holding(pool().either(marks)));
}

Regex ChannelReply::header(std::string_view channel) {
  return pool().sequence(std::array{markup_.written(channels_.channel_mark), pool().literal(channel),
                                    markup_.written(channels_.body_mark)});
}

Regex ChannelReply::message(std::string_view channel) {
  return pool().sequence(
      std::array{header(channel), text_, markup_.written(channels_.end_mark), markup_.written(channels_.turn_start)});
}

Regex ChannelReply::thoughts() { return pool().repeat(message(channels_.reasoning_name), 0, kMessagesMax); }

Result<ExprId> ChannelReply::formatted() {
  PUNA_TRY(const ExprId value, add_format(json_, *shape_.format));
  const Regex before = pool().sequence(thoughts(), header(channels_.content_name));
  return json_.sequence({json_.text(pool().optional(before)), value});
}

Result<ExprId> ChannelReply::with_calls(std::span<const ToolSpec> tools) {
  const Regex channel = pool().sequence(markup_.written(channels_.channel_mark), pool().literal(channels_.call_name));
  const Regex type = pool().optional(pool().sequence(
      std::array{pool().literal(" "), pool().optional(markup_.written(kConstrain)), pool().literal("json")}));
  const Regex body = markup_.written(channels_.body_mark);
  JsonTerminals plain(json_.grammar(),
                      Spelling(pool(), Spelling::Kind::json, Regex::nothing, Spelling::Escapes::required));
  std::vector<ExprId> calls;
  for (const ToolSpec& tool : tools) {
    const Regex recipient =
        pool().sequence(pool().literal(" to="), pool().literal(channels_.recipient_start + tool.name));
    const Regex header = pool().either({pool().sequence(std::array{recipient, channel, type, body}),
                                        pool().sequence(std::array{channel, recipient, type, body})});
    PUNA_TRY(const ExprId arguments, arguments_.add(plain, tool));
    calls.push_back(json_.sequence({json_.text(header), json_.text(json_.space()), arguments}));
  }
  // The mark behind a call may be the vocabulary's end of the turn, and then no text of the reply.
  const Regex end = pool().sequence(json_.space(), pool().optional(markup_.written(channels_.call_end)));
  const ExprId call = json_.sequence({json_.choice(std::move(calls)), json_.text(end)});
  if (shape_.tool_choice.needs_call()) {
    return json_.sequence({json_.text(thoughts()), call});
  }
  // Text on the calls' channel tells the user what comes.
  const Regex said =
      pool().repeat(pool().either({message(channels_.reasoning_name), message(channels_.call_name)}), 0, kMessagesMax);
  const Regex last = pool().either({header(channels_.content_name), header(channels_.call_name)});
  const Regex mark = shape_.markup->content_end.empty() ? Regex::empty : markup_.written(shape_.markup->content_end);
  const Regex answer = pool().sequence(std::array{last, text_, pool().optional(mark)});
  return json_.sequence({json_.text(said), json_.choice({call, json_.text(answer)})});
}

}  // namespace puna
