// What an LLM agent wrote, as the action that it meant. The grammar leaves nothing to guess; servers that know no
// grammar let models put a fence or a sentence around their answer, and leave the reasoning out.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "puna/model.h"
#include "puna/sim/world.h"

namespace puna::sim {

struct Answer {
  Action action;
  std::string reasoning;  // why, in the model's words; empty: it did not say
};

// schema_of(kinds), and with reasoning_max > 0 a member "reasoning" that may be missing.
[[nodiscard]] Json answer_schema(std::span<const ActionKind> kinds, int reasoning_max);

// Errors  those of json_answer(); corrupt  it is none of these actions
[[nodiscard]] Result<Answer> read_answer(const Reply& reply, std::span<const ActionKind> kinds, int reasoning_max);

// From the first brace to the last, where a brace begins it; else the inside of the first fenced block; else from the
// first brace to the last; else all of it. A part of `text`.
[[nodiscard]] std::string_view json_part(std::string_view text);

}  // namespace puna::sim
