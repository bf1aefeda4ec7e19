// What OpenAI's chat completions ask for, with llama-server's extras. Pure functions.
// Source: platform.openai.com/docs/api-reference/chat; llama.cpp's tools/server/README.md.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/ask.h"

namespace puna::server {

struct ChatQuestion {
  Question question;
  bool include_usage = false;  // of a stream: a chunk of its own at the end
  bool has_logprobs = false;
};

// Errors  400; the refusal names the field, and of a message its number
[[nodiscard]] Answer<ChatQuestion> read_chat(const Json& body, const Sampling& defaults);
// Members of a body that nobody reads.
[[nodiscard]] std::vector<std::string> unknown_chat_fields(const Json& body);

// The parts, for the other protocols.
[[nodiscard]] Answer<std::vector<Message>> read_messages(const Json& list);
[[nodiscard]] Answer<std::vector<ToolSpec>> read_tools(const Json& list);
[[nodiscard]] Answer<ToolChoice> read_tool_choice(const Json& value, const std::vector<ToolSpec>& tools);
// {"type": "json_schema" | "json_object" | "text", ...}
[[nodiscard]] Answer<std::optional<OutputFormat>> read_response_format(const Json& value);
// Puts the format where the request wants it: beside tools that may be called, behind them.
[[nodiscard]] Answer<void> set_format(Question& question, std::optional<OutputFormat> format);
// A copy with the members of "extra_body", which some clients send as they are, beside the others, which win.
[[nodiscard]] Json with_extra_body(const Json& body);

}  // namespace puna::server
