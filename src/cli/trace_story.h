// A trace as what happened: runs, their steps, the calls of each step, and the runs that a call began.
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "puna/agent/trace.h"

namespace puna::cli {

struct RunStory;

struct CallStory {
  std::string id;
  std::string tool;
  Json arguments;
  std::optional<Json> permission;  // the record
  std::optional<Json> end;         // the record; absent: it was cut off
  std::list<CallStory> calls;      // that the call itself made: code with tools
  std::list<RunStory> runs;        // of an agent that was called
};

struct StepStory {
  std::int64_t number = 0;
  std::int64_t begun_us = 0;
  std::int64_t ended_us = 0;  // the last record of it
  std::optional<Json> asked;
  std::optional<Json> prompted;
  std::optional<Json> answered;
  std::vector<std::string> notes;
  std::list<CallStory> calls;
  std::vector<std::size_t> lines;  // of its records, those of agents below it included
};

struct RunStory {
  std::string agent;  // empty: the one that the user asked
  std::string task;
  std::string model;
  std::list<StepStory> steps;
  std::optional<Json> end;  // run.ended or run.failed; absent: it was cut off
};

struct TraceStory {
  Json head;  // null: its line is damaged
  std::list<RunStory> runs;
};

// Records that have no place are left out; `problems` gets a line for each.
[[nodiscard]] TraceStory story_of(const std::vector<TraceRecord>& records, std::vector<std::string>& problems);

}  // namespace puna::cli
