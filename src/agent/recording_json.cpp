// See recording_json.h.
#include "agent/recording_json.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace puna::agent {
namespace {

constexpr std::array kRecordedCodes{
    ErrorCode::invalid_argument, ErrorCode::not_found, ErrorCode::unavailable, ErrorCode::limit,
    ErrorCode::cancelled,        ErrorCode::corrupt,   ErrorCode::io,          ErrorCode::internal};
constexpr std::array kPermitBys{Permit::By::policy, Permit::By::approval, Permit::By::user, Permit::By::nobody};
constexpr std::array kPythonEnds{PythonEnd::finished,  PythonEnd::final_answer, PythonEnd::error,
                                 PythonEnd::wall_time, PythonEnd::cancelled,    PythonEnd::died};

constexpr std::int64_t kLimitMax = 1'000'000'000;  // what can be taken off without an overflow

bool flag(const Json& json, std::string_view key) {
  const Json* value = json.find(key);
  return value != nullptr && value->is_bool() && value->as_bool();
}

std::int64_t number(const Json& json, std::string_view key, std::int64_t otherwise = 0) {
  const Json* value = json.find(key);
  return value != nullptr && value->is_integer() ? value->as_integer() : otherwise;
}

// A limit that was passed before the run began is less than nothing.
int small_number(const Json& json, std::string_view key, int otherwise) {
  const std::int64_t value = number(json, key, otherwise);
  return value >= -kLimitMax && std::in_range<int>(value) ? static_cast<int>(value) : otherwise;
}

Json member(const Json& json, std::string_view key) { return json.find(key) == nullptr ? Json() : *json.find(key); }

const Json::Array& items(const Json& json, std::string_view key) {
  static const Json::Array kNone;
  const Json* list = json.find(key);
  return list != nullptr && list->is_array() ? list->as_array() : kNone;
}

std::vector<std::string> texts(const Json& json, std::string_view key) {
  std::vector<std::string> all;
  for (const Json& text : items(json, key)) {
    all.push_back(text.is_string() ? text.as_string() : text.dump());
  }
  return all;
}

Json texts_list(const std::vector<std::string>& all) {
  Json list = Json::array();
  std::ranges::for_each(all, [&list](const std::string& text) { list.push(text); });
  return list;
}

std::unexpected<Error> wrong_line(std::string message) { return fail(ErrorCode::corrupt, std::move(message)); }

// The parameters that the run's requests have, as a request has them.
Json agent_json(const AgentOptions& options) {
  const Request request{.tool_choice = options.tool_choice,
                        .parallel_calls = options.parallel_calls,
                        .sampling = options.sampling,
                        .reasoning_tokens_max = options.reasoning_tokens_max,
                        .agent = options.id};
  Json json = puna::parameters_of(request);
  json.set("turns_max", options.budget.turns_max);
  json.set("output_tokens_max", options.budget.output_tokens_max);
  json.set("time_max_ms", static_cast<std::int64_t>(options.budget.time_max.count()));
  json.set("repeats_max", options.budget.repeats_max);
  json.set("malformed_max", options.budget.malformed_max);
  json.set("calls_per_turn_max", options.budget.calls_per_turn_max);
  return json;
}

Result<AgentOptions> agent_from(const Json& json) {
  if (!json.is_object() && !json.is_null()) {
    return wrong_line("\"agent\" is not an object");
  }
  Json request = json;
  request.set("messages", Json::array()).set("tools", Json::array());
  PUNA_TRY(Request read, request_from_json(request));
  AgentOptions options{.id = read.agent,
                       .sampling = std::move(read.sampling),
                       .reasoning_tokens_max = read.reasoning_tokens_max,
                       .tool_choice = read.tool_choice,
                       .parallel_calls = read.parallel_calls};
  Budget& budget = options.budget;
  budget.turns_max = small_number(json, "turns_max", budget.turns_max);
  budget.output_tokens_max = std::max(-kLimitMax, number(json, "output_tokens_max", budget.output_tokens_max));
  budget.time_max = std::chrono::milliseconds(number(json, "time_max_ms", budget.time_max.count()));
  budget.repeats_max = small_number(json, "repeats_max", budget.repeats_max);
  budget.malformed_max = small_number(json, "malformed_max", budget.malformed_max);
  budget.calls_per_turn_max = small_number(json, "calls_per_turn_max", budget.calls_per_turn_max);
  return options;
}

Json traits_json(const ToolTraits& traits) {
  Json json = Json::object();
  for (const auto& [name, value] : {std::pair("reads_private", traits.reads_private),
                                    {"reads_untrusted", traits.reads_untrusted},
                                    {"delegates", traits.delegates},
                                    {"writes", traits.writes},
                                    {"runs_code", traits.runs_code},
                                    {"outbound", traits.outbound},
                                    {"paths_are_trees", traits.paths_are_trees}}) {
    if (value) {
      json.set(name, true);
    }
  }
  json.set("path_arguments", texts_list(traits.path_arguments));
  json.set("command_argument", traits.command_argument);
  json.set("subject_argument", traits.subject_argument);
  return json;
}

ToolTraits traits_from(const Json& json) {
  return {.reads_private = flag(json, "reads_private"),
          .reads_untrusted = flag(json, "reads_untrusted"),
          .delegates = flag(json, "delegates"),
          .writes = flag(json, "writes"),
          .runs_code = flag(json, "runs_code"),
          .outbound = flag(json, "outbound"),
          .path_arguments = texts(json, "path_arguments"),
          .paths_are_trees = flag(json, "paths_are_trees"),
          .command_argument = std::string(json.text_or("command_argument")),
          .subject_argument = std::string(json.text_or("subject_argument"))};
}

Json tools_json(std::span<const RecordedTool> tools) {
  Json list = Json::array();
  for (const RecordedTool& tool : tools) {
    Json entry = Json::object({{"spec", to_json(tool.spec)}});
    if (tool.traits) {
      entry.set("traits", traits_json(*tool.traits));
    }
    list.push(std::move(entry));
  }
  return list;
}

Result<void> read_tools(const Json& head, Recording& recording) {
  for (const Json& entry : items(head, "tools")) {
    RecordedTool& tool = recording.tools.emplace_back();
    PUNA_TRY(tool.spec, tool_spec_from_json(member(entry, "spec")));
    if (const Json* traits = entry.find("traits")) {
      tool.traits = traits_from(*traits);
    }
  }
  return {};
}

Json step_json(const PythonStep& step) {
  Json json = Json::object({{"end", name_of(step.end)}, {"output", step.output.text()}});
  if (step.value) {
    json.set("value", *step.value);
  }
  if (step.final_answer) {
    json.set("final_answer", *step.final_answer);
  }
  if (const auto& error = step.error) {
    json.set("error", Json::object({{"type", error->type},
                                    {"message", error->message},
                                    {"line", error->line},
                                    {"source", error->source},
                                    {"trace", error->trace}}));
  }
  json.set("calls", step.calls);
  if (step.state_lost) {
    json.set("state_lost", true);
  }
  return json;
}

Result<PythonStep> step_from(const Json& json) {
  const auto end = std::ranges::find(kPythonEnds, json.text_or("end"), [](PythonEnd each) { return name_of(each); });
  if (end == kPythonEnds.end()) {
    return wrong_line("a piece of code without a known 'end'");
  }
  PythonStep step{.end = *end, .output = {.head = std::string(json.text_or("output")), .tail = {}}};
  if (json.find("value") != nullptr) {
    step.value = std::string(json.text_or("value"));
  }
  if (const Json* answer = json.find("final_answer")) {
    step.final_answer = *answer;
  } else if (step.end == PythonEnd::final_answer) {
    return wrong_line("a piece of code that ended with an answer, without its 'final_answer'");
  }
  if (const Json* error = json.find("error")) {
    step.error = PythonError{.type = std::string(error->text_or("type")),
                             .message = std::string(error->text_or("message")),
                             .line = small_number(*error, "line", 0),
                             .source = std::string(error->text_or("source")),
                             .trace = std::string(error->text_or("trace"))};
  }
  step.calls = static_cast<std::uint32_t>(std::clamp<std::int64_t>(number(json, "calls"), 0, 1'000'000'000));
  step.state_lost = flag(json, "state_lost");
  return step;
}

Json with_stop(Json json, bool is_stopped) {
  if (is_stopped) {
    json.set("is_stopped", true);
  }
  return json;
}

}  // namespace

Json head_json(const RecordedRun& run, const Model* model, std::span<const RecordedTool> tools, bool has_gate) {
  Json head = Json::object({{"version", kRecordingVersion}, {"about", run.about}});
  if (model != nullptr) {
    head.set("model", Json::object({{"name", model->name()},
                                    {"window_tokens", model->window_tokens()},
                                    {"counts_exactly", model->counts_exactly()}}));
  }
  head.set("agent", agent_json(run.agent));
  head.set("shows_all", run.shows_all);
  head.set("has_gate", has_gate);
  if (run.is_code) {
    head.set("code", Json::object({{"task", run.task},
                                   {"imports", texts_list(run.imports)},
                                   {"instructions", run.instructions},
                                   {"planning_interval", run.planning_interval},
                                   {"calls_per_step_max", run.calls_per_step_max}}));
  } else {
    Json messages = Json::array();
    std::ranges::for_each(run.transcript, [&messages](const Message& each) { messages.push(to_json(each)); });
    head.set("transcript", std::move(messages));
  }
  return head.set("tools", tools_json(tools));
}

Result<void> read_head(const Json& head, Recording& recording) {
  RecordedRun& run = recording.run;
  run.about = member(head, "about");
  const Json model = member(head, "model");
  recording.model.name = std::string(model.text_or("name"));
  recording.model.window_tokens = small_number(model, "window_tokens", 0);
  recording.model.counts_exactly = flag(model, "counts_exactly");
  PUNA_TRY(run.agent, agent_from(member(head, "agent")));
  run.shows_all = flag(head, "shows_all");
  recording.has_gate = flag(head, "has_gate");
  if (const Json* code = head.find("code")) {
    run.is_code = true;
    run.task = std::string(code->text_or("task"));
    run.imports = texts(*code, "imports");
    run.instructions = std::string(code->text_or("instructions"));
    run.planning_interval = small_number(*code, "planning_interval", 0);
    run.calls_per_step_max = small_number(*code, "calls_per_step_max", run.calls_per_step_max);
  }
  for (const Json& message : items(head, "transcript")) {
    PUNA_TRY(Message read, message_from_json(message));
    run.transcript.push_back(std::move(read));
  }
  return read_tools(head, recording);
}

Json result_json(const RecordedResult& result) {
  return with_stop(Json::object({{"type", "tool"},
                                 {"tool", result.tool},
                                 {"arguments", result.arguments},
                                 {"content", result.result.content},
                                 {"is_error", result.result.is_error}}),
                   result.is_stopped);
}

RecordedResult result_from(const Json& line) {
  return {.tool = std::string(line.text_or("tool")),
          .arguments = member(line, "arguments"),
          .result = {.content = std::string(line.text_or("content")), .is_error = flag(line, "is_error")},
          .is_stopped = flag(line, "is_stopped")};
}

Json permit_json(const RecordedPermit& recorded) {
  const Permit& permit = recorded.permit;
  return with_stop(Json::object({{"type", "permit"},
                                 {"call_id", recorded.call.id},
                                 {"tool", recorded.call.name},
                                 {"arguments", recorded.call.arguments},
                                 {"is_allowed", permit.is_allowed},
                                 {"by", name_of(permit.by)},
                                 {"rule", permit.rule},
                                 {"has_private", permit.has_private},
                                 {"has_untrusted", permit.has_untrusted},
                                 {"observation", permit.observation}}),
                   recorded.is_stopped);
}

Result<RecordedPermit> permit_from(const Json& line) {
  const auto by = std::ranges::find(kPermitBys, line.text_or("by"), [](Permit::By each) { return name_of(each); });
  if (by == kPermitBys.end()) {
    return wrong_line("a permission without a known 'by'");
  }
  return RecordedPermit{.call = {.id = std::string(line.text_or("call_id")),
                                 .name = std::string(line.text_or("tool")),
                                 .arguments = member(line, "arguments")},
                        .permit = {.is_allowed = flag(line, "is_allowed"),
                                   .by = *by,
                                   .rule = std::string(line.text_or("rule")),
                                   .call_hash = {},
                                   .has_private = flag(line, "has_private"),
                                   .has_untrusted = flag(line, "has_untrusted"),
                                   .observation = std::string(line.text_or("observation")),
                                   .agent = {}},
                        .is_stopped = flag(line, "is_stopped")};
}

Json code_json(const RecordedCode& recorded) {
  Json calls = Json::array();
  for (const PythonCall& call : recorded.calls) {
    calls.push(Json::object({{"number", call.number}, {"tool", call.tool}, {"arguments", call.arguments}}));
  }
  Json line = Json::object({{"type", "code"}, {"code", recorded.code}, {"calls", std::move(calls)}});
  line.set(recorded.step ? "step" : "error",
           recorded.step ? step_json(*recorded.step) : failure_json(recorded.step.error()));
  return with_stop(std::move(line), recorded.is_stopped);
}

Result<RecordedCode> code_from(const Json& line) {
  RecordedCode recorded{
      .code = std::string(line.text_or("code")), .calls = {}, .step = {}, .is_stopped = flag(line, "is_stopped")};
  for (const Json& call : items(line, "calls")) {
    recorded.calls.push_back({.number = static_cast<std::uint64_t>(std::max<std::int64_t>(0, number(call, "number"))),
                              .tool = std::string(call.text_or("tool")),
                              .arguments = member(call, "arguments")});
  }
  if (const Json* error = line.find("error")) {
    std::optional<Error> failure = failure_from(*error);
    if (!failure) {
      return wrong_line("a piece of code with an error without a known 'code'");
    }
    recorded.step = std::unexpected(*std::move(failure));
  } else {
    PUNA_TRY(recorded.step, step_from(member(line, "step")));
  }
  return recorded;
}

Json failure_json(const Error& error) {
  return Json::object({{"code", name_of(error.code)}, {"message", error.message}, {"hint", error.hint}});
}

std::optional<Error> failure_from(const Json& json) {
  const auto code =
      std::ranges::find(kRecordedCodes, json.text_or("code"), [](ErrorCode each) { return name_of(each); });
  return code == kRecordedCodes.end() ? std::nullopt
                                      : std::optional(Error{.code = *code,
                                                            .message = std::string(json.text_or("message")),
                                                            .hint = std::string(json.text_or("hint"))});
}

}  // namespace puna::agent
