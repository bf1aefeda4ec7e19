// Messages as the OpenAI chat protocol has them.
// Source: platform.openai.com/docs/api-reference/chat (messages, tool_calls); reasoning_content is how local servers
// carry thoughts beside it.
#include <algorithm>
#include <array>
#include <utility>

#include "puna/chat/message.h"

namespace puna {
namespace {

constexpr std::size_t kShownBytesMax = 40;

Result<std::string> read_content(const Json& content) {
  if (content.is_null()) {
    return std::string();
  }
  if (content.is_string()) {
    return content.as_string();
  }
  if (!content.is_array()) {
    return fail(ErrorCode::invalid_argument, "'content' must be text, null or a list of parts");
  }
  std::string text;
  for (const Json& part : content.as_array()) {
    const Json* piece = part.find("text");
    if (piece == nullptr || !piece->is_string()) {
      return fail(
          ErrorCode::invalid_argument,
          format_text("'content' has a part that is no text but '{}'; images, audio and files are not taken",
                      printable(utf8::truncate(part.text_or("type", "something without a type"), kShownBytesMax))));
    }
    text += piece->as_string();
  }
  return text;
}

Result<ToolCall> read_call(const Json& json) {
  const Json* function = json.find("function");
  if (function == nullptr || function->text_or("name").empty()) {
    return fail(ErrorCode::invalid_argument, "a call in 'tool_calls' has no function name");
  }
  ToolCall call{.id = std::string(json.text_or("id")),
                .name = std::string(function->text_or("name")),
                .arguments = Json::object()};
  const Json* arguments = function->find("arguments");
  if (arguments == nullptr || arguments->is_null()) {
    return call;
  }
  call.arguments = *arguments;
  if (arguments->is_string()) {
    if (Result<Json> value = Json::parse(arguments->as_string()); value && value->is_object()) {
      call.arguments = *std::move(value);
    }
  }
  return call;
}

Result<Message> read_message(const Json& json) {
  constexpr std::array<std::pair<std::string_view, Role>, 5> kRoles = {{{"system", Role::system},
                                                                        {"developer", Role::system},
                                                                        {"user", Role::user},
                                                                        {"assistant", Role::assistant},
                                                                        {"tool", Role::tool}}};
  const auto role = std::ranges::find(kRoles, json.text_or("role"), &std::pair<std::string_view, Role>::first);
  if (role == kRoles.end()) {
    return fail(ErrorCode::invalid_argument, "'role' must be system, developer, user, assistant or tool");
  }
  Message message{.role = role->second, .content = {}, .reasoning = {}, .calls = {}, .call_id = {}, .tool = {}};
  if (const Json* content = json.find("content")) {
    PUNA_TRY(message.content, read_content(*content));
  }
  if (message.role == Role::tool) {
    message.call_id = json.text_or("tool_call_id");
    message.tool = json.text_or("name");
  }
  if (message.role != Role::assistant) {
    return message;
  }
  message.reasoning = json.text_or("reasoning_content", json.text_or("reasoning"));
  if (const Json* calls = json.find("tool_calls"); calls != nullptr && !calls->is_null()) {
    if (!calls->is_array()) {
      return fail(ErrorCode::invalid_argument, "'tool_calls' must be a list");
    }
    for (const Json& item : calls->as_array()) {
      PUNA_TRY(ToolCall call, read_call(item));
      message.calls.push_back(std::move(call));
    }
  }
  return message;
}

// The tool whose call the result answers.
std::string tool_of(const std::vector<Message>& before, std::string_view call_id) {
  for (const Message& message : before) {
    for (const ToolCall& call : message.calls) {
      if (call.id == call_id) {
        return call.name;
      }
    }
  }
  return {};
}

bool is_transcript_line(const Json& json) {
  return std::ranges::any_of(
      std::array<std::string_view, 6>{"calls", "reasoning", "call_id", "tool", "is_error", "permission"},
      [&json](std::string_view key) { return json.find(key) != nullptr; });
}

}  // namespace

Result<std::vector<Message>> messages_from_json(const Json& json) {
  if (!json.is_array()) {
    return fail(ErrorCode::invalid_argument, "the messages must be a list");
  }
  std::vector<Message> messages;
  for (const Json& item : json.as_array()) {
    const auto numbered = [&messages](Error error) {
      error.message = format_text("message {}: {}", messages.size() + 1, error.message);
      return error;
    };
    PUNA_TRY(Message message,
             (is_transcript_line(item) ? message_from_json(item) : read_message(item)).transform_error(numbered));
    if (message.role == Role::tool && message.tool.empty()) {
      message.tool = tool_of(messages, message.call_id);
    }
    messages.push_back(std::move(message));
  }
  return messages;
}

Json to_openai_json(const Message& message) {
  Json json = Json::object({{"role", name_of(message.role)}});
  json.set("content", message.content.empty() && !message.calls.empty() ? Json() : Json(message.content));
  if (!message.reasoning.empty()) {
    json.set("reasoning_content", message.reasoning);
  }
  if (message.role == Role::tool) {
    json.set("tool_call_id", message.call_id);
    if (!message.tool.empty()) {
      json.set("name", message.tool);
    }
  }
  Json calls = Json::array();
  for (const ToolCall& call : message.calls) {
    Json item = Json::object({{"type", "function"},
                              {"function", Json::object({{"name", call.name}, {"arguments", call.arguments.dump()}})}});
    if (!call.id.empty()) {
      item.set("id", call.id);
    }
    calls.push(std::move(item));
  }
  if (!message.calls.empty()) {
    json.set("tool_calls", std::move(calls));
  }
  return json;
}

}  // namespace puna
