// See openai_reply.h.
#include "server/openai_reply.h"

#include "server/ask.h"

namespace puna::server {
namespace {

constexpr std::string_view kFingerprint = "puna";

Json frame_json(const ChatFrame& frame, std::string_view object) {
  return Json::object({{"id", frame.id},
                       {"object", object},
                       {"created", frame.created},
                       {"model", frame.model},
                       {"system_fingerprint", kFingerprint}});
}

Json probability_json(const Reply::Probability& entry) {
  Json bytes = Json::array();
  for (const char c : entry.text) {
    bytes.push(static_cast<int>(static_cast<unsigned char>(c)));
  }
  return Json::object({{"id", std::int64_t{entry.token}},
                       {"token", utf8::sanitize(entry.text)},
                       {"bytes", std::move(bytes)},
                       {"logprob", static_cast<double>(entry.log_probability)}});
}

double milliseconds_of(std::chrono::microseconds time) { return static_cast<double>(time.count()) / 1000; }
double milliseconds_each(std::int64_t tokens, std::chrono::microseconds time) {
  return tokens == 0 ? 0 : milliseconds_of(time) / static_cast<double>(tokens);
}
Json rate(std::int64_t tokens, std::chrono::microseconds time) {
  return time.count() == 0 ? Json(0.0) : Json(static_cast<double>(tokens) * 1e6 / static_cast<double>(time.count()));
}

}  // namespace

Json usage_json(const Usage& usage) {
  return Json::object({{"prompt_tokens", usage.prompt_tokens},
                       {"completion_tokens", usage.output_tokens},
                       {"total_tokens", usage.prompt_tokens + usage.output_tokens},
                       {"prompt_tokens_details", Json::object({{"cached_tokens", usage.cached_tokens}})}});
}

Json timings_json(const Usage& usage) {
  const std::int64_t computed = usage.prompt_tokens - usage.cached_tokens;
  return Json::object({{"cache_n", usage.cached_tokens},
                       {"prompt_n", computed},
                       {"prompt_ms", milliseconds_of(usage.prefill_time)},
                       {"prompt_per_token_ms", milliseconds_each(computed, usage.prefill_time)},
                       {"prompt_per_second", rate(computed, usage.prefill_time)},
                       {"predicted_n", usage.output_tokens},
                       {"predicted_ms", milliseconds_of(usage.decode_time)},
                       {"predicted_per_token_ms", milliseconds_each(usage.output_tokens, usage.decode_time)},
                       {"predicted_per_second", rate(usage.output_tokens, usage.decode_time)}});
}

std::string_view finish_word(const Reply& reply) {
  return is_cut(reply.finish) ? "length" : reply.message.calls.empty() ? "stop" : "tool_calls";
}

Json logprobs_json(const Reply& reply) {
  Json content = Json::array();
  for (const auto& [chosen, best] : reply.probabilities) {
    Json entry = probability_json(chosen);
    Json top = Json::array();
    for (const Reply::Probability& other : best) {
      top.push(probability_json(other));
    }
    entry.set("top_logprobs", std::move(top));
    content.push(std::move(entry));
  }
  return Json::object({{"content", std::move(content)}});
}

Json chat_completion(const ChatFrame& frame, const std::vector<Reply>& replies, bool has_logprobs) {
  Json choices = Json::array();
  Usage usage;
  for (const Reply& reply : replies) {
    Json message = to_openai_json(reply.message);
    if (reply.message.content.empty() && reply.message.calls.empty()) {
      message.set("content", "");
    }
    Json choice = Json::object({{"index", choices.is_array() ? choices.as_array().size() : 0},
                                {"message", std::move(message)},
                                {"logprobs", has_logprobs ? logprobs_json(reply) : Json()},
                                {"finish_reason", finish_word(reply)}});
    choices.push(std::move(choice));
    usage += reply.usage;
  }
  Json json = frame_json(frame, "chat.completion");
  json.set("choices", std::move(choices));
  json.set("usage", usage_json(usage));
  json.set("timings", timings_json(usage));
  return json;
}

Json chat_chunk(const ChatFrame& frame, int index, Json delta, Json finish_reason) {
  Json json = frame_json(frame, "chat.completion.chunk");
  json.set("choices",
           Json::array({Json::object(
               {{"index", index}, {"delta", std::move(delta)}, {"finish_reason", std::move(finish_reason)}})}));
  return json;
}

std::vector<Json> last_chunks(const ChatFrame& frame, int index, const Reply& reply, bool has_logprobs) {
  std::vector<Json> chunks;
  const auto add = [&](Json call) {
    chunks.push_back(chat_chunk(frame, index, Json::object({{"tool_calls", Json::array({std::move(call)})}})));
  };
  for (std::size_t i = 0; i < reply.message.calls.size(); ++i) {
    const ToolCall& call = reply.message.calls[i];
    add(Json::object({{"index", i},
                      {"id", call.id},
                      {"type", "function"},
                      {"function", Json::object({{"name", call.name}, {"arguments", ""}})}}));
    add(Json::object({{"index", i}, {"function", Json::object({{"arguments", call.arguments.dump()}})}}));
  }
  if (has_logprobs) {
    Json chunk = chat_chunk(frame, index, Json::object());
    chunk.as_object().back().value.as_array()[0].set("logprobs", logprobs_json(reply));
    chunks.push_back(std::move(chunk));
  }
  chunks.push_back(chat_chunk(frame, index, Json::object(), Json(finish_word(reply))));
  return chunks;
}

Json usage_chunk(const ChatFrame& frame, const Usage& usage) {
  Json json = frame_json(frame, "chat.completion.chunk");
  json.set("choices", Json::array());
  json.set("usage", usage_json(usage));
  json.set("timings", timings_json(usage));
  return json;
}

std::string sse(const Json& data) { return "data: " + data.dump() + "\n\n"; }

}  // namespace puna::server
