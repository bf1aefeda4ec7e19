// Anthropic's messages. Pure functions.
// Source: docs.anthropic.com/en/api/messages, .../messages-streaming.
#pragma once

#include <string>
#include <string_view>

#include "server/ask.h"

namespace puna::server {

// Whether the number of output tokens must be said: not where prompts are only counted.
enum class Length : bool { required, none };
// Errors  400; the refusal names the field, and of a message its number
[[nodiscard]] Answer<Question> read_anthropic(const Json& body, const Sampling& defaults, Length length);

[[nodiscard]] Json anthropic_message(const std::string& id, std::string_view model, const Question& question,
                                     const Reply& reply);
[[nodiscard]] std::string_view anthropic_stop_reason(const Reply& reply);
[[nodiscard]] Json anthropic_stop_sequence(const Question& question, const Reply& reply);
[[nodiscard]] Json anthropic_usage(const Usage& usage);

}  // namespace puna::server
