// A call as policies look at it, and the names under which answers about it are kept.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "puna/chat.h"
#include "puna/tools/workspace.h"
#include "tools/decision.h"

namespace puna::tools {

// One text for equal values: members sorted by their bytes, whole numbers without a point, no spaces.
// Different values have different texts, also when their strings are not UTF-8.
[[nodiscard]] std::string canonical_text(const Json& value);

// 64 hexadecimal digits for this call in this project.
[[nodiscard]] std::string call_hash(std::string_view project, const ToolCall& call);

// workspace  may be absent: then paths lie nowhere.   Cost  one openat2 for each component that does not exist.
[[nodiscard]] CallFacts facts_of(const ToolCall& call, const std::optional<ToolTraits>& traits,
                                 const Workspace* workspace);

// What "always for this argument" is kept under: the tool and its paths, commands or other subject; for a tool with
// none of these the call's hash. Nothing where that is not known: a path that lies nowhere, a line that is not
// understood.
[[nodiscard]] std::optional<Json> argument_key(const CallFacts& facts, std::string_view call_hash);
// The same for people, on one line: "write notes.txt".
[[nodiscard]] std::string argument_text(const CallFacts& facts);
// What "always for this tool" is kept under.
[[nodiscard]] Json tool_key(const CallFacts& facts);

}  // namespace puna::tools
