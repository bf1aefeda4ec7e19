// Agents and their tools, through the C header.
#include <array>
#include <chrono>

#include "embed/handles.h"

// Filled by the caller's tool; what it leaves is an empty text.
struct puna_tool_result {
  puna::ToolResult result;
};

namespace puna::embed {
namespace {

constexpr puna_stop stop_of(StopReason reason) { return static_cast<puna_stop>(reason); }
static_assert(stop_of(StopReason::answered) == PUNA_ANSWERED);
static_assert(stop_of(StopReason::turns_max) == PUNA_TURNS_MAX);
static_assert(stop_of(StopReason::output_tokens_max) == PUNA_OUTPUT_TOKENS_MAX);
static_assert(stop_of(StopReason::time_max) == PUNA_TIME_MAX);
static_assert(stop_of(StopReason::window_full) == PUNA_WINDOW_FULL);
static_assert(stop_of(StopReason::repeated_call) == PUNA_REPEATED_CALL);
static_assert(stop_of(StopReason::malformed_replies) == PUNA_MALFORMED_REPLIES);
static_assert(stop_of(StopReason::cancelled) == PUNA_STOPPED);

class CallbackTool final : public Tool {
 public:
  CallbackTool(ToolSpec spec, puna_tool tool, void* user) : spec_(std::move(spec)), tool_(tool), user_(user) {}

  [[nodiscard]] const ToolSpec& spec() const override { return spec_; }
  [[nodiscard]] ToolResult run(const Json& arguments, std::stop_token /*stop*/) override {
    puna_tool_result result;
    tool_(user_, arguments.dump().c_str(), &result);
    return std::move(result.result);
  }

 private:
  const ToolSpec spec_;
  const puna_tool tool_;
  void* const user_;
};

Result<puna_agent*> open(puna_model* model, const puna_agent_options* given) {
  if (model == nullptr) {
    return fail(ErrorCode::invalid_argument, "the model is NULL");
  }
  PUNA_TRY(const puna_agent_options options, options_from(given));
  if (options.turns_max < 0 || options.output_tokens_max < 0 || options.milliseconds_max < 0) {
    return fail(ErrorCode::invalid_argument, "a limit of the agent is negative", "0 = its default");
  }
  auto agent = std::make_unique<puna_agent>();
  agent->model = model->model;
  agent->agents = model->agents;
  agent->options.id = AgentId{options.id != 0 ? options.id : ++*model->agents};
  PUNA_TRY(agent->options.sampling, sampling_from_text(options.sampling));
  if (options.system != nullptr) {
    PUNA_TRY(agent->system, text_from(options.system, "system"));
  }
  Budget& budget = agent->options.budget;
  budget.turns_max = options.turns_max != 0 ? options.turns_max : budget.turns_max;
  budget.output_tokens_max = options.output_tokens_max != 0 ? options.output_tokens_max : budget.output_tokens_max;
  if (options.milliseconds_max != 0) {
    budget.time_max = std::chrono::milliseconds(options.milliseconds_max);
  }
  return agent.release();
}

// The agent itself, made now if it was not needed before.
Result<Agent*> started(puna_agent* handle) {
  if (handle == nullptr) {
    return fail(ErrorCode::invalid_argument, "the agent is NULL");
  }
  if (!handle->agent) {
    const bool has_tools = !handle->tools->specs().empty();
    const std::string system = handle->system.value_or(has_tools ? std::string(default_system_prompt()) : "");
    Transcript transcript;
    if (!system.empty()) {
      transcript.push_back({.role = Role::system, .content = system});
    }
    handle->agent.emplace(*handle->model, *handle->tools, handle->options, std::move(transcript));
  }
  return &*handle->agent;
}

Result<int> add_tool(puna_agent* handle, ToolSpec spec, const char* parameters, puna_tool tool, void* user) {
  if (tool == nullptr) {
    return fail(ErrorCode::invalid_argument, format_text("the tool '{}' has no function", spec.name));
  }
  if (handle->agent) {
    return fail(ErrorCode::invalid_argument, "the agent has begun: its tools stand in its prompt",
                "add tools before the first task");
  }
  if (parameters != nullptr) {
    PUNA_TRY(spec.parameters, json_from(parameters, "parameters"));
  }
  PUNA_TRY_VOID(handle->tools->add(std::make_unique<CallbackTool>(std::move(spec), tool, user)));
  return 0;
}

Result<puna_agent*> fork(puna_agent* handle) {
  PUNA_TRY(const Agent* const agent, started(handle));
  auto other = std::make_unique<puna_agent>();
  other->model = handle->model;
  other->agents = handle->agents;
  other->tools = handle->tools;
  other->options = handle->options;
  other->options.id = AgentId{++*handle->agents};
  other->agent.emplace(agent->fork(other->options.id));
  return other.release();
}

}  // namespace
}  // namespace puna::embed

