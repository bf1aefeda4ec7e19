// The grammar of a reply that is cut into messages with headers (Channels): thoughts, then text or a call.
#pragma once

#include <span>
#include <string_view>

#include "chat/call_grammar.h"
#include "chat/reply_grammar.h"

namespace puna {

// What models write before a call's content type; no rendering shows it.
inline constexpr std::string_view kConstrain = "<|constrain|>";

class ChannelReply {
 public:
  // All borrowed. Requires shape.markup->channels.call_end not empty.
  ChannelReply(const ReplyShape& shape, JsonTerminals& json, Markup& markup, ArgumentsGrammar& arguments);

  // Thoughts, and the value as the final message; or the value alone.
  [[nodiscard]] Result<ExprId> formatted();
  // Errors  as ArgumentsGrammar::add()
  [[nodiscard]] Result<ExprId> with_calls(std::span<const ToolSpec> tools);

 private:
  [[nodiscard]] RegexPool& pool() { return json_.pool(); }
  [[nodiscard]] Regex header(std::string_view channel);
  // A message of this channel, and what begins the next one.
  [[nodiscard]] Regex message(std::string_view channel);
  [[nodiscard]] Regex thoughts();

  const ReplyShape& shape_;
  const Channels& channels_;
  JsonTerminals& json_;
  Markup& markup_;
  ArgumentsGrammar& arguments_;
  Regex text_ = Regex::nothing;  // without marks in it
};

}  // namespace puna
