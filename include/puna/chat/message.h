// The nouns of a conversation and their JSON forms: messages, calls, tools. Values; they own what they hold.
//
// Invariant: message_from_json(to_json(m)) == m and tool_spec_from_json(to_json(s)) == s, for every m and s whose text
// is UTF-8 and whose strings that only one role has are empty for the other roles.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "puna/base.h"
#include "puna/chat/media.h"

namespace puna {

enum class Role : std::uint8_t { system, user, assistant, tool };
[[nodiscard]] std::string_view name_of(Role role) noexcept;

struct ToolCall {
  std::string id;  // unique within a transcript
  std::string name;
  Json arguments;  // an object, unless the model wrote something else (then the tool layer refuses it)

  bool operator==(const ToolCall&) const = default;
};

struct Message {
  Role role = Role::user;
  std::string content;
  std::string reasoning;        // assistant only
  std::vector<ToolCall> calls;  // assistant only
  std::string call_id;          // tool only: the call that this answers
  std::string tool;             // tool only: that call's tool name
  bool is_error = false;        // tool only
  std::string permission;       // tool only: who allowed or refused the call, for people; not shown to models
  // User only. In the order of where they stand; positions are at most content.size(), between characters.
  std::vector<Attachment> attachments;

  bool operator==(const Message&) const = default;
};
// The transcript's line format: {"role": ..., "content": ..., ...}; empty members are left out. Inverse of each other.
[[nodiscard]] Json to_json(const Message& message);
// Errors  invalid_argument  the message says which member is wrong
[[nodiscard]] Result<Message> message_from_json(const Json& json);

// Puts it behind the message's content as it is now.
// Errors  invalid_argument  the message is not the user's;  limit  it has kMediaInMessageMax already
[[nodiscard]] Result<void> attach(Message& message, Media media);
// The same for a part of a list of contents, as the OpenAI protocols have them: text, input_text and output_text are
// added to the content; image_url and input_image (data URIs), input_audio, file and input_file are attached.
// Errors  invalid_argument  another type, or not such data;  limit  as Media::create()
[[nodiscard]] Result<void> add_openai_part(Message& message, const Json& part);

// A conversation as the OpenAI protocol has it, or as lines of a transcript: an array of either. Content may be text,
// null or a list of parts; the role developer is system; a tool's result without a name gets that of its call.
// Errors  invalid_argument  the message says which message, and what is wrong with it
[[nodiscard]] Result<std::vector<Message>> messages_from_json(const Json& json);
// One message as that protocol has it: {"role", "content"}, an assistant's with "reasoning_content" and "tool_calls", a
// tool's with "tool_call_id" and "name"; content is null beside calls, a list of parts where something is attached, and
// empty members are left out.
[[nodiscard]] Json to_openai_json(const Message& message);

struct ToolSpec {
  std::string name;  // [A-Za-z0-9_-]{1,64}
  std::string description;
  Json parameters;  // a JSON Schema of type object; null = no arguments

  bool operator==(const ToolSpec&) const = default;
};
// {"type": "function", "function": {...}} as the OpenAI protocol has it; the reader also takes the bare inner object.
[[nodiscard]] Json to_json(const ToolSpec& spec);
// Errors  invalid_argument  the message says which member is wrong
[[nodiscard]] Result<ToolSpec> tool_spec_from_json(const Json& json);

// Whether a tool may have this name.
[[nodiscard]] bool is_tool_name(std::string_view name) noexcept;

// What the reply to a request with tools may be. A value; automatic unless said otherwise.
class ToolChoice {
 public:
  enum class Kind : std::uint8_t {
    automatic,  // text, or calls, or text and then calls
    none,       // the tools are not shown and nothing is constrained
    required,   // at least one call and no text
    named,      // as required, and every call is to one tool; all tools are shown
  };
  ToolChoice() = default;
  static const ToolChoice automatic;
  static const ToolChoice none;
  static const ToolChoice required;
  [[nodiscard]] static ToolChoice named(std::string tool) { return {Kind::named, std::move(tool)}; }

  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] const std::string& tool() const { return tool_; }  // of named; else empty
  // No reply without a call.
  [[nodiscard]] bool needs_call() const { return kind_ == Kind::required || kind_ == Kind::named; }
  bool operator==(const ToolChoice&) const = default;

 private:
  ToolChoice(Kind kind, std::string tool) : kind_(kind), tool_(std::move(tool)) {}

  Kind kind_ = Kind::automatic;
  std::string tool_;
};
inline const ToolChoice ToolChoice::automatic{Kind::automatic, {}};
inline const ToolChoice ToolChoice::none{Kind::none, {}};
inline const ToolChoice ToolChoice::required{Kind::required, {}};

}  // namespace puna
