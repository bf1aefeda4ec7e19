// See store_replay.h.
#include "agent/store_replay.h"

#include <algorithm>
#include <set>
#include <utility>

#include "agent/calls.h"
#include "agent/code_prompt.h"

namespace puna::agent {
namespace {

// What is heard of the calls of one reply.
struct Heard {
  std::set<std::string, std::less<>> running;
  std::vector<Message> ended;
};

class Reader {
 public:
  Result<void> read(const StoredEvent& event) {
    PUNA_TRY(std::optional<Message> message, message_of(event));
    const std::string_view type = event.json.text_or("type");
    if (message) {
      if (message->role == Role::assistant) {
        heard_ = {};
      }
      found_.is_partial = false;
      found_.transcript.push_back(*std::move(message));
    } else if (type == "transcript.cut") {
      return cut(event);
    } else if (event.json.find("path") != nullptr) {  // of an agent below: its own affair
    } else if (type == "tool.running") {
      heard_.running.emplace(event.json.text_or("call_id"));
    } else if (type == "tool.ended") {
      const Json* is_error = event.json.find("is_error");
      heard_.ended.push_back({.role = Role::tool,
                              .content = std::string(event.json.text_or("observation")),
                              .call_id = std::string(event.json.text_or("call_id")),
                              .tool = std::string(event.json.text_or("tool")),
                              .is_error = is_error != nullptr && is_error->is_bool() && is_error->as_bool()});
    } else if (type == "text.delta" || type == "reasoning.delta") {
      found_.is_partial = true;
    } else if (type == "run.ended" || type == "session.resumed") {
      found_.is_partial = false;
    }
    return {};
  }

  Replay end() {
    for (const ToolCall& call : unanswered_calls(found_.transcript)) {
      const auto ended = std::ranges::find(heard_.ended, call.id, &Message::call_id);
      if (ended != heard_.ended.end()) {
        found_.results.emplace_back(*ended);
      } else if (heard_.running.contains(call.id)) {
        found_.unknown.push_back(call);
        found_.results.emplace_back(result(call, kOutcomeUnknown));
      } else {
        found_.results.emplace_back(std::nullopt);
      }
    }
    return std::move(found_);
  }

  static Message result(const ToolCall& call, std::string_view text) {
    return {.role = Role::tool,
            .content = tool_error(text).content,
            .call_id = call.id,
            .tool = call.name,
            .is_error = true};
  }

 private:
  Result<void> cut(const StoredEvent& event) {
    const Json* messages = event.json.find("messages");
    if (messages == nullptr || !messages->is_integer() || messages->as_integer() < 0 ||
        std::cmp_greater(messages->as_integer(), found_.transcript.size())) {
      return fail(ErrorCode::corrupt, format_text("event {} cuts messages that are not there", event.number));
    }
    found_.transcript.resize(static_cast<std::size_t>(messages->as_integer()));
    heard_ = {};
    return {};
  }

  Replay found_;
  Heard heard_;
};

}  // namespace

Json message_event(const Message& message) {
  return Json::object({{"type", "message"}, {"message", to_json(message)}});
}

Result<std::optional<Message>> message_of(const StoredEvent& event) {
  if (event.json.text_or("type") != "message") {
    return std::nullopt;
  }
  const Json* message = event.json.find("message");
  auto read = message_from_json(message == nullptr ? Json() : *message);
  if (!read) {
    return fail(ErrorCode::corrupt, format_text("event {} is no message: {}", event.number, read.error().message));
  }
  return std::optional(*std::move(read));
}

Result<Replay> replay(const std::vector<StoredEvent>& events) {
  Reader reader;
  for (const StoredEvent& event : events) {
    PUNA_TRY_VOID(reader.read(event));
  }
  return reader.end();
}

std::vector<Message> closing_messages(const Replay& replay, Unfinished unfinished) {
  const std::vector<ToolCall> calls = unanswered_calls(replay.transcript);
  const auto last = std::find_if(replay.results.rbegin(), replay.results.rend(),
                                 [](const std::optional<Message>& result) { return result.has_value(); });
  // Results stand in the order of their calls, so a call in front of one that began cannot be made any more.
  const auto closed =
      unfinished == Unfinished::close ? calls.size() : static_cast<std::size_t>(replay.results.rend() - last);
  std::vector<Message> messages;
  for (std::size_t i = 0; i < closed; ++i) {
    messages.push_back(replay.results[i].value_or(Reader::result(calls[i], kNotRun)));
  }
  const bool is_open = !replay.transcript.empty() && (replay.transcript.back().role == Role::user ||
                                                      replay.transcript.back().role == Role::tool || !calls.empty());
  if (unfinished == Unfinished::close && is_open) {
    messages.push_back({.role = Role::assistant, .content = std::string(kStopped)});
  }
  return messages;
}

std::optional<std::size_t> events_of_turns(const std::vector<StoredEvent>& events, std::optional<std::size_t> turns) {
  std::size_t begun = 0;     // turns
  std::size_t whole = 0;     // events that end with whole turns
  std::size_t missing = 0;   // results of the last reply
  std::size_t messages = 0;  // events up to the last message
  for (std::size_t i = 0; i < events.size(); ++i) {
    const auto message = message_of(events[i]);
    if (!message || !*message) {
      continue;
    }
    const bool is_reply = (*message)->role == Role::assistant;
    if (turns && missing == 0 && begun == *turns && (is_reply || (*message)->role == Role::user)) {
      break;
    }
    if (is_reply) {
      ++begun;
      missing = (*message)->calls.size();
    } else if ((*message)->role == Role::tool) {
      missing -= std::min<std::size_t>(missing, 1);
    }
    messages = i + 1;
    if (missing == 0) {
      whole = messages;
    }
  }
  const std::size_t finished = begun - (missing > 0 ? 1 : 0);
  if (turns && finished < *turns) {
    return std::nullopt;
  }
  return whole;
}

}  // namespace puna::agent
