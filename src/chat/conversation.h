// Messages and tools to the variables a template reads, in the shape that this template takes. Two pens write all text
// that others wrote: one for what was said, one for tools and calls.
#pragma once

#include <span>
#include <string_view>

#include "chat/marks.h"
#include "puna/chat/message.h"

namespace puna {

// Where a template reads an assistant's reasoning.
enum class ReasoningForm : unsigned char {
  reasoning_content,  // a member of the message, as most have it
  thinking,           // another member
  chunk,              // a piece of its content: {"type": "thinking", "thinking": ...}
};

// How a template wants its input; found by probes.
struct Shape {
  bool typed_content = false;            // content as [{"type": "text", "text": ...}]
  bool native_tools = false;             // tools, calls and results are the template's; else the generic format
  bool object_arguments = false;         // a call's arguments as an object; else as JSON text
  bool null_content = false;             // a message of calls alone has null as its content; else ""
  bool calls_alone = false;              // loses calls beside text: the text is a turn of its own before them
  bool system = false;                   // takes a first system message
  bool late_system = false;              // takes system messages later on
  bool merge_turns = false;              // refuses, or loses, two turns of one role in a row
  bool functions_text = false;           // reads the tools as the text `functions`, and the date as `datetime`
  std::string_view system_gap = "\n\n";  // without a place for it: between the system's text and the first user's
  ReasoningForm reasoning = ReasoningForm::reasoning_content;
};

struct Pens {
  Pen& said;
  Pen& tools;
};

// Puts reasoning into a message for a template.
void put_reasoning(Json& message, std::string_view text, ReasoningForm form);

// The variable `messages`.
[[nodiscard]] Json template_messages(std::span<const Message> messages, std::span<const ToolSpec> tools,
                                     const Shape& shape, const Pens& pens);

// The variable `tools`, for shapes with native tools.
[[nodiscard]] Json template_tools(std::span<const ToolSpec> tools, Pen& pen);

}  // namespace puna
