// One event schema for every view of a run: the screen, --jsonl, and later the store, the server and the simulator.
// Rooms below emit events through the sink that the caller handed in; nobody prints.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "puna/base/json.h"

namespace puna {

// What one model call, or a whole run, cost. Tokens are counts, times are wall time.
struct Usage {
  std::int64_t prompt_tokens = 0;  // tokens in the prompt, cached ones included
  std::int64_t cached_tokens = 0;  // of those, tokens that did not have to be computed
  std::int64_t output_tokens = 0;
  std::int64_t forced_tokens = 0;  // of those, tokens that a grammar left no choice about, without a pass of their own
  std::chrono::microseconds prefill_time{0};
  std::chrono::microseconds decode_time{0};

  Usage& operator+=(const Usage& other);
  bool operator==(const Usage&) const = default;
};

namespace event {

struct RunStarted {
  std::string task;
  std::string model;
  Json budget;  // the limits of this run; null: not said
};
struct TurnStarted {
  int turn = 0;  // 1-based
};
// Exactly what went to the model, for -v: the rendered prompt and its token ids, or the body sent to a server.
struct PromptReady {
  std::string prompt;
  std::string token_ids;  // decimal ids, separated by spaces
};
// The prompt does not begin with what this agent's conversation had been, so its cache serves up to here only.
struct PrefixLost {
  std::int64_t tokens_kept = 0;    // before the first difference
  std::int64_t tokens_before = 0;  // that the conversation had
  std::string was;                 // text around the first token that differs, as it was
  std::string is;                  // and as it is now; empty when the prompt ends there
  std::string reason;
};
// The conversation outgrew the model's window, and what the model is shown of it was cut. The transcript is whole.
struct WindowCut {
  std::string step;           // results, media, summary, turns, newest results
  std::int64_t messages = 0;  // that are now shorter or not shown
  std::int64_t tokens_before = 0;
  std::int64_t tokens_after = 0;
  std::int64_t tokens_max = 0;  // of the window
};
struct Prefill {
  std::int64_t tokens_done = 0;
  std::int64_t tokens_total = 0;
  std::int64_t tokens_cached = 0;
};
struct TextDelta {
  std::string text;  // whole UTF-8 characters
};
struct ReasoningDelta {
  std::string text;
};
// A model call ended; raw is the exact generated text, for -v.
struct ReplyReady {
  std::string raw;
  Usage usage;
  Json sampling;       // the parameters in force
  Json probabilities;  // if asked for: a list with each token's {"token", "text", "log_probability", "best"}
};
struct ToolStarted {
  std::string call_id;
  std::string tool;
  Json arguments;
};
// Between the two, where calls need permission: whether this one may run.
struct PermissionDecided {
  std::string call_id;
  std::string tool;
  bool is_allowed = false;
  std::string by;            // policy, approval, user, nobody
  std::string rule;          // what decided
  std::string call_hash;     // of the project, the tool and the arguments
  bool has_private = false;  // what the run had seen before
  bool has_untrusted = false;
  std::string agent;  // who calls, where it is an agent that another one called: "reader/counter"
};
struct ToolEnded {
  std::string call_id;
  std::string tool;
  std::string observation;
  bool is_error = false;
  std::chrono::microseconds duration{0};
};
// Something the user should know and the run survives: a repeated call, a fallback that was taken.
struct Notice {
  std::string text;
};
// What only a trace keeps (puna/agent/trace.h): a line of this type with these members.
struct Traced {
  std::string type;
  Json members;
};
struct RunEnded {
  std::string stop_reason;
  std::string answer;
  int turns = 0;
  Usage usage;
};

}  // namespace event

using Event =
    std::variant<event::RunStarted, event::TurnStarted, event::PromptReady, event::PrefixLost, event::WindowCut,
                 event::Prefill, event::TextDelta, event::ReasoningDelta, event::ReplyReady, event::ToolStarted,
                 event::PermissionDecided, event::ToolEnded, event::Notice, event::Traced, event::RunEnded>;

// One agent calls another as a tool: which, and the id of that call.
struct AgentCall {
  std::string agent;
  std::string call_id;

  bool operator==(const AgentCall&) const = default;
};

// Receives events in order, on the thread that runs the agent. Must not throw; must return soon.
class EventSink {
 public:
  EventSink() = default;
  EventSink(const EventSink&) = delete;
  EventSink& operator=(const EventSink&) = delete;
  virtual ~EventSink() = default;

  virtual void on(const Event& event) = 0;
  // An event of an agent that was called by this run's: the calls that lead down to it, the outermost first, at least
  // one. Events of agents that work at the same time come in turns, each agent's in order.
  virtual void on_nested(std::span<const AgentCall> /*path*/, const Event& /*event*/) {}

  // A sink that drops everything; lives as long as the program.
  [[nodiscard]] static EventSink& none();
};

// {"type": "tool.started", ...}: the line format of --jsonl. Times are integers in microseconds (..._us).
[[nodiscard]] Json to_json(const Event& event);
// The same with "path": [{"agent", "call_id"}, ...] behind it.
[[nodiscard]] Json to_json(std::span<const AgentCall> path, const Event& event);
[[nodiscard]] Json to_json(const Usage& usage);

}  // namespace puna
