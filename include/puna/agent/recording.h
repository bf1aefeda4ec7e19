// Recordings of runs: a file of JSON lines that holds all that a run took from outside, so that it can be made again
// without the model, the tools and the machine. docs/replay.md has the records.
//
//   auto recorder = puna::Recorder::create("run.rec").value();
//   auto asked = recorder->watch(*model);
//   auto events = recorder->watch(view);
//   auto box = recorder->watch(tools).value();
//   options.record = &recorder->record();
//   recorder->begin({.agent = options, .transcript = transcript, ...});
//   recorder->finish(puna::resume(*asked, box, transcript, options, *events));
//
//   auto recording = puna::read_recording(text).value();
//   auto again = puna::replay(recording, view).value();   // again.difference: nothing, or the first one
//
// It holds all that the model and the tools said, and so whatever secrets were in it: the file is its owner's alone.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "puna/agent.h"
#include "puna/agent/code_agent.h"
#include "puna/model/recorded_model.h"

namespace puna {

inline constexpr int kRecordingVersion = 1;

// What a run is begun with.
struct RecordedRun {
  Json about;              // an object: who ran, on what; for people, and for differences()
  AgentOptions agent;      // without what it borrows
  bool shows_all = false;  // no managed window
  Transcript transcript;   // that the run goes on from; of code: empty
  bool is_code = false;    // the rest is a code agent's
  std::string task;
  std::vector<std::string> imports;
  std::string instructions;
  int planning_interval = 0;
  int calls_per_step_max = 200;
};

// Writes one run. When something cannot be written nothing more is, and record() and finish() say so.
// Thread  any. One agent: agents as tools are refused.
class Recorder {
 public:
  Recorder() = default;
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;
  virtual ~Recorder() = default;

  // Creates or truncates, mode 0600.  Errors  not_found  its folder;  io  no permission, a folder, a pipe
  [[nodiscard]] static Result<std::unique_ptr<Recorder>> create(const std::filesystem::path& file);

  // Each does as what it is given, which it borrows, and writes down what that answers. Before begin().
  [[nodiscard]] virtual std::unique_ptr<Model> watch(Model& model) = 0;
  [[nodiscard]] virtual std::unique_ptr<EventSink> watch(EventSink& view) = 0;
  // Errors  invalid_argument  an agent is among the tools
  [[nodiscard]] virtual Result<Toolbox> watch(Toolbox& tools) = 0;
  [[nodiscard]] virtual std::unique_ptr<Gate> watch(Gate& gate) = 0;
  [[nodiscard]] virtual OpenInterpreter watch(OpenInterpreter open) = 0;
  // Hears of messages, and tells `next` (borrowed; may be absent).
  [[nodiscard]] virtual RunRecord& record(RunRecord* next = nullptr) = 0;

  // The first line.  Errors  io
  [[nodiscard]] virtual Result<void> begin(const RecordedRun& run) = 0;
  // The last line: how it ended.  Errors  io, also of an earlier line
  [[nodiscard]] virtual Result<void> finish(const std::optional<Error>& failure) = 0;
};

// What a recording has of tools, permissions and code, each in order.
struct RecordedTool {
  ToolSpec spec;
  std::optional<ToolTraits> traits;
};
struct RecordedResult {
  std::string tool;
  Json arguments;
  ToolResult result;
  bool is_stopped = false;  // a stop was asked for meanwhile, as in the next two
};
struct RecordedPermit {
  ToolCall call;
  Permit permit;
  bool is_stopped = false;
};
struct RecordedCode {
  std::string code;
  std::vector<PythonCall> calls;
  Result<PythonStep> step;
  bool is_stopped = false;
};

struct Recording {
  Json head;  // its first line
  RecordedRun run;
  ModelRecord model;
  std::vector<RecordedTool> tools;
  bool has_gate = false;
  std::string dialect;  // of the interpreter
  bool is_micropython = false;
  std::vector<RecordedResult> results;
  std::vector<RecordedPermit> permits;
  std::vector<RecordedCode> code;
  std::vector<Json> events;  // the event log: lines of --jsonl, with text joined and without times and progress
  Transcript messages;       // that the run added
  std::optional<Error> failure;
  bool is_cut = false;      // it has no last line: whoever wrote it was stopped
  std::vector<Json> lines;  // all of it, but for events
};
// Errors  corrupt  the message says which line, and what is wrong with it;  unavailable  it is of a later version
[[nodiscard]] Result<Recording> read_recording(std::string_view text);

struct Replayed {
  std::vector<Json> events;
  Transcript messages;                    // that the run added
  std::optional<std::string> difference;  // the first one, with both sides
};
// Makes the run again with the recorded answers: no model, no tool, no code and no clock is used. A call that is not
// the recorded one ends it.
// Errors  those of resume() that are no misses;  invalid_argument  a tool that this program does not take
[[nodiscard]] Result<Replayed> replay(const Recording& recording, EventSink& view = EventSink::none());

// In what two recordings differ, in words: each member of their first lines, then the first of all that follows.
[[nodiscard]] std::vector<std::string> differences(const Recording& was, const Recording& is);

// The whole transcript of a run.
[[nodiscard]] Transcript transcript_of(const Recording& recording);

}  // namespace puna
