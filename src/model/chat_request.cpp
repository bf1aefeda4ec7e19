// Source: platform.openai.com/docs/api-reference/chat/create; llama.cpp, tools/server/README.md, release 0.7.
#include "model/chat_request.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>
#include <variant>

namespace puna::model {
namespace {

constexpr std::size_t kStopsMax = 64;
constexpr std::size_t kStopBytesMax = 1'024;
// llama-server reads 2^32-1 as "draw one".
constexpr std::uint64_t kSeedMax = std::numeric_limits<std::uint32_t>::max() - 1;
constexpr double kForbid = -100;  // the protocol's least bias

std::unexpected<Error> wrong(std::string message, std::string hint = {}) {
  return fail(ErrorCode::invalid_argument, std::move(message), std::move(hint));
}

bool shows_tools(const Request& request) { return !request.tools.empty() && request.tool_choice != ToolChoice::none; }

// What is set in `first` stays.
Result<Sampling> over(const Sampling& first, const Sampling& second) {
  Json all = to_json(second);
  const Json asked = to_json(first);
  for (const auto& [name, value] : asked.as_object()) {
    if (name != "seed" || first.seed != 0) {
      all.set(name, value);
    }
  }
  return sampling_from(all);
}

Result<void> check_tools(const Request& request) {
  for (const ToolSpec& tool : request.tools) {
    if (!is_tool_name(tool.name)) {
      return wrong(format_text("no tool can be called \"{}\"", printable(utf8::truncate(tool.name, 80))),
                   "letters, digits, _ and -, at most 64");
    }
  }
  const ToolChoice& choice = request.tool_choice;
  if (choice.needs_call() && request.tools.empty()) {
    return wrong("a call is required and there are no tools");
  }
  if (choice.kind() == ToolChoice::Kind::named &&
      std::ranges::find(request.tools, choice.tool(), &ToolSpec::name) == request.tools.end()) {
    std::string names;
    for (const ToolSpec& tool : request.tools) {
      names += (names.empty() ? "" : ", ") + tool.name;
    }
    return wrong(format_text("no tool is called \"{}\"", printable(utf8::truncate(choice.tool(), 80))),
                 "there are: " + names);
  }
  if (choice.needs_call() && request.format) {
    return wrong("a request has a format and must call a tool",
                 "ask for the tool calls first, then for the answer in its format");
  }
  return {};
}

// The server would find these mistakes, too, each in its own words, or not at all.
Result<void> check_format(const OutputFormat& format) {
  if (const auto* schema = std::get_if<format::Schema>(&format)) {
    PUNA_TRY_VOID(grammar_from_schema(schema->schema));
  } else {
    PUNA_TRY_VOID(gbnf_from(format));
  }
  return {};
}

Result<void> check(const Request& request) {
  if (request.messages.empty()) {
    return wrong("the request has no messages", "add a user message");
  }
  PUNA_TRY_VOID(check_tools(request));
  if (request.format) {
    PUNA_TRY_VOID(check_format(*request.format));
  }
  PUNA_TRY_VOID(validate(request.sampling));
  if (request.sampling.seed > kSeedMax) {
    return wrong(format_text("seed is {} and must be from 0 to {} for a server", request.sampling.seed, kSeedMax));
  }
  if (request.tokens_max < 0) {
    return wrong(format_text("tokens_max is {} and must be at least 0", request.tokens_max));
  }
  const bool stops_fit = std::ranges::all_of(
      request.stop, [](const std::string& text) { return !text.empty() && text.size() <= kStopBytesMax; });
  if (!stops_fit || request.stop.size() > kStopsMax) {
    return wrong(format_text("there may be at most {} stop strings, each of 1 to {} bytes", kStopsMax, kStopBytesMax));
  }
  return {};
}

Json messages_of(const Request& request, const ServerFacts& server) {
  Json list = Json::array();
  for (const Message& message : request.messages) {
    if (server.is_llama || message.reasoning.empty()) {
      list.push(to_openai_json(message));
    } else {  // other servers refuse thoughts that come back, or charge for them
      Message without = message;
      without.reasoning.clear();
      list.push(to_openai_json(without));
    }
  }
  return list;
}

Json tools_of(const Request& request, const ServerFacts& server) {
  // llama-server reads a named tool as "auto": only offering nothing else makes it the one that is called.
  const bool only_named = server.is_llama && request.tool_choice.kind() == ToolChoice::Kind::named;
  Json list = Json::array();
  for (const ToolSpec& tool : request.tools) {
    if (only_named && tool.name != request.tool_choice.tool()) {
      continue;
    }
    ToolSpec shown = tool;
    if (shown.parameters.is_null()) {
      shown.parameters = Json::object({{"type", "object"}, {"properties", Json::object()}});
    }
    list.push(to_json(shown));
  }
  return list;
}

Json tool_choice_of(const Request& request, const ServerFacts& server) {
  if (request.format) {
    return "none";
  }
  if (request.tool_choice.kind() == ToolChoice::Kind::named && !server.is_llama) {
    Json function = Json::object();
    function.set("name", request.tool_choice.tool());
    Json choice = Json::object({{"type", "function"}});
    choice.set("function", std::move(function));
    return choice;
  }
  return request.tool_choice.needs_call() ? "required" : "auto";
}

// The protocol's own form: {"15043": -1}.
Result<Json> plain_biases(const std::vector<LogitBias>& biases) {
  Json object = Json::object();
  for (const LogitBias& entry : biases) {
    const auto* token = std::get_if<Token>(&entry.token);
    if (token == nullptr) {
      return wrong("logit_bias names a token by its text, which only a llama-server takes", "use the token's number");
    }
    object.set(std::to_string(*token), std::isinf(entry.bias) ? kForbid : static_cast<double>(entry.bias));
  }
  return object;
}

Result<void> add_sampling(Json& body, const Sampling& sampling, const ServerFacts& server) {
  const Json parameters = to_json(sampling);
  for (const auto& [name, value] : parameters.as_object()) {
    const bool reaches_back = name == "repeat_last_n" || name == "dry_penalty_last_n";
    if (reaches_back && value == Json(-1) && server.window_tokens > 0) {
      body.set(name, server.window_tokens);  // llama-server has no word for the whole window
    } else if (name == "n_probs" && !server.is_llama) {
      body.set("logprobs", true);
      body.set("top_logprobs", value);
    } else if (name == "logit_bias" && !server.is_llama) {
      PUNA_TRY(Json biases, plain_biases(sampling.logit_bias));
      body.set(name, std::move(biases));
    } else {
      body.set(name, value);
    }
  }
  return {};
}

Result<void> add_format(Json& body, const OutputFormat& format) {
  const auto* schema = std::get_if<format::Schema>(&format);
  if (schema == nullptr) {
    PUNA_TRY(std::string grammar, gbnf_from(format));
    body.set("grammar", std::move(grammar));
    return {};
  }
  Json named = Json::object({{"name", "answer"}, {"strict", true}});
  named.set("schema", schema->schema);
  Json wanted = Json::object({{"type", "json_schema"}});
  wanted.set("json_schema", std::move(named));
  body.set("response_format", std::move(wanted));
  return {};
}

}  // namespace

bool may_call(const Request& request) { return shows_tools(request) && !request.format; }

Result<Request> completed(const Request& request, const ServerParameters& defaults) {
  Request whole = request;
  PUNA_TRY(whole.sampling, over(request.sampling, defaults.sampling));
  whole.tokens_max = request.tokens_max == 0 ? defaults.tokens_max : request.tokens_max;
  whole.stop = request.stop.empty() ? defaults.stop : request.stop;
  whole.parallel_calls = request.parallel_calls && defaults.parallel_calls.value_or(true);
  if (!request.format && defaults.format) {
    if (shows_tools(request)) {
      return wrong("the server parameters have a grammar or schema for every answer, and this one may call tools",
                   "give the format to the request that it is meant for");
    }
    whole.format = defaults.format;
  }
  PUNA_TRY_VOID(check(whole));
  return whole;
}

Result<Json> chat_body(const Request& request, const Json& other, const ServerFacts& server, bool with_echo) {
  Json body = Json::object({{"model", server.model},
                            {"messages", messages_of(request, server)},
                            {"stream", true},
                            {"stream_options", Json::object({{"include_usage", true}})}});
  PUNA_TRY_VOID(add_sampling(body, request.sampling, server));
  if (request.tokens_max > 0) {
    body.set("max_tokens", request.tokens_max);
  }
  if (!request.stop.empty()) {
    Json stops = Json::array();
    for (const std::string& text : request.stop) {
      stops.push(text);
    }
    body.set("stop", std::move(stops));
  }
  if (shows_tools(request)) {
    body.set("tools", tools_of(request, server));
    body.set("tool_choice", tool_choice_of(request, server));
    if (may_call(request)) {
      body.set("parallel_tool_calls", request.parallel_calls);
    }
  }
  if (request.format) {
    PUNA_TRY_VOID(add_format(body, *request.format));
  }
  if (server.is_llama) {
    body.set("return_progress", true);
    if (with_echo) {
      body.set("verbose", true);
    }
  }
  for (const auto& [name, value] : other.as_object()) {
    body.set(name, value);
  }
  return body;
}

Json template_body(const Request& request, const ServerFacts& server) {
  Json body = Json::object({{"messages", messages_of(request, server)}});
  if (shows_tools(request)) {
    body.set("tools", tools_of(request, server));
    body.set("tool_choice", tool_choice_of(request, server));
  }
  return body;
}

}  // namespace puna::model
