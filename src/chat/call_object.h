// A call that is written as a JSON object: which of its members are the name and the arguments.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "chat/repair.h"
#include "puna/chat/message.h"
#include "puna/chat/reply_format.h"

namespace puna {

// The call of an object in the syntax's keys, or "name" with "arguments" or "parameters"; its id is empty. With
// `repairs`, other models' keys count too where one of them is there; what was done is noted. Nothing: there is no
// name, or no arguments where other members might be meant as such.
[[nodiscard]] std::optional<ToolCall> call_of(const Json& object, const CallSyntax& syntax, Repairs* repairs);

// Whether a call's object has members that are neither its name, its arguments nor an id.
[[nodiscard]] bool says_more(const Json& object, const CallSyntax& syntax);

// Arguments as models write them: an object, or the JSON text of one in a string, or nothing at all. With `repairs`,
// the text may be damaged.
[[nodiscard]] Json read_arguments(const Json* arguments, Repairs* repairs);

// "a call of add, sub: single quotes"
[[nodiscard]] std::string repair_note(std::span<const ToolCall> calls, const Repairs& repairs);

}  // namespace puna
