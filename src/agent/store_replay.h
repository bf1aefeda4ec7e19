// What a session's events say: its transcript, and what the last process left unfinished. Pure functions.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "puna/agent/store.h"

namespace puna::agent {

inline constexpr std::string_view kOutcomeUnknown =
    "outcome unknown: the program ended while this call ran. It may or may not have had its effect. Find out before "
    "you "
    "make it again.";
inline constexpr std::string_view kNotRun =
    "not run: the program ended before this call began. Make it again if it is still needed.";

struct Replay {
  Transcript transcript;
  // Of the last reply, one for each call without a message: what is known of its result. Nothing: it never began.
  std::vector<std::optional<Message>> results;
  std::vector<ToolCall> unknown;  // calls that began and have no result
  bool is_partial = false;        // pieces of a reply that is not whole
};
// Errors  corrupt  an event is none of ours; the message has its number
[[nodiscard]] Result<Replay> replay(const std::vector<StoredEvent>& events);

// The messages that bring a transcript to where a run can go on, by Unfinished.
[[nodiscard]] std::vector<Message> closing_messages(const Replay& replay, Unfinished unfinished);

// How many of the events are the first `turns` turns; all whole ones without a number. Nothing: there are fewer.
[[nodiscard]] std::optional<std::size_t> events_of_turns(const std::vector<StoredEvent>& events,
                                                         std::optional<std::size_t> turns);

[[nodiscard]] Json message_event(const Message& message);
// The event's message.  Errors  corrupt  its message is none;  nothing: it is another event
[[nodiscard]] Result<std::optional<Message>> message_of(const StoredEvent& event);

}  // namespace puna::agent
