// The JSON forms of messages, calls and tool specs: the transcript's lines and the OpenAI tool list. Reading is strict:
// a member that is unknown, of the wrong type, or of another role is refused by name, so that nothing is lost in
// silence.
#include "puna/chat/message.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <utility>

namespace puna {
namespace {

constexpr std::array kRoleNames = {
    std::pair{Role::system, std::string_view("system")}, std::pair{Role::user, std::string_view("user")},
    std::pair{Role::assistant, std::string_view("assistant")}, std::pair{Role::tool, std::string_view("tool")}};

constexpr std::size_t kToolNameBytesMax = 64;

std::unexpected<Error> wrong(std::string message) { return fail(ErrorCode::invalid_argument, std::move(message)); }

// A value for a message, short enough for a screen.
std::string shown(const Json& value) {
  const std::string text = value.dump();
  return text.size() <= 60 ? text : std::string(utf8::truncate(text, 57)) + "...";
}

Result<void> only_members(const Json& json, std::string_view what, std::initializer_list<std::string_view> known) {
  for (const Json::Member& member : json.as_object()) {
    if (std::ranges::find(known, member.key) == known.end()) {
      return wrong(format_text("{} has an unknown member '{}'", what, member.key));
    }
  }
  return {};
}

// Reads a string member into `out`; an absent one leaves it as it is.
Result<void> read_text(const Json& json, std::string_view what, std::string_view key, std::string& out) {
  const Json* member = json.find(key);
  if (member == nullptr) {
    return {};
  }
  if (!member->is_string()) {
    return wrong(format_text("'{}' of {} must be a string, not {}", key, what, shown(*member)));
  }
  out = member->as_string();
  return {};
}

Json call_to_json(const ToolCall& call) {
  Json json = Json::object();
  if (!call.id.empty()) {
    json.set("id", call.id);
  }
  json.set("name", call.name);
  json.set("arguments", call.arguments);
  return json;
}

Result<ToolCall> call_from_json(const Json& json) {
  if (!json.is_object()) {
    return wrong(format_text("a call in 'calls' must be an object, not {}", shown(json)));
  }
  PUNA_TRY_VOID(only_members(json, "a call", {"id", "name", "arguments"}));
  ToolCall call;
  PUNA_TRY_VOID(read_text(json, "a call", "id", call.id));
  PUNA_TRY_VOID(read_text(json, "a call", "name", call.name));
  if (json.find("name") == nullptr) {
    return wrong("a call in 'calls' has no 'name'");
  }
  if (const Json* arguments = json.find("arguments")) {
    call.arguments = *arguments;
  }
  return call;
}

Json attachment_to_json(const Attachment& attachment) {
  return Json::object({{"at", static_cast<std::int64_t>(attachment.at)},
                       {"name", attachment.media.name()},
                       {"type", attachment.media.type()},
                       {"data", base64(attachment.media.bytes())}});
}

Result<Attachment> attachment_from_json(const Json& json, std::size_t content_bytes) {
  if (!json.is_object()) {
    return wrong(format_text("an attachment must be an object, not {}", shown(json)));
  }
  PUNA_TRY_VOID(only_members(json, "an attachment", {"at", "name", "type", "data"}));
  const Json* at = json.find("at");
  const bool fits = at != nullptr && at->is_integer() && at->as_integer() >= 0 &&
                    static_cast<std::size_t>(at->as_integer()) <= content_bytes;
  if (!fits) {
    return wrong(format_text("'at' of an attachment must be a place in its message's {} bytes", content_bytes));
  }
  std::string name;
  std::string data;
  PUNA_TRY_VOID(read_text(json, "an attachment", "name", name));
  PUNA_TRY_VOID(read_text(json, "an attachment", "data", data));
  PUNA_TRY(Media media, media_from_base64(data, name));
  return Attachment{.at = static_cast<std::size_t>(at->as_integer()), .media = std::move(media)};
}

Result<void> read_attachments(const Json& json, Message& message) {
  const Json* list = json.find("attachments");
  if (list == nullptr) {
    return {};
  }
  if (!list->is_array() || list->as_array().size() > kMediaInMessageMax) {
    return wrong(format_text("'attachments' of a message must be an array of at most {}", kMediaInMessageMax));
  }
  for (const Json& item : list->as_array()) {
    PUNA_TRY(Attachment attachment, attachment_from_json(item, message.content.size()));
    if (!message.attachments.empty() && attachment.at < message.attachments.back().at) {
      return wrong("the attachments of a message must be in the order of where they stand");
    }
    message.attachments.push_back(std::move(attachment));
  }
  return {};
}

// A member that belongs to one role is refused for every other.
Result<void> check_roles(const Json& json, Role role) {
  constexpr std::array kOwners = {
      std::pair{std::string_view("reasoning"), Role::assistant}, std::pair{std::string_view("calls"), Role::assistant},
      std::pair{std::string_view("call_id"), Role::tool},        std::pair{std::string_view("tool"), Role::tool},
      std::pair{std::string_view("is_error"), Role::tool},       std::pair{std::string_view("permission"), Role::tool},
      std::pair{std::string_view("attachments"), Role::user}};
  for (const auto& [key, owner] : kOwners) {
    if (owner != role && json.find(key) != nullptr) {
      return wrong(
          format_text("'{}' belongs to the role {}, and this message is from {}", key, name_of(owner), name_of(role)));
    }
  }
  return {};
}

Result<Role> read_role(const Json& json) {
  const Json* role = json.find("role");
  if (role == nullptr) {
    return wrong("a message has no 'role'");
  }
  for (const auto& [value, name] : kRoleNames) {
    if (role->is_string() && role->as_string() == name) {
      return value;
    }
  }
  return wrong(format_text("'role' must be system, user, assistant or tool, not {}", shown(*role)));
}

}  // namespace

std::string_view name_of(Role role) noexcept {
  for (const auto& [value, name] : kRoleNames) {
    if (value == role) {
      return name;
    }
  }
  return "unknown";
}

bool is_tool_name(std::string_view name) noexcept {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  };
  return !name.empty() && name.size() <= kToolNameBytesMax && std::ranges::all_of(name, allowed);
}

