// Small conversations made of words that occur nowhere else, and what a template makes of them. Everything that is
// found out about a template is found with these.
#pragma once

#include <chrono>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "chat/conversation.h"
#include "chat/jinja.h"
#include "puna/chat/template.h"

namespace puna {

namespace needle {
inline constexpr std::string_view kUser = "UserNeedle";
inline constexpr std::string_view kUserToo = "UserTooNeedle";
inline constexpr std::string_view kAnswer = "AnswerNeedle";
inline constexpr std::string_view kSystem = "SystemNeedle";
inline constexpr std::string_view kThought = "ThoughtNeedle";
inline constexpr std::string_view kTool = "tool_needle";
inline constexpr std::string_view kToolToo = "tool_too_needle";
inline constexpr std::string_view kArgument = "argument_needle";
inline constexpr std::string_view kArgumentToo = "argument_too_needle";
inline constexpr std::string_view kValue = "ValueNeedle";
inline constexpr std::string_view kValueToo = "ValueTooNeedle";
inline constexpr std::string_view kResult = "ResultNeedle";
inline constexpr std::string_view kResultToo = "ResultTooNeedle";
// Nine letters and digits: the form that the pickiest templates ask for.
inline constexpr std::string_view kCallId = "callneed1";
inline constexpr std::string_view kCallIdToo = "callneed2";
}  // namespace needle

struct NeedleCall {
  std::string_view tool;
  std::string_view id;
};

// Whether the text is there and has all of the words.
[[nodiscard]] bool has_all(const std::optional<std::string>& text, std::initializer_list<std::string_view> words);

struct NeedleOptions {
  bool tools = false;  // two of them are offered
  bool opens_reply = false;
  bool built_in = false;  // the first tool is one that the model knows by itself (`builtin_tools`)
};

// Writes messages in a shape and renders them. Borrows everything; the shape may change between calls.
class NeedleTalk {
 public:
  NeedleTalk(const Jinja& jinja, const TemplateSource& source, const Shape& shape, const bool& needs_date)
      : jinja_(jinja), source_(source), shape_(shape), needs_date_(needs_date) {}

  [[nodiscard]] Json message(Role role, std::string_view text) const;
  // An assistant's message with calls, each with the needle arguments, or with others.
  [[nodiscard]] Json calls_message(const std::vector<NeedleCall>& calls, const Json& arguments) const;
  [[nodiscard]] Json calls_message(const std::vector<NeedleCall>& calls) const;
  [[nodiscard]] Json result_message(std::string_view tool, std::string_view id, std::string_view text) const;
  // The message with a thought in it, in the shape's form of reasoning.
  [[nodiscard]] Json with_thought(Json message) const;

  [[nodiscard]] Result<std::string> try_render(std::initializer_list<Json> messages, NeedleOptions options = {}) const;
  [[nodiscard]] std::optional<std::string> render(std::initializer_list<Json> messages,
                                                  NeedleOptions options = {}) const;

 private:
  const Jinja& jinja_;
  const TemplateSource& source_;
  const Shape& shape_;
  const bool& needs_date_;
};

// {"argument_needle": "ValueNeedle"}
[[nodiscard]] Json needle_arguments();

// The globals that every render has: messages, bos_token, eos_token, add_generation_prompt, enable_thinking (true: a
// model that can think may), and tools unless empty.
[[nodiscard]] Json template_variables(Json messages, Json tools, const TemplateSource& source, const Shape& shape,
                                      bool opens_reply);

}  // namespace puna
