// Messages to prompt: chat templates (Jinja) behind one interface, with the tools and the grammar of the reply.
//
// Invariant: the parts of a Prompt, joined, are what the template renders to without any of our marks; text that users,
// tools and models wrote is in untrusted parts, or (Separation::escaped) has every control text broken. A picture or
// sound is a part of the kind media where it stands; no text that anybody wrote becomes one.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "puna/chat/message.h"
#include "puna/chat/output_format.h"
#include "puna/chat/reply_format.h"

namespace puna {

class Grammar;  // puna/base/grammar.h

inline constexpr std::size_t kTemplateBytesMax = std::size_t{64} * 1024;      // of Jinja source
inline constexpr std::size_t kPromptBytesMax = std::size_t{8} * 1024 * 1024;  // of one rendered prompt
inline constexpr std::size_t kToolsMax = 256;                                 // in one request

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
  bool tools = false;         // lists tool specs
  bool tool_calls = false;    // renders an assistant's calls
  bool tool_results = false;  // renders the tool role
  bool parallel_calls = false;
  bool system = false;     // has a place for the system message
  bool reasoning = false;  // knows reasoning: shows it, opens it, or takes it out of old turns
  // Tools, calls and results have a form of the template's own, and replies in it can be read and constrained: render()
  // uses it. Else it uses the generic format, and own_problem() says why.
  bool own_calls = false;
  bool needs_date = false;  // cannot be rendered without RenderRequest::today
};

struct RenderRequest {
  std::span<const Message> messages;
  std::span<const ToolSpec> tools;
  ToolChoice tool_choice;
  bool parallel_calls = true;          // a reply may have more than one call, where the format can write that
  std::optional<OutputFormat> format;  // what the reply must be; not together with tools
  // Texts of the model's control tokens, for the last-resort escaping and for the check that none of them, written by
  // a user, is in a trusted part. Give all of them: an empty list switches both off.
  std::span<const std::string> control_texts;
  // For templates that print the date (strftime_now). Absent: they fall back to a date of their own, and those that
  // have none refuse. A date that changes makes a prompt prefix that cannot be reused.
  std::optional<std::chrono::year_month_day> today;
};

// How untrusted text was kept apart from the template's own text.
enum class Separation : std::uint8_t {
  marked,   // all untrusted text is in untrusted parts
  escaped,  // some of it is in trusted parts, with each control text in it broken by U+200B after its first character
};

struct Prompt {
  std::vector<PromptPart> parts;  // in order; neighbours differ in trust, but for media; joined they are the prompt
  std::shared_ptr<const Grammar> grammar;  // what the reply must match; null = free text
  bool reasoning_open = false;             // the prompt ends inside the reasoning
  Separation separation = Separation::marked;

  [[nodiscard]] std::string text() const;
};

// A chat template behind one interface. A template without tool support gets the tools described in the system message
// and the calls and results as text (the generic format); a template without a system role gets it in the first user
// turn; one that refuses two turns of one role in a row gets them joined.
class ChatTemplate {
 public:
  ChatTemplate() = default;
  ChatTemplate(const ChatTemplate&) = delete;
  ChatTemplate& operator=(const ChatTemplate&) = delete;
  virtual ~ChatTemplate() = default;

  // Errors  invalid_argument  does not parse (message says where), or loses the user's text
  //         limit             larger than kTemplateBytesMax, or nested too deep
  [[nodiscard]] static Result<std::unique_ptr<const ChatTemplate>> create(const TemplateSource& source);

  [[nodiscard]] virtual const TemplateAbilities& abilities() const = 0;
  // In which replies to render()'s prompts come: the template's tags of reasoning, and calls in the form that their
  // grammar holds them to.
  [[nodiscard]] virtual const ReplyFormat& reply_format() const = 0;
  // In which replies to render_own()'s prompts come. Its calls are empty where the template has no form for them, or
  // none that could be read.
  [[nodiscard]] virtual const ReplyFormat& own_format() const = 0;
  // Why render() writes tools and calls in the generic format; empty: it uses the template's own.
  [[nodiscard]] virtual const std::string& own_problem() const = 0;
  // Renders with the assistant's turn opened. Text that is not UTF-8 gets U+FFFD in place of its bad bytes.
  // Errors  invalid_argument  no messages, a tool choice that names no tool, an unsupported schema (message says which
  //         keyword, at which path), a required parameter whose name the template's form of calls cannot hold, or the
  //         template refused the conversation (its own words are in the message)
  //         limit             more than kToolsMax tools, a prompt over kPromptBytesMax, a grammar over its bounds
  // Thread  any.
  // Cost    two renderings; three when a control text occurs in what users, tools or models wrote. The same tools and
  //         choice give the same Grammar again, as long as few others come between.
  [[nodiscard]] virtual Result<Prompt> render(const RenderRequest& request) const = 0;
  // The same with tools, calls and results in the template's own form, as its author meant it, whatever it makes of
  // them. Nothing is constrained: the prompt has no grammar.
  [[nodiscard]] virtual Result<Prompt> render_own(const RenderRequest& request) const = 0;
};

}  // namespace puna
