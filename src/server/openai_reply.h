// Replies as OpenAI's chat completions have them. Pure functions; what they return does not depend on the time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "puna/model.h"

namespace puna::server {

// What every piece of one answer says of it.
struct ChatFrame {
  std::string id;
  std::string model;
  std::int64_t created = 0;  // seconds since 1970
};

[[nodiscard]] Json usage_json(const Usage& usage);
// llama-server's: counts, milliseconds, rates.
[[nodiscard]] Json timings_json(const Usage& usage);
[[nodiscard]] std::string_view finish_word(const Reply& reply);  // stop, length, tool_calls
// {"content": [{"token", "logprob", "bytes", "top_logprobs"}]}
[[nodiscard]] Json logprobs_json(const Reply& reply);

[[nodiscard]] Json chat_completion(const ChatFrame& frame, const std::vector<Reply>& replies, bool has_logprobs);

// A chunk with one choice.
[[nodiscard]] Json chat_chunk(const ChatFrame& frame, int index, Json delta, Json finish_reason = {});
// What ends a reply in a stream: its calls, each as a head and its arguments, log probabilities, the finish reason.
[[nodiscard]] std::vector<Json> last_chunks(const ChatFrame& frame, int index, const Reply& reply, bool has_logprobs);
[[nodiscard]] Json usage_chunk(const ChatFrame& frame, const Usage& usage);

// "data: {...}\n\n"
[[nodiscard]] std::string sse(const Json& data);
inline constexpr std::string_view kSseDone = "data: [DONE]\n\n";
inline constexpr std::string_view kSsePing = ": ping\n\n";
inline constexpr std::string_view kSseType = "text/event-stream; charset=utf-8";

}  // namespace puna::server
