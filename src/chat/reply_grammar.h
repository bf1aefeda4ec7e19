// The grammar of a whole reply: reasoning, free text, tool calls, or a value in an output format. ReplyParser reads
// what it lets through as exactly that: no call of it is malformed, and every call's arguments fit their schema.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "puna/chat/template.h"

namespace puna {

class Grammar;

struct ReplyShape {
  std::span<const ToolSpec> tools;
  ToolChoice tool_choice;
  bool parallel_calls = true;                           // more than one call, where the format can write that
  const OutputFormat* format = nullptr;                 // borrowed; with it there are no tools
  const ReplyFormat* markup = &generic_reply_format();  // borrowed; calls are written in its first syntax
  std::span<const std::string> control_texts;           // of the vocabulary; none: unknown, any tag may be one
  bool reasoning_open = false;                          // the reply starts inside the reasoning
  bool reasoning = false;                               // the model may start with it of its own accord
};

// The control texts of the shape's vocabulary that its grammar depends on.
[[nodiscard]] std::vector<std::string> control_texts_in(const ReplyShape& shape);

// Null = free text.
// Errors  invalid_argument  a schema that is not supported, a name that the format cannot write; the message names the
//                           tool
//         limit             a schema or the grammar over its bounds
[[nodiscard]] Result<std::shared_ptr<const Grammar>> reply_grammar(const ReplyShape& shape);

}  // namespace puna
