// One call of a tool: the gate is asked, the tool runs, and events say so. For every loop.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "agent/calling_run.h"
#include "agent/deadline.h"
#include "agent/desk.h"
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

inline constexpr std::size_t kTogetherMax = 8;  // agents that run at the same time for one run

// Borrows all that it is given.
class GatedCalls {
 public:
  struct Run {
    Model& model;
    Toolbox& tools;
    const AgentOptions& options;
    EventSink& events;
    const Deadline& deadline;
    const Transcript& transcript;
    std::span<const ToolSpec> shown;  // to the model, in requests
    const RunEnd& own;                // what the run has spent itself
  };
  explicit GatedCalls(const Run& run)
      : model_(run.model),
        tools_(run.tools),
        options_(run.options),
        events_(run.events),
        deadline_(run.deadline),
        run_(run) {}

  // Between ToolStarted and ToolEnded: what `answer` gives.
  template <class Answer>
  Answered shown(const ToolCall& call, Answer&& answer) {
    events_.on(event::ToolStarted{.call_id = call.id, .tool = call.name, .arguments = call.arguments});
    const auto begun = options_.clock->now();
    Answered answered = answer();
    ended(call, answered.result, options_.clock->now() - begun);
    return answered;
  }
  // Asks the gate, where there is one, tells the record, and runs the tool. `end` is set when the deadline passes
  // meanwhile.
  [[nodiscard]] Answered run(const ToolCall& call, TurnEnd& end);

  // How many calls of agents stand in a row here, of which some may run at the same time.
  [[nodiscard]] std::size_t agents_at(std::span<const ToolCall> calls) const;
  // These calls at the same time, each as shown() and run() have it; `refusal` is what the run itself answers to one.
  // Their answers, in order.
  [[nodiscard]] std::vector<Answered> run_together(
      std::span<const ToolCall> calls, const std::function<std::optional<Answered>(const ToolCall&)>& refusal,
      TurnEnd& end);

  // What the run may still spend, what agents below have spent taken off.
  [[nodiscard]] Budget left() const;
  [[nodiscard]] const Spent& below() const { return below_; }
  // The record refused a call, which then was not made: the run is to end with this.
  [[nodiscard]] const std::optional<Error>& unrecorded() const { return unrecorded_; }

 private:
  struct Together;
  // Nothing: it runs, and the record knows.
  [[nodiscard]] std::optional<Answered> denied(const ToolCall& call, std::string& permission, TurnEnd& end);
  [[nodiscard]] ToolResult seen(const ToolCall& call, ToolResult result, bool is_gated, TurnEnd& end);
  [[nodiscard]] CallingRun::At site(const ToolCall& call, Gate* gate, EventSink& events, int shares);
  void run_wave(std::span<Together* const> wave, std::size_t waiting);
  void ended(const ToolCall& call, const ToolResult& result, std::chrono::steady_clock::duration took);
  [[nodiscard]] Permit ask_gate(const ToolCall& call, const Tool& tool);

  Model& model_;
  Toolbox& tools_;
  const AgentOptions& options_;
  EventSink& events_;
  const Deadline& deadline_;
  const Run run_;
  Spent below_;
  std::optional<Error> unrecorded_;
  int agents_called_ = 0;
};

}  // namespace puna::agent
