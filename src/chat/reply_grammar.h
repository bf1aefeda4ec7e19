// The grammar of a whole reply: reasoning, free text, tool calls, or a JSON value. ReplyParser reads what it lets
// through.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "chat/reply_tags.h"
#include "puna/chat/template.h"

namespace puna {

struct ReplyShape {
  std::span<const ToolSpec> tools;
  ToolChoice tool_choice;
  bool parallel_calls = true;                      // more than one call in a reply
  const OutputFormat* format = nullptr;            // borrowed; with it there are no tools
  bool reasoning_open = false;                     // the reply starts inside the reasoning
  bool reasoning = false;                          // the model may start with it of its own accord
  std::string_view reasoning_start = kThinkStart;  // text or control tokens
  std::string_view reasoning_end = kThinkEnd;
};

// Null = free text.
// Errors  invalid_argument  a schema that is not supported; the message names the tool
//         limit             a schema or the grammar over its bounds
[[nodiscard]] Result<std::shared_ptr<const Grammar>> reply_grammar(const ReplyShape& shape);

}  // namespace puna