Json to_json(const Message& message) {
  Json json = Json::object({{"role", name_of(message.role)}});
  const auto put = [&json](std::string_view key, const std::string& text) {
    if (!text.empty()) {
      json.set(key, text);
    }
  };
  put("content", message.content);
  put("reasoning", message.reasoning);
  if (!message.calls.empty()) {
    Json calls = Json::array();
    for (const ToolCall& call : message.calls) {
      calls.push(call_to_json(call));
    }
    json.set("calls", std::move(calls));
  }
  put("call_id", message.call_id);
  put("tool", message.tool);
  if (message.is_error) {
    json.set("is_error", true);
  }
  put("permission", message.permission);
  if (!message.attachments.empty()) {
    Json list = Json::array();
    for (const Attachment& attachment : message.attachments) {
      list.push(attachment_to_json(attachment));
    }
    json.set("attachments", std::move(list));
  }
  return json;
}

Result<Message> message_from_json(const Json& json) {
  if (!json.is_object()) {
    return wrong(format_text("a message must be an object, not {}", shown(json)));
  }
  PUNA_TRY_VOID(only_members(
      json, "a message",
      {"role", "content", "reasoning", "calls", "call_id", "tool", "is_error", "permission", "attachments"}));
  Message message;
  PUNA_TRY(message.role, read_role(json));
  PUNA_TRY_VOID(check_roles(json, message.role));
  PUNA_TRY_VOID(read_text(json, "a message", "content", message.content));
  PUNA_TRY_VOID(read_text(json, "a message", "reasoning", message.reasoning));
  PUNA_TRY_VOID(read_text(json, "a message", "call_id", message.call_id));
  PUNA_TRY_VOID(read_text(json, "a message", "tool", message.tool));
  PUNA_TRY_VOID(read_text(json, "a message", "permission", message.permission));
  PUNA_TRY_VOID(read_attachments(json, message));
  if (const Json* is_error = json.find("is_error")) {
    if (!is_error->is_bool()) {
      return wrong(format_text("'is_error' of a message must be true or false, not {}", shown(*is_error)));
    }
    message.is_error = is_error->as_bool();
  }
  if (const Json* calls = json.find("calls")) {
    if (!calls->is_array()) {
      return wrong(format_text("'calls' of a message must be an array, not {}", shown(*calls)));
    }
    for (const Json& item : calls->as_array()) {
      PUNA_TRY(ToolCall call, call_from_json(item));
      message.calls.push_back(std::move(call));
    }
  }
  return message;
}

Json to_json(const ToolSpec& spec) {
  Json function = Json::object({{"name", spec.name}, {"description", spec.description}});
  if (!spec.parameters.is_null()) {
    function.set("parameters", spec.parameters);
  }
  return Json::object({{"type", "function"}, {"function", std::move(function)}});
}

Result<ToolSpec> tool_spec_from_json(const Json& json) {
  if (!json.is_object()) {
    return wrong(format_text("a tool must be an object, not {}", shown(json)));
  }
  const Json* function = json.find("function");
  if (const Json* type = json.find("type"); function != nullptr && type != nullptr && *type != Json("function")) {
    return wrong(format_text("'type' of a tool must be \"function\", not {}", shown(*type)));
  }
  const Json& inner = function != nullptr ? *function : json;
  if (!inner.is_object()) {
    return wrong(format_text("'function' of a tool must be an object, not {}", shown(inner)));
  }
  ToolSpec spec;
  PUNA_TRY_VOID(read_text(inner, "a tool", "name", spec.name));
  PUNA_TRY_VOID(read_text(inner, "a tool", "description", spec.description));
  if (!is_tool_name(spec.name)) {
    return wrong(format_text("'name' of a tool must be 1 to {} letters, digits, '_' or '-', not {}", kToolNameBytesMax,
                             shown(Json(spec.name))));
  }
  if (const Json* parameters = inner.find("parameters")) {
    if (!parameters->is_object() && !parameters->is_null()) {
      return wrong(
          format_text("'parameters' of tool '{}' must be a JSON Schema object, not {}", spec.name, shown(*parameters)));
    }
    spec.parameters = *parameters;
  }
  return spec;
}

}  // namespace puna
