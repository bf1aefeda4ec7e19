// See calls.h.
#include "agent/calls.h"

#include <algorithm>

namespace puna::agent {

CallIds::CallIds(const Transcript& transcript) {
  for (const Message& message : transcript) {
    for (const ToolCall& call : message.calls) {
      taken_.insert(call.id);
    }
  }
}

void CallIds::make_unique(std::vector<ToolCall>& calls) {
  for (ToolCall& call : calls) {
    const std::string wanted = call.id.empty() ? "call" : call.id;
    call.id = wanted;
    // Each round meets another id that is taken, so there are at most taken_.size() rounds.
    for (std::size_t number = 2; !taken_.insert(call.id).second; ++number) {
      call.id = format_text("{}-{}", wanted, number);
    }
  }
}

std::vector<ToolCall> unanswered_calls(const Transcript& transcript) {
  std::size_t answers = 0;
  for (auto at = transcript.rbegin(); at != transcript.rend() && at->role != Role::user; ++at) {
    if (at->role == Role::assistant) {
      const std::size_t answered = std::min(answers, at->calls.size());
      return {at->calls.begin() + static_cast<std::ptrdiff_t>(answered), at->calls.end()};
    }
    ++answers;
  }
  return {};
}

int RepeatedCalls::count(const ToolCall& call) {
  if (times_ > 0 && call.name == tool_ && call.arguments == arguments_) {
    return ++times_;
  }
  tool_ = call.name;
  arguments_ = call.arguments;
  return times_ = 1;
}

}  // namespace puna::agent
