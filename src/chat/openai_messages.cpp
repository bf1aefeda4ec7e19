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

std::unexpected<Error> bad_part(std::string_view what) {
  return fail(ErrorCode::invalid_argument, format_text("'content' has {}", what));
}

std::string shown_part_type(const Json& part) {
  return printable(utf8::truncate(part.text_or("type", "something without a type"), kShownBytesMax));
}

// A member, or an object in it: {"image_url": "..."} and {"image_url": {"url": "..."}}.
std::string_view inner_text(const Json& part, std::string_view member, std::string_view inner) {
  const Json* value = part.find(member);
  if (value == nullptr) {
    return {};
  }
  return value->is_object() ? value->text_or(inner) : part.text_or(member);
}

// Data URIs, and plain base64 as some clients send it.
Result<Media> media_of(std::string_view data, std::string_view name) {
  const bool is_uri = data.starts_with("data:") || data.starts_with("http:") || data.starts_with("https:");
  return is_uri ? media_from_data_uri(data, name) : media_from_base64(data, name);
}

Result<Media> image_part(const Json& part) {
  const std::string_view url = inner_text(part, "image_url", "url");
  if (url.empty()) {
    return bad_part(part.find("file_id") != nullptr ? "an image by its file_id, and no files are stored here"
                                                    : "an image without image_url");
  }
  PUNA_TRY(Media media, media_of(url, {}));
  if (media.kind() != MediaKind::image) {
    return bad_part(format_text("an image that is none: its bytes are {}", media.type()));
  }
  return media;
}

Result<Media> audio_part(const Json& part) {
  const std::string_view data = inner_text(part, "input_audio", "data");
  if (data.empty()) {
    return bad_part("audio without input_audio.data");
  }
  PUNA_TRY(Media media, media_of(data, {}));
  if (media.kind() != MediaKind::audio) {
    return bad_part(format_text("audio that is none: its bytes are {}", media.type()));
  }
  return media;
}

Result<Media> file_part(const Json& part) {
  const Json* inner = part.find("file");
  const Json& file = inner != nullptr && inner->is_object() ? *inner : part;
  const std::string_view data = file.text_or("file_data");
  if (data.empty()) {
    return bad_part("a file without file_data; files by id or by address are not read");
  }
  return media_of(data, file.text_or("filename"));
}

Result<void> read_content(const Json& content, Message& message) {
  if (content.is_null()) {
    return {};
  }
  if (content.is_string()) {
    message.content = content.as_string();
    return {};
  }
  if (!content.is_array()) {
    return fail(ErrorCode::invalid_argument, "'content' must be text, null or a list of parts");
  }
  for (const Json& part : content.as_array()) {
    PUNA_TRY_VOID(add_openai_part(message, part));
  }
  return {};
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
    PUNA_TRY_VOID(read_content(*content, message));
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
      std::array<std::string_view, 7>{"calls", "reasoning", "call_id", "tool", "is_error", "permission", "attachments"},
      [&json](std::string_view key) { return json.find(key) != nullptr; });
}

Json text_part(std::string_view text) { return Json::object({{"type", "text"}, {"text", text}}); }

Json part_of(const Media& media) {
  switch (media.kind()) {
    case MediaKind::image:
      return Json::object({{"type", "image_url"}, {"image_url", Json::object({{"url", data_uri(media)}})}});
    case MediaKind::audio:
      return Json::object({{"type", "input_audio"},
                           {"input_audio", Json::object({{"data", base64(media.bytes())},
                                                         {"format", media.type() == "audio/wav" ? "wav" : "mp3"}})}});
    case MediaKind::file:
      break;
  }
  return Json::object(
      {{"type", "file"}, {"file", Json::object({{"filename", media.name()}, {"file_data", data_uri(media)}})}});
}

// The content's pieces with what stands between them.
Json content_parts(const Message& message) {
  Json parts = Json::array();
  std::size_t done = 0;
  const auto add_text = [&](std::size_t end) {
    if (end > done) {
      parts.push(text_part(std::string_view(message.content).substr(done, end - done)));
      done = end;
    }
  };
  for (const Attachment& attachment : message.attachments) {
    add_text(std::min(attachment.at, message.content.size()));
    parts.push(part_of(attachment.media));
  }
  add_text(message.content.size());
  return parts;
}

}  // namespace

Result<void> attach(Message& message, Media media) {
  if (message.role != Role::user) {
    return fail(ErrorCode::invalid_argument,
                format_text("{} is attached to a message from {}, and only the user's can have attachments",
                            media.name(), name_of(message.role)));
  }
  if (message.attachments.size() >= kMediaInMessageMax) {
    return fail(ErrorCode::limit,
                format_text("a message has more than the {} attachments that are allowed", kMediaInMessageMax));
  }
  message.attachments.push_back({.at = message.content.size(), .media = std::move(media)});
  return {};
}

Result<void> add_openai_part(Message& message, const Json& part) {
  const std::string_view type = part.text_or("type");
  const auto numbered = [&message](Error error) {
    error.message = format_text("attachment {}: {}", message.attachments.size() + 1, error.message);
    return error;
  };
  if (type == "image_url" || type == "input_image") {
    PUNA_TRY(Media media, image_part(part).transform_error(numbered));
    return attach(message, std::move(media));
  }
  if (type == "input_audio" || type == "audio") {
    PUNA_TRY(Media media, audio_part(part).transform_error(numbered));
    return attach(message, std::move(media));
  }
  if (type == "file" || type == "input_file") {
    PUNA_TRY(Media media, file_part(part).transform_error(numbered));
    return attach(message, std::move(media));
  }
  const Json* piece = part.find("text");
  if (piece == nullptr || !piece->is_string()) {
    return bad_part(format_text("a part that cannot be read: '{}'; text, image_url, input_audio and file can",
                                shown_part_type(part)));
  }
  message.content += piece->as_string();
  return {};
}

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
  if (message.attachments.empty()) {
    json.set("content", message.content.empty() && !message.calls.empty() ? Json() : Json(message.content));
  } else {
    json.set("content", content_parts(message));
  }
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
