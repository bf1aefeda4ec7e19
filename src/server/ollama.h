// Ollama's chat and generate. Pure functions.
// Source: Ollama's docs/api.md.
#pragma once

#include <string>
#include <string_view>

#include "server/ask.h"

namespace puna::server {

// Errors  400; of a message with its number
[[nodiscard]] Answer<Question> read_ollama_chat(const Json& body, const Sampling& defaults);
// A prompt with a system prompt beside it, as a conversation of one turn.
[[nodiscard]] Answer<Question> read_ollama_generate(const Json& body, const Sampling& defaults);

// "message" of a chat's answer.
[[nodiscard]] Json ollama_message(const Message& message);
// What the last line of an answer says beside it: why it ended, counts, times in nanoseconds.
void set_ollama_end(Json& line, FinishReason finish, const Usage& usage);
// "2026-11-21T10:34:04Z"
[[nodiscard]] std::string utc_text(std::int64_t seconds);

}  // namespace puna::server
