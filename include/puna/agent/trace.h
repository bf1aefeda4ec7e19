// The trace of runs: a file of JSON lines from which every step can be read back. docs/trace.md has the records.
//
//   auto trace = puna::Trace::create("run.trace").value();
//   auto model = trace->watch(*local_model);
//   auto events = trace->watch(view);
//   auto end = puna::resume(*model, tools, transcript, options, *events);
//
// It holds all that the model saw and said, and so whatever secrets were in it: the file is its owner's alone.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "puna/agent.h"

namespace puna {

inline constexpr int kTraceVersion = 1;

// The file. It holds whole lines, but for the last one, which a kill in the middle of its write() can cut; what was
// written survives the end of the process, not of the machine. When it cannot be written any more the runs go on
// without it: a Notice says so, once, and nothing follows in the file.
class Trace {
 public:
  Trace() = default;
  Trace(const Trace&) = delete;
  Trace& operator=(const Trace&) = delete;
  virtual ~Trace() = default;

  // Creates or truncates, mode 0600, and writes the first record: the version, and the members of `about`. The clock is
  // borrowed.
  // Errors  not_found  its folder;  io  no permission, a folder, a pipe, a full disk
  [[nodiscard]] static Result<std::unique_ptr<Trace>> create(const std::filesystem::path& file, const Json& about,
                                                             const Clock& clock = Clock::system());

  // A model that does as the given one, and emits its requests and replies as events that only a trace keeps. Borrows.
  // Thread  any, as for every model.
  [[nodiscard]] virtual std::unique_ptr<Model> watch(Model& model) = 0;
  // A sink that writes events, and passes those on that are not the trace's own. Borrows.
  [[nodiscard]] virtual std::unique_ptr<EventSink> watch(EventSink& view) = 0;
  // A run that ended by an error has no other last record.
  virtual void failed(const Error& error) = 0;
};

// One line of a trace.
struct TraceRecord {
  std::size_t line = 0;  // 1-based
  std::string type;
  std::int64_t at_us = 0;  // since the trace began
  std::vector<AgentCall> path;
  Json json;  // the whole record
};
struct ReadTrace {
  std::vector<TraceRecord> records;   // the first one is of type "trace", unless its line is damaged
  std::vector<std::string> problems;  // "line 7: ...": lines that were left out
  bool is_cut = false;                // the last line has no end: whoever wrote it was stopped
};
// Takes what can be read.
// Errors  corrupt  not a trace: no line of it is a record;  unavailable  it is of a later version
[[nodiscard]] Result<ReadTrace> read_trace(std::string_view text);

}  // namespace puna
