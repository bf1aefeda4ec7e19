// The loop: a model, tools, a transcript, a budget.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "puna/base.h"
#include "puna/chat.h"
#include "puna/model.h"
#include "puna/tools.h"

namespace puna {

// The ordered messages of a run: the only state an agent has.
using Transcript = std::vector<Message>;

// One message a line. Inverse of each other.
[[nodiscard]] std::string to_jsonl(const Transcript& transcript);
// Errors  corrupt  the message says which line
[[nodiscard]] Result<Transcript> transcript_from_jsonl(std::string_view text);

// Appends messages to a file as they come, one JSON line each, each line written by one call. Mode 0600.
class TranscriptFile {
 public:
  virtual ~TranscriptFile() = default;
  // Creates or truncates.  Errors  io, not_found
  [[nodiscard]] static Result<std::unique_ptr<TranscriptFile>> create(const std::filesystem::path& file);
  // Errors  io  (disk full); what was appended before is whole
  [[nodiscard]] virtual Result<void> append(const Message& message) = 0;
};

// Where a run must end. Every limit is a stop reason, not an error.
struct Budget {
  int turns_max = 20;                     // model calls
  std::int64_t output_tokens_max = 16'384;  // over all turns
  std::chrono::milliseconds time_max{std::chrono::minutes(10)};
  int repeats_max = 3;     // identical calls (tool and arguments) in a row that are answered; one more ends the run
  int malformed_max = 3;   // replies in a row that hold no valid call and no answer; one more ends the run
  int calls_per_turn_max = 16;  // further calls of one reply are answered by an error observation
};

enum class StopReason : std::uint8_t {
  answered, turns_max, output_tokens_max, time_max, window_full, repeated_call, malformed_replies, cancelled
};
[[nodiscard]] std::string_view name_of(StopReason reason) noexcept;

struct RunEnd {
  StopReason reason = StopReason::answered;
  std::string answer;  // the last text of the model; complete only when answered
  int turns = 0;
  Usage usage;
};

struct AgentOptions {
  Sampling sampling;
  Budget budget;
  TranscriptFile* record = nullptr;  // borrowed; gets each message before the next step begins
  const Clock* clock = &Clock::system();
};

// Continues a run from its transcript, whose last message must be from user or tool.
//
// Returns   why it stopped; new messages were appended to transcript in order. After every stop reason the transcript
//           is valid to continue from (every call has its result) once a user message is added.
// Errors    invalid_argument  transcript empty or ending with the assistant
//           any error of Model::ask but cancelled; of TranscriptFile::append. The transcript ends with the last complete turn
// Thread    caller's; events are delivered on the same thread.
// Cost      up to budget.turns_max model calls.
[[nodiscard]] Result<RunEnd> resume(Model& model, Toolbox& tools, Transcript& transcript, const AgentOptions& options,
                                    EventSink& events, std::stop_token stop = {});

// The system prompt of `puna run`.
[[nodiscard]] std::string_view default_system_prompt() noexcept;

}  // namespace puna
