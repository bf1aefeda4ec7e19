// The sentences with which the loop itself speaks to a model (and default_system_prompt() of the door). The demo model
// is trained on them: they change with it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "puna/agent.h"

namespace puna::agent {

inline constexpr std::string_view kRepeatedCall =
    "this exact call was already made. Use its result or try something else.";
inline constexpr std::string_view kCancelled = "cancelled";
inline constexpr std::string_view kTimeout = "timeout";

// "<beginning> as JSON with name, age and job.": the members that a schema's object has, and a line for each that is
// described. `beginning` is one of the two.
inline constexpr std::string_view kAnswer = "Answer";                    // behind a task
inline constexpr std::string_view kGiveThisAnswer = "Give this answer";  // the one before
[[nodiscard]] std::string as_json(std::string_view beginning, const Json& schema);

// For a call behind the first calls_max of its reply.
[[nodiscard]] std::string too_many_calls(int calls_max);

// Stands in the transcript where the model wrote a call that is not valid.
inline constexpr std::string_view kMalformedCallNote = "(a tool call that was not valid)";

// What a fork reads as the result of the call that made it, and in place of the other calls' results.
[[nodiscard]] std::string fork_task(std::string_view name, std::string_view instructions, std::string_view task);
inline constexpr std::string_view kNotForFork = "(another agent sees to this call)";

// The user message that answers a reply without a valid call and without an answer. It quotes the text that looked like
// a call, if there was one, and shows the format by the first tool of the box.
[[nodiscard]] std::string malformed_reply(const std::vector<std::string>& malformed_calls,
                                          const std::vector<ToolSpec>& tools);

}  // namespace puna::agent
