// The loop: a model, tools, a transcript, a budget.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "puna/base.h"
#include "puna/chat.h"
#include "puna/model.h"
#include "puna/tools.h"
#include "puna/tools/gate.h"

namespace puna {

class ContextWindow;  // puna/agent/window.h

// The ordered messages of a run: the only state an agent has.
using Transcript = std::vector<Message>;

// One message a line, each line ended. Inverse of each other for valid UTF-8.
[[nodiscard]] std::string to_jsonl(const Transcript& transcript);
// Errors  corrupt  not JSON, half a line, an empty line, not a message; the error's message says which line
[[nodiscard]] Result<Transcript> transcript_from_jsonl(std::string_view text);

// Hears of a run's steps before they take effect. An error ends the run, and the step is not taken.
class RunRecord {
 public:
  RunRecord() = default;
  RunRecord(const RunRecord&) = delete;
  RunRecord& operator=(const RunRecord&) = delete;
  virtual ~RunRecord() = default;
  // A message that the run adds, before anything else happens.
  // Thread  one caller at a time.
  [[nodiscard]] virtual Result<void> append(const Message& message) = 0;
  // A call that was allowed, right before its tool runs. path: the calls that lead down to the agent that makes it,
  // empty for the run's own.
  // Thread  any.
  [[nodiscard]] virtual Result<void> starting(std::span<const AgentCall> /*path*/, const ToolCall& /*call*/) {
    return {};
  }
};

// Appends messages to a file as they come, one JSON line each, each line written by one call. Mode 0600.
// Nothing is synced: a message survives the end of the process, not of the machine (puna/agent/store.h does more).
class TranscriptFile : public RunRecord {
 public:
  // Creates or truncates.  Errors  not_found  its folder;  io  no permission, a folder, a pipe
  [[nodiscard]] static Result<std::unique_ptr<TranscriptFile>> create(const std::filesystem::path& file);
  // Errors  io  (disk full); what was appended before is whole, half a line is taken back
  [[nodiscard]] Result<void> append(const Message& message) override = 0;
};

// Where a run must end. Every limit is a stop reason, not an error. No turns, no tokens or no time: no model call.
struct Budget {
  int turns_max = 20;                       // model calls
  std::int64_t output_tokens_max = 16'384;  // over all turns; also bounds each call, so it is never passed
  std::chrono::milliseconds time_max{std::chrono::minutes(10)};  // stops a model or a tool in the middle
  // Identical calls (tool and arguments) in a row that are answered, the second and later ones by an error observation;
  // one more ends the run.
  int repeats_max = 3;
  int malformed_max = 3;        // replies in a row that hold no valid call and no answer; one more ends the run
  int calls_per_turn_max = 16;  // further calls of one reply are answered by an error observation
};
// {"turns_max", "output_tokens_max", "time_max_ms"}
[[nodiscard]] Json to_json(const Budget& budget);

enum class StopReason : std::uint8_t {
  answered,
  turns_max,
  output_tokens_max,
  time_max,
  window_full,
  repeated_call,
  malformed_replies,
  cancelled
};
[[nodiscard]] std::string_view name_of(StopReason reason) noexcept;

struct RunEnd {
  StopReason reason = StopReason::answered;
  std::string answer;  // the last text of the model in this run; complete only when answered
  int turns = 0;       // model calls begun
  Usage usage;         // of all calls that gave a reply
};

struct AgentOptions {
  AgentId id{1};  // tells agents of one model apart; with the seed it fixes the random numbers
  Sampling sampling;
  std::optional<int> reasoning_tokens_max;  // of each reply: see Request
  // `required` and a named tool hold until a reply of this run had a call: no run could end otherwise.
  ToolChoice tool_choice;
  bool parallel_calls = true;
  Budget budget;
  RunRecord* record = nullptr;  // borrowed; hears of each message and each call before it takes effect
  // Borrowed; decides what the model is shown of a transcript that outgrows its window, and remembers it between runs.
  // None: one with the default options, for this run.
  ContextWindow* window = nullptr;
  Gate* gate = nullptr;  // borrowed; is asked before each call that the tools would run. None: all of them run
  const Clock* clock =
      &Clock::system();  // borrowed; any other only ends the run between calls: its time cannot be slept
};

// Continues a run from its transcript, whose last message must be from user or tool, or have calls. Calls of its last
// reply that have no result yet are made first.
//
// A reply with calls: each call is answered, in order, by one tool message. A reply with neither a call nor an answer,
// or with text that only looks like a call, is answered by a user message that teaches the format. Call ids that were
// used before are made unique.
//
// Events    RunStarted, then for each turn TurnStarted, WindowCut where the prompt had to be made smaller, the model's
// events, and ToolStarted, with a gate
//           PermissionDecided, and ToolEnded for every call (also one that is refused); RunEnded last, unless an error
//           is returned. Notice for repeated calls and the like.
// Returns   why it stopped; new messages were appended to transcript in order. After every stop reason the transcript
//           is valid to continue from (every call has its result) once a user message is added.
// Errors    invalid_argument  transcript empty, or its last message is an answer, or a system prompt
//           unavailable       no thread could be started for the time limit
//           any error of Model::ask but cancelled and limit, and of options.record: the transcript ends with
//           the last complete turn
// Thread    caller's; events are delivered on the same thread.
// Cost      up to budget.turns_max model calls.
[[nodiscard]] Result<RunEnd> resume(Model& model, Toolbox& tools, Transcript& transcript, const AgentOptions& options,
                                    EventSink& events, std::stop_token stop = {});

// The system prompt of `puna run`.
[[nodiscard]] std::string_view default_system_prompt() noexcept;

}  // namespace puna
