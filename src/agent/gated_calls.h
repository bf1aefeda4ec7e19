// One call of a tool: the gate is asked, the tool runs, and events say so. For every loop.
#pragma once

#include <optional>
#include <stop_token>
#include <string>

#include "agent/deadline.h"
#include "puna/agent.h"

namespace puna::agent {

// Why a run ends with this turn; nothing = it goes on.
using TurnEnd = std::optional<StopReason>;

struct Answered {
  ToolResult result;
  std::string permission;  // Permit::text(); empty: no gate was asked
};

// What a call is answered with when the run is over.
[[nodiscard]] ToolResult interrupted(StopReason reason);

// Borrows all that it is given.
class GatedCalls {
 public:
  GatedCalls(Model& model, Toolbox& tools, const AgentOptions& options, EventSink& events, const Deadline& deadline)
      : model_(model), tools_(tools), options_(options), events_(events), deadline_(deadline) {}

  // Between ToolStarted and ToolEnded: what `answer` gives.
  template <class Answer>
  Answered shown(const ToolCall& call, Answer&& answer) {
    events_.on(event::ToolStarted{.call_id = call.id, .tool = call.name, .arguments = call.arguments});
    const auto begun = options_.clock->now();
    Answered answered = answer();
    ended(call, answered.result, begun);
    return answered;
  }
  // Asks the gate, where there is one, and runs the tool. `end` is set when the deadline passes meanwhile.
  [[nodiscard]] Answered run(const ToolCall& call, TurnEnd& end);

 private:
  void ended(const ToolCall& call, const ToolResult& result, std::chrono::steady_clock::time_point begun);
  [[nodiscard]] Permit ask_gate(const ToolCall& call, const Tool& tool);

  Model& model_;
  Toolbox& tools_;
  const AgentOptions& options_;
  EventSink& events_;
  const Deadline& deadline_;
};

}  // namespace puna::agent
