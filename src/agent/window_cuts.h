// The pieces of a ContextWindow: which turns are old, what a shortened result says, the summary that a model writes.
#pragma once

#include <cstddef>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "puna/agent.h"

namespace puna::agent {

// A user's message, or a reply with the results of its calls: [begin, end) of a transcript.
struct Turn {
  std::size_t begin = 0;
  std::size_t end = 0;
};

// The turns that may be shortened or left out, oldest first: none of the newest `turns_kept`, none with the task, a
// system message or a pinned one.
[[nodiscard]] std::vector<Turn> old_turns(const Transcript& transcript, std::size_t task,
                                          const std::set<std::size_t>& pinned, std::size_t turns_kept);

[[nodiscard]] std::size_t bytes_of(const Message& message);

// "<the first bytes> [... 5,120 bytes of this result are no longer shown]"; whole characters.
[[nodiscard]] std::string beginning_of_result(std::string_view result, std::size_t bytes_kept);
// The same with half of the bytes from the end.
[[nodiscard]] std::string ends_of_result(std::string_view result, std::size_t bytes_kept);

// What stands for messages that are not shown.
[[nodiscard]] std::string left_out_note(std::size_t messages, std::string_view summary);
// A user's message, or more of the one that is the last already.
void add_user_text(std::vector<Message>& messages, std::string_view text);
// The same with what is attached to it.
void add_user_message(std::vector<Message>& messages, const Message& message);
// The message with a note for each of its attachments, where it stood.
[[nodiscard]] Message without_media(const Message& message);

inline constexpr std::size_t kSummaryMessagesMin = 4;  // fewer are no conversation to sum up

struct Summary {
  std::string text;  // empty: the model had none, or no room for one
  Usage usage;
};
// Asks for a summary of the messages, behind the same beginning as `request`, so that it is computed from the cache.
// Errors  those of Model::ask
[[nodiscard]] Result<Summary> summary_of(Model& model, const Request& request, std::vector<Message> messages,
                                         std::int64_t tokens_max, EventSink& events, const std::stop_token& stop);

}  // namespace puna::agent
