// What is in a block of calls (call_form.h): names and arguments, read leniently about white space, closing marks and
// the ways in which models write arguments, strictly about everything that could change what a call does.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "chat/call_form.h"
#include "chat/repair.h"
#include "puna/chat/message.h"

namespace puna {

// The calls of a block, at least one; ids are empty. Empty when any part of it is not what the form says.
// `tools` give the types of parameters that are written without quotes; without them, what looks like JSON is JSON.
// With `repairs`, JSON in the block may be damaged (repair.h); what was done is noted there.
[[nodiscard]] std::optional<std::vector<ToolCall>> read_calls(const CallForm& form, std::string_view block,
                                                              std::span<const ToolSpec> tools,
                                                              Repairs* repairs = nullptr);

}  // namespace puna
