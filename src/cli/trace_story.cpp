// See trace_story.h. Records come in the order of time; which run one belongs to, its path says.
#include "cli/trace_story.h"

#include <algorithm>
#include <map>
#include <utility>

namespace puna::cli {
namespace {

std::int64_t integer(const Json& json, std::string_view key) {
  const Json* value = json.find(key);
  return value != nullptr && value->is_integer() ? value->as_integer() : 0;
}

// The call of this id, or nullptr. Calls of code have the code's id and a point in front of their own.
CallStory* find_call(std::list<CallStory>& calls, std::string_view id) {
  for (CallStory& call : calls) {
    if (call.id == id) {
      return &call;
    }
    if (id.starts_with(call.id + ".")) {
      if (CallStory* inner = find_call(call.calls, id)) {
        return inner;
      }
    }
  }
  return nullptr;
}

class Builder {
 public:
  explicit Builder(std::vector<std::string>& problems) : problems_(problems) {}

  void take(const TraceRecord& record) {
    if (record.type == "trace") {
      story_.head = record.json;
      return;
    }
    if (record.type == "run.started") {
      start(record);
    } else if (RunStory* run = run_of(record.path); run == nullptr) {
      problem(record, "it belongs to no run");
      return;
    } else if (record.type == "run.ended" || record.type == "run.failed") {
      run->end = record.json;
    } else {
      take(record, *run);
    }
    count_in(record);
  }

  TraceStory story() { return std::move(story_); }

 private:
  // The newest run of the agent that a path leads to.
  RunStory* run_of(const std::vector<AgentCall>& path) {
    RunStory* run = story_.runs.empty() ? nullptr : &story_.runs.back();
    for (const AgentCall& step : path) {
      CallStory* call = run == nullptr ? nullptr : find_in(*run, step.call_id);
      run = call == nullptr || call->runs.empty() ? nullptr : &call->runs.back();
    }
    return run;
  }
  static CallStory* find_in(RunStory& run, std::string_view id) {
    return run.steps.empty() ? nullptr : find_call(run.steps.back().calls, id);
  }

  void start(const TraceRecord& record) {
    RunStory run{.task = std::string(record.json.text_or("task")), .model = std::string(record.json.text_or("model"))};
    if (record.path.empty()) {
      story_.runs.push_back(std::move(run));
      return;
    }
    RunStory* parent = run_of({record.path.begin(), record.path.end() - 1});
    CallStory* call = parent == nullptr ? nullptr : find_in(*parent, record.path.back().call_id);
    if (call == nullptr) {
      problem(record, format_text("its call '{}' is not there", printable(record.path.back().call_id)));
      return;
    }
    run.agent = record.path.back().agent;
    call->runs.push_back(std::move(run));
  }

  void take(const TraceRecord& record, RunStory& run) {
    if (record.type == "turn.started" || run.steps.empty()) {
      run.steps.push_back({.number = integer(record.json, "turn"), .begun_us = record.at_us});
    }
    StepStory& step = run.steps.back();
    if (record.type == "model.asked") {
      step.asked = record.json;
    } else if (record.type == "model.prompted") {
      step.prompted = record.json;
    } else if (record.type == "model.answered") {
      step.answered = record.json;
    } else if (record.type == "notice") {
      step.notes.emplace_back(record.json.text_or("text"));
    } else if (record.type == "prefix.lost") {
      step.notes.push_back(format_text("prefix lost after {} of {} tokens: {}", integer(record.json, "tokens_kept"),
                                       integer(record.json, "tokens_before"), record.json.text_or("reason")));
    } else if (record.type != "turn.started") {
      take_call(record, step);
    }
  }

  void take_call(const TraceRecord& record, StepStory& step) {
    const std::string_view id = record.json.text_or("call_id");
    if (record.type == "tool.started") {
      const std::size_t point = id.rfind('.');
      CallStory* outer = point == std::string_view::npos ? nullptr : find_call(step.calls, id.substr(0, point));
      const Json* arguments = record.json.find("arguments");
      (outer == nullptr ? step.calls : outer->calls)
          .push_back({.id = std::string(id),
                      .tool = std::string(record.json.text_or("tool")),
                      .arguments = arguments == nullptr ? Json() : *arguments});
      return;
    }
    CallStory* call = find_call(step.calls, id);
    if (call == nullptr || (record.type != "tool.ended" && record.type != "permission.decided")) {
      problem(record, call == nullptr ? "its call is not there" : "this program does not know its type");
    } else {
      (record.type == "tool.ended" ? call->end : call->permission) = record.json;
    }
  }

  // The time of a step goes on as long as something happens in it, also below.
  void count_in(const TraceRecord& record) {
    RunStory* run = story_.runs.empty() ? nullptr : &story_.runs.back();
    for (std::size_t depth = 0; run != nullptr && !run->steps.empty(); ++depth) {
      StepStory& step = run->steps.back();
      step.ended_us = std::max(step.ended_us, record.at_us);
      step.lines.push_back(record.line);
      if (depth == record.path.size()) {
        return;
      }
      CallStory* call = find_call(step.calls, record.path[depth].call_id);
      run = call == nullptr || call->runs.empty() ? nullptr : &call->runs.back();
    }
  }

  void problem(const TraceRecord& record, std::string_view what) {
    problems_.push_back(format_text("line {}: {} is left out: {}", record.line, printable(record.type), what));
  }

  std::vector<std::string>& problems_;
  TraceStory story_;
};

}  // namespace

TraceStory story_of(const std::vector<TraceRecord>& records, std::vector<std::string>& problems) {
  Builder builder(problems);
  for (const TraceRecord& record : records) {
    builder.take(record);
  }
  return builder.story();
}

}  // namespace puna::cli
