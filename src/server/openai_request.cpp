// See openai_request.h.
#include "server/openai_request.h"

#include <algorithm>
#include <array>
#include <utility>

#include "server/fields.h"

namespace puna::server {
namespace {

constexpr std::int64_t kRepliesMax = 16;
constexpr std::int64_t kTopLogprobsMax = 20;

// Beside the sampling parameters. The last line: read by nobody, known from the protocol.
constexpr auto kKnown = std::to_array<std::string_view>({"messages",
                                                         "model",
                                                         "stream",
                                                         "stream_options",
                                                         "tools",
                                                         "tool_choice",
                                                         "parallel_tool_calls",
                                                         "response_format",
                                                         "max_tokens",
                                                         "max_completion_tokens",
                                                         "n_predict",
                                                         "stop",
                                                         "n",
                                                         "logprobs",
                                                         "top_logprobs",
                                                         "extra_body",
                                                         "grammar",
                                                         "json_schema",
                                                         "reasoning_effort",
                                                         "reasoning_budget",
                                                         "chat_template_kwargs",
                                                         "ignore_eos",
                                                         "user",
                                                         "store",
                                                         "metadata",
                                                         "service_tier",
                                                         "prompt_cache_key",
                                                         "safety_identifier",
                                                         "verbosity",
                                                         "cache_prompt",
                                                         "id_slot",
                                                         "slot_id",
                                                         "timings_per_token",
                                                         "return_progress",
                                                         "reasoning_format"});

// Some servers call the thoughts "reasoning"; a transcript's line has that key, too.
Json with_reasoning_content(const Json& message) {
  const Json* thought = message.find("reasoning");
  if (thought == nullptr || message.find("calls") != nullptr) {
    return message;
  }
  Json copy = Json::object();
  for (const auto& [key, value] : message.as_object()) {
    if (key != "reasoning") {
      copy.set(key, value);
    } else if (value.is_string() && message.find("reasoning_content") == nullptr) {
      copy.set("reasoning_content", value);
    }
  }
  return copy;
}

// "message 3: ..." to messages[2].
std::string place_of(const std::string& message) {
  constexpr std::string_view kStart = "message ";
  if (!message.starts_with(kStart)) {
    return "messages";
  }
  const int number = std::atoi(message.c_str() + kStart.size());
  return number > 0 ? format_text("messages[{}]", number - 1) : "messages";
}

Answer<std::optional<OutputFormat>> read_grammars(const Json& body) {
  const Json* grammar = field(body, "grammar");
  const Json* schema = field(body, "json_schema");
  const bool has_grammar = grammar != nullptr && !(grammar->is_string() && grammar->as_string().empty());
  if (has_grammar && schema != nullptr) {
    return bad_field("grammar", "and 'json_schema' cannot both be given");
  }
  if (has_grammar) {
    PUNA_TRY(std::string source, text(body, "grammar"));
    return std::optional<OutputFormat>(format::Gbnf{.text = std::move(source)});
  }
  return schema == nullptr ? std::optional<OutputFormat>() : std::optional<OutputFormat>(format::Schema{*schema});
}

// How much the model may think: clients have many ways to say "not at all".
Answer<std::optional<int>> read_reasoning(const Json& body) {
  PUNA_TRY(const std::string effort, text(body, "reasoning_effort"));
  PUNA_TRY(const std::optional<std::int64_t> budget, integer(body, "reasoning_budget", -1, 16'777'216));
  if (budget && *budget >= 0) {
    return std::optional<int>(static_cast<int>(*budget));
  }
  const Json* arguments = field(body, "chat_template_kwargs");
  const Json* thinking = arguments == nullptr ? nullptr : field(*arguments, "enable_thinking");
  const bool is_off = effort == "none" || (thinking != nullptr && thinking->is_bool() && !thinking->as_bool());
  return is_off ? std::optional<int>(0) : std::nullopt;
}

Answer<int> read_logprobs(const Json& body, bool& has_logprobs) {
  PUNA_TRY(has_logprobs, flag(body, "logprobs"));
  PUNA_TRY(const auto top, integer(body, "top_logprobs", 0, kTopLogprobsMax));
  if (top && *top > 0 && !has_logprobs) {
    return bad_field("top_logprobs", "needs 'logprobs': true");
  }
  return has_logprobs ? static_cast<int>(std::max<std::int64_t>(1, top.value_or(0))) : 0;
}

}  // namespace

Json with_extra_body(const Json& body) {
  const Json* extra = field(body, "extra_body");
  if (extra == nullptr || !extra->is_object()) {
    return body;
  }
  Json merged = *extra;
  for (const auto& [key, value] : body.as_object()) {
    if (key != "extra_body") {
      merged.set(key, value);
    }
  }
  return merged;
}

Answer<std::vector<Message>> read_messages(const Json& list) {
  if (!list.is_array()) {
    return bad_field("messages", "must be a list");
  }
  Json plain = Json::array();
  for (const Json& message : list.as_array()) {
    if (!message.is_object()) {
      return refuse(400, format_text("message {}: it must be an object", plain.as_array().size() + 1),
                    format_text("messages[{}]", plain.as_array().size()));
    }
    plain.push(with_reasoning_content(message));
  }
  Result<std::vector<Message>> messages = messages_from_json(plain);
  if (!messages) {
    const std::string message = messages.error().message;
    return refuse(400, message, place_of(message));
  }
  PUNA_TRY_VOID(check_history(*messages));
  return *std::move(messages);
}

Answer<std::vector<ToolSpec>> read_tools(const Json& list) {
  if (!list.is_array()) {
    return bad_field("tools", "must be a list");
  }
  if (list.as_array().size() > kToolsMax) {
    return bad_field("tools", format_text("has {} tools and may have {}", list.as_array().size(), kToolsMax));
  }
  std::vector<ToolSpec> tools;
  for (const Json& item : list.as_array()) {
    Result<ToolSpec> tool = tool_spec_from_json(item);
    if (!tool) {
      return refuse(400, format_text("tool {}: {}", tools.size() + 1, tool.error().message),
                    format_text("tools[{}]", tools.size()));
    }
    if (std::ranges::contains(tools, tool->name, &ToolSpec::name)) {
      return refuse(400, format_text("tool {}: '{}' is there already", tools.size() + 1, tool->name),
                    format_text("tools[{}]", tools.size()));
    }
    tools.push_back(*std::move(tool));
  }
  return tools;
}

Answer<ToolChoice> read_tool_choice(const Json& value, const std::vector<ToolSpec>& tools) {
  std::string name;
  if (value.is_string()) {
    const std::string& word = value.as_string();
    if (word == "auto" || word == "none") {
      return word == "auto" ? ToolChoice::automatic : ToolChoice::none;
    }
    if (word != "required" && word != "any") {
      return bad_field("tool_choice", "must be auto, none, required or a function");
    }
  } else {
    const Json* function = field(value, "function");
    name = function == nullptr ? value.text_or("name") : function->text_or("name");
    if (name.empty()) {
      return bad_field("tool_choice", "names no function");
    }
  }
  if (tools.empty()) {
    return bad_field("tool_choice", "asks for a call, and there are no tools");
  }
  if (name.empty()) {
    return ToolChoice::required;
  }
  if (!std::ranges::contains(tools, name, &ToolSpec::name)) {
    return bad_field("tool_choice", format_text("names '{}', which is none of the tools", printable(name)));
  }
  return ToolChoice::named(name);
}

Answer<std::optional<OutputFormat>> read_response_format(const Json& value) {
  const std::string_view type = value.text_or("type");
  if (type == "text") {
    return std::optional<OutputFormat>();
  }
  const Json* named = field(value, "json_schema");
  const Json* schema = field(named == nullptr ? value : *named, "schema");
  if (type == "json_object" && schema == nullptr) {
    return std::optional<OutputFormat>(format::Schema{Json::object({{"type", "object"}})});
  }
  if (type != "json_schema" && type != "json_object") {
    return bad_field("response_format", "must have the type text, json_object or json_schema");
  }
  if (schema == nullptr) {
    return bad_field("response_format", "has no schema in json_schema.schema");
  }
  return std::optional<OutputFormat>(format::Schema{*schema});
}

Answer<void> set_format(Question& question, std::optional<OutputFormat> format) {
  if (!format) {
    return {};
  }
  const Request& request = question.request;
  if (request.tools.empty() || request.tool_choice == ToolChoice::none) {
    question.request.format = std::move(format);
  } else if (request.tool_choice.needs_call()) {
    return bad_field("tool_choice", "asks for a call, and the answer must have a format; ask for one of them");
  } else {
    question.format_without_calls = std::move(format);
  }
  return {};
}

Answer<ChatQuestion> read_chat(const Json& given, const Sampling& defaults) {
  if (!given.is_object()) {
    return refuse(400, "the body must be a JSON object");
  }
  const Json body = with_extra_body(given);
  ChatQuestion chat;
  Request& request = chat.question.request;
  const Json* messages = field(body, "messages");
  if (messages == nullptr) {
    return bad_field("messages", "is missing");
  }
  PUNA_TRY(request.messages, read_messages(*messages));
  if (const Json* tools = field(body, "tools")) {
    PUNA_TRY(request.tools, read_tools(*tools));
  }
  if (const Json* choice = field(body, "tool_choice")) {
    PUNA_TRY(request.tool_choice, read_tool_choice(*choice, request.tools));
  }
  PUNA_TRY(request.parallel_calls, flag(body, "parallel_tool_calls", true));
  PUNA_TRY(std::optional<OutputFormat> format, read_grammars(body));
  if (const Json* wanted = field(body, "response_format"); wanted != nullptr && !format) {
    PUNA_TRY(format, read_response_format(*wanted));
  }
  PUNA_TRY_VOID(set_format(chat.question, std::move(format)));
  PUNA_TRY(request.sampling, read_sampling(body, defaults));
  PUNA_TRY(const int logprobs, read_logprobs(body, chat.has_logprobs));
  request.sampling.n_probs = std::max(request.sampling.n_probs, logprobs);
  PUNA_TRY(request.stop, stop_texts(body));
  PUNA_TRY(request.tokens_max, tokens_max(body, {"max_completion_tokens", "max_tokens", "n_predict"}));
  PUNA_TRY(request.reasoning_tokens_max, read_reasoning(body));
  PUNA_TRY(const auto replies, integer(body, "n", 1, kRepliesMax));
  chat.question.replies = static_cast<int>(replies.value_or(1));
  PUNA_TRY(chat.question.request.watched, flag(body, "stream"));
  if (const Json* options = field(body, "stream_options")) {
    PUNA_TRY(chat.include_usage, flag(*options, "include_usage"));
  }
  return chat;
}

std::vector<std::string> unknown_chat_fields(const Json& given) {
  std::vector<std::string> names;
  const Json body = with_extra_body(given);
  for (const auto& [key, value] : body.as_object()) {
    if (!std::ranges::contains(kKnown, key) && !is_sampling_name(key)) {
      names.push_back(key);
    }
  }
  return names;
}

}  // namespace puna::server
