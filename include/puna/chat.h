// Messages, tools and replies; templates that turn messages into prompts; parsers that turn output into replies;
// JSON Schema to grammar. Pure functions: no I/O, no threads, no clock.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "puna/base.h"

namespace puna {

enum class Role : std::uint8_t { system, user, assistant, tool };
[[nodiscard]] std::string_view name_of(Role role) noexcept;

struct ToolCall {
  std::string id;    // unique within a transcript
  std::string name;
  Json arguments;    // an object, unless the model wrote something else (then the tool layer refuses it)

  bool operator==(const ToolCall&) const = default;
};

struct Message {
  Role role = Role::user;
  std::string content;
  std::string reasoning;         // assistant only
  std::vector<ToolCall> calls;   // assistant only
  std::string call_id;           // tool only: the call that this answers
  std::string tool;              // tool only: that call's tool name
  bool is_error = false;         // tool only

  bool operator==(const Message&) const = default;
};
// The transcript's line format: {"role": ..., "content": ..., ...}; empty members are left out. Inverse of each other.
[[nodiscard]] Json to_json(const Message& message);
// Errors  invalid_argument  the message says which member is wrong
[[nodiscard]] Result<Message> message_from_json(const Json& json);

struct ToolSpec {
  std::string name;         // [A-Za-z0-9_-]{1,64}
  std::string description;
  Json parameters;          // a JSON Schema of type object

  bool operator==(const ToolSpec&) const = default;
};
// {"type": "function", "function": {...}} as the OpenAI protocol has it; the reader also takes the bare inner object.
[[nodiscard]] Json to_json(const ToolSpec& spec);
[[nodiscard]] Result<ToolSpec> tool_spec_from_json(const Json& json);

enum class ToolChoice : std::uint8_t { automatic, none, required };

// ---- templates ----------------------------------------------------------------------------------------------------

struct TemplateSource {
  std::string jinja;
  std::string bos_text;  // may be empty
  std::string eos_text;
};
// chatml, llama-2, llama-3, generic.  Errors  not_found  the message lists the names.
[[nodiscard]] Result<std::string> built_in_template(std::string_view name);
[[nodiscard]] std::vector<std::string_view> built_in_template_names();

// What a template can do, found by rendering probes, never by its name.
struct TemplateAbilities {
  bool tools = false;           // lists tool specs
  bool tool_calls = false;      // renders an assistant's calls
  bool tool_results = false;    // renders the tool role
  bool parallel_calls = false;
  bool system = false;          // has a place for the system message
  bool reasoning = false;       // knows <think>
};

struct RenderRequest {
  std::span<const Message> messages;
  std::span<const ToolSpec> tools;
  ToolChoice tool_choice = ToolChoice::automatic;
  std::optional<Json> schema;          // the reply must be JSON that fits this schema; not together with tools
  std::span<const std::string> control_texts;  // texts of the model's control tokens, for the last-resort escaping
};

// How untrusted text was kept apart from the template's own text.
enum class Separation : std::uint8_t { marked, escaped };

struct Prompt {
  std::vector<PromptPart> parts;     // in order; their texts joined are the rendered prompt
  std::optional<Grammar> grammar;    // what the reply must match; empty = free text
  bool reasoning_open = false;       // the prompt ends inside <think>
  Separation separation = Separation::marked;

  [[nodiscard]] std::string text() const;
};

// A chat template behind one interface. A template without tool support gets the tools described in the system message
// and the calls and results as text (the generic format); a template without a system role gets it in the first user turn.
class ChatTemplate {
 public:
  virtual ~ChatTemplate() = default;

  // Errors  invalid_argument  does not parse (message says where), or loses the user's text
  [[nodiscard]] static Result<std::unique_ptr<const ChatTemplate>> create(const TemplateSource& source);

  [[nodiscard]] virtual const TemplateAbilities& abilities() const = 0;
  // Renders with the assistant's turn opened.
  // Errors  invalid_argument  no messages, an unsupported schema (message says which keyword, at which path), or the
  //         template refused the conversation (its own words are in the message)
  // Thread  any.
  [[nodiscard]] virtual Result<Prompt> render(const RenderRequest& request) const = 0;
};

// ---- replies ------------------------------------------------------------------------------------------------------

struct ParsedReply {
  std::string content;
  std::string reasoning;
  std::vector<ToolCall> calls;  // ids are empty; the model layer gives them
  // Text that looked like a call and was not valid: it is part of content too, and the agent shows it to the model.
  std::vector<std::string> malformed_calls;

  bool operator==(const ParsedReply&) const = default;
};

// Reads a reply as it is generated: <think>...</think> and <tool_call>{...}</tool_call>. Feeding text in any pieces
// gives the same result as feeding it whole.
class ReplyParser {
 public:
  explicit ReplyParser(bool reasoning_open);
  ~ReplyParser();
  ReplyParser(ReplyParser&&) noexcept;
  ReplyParser& operator=(ReplyParser&&) noexcept;

  struct Delta {
    std::string content;
    std::string reasoning;
  };
  // What became certain with this text. Text that may be the start of a tag is held back.
  [[nodiscard]] Delta feed(std::string_view text);
  // Ends the reply: what was held back comes out, an unfinished call counts as malformed.
  [[nodiscard]] ParsedReply finish();

 private:
  class State;
  std::unique_ptr<State> state_;
};

// ---- schemas ------------------------------------------------------------------------------------------------------

// A grammar for JSON values that fit the schema: objects, arrays, strings, numbers, booleans, null, enum, const,
// required, nested. Members come in the schema's order.
// Errors  invalid_argument  any other keyword: the message names it, its path, and what is supported
[[nodiscard]] Result<Grammar> grammar_from_schema(const Json& schema);

// Every way in which the value does not fit the schema ("'path' is missing", "'n' must be a number, not \"x\"");
// empty = fits. Knows the same keywords as grammar_from_schema().
[[nodiscard]] std::vector<std::string> schema_violations(const Json& schema, const Json& value);

}  // namespace puna