using puna::Result;
using puna::embed::guarded;
using puna::embed::started;

extern "C" {

puna_agent* puna_agent_new(puna_model* model, const puna_agent_options* options, puna_error** error) {
  return guarded<puna_agent*>(error, nullptr, [&] { return puna::embed::open(model, options); });
}
puna_agent* puna_agent_fork(puna_agent* agent, puna_error** error) {
  return guarded<puna_agent*>(error, nullptr, [&] { return puna::embed::fork(agent); });
}
void puna_agent_free(puna_agent* agent) { delete agent; }

void puna_tool_succeed(puna_tool_result* result, const char* text) {
  result->result = {.content = text == nullptr ? "" : text};
}
void puna_tool_fail(puna_tool_result* result, const char* message) {
  result->result = puna::tool_error(message == nullptr ? "" : message);
}

int puna_agent_add_tool(puna_agent* agent, const char* name, const char* description, const char* parameters,
                        puna_tool tool, void* user, puna_error** error) {
  return guarded<int>(error, -1, [&]() -> Result<int> {
    if (agent == nullptr) {
      return puna::fail(puna::ErrorCode::invalid_argument, "the agent is NULL");
    }
    PUNA_TRY(std::string tool_name, puna::embed::text_from(name, "the tool's name"));
    PUNA_TRY(std::string about, puna::embed::text_from(description, "the tool's description"));
    return puna::embed::add_tool(agent, {.name = std::move(tool_name), .description = std::move(about)}, parameters,
                                 tool, user);
  });
}

char* puna_agent_run(puna_agent* agent, const char* task, const puna_run_options* given, puna_error** error) {
  return guarded<char*>(error, nullptr, [&]() -> Result<char*> {
    PUNA_TRY(puna::Agent* const runs, started(agent));
    PUNA_TRY(const puna_run_options options, puna::embed::options_from(given));
    PUNA_TRY(std::string text, puna::embed::text_from(task, "the task"));
    puna::embed::CallStop stop(options.cancel);
    puna::embed::TextSink events(options.on_text, options.user, stop);
    PUNA_TRY(const puna::RunEnd end, runs->run(std::move(text), events, stop.token()));
    PUNA_TRY(char* const answer, puna::embed::text_for_caller(end.answer));
    if (options.stop != nullptr) {
      *options.stop = puna::embed::stop_of(end.reason);
    }
    return answer;
  });
}

char* puna_agent_ask(puna_agent* agent, const char* task, const char* schema, const puna_run_options* given,
                     puna_error** error) {
  return guarded<char*>(error, nullptr, [&]() -> Result<char*> {
    PUNA_TRY(puna::Agent* const asks, started(agent));
    PUNA_TRY(const puna_run_options options, puna::embed::options_from(given));
    PUNA_TRY(std::string text, puna::embed::text_from(task, "the task"));
    PUNA_TRY(const puna::Json form, puna::embed::json_from(schema, "schema"));
    puna::embed::CallStop stop(options.cancel);
    puna::embed::TextSink events(options.on_text, options.user, stop);
    PUNA_TRY(const puna::Json answer, asks->ask_json(std::move(text), form, events, stop.token()));
    PUNA_TRY(char* const json, puna::embed::text_for_caller(answer.dump()));
    if (options.stop != nullptr) {
      *options.stop = PUNA_ANSWERED;
    }
    return json;
  });
}

int puna_agent_window(puna_agent* agent, puna_window* window, puna_error** error) {
  return guarded<int>(error, -1, [&]() -> Result<int> {
    PUNA_TRY(const puna::Agent* const counted, started(agent));
    if (window == nullptr || window->size < sizeof(puna_window)) {
      return puna::fail(puna::ErrorCode::invalid_argument, "the window to fill is NULL, or its size is not set");
    }
    PUNA_TRY(const puna::WindowUse use, counted->window_use());
    window->used_tokens = use.used_tokens;
    window->window_tokens = use.window_tokens;
    window->percent = use.percent();
    return 0;
  });
}

void puna_agent_clear(puna_agent* agent) {
  if (agent != nullptr && agent->agent) {
    agent->agent->clear();
  }
}

size_t puna_agent_keep_recent(puna_agent* agent, size_t tasks) {
  return agent == nullptr || !agent->agent ? 0 : agent->agent->keep_recent(tasks);
}

char* puna_agent_transcript(puna_agent* agent, puna_error** error) {
  return guarded<char*>(error, nullptr, [&]() -> Result<char*> {
    PUNA_TRY(const puna::Agent* const told, started(agent));
    return puna::embed::text_for_caller(puna::to_jsonl(told->transcript()));
  });
}

}  // extern "C"
