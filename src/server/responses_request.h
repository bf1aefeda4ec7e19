// What OpenAI's responses ask for. Pure functions.
// Source: platform.openai.com/docs/api-reference/responses; openresponses.org.
#pragma once

#include <string>
#include <vector>

#include "server/ask.h"

namespace puna::server {

struct ResponseQuestion {
  Question question;              // its messages: instructions, what went before, the input
  std::vector<Message> messages;  // the same without the instructions: what is kept
  Json echo;                      // members of the request that the response repeats
  bool is_stored = true;
  std::vector<std::string> ignored_tools;  // types of tools that only their makers run
};

// before  the conversation of previous_response_id
// Errors  400; the refusal names the field, and of an item of the input its number
[[nodiscard]] Answer<ResponseQuestion> read_response(const Json& body, const std::vector<Message>& before,
                                                     const Sampling& defaults);
[[nodiscard]] Answer<std::vector<Message>> read_input(const Json& input, std::vector<Message> before);

}  // namespace puna::server
