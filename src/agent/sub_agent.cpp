// An agent as a tool: what a call of it begins with, what it may do, and what its end is to its caller.
#include "puna/agent/sub_agent.h"

#include <algorithm>
#include <set>
#include <utility>

#include "agent/calling_run.h"
#include "agent/code_prompt.h"
#include "agent/form_turn.h"
#include "agent/nested_events.h"
#include "agent/observations.h"
#include "puna/model/typed.h"

namespace puna {
namespace {

using agent::CallingRun;
using agent::NestedEvents;
using agent::NestedRecord;

ToolSpec tool_spec(const AgentSpec& spec) {
  Json parameters = spec.parameters;
  if (parameters.is_null()) {
    parameters = Json::object(
        {{"type", "object"},
         {"properties",
          Json::object(
              {{"task", Json::object({{"type", "string"}, {"description", "What to do, with all that it needs."}})}})},
         {"required", Json::array({"task"})},
         {"additionalProperties", false}});
  }
  return {.name = spec.name, .description = spec.description, .parameters = std::move(parameters)};
}

// A tool that is shown because the prompt goes on as one with it did, and that this agent has not.
class WithheldTool final : public Tool {
 public:
  WithheldTool(ToolSpec spec, std::string agent) : spec_(std::move(spec)), agent_(std::move(agent)) {}
  [[nodiscard]] const ToolSpec& spec() const override { return spec_; }
  [[nodiscard]] std::optional<ToolTraits> traits() const override { return ToolTraits(); }
  [[nodiscard]] ToolResult run(const Json& /*arguments*/, std::stop_token /*stop*/) override {
    return tool_error(format_text("the agent {} does not have the tool {}. Do without.", agent_, spec_.name));
  }

 private:
  const ToolSpec spec_;
  const std::string agent_;
};

class AgentTool final : public Tool {
 public:
  // chain  the agents that wait for whoever has this tool, and it itself, the outermost first
  AgentTool(const AgentDirectory& directory, const AgentSpec& agent, std::vector<std::string> chain)
      : directory_(directory), agent_(agent), spec_(tool_spec(agent)), chain_(std::move(chain)) {}

  [[nodiscard]] const ToolSpec& spec() const override { return spec_; }
  // What it does itself goes through the gate call by call. What it says is a stranger's word.
  [[nodiscard]] std::optional<ToolTraits> traits() const override {
    return ToolTraits{.reads_untrusted = true, .delegates = true};
  }
  [[nodiscard]] bool is_parallel() const override { return true; }
  [[nodiscard]] ToolResult run(const Json& /*arguments*/, std::stop_token /*stop*/) override {
    return tool_error("an agent can only be called by an agent");
  }
  [[nodiscard]] ToolResult run_for(Caller& caller, const Json& arguments, std::stop_token stop) override;

 private:
  [[nodiscard]] std::string refusal(int number) const;
  [[nodiscard]] Result<Toolbox> box(const CallingRun& run) const;
  [[nodiscard]] std::unique_ptr<Tool> shown_tool(const CallingRun& run, const ToolSpec& spec) const;
  [[nodiscard]] bool has(std::string_view tool) const {
    return !agent_.tools || std::ranges::contains(*agent_.tools, tool);
  }
  [[nodiscard]] std::unique_ptr<Tool> agent_tool(std::string_view name) const;
  [[nodiscard]] Transcript beginning(const CallingRun& run, const Json& arguments) const;
  [[nodiscard]] AgentOptions options(const CallingRun& run, Gate* gate, RunRecord* record) const;

  const AgentDirectory& directory_;
  const AgentSpec& agent_;
  const ToolSpec spec_;
  const std::vector<std::string> chain_;
};

// Nothing: it may be called.
std::string AgentTool::refusal(int number) const {
  const AgentLimits& limits = directory_.limits();
  if (const auto first = std::ranges::find(chain_, agent_.name); first != chain_.end()) {
    std::string circle;
    std::for_each(first, chain_.end(), [&](const std::string& name) { circle += name + " waits for "; });
    return format_text("{} cannot be called here: {}{}. Do it yourself.", agent_.name, circle, agent_.name);
  }
  if (std::cmp_greater_equal(chain_.size(), limits.depth_max)) {
    return format_text("{} cannot be called here: agents may call agents {} deep. Do it yourself.", agent_.name,
                       limits.depth_max);
  }
  if (number > limits.calls_max) {
    return format_text("{} cannot be called any more: a run may call agents {} times. Do it yourself.", agent_.name,
                       limits.calls_max);
  }
  return {};
}

std::unique_ptr<Tool> AgentTool::agent_tool(std::string_view name) const {
  std::vector<std::string> chain = chain_;
  chain.push_back(agent_.name);
  return std::make_unique<AgentTool>(directory_, *directory_.find(name), std::move(chain));
}

bool is_agent(const Toolbox& tools, std::string_view name) {
  return dynamic_cast<const AgentTool*>(tools.find(name)) != nullptr;
}

// Of its caller's tools, for a fork.
std::unique_ptr<Tool> AgentTool::shown_tool(const CallingRun& run, const ToolSpec& spec) const {
  if (is_agent(run.at.tools, spec.name)) {
    return std::ranges::contains(agent_.agents, spec.name) ? agent_tool(spec.name)
                                                           : std::make_unique<WithheldTool>(spec, agent_.name);
  }
  return has(spec.name) ? run.at.tools.lend(spec.name) : std::make_unique<WithheldTool>(spec, agent_.name);
}

// What it may do: never more than its caller. A fork is shown the same tools, so that its prompt begins as its
// caller's.
Result<Toolbox> AgentTool::box(const CallingRun& run) const {
  Toolbox box;
  if (agent_.start == AgentSpec::Start::fork) {
    for (const ToolSpec& spec : run.at.shown) {
      PUNA_TRY_VOID(box.add(shown_tool(run, spec)));
    }
    return box;
  }
  for (const ToolSpec& spec : run.at.tools.specs()) {
    if (!is_agent(run.at.tools, spec.name) && has(spec.name)) {
      PUNA_TRY_VOID(box.add(run.at.tools.lend(spec.name)));
    }
  }
  for (const std::string& name : agent_.agents) {
    PUNA_TRY_VOID(box.add(agent_tool(name)));
  }
  return box;
}

std::string task_of(const Json& arguments) {
  const bool is_task = arguments.is_object() && arguments.as_object().size() == 1 &&
                       arguments.find("task") != nullptr && arguments.find("task")->is_string();
  return is_task ? arguments.find("task")->as_string() : arguments.dump();
}

Transcript AgentTool::beginning(const CallingRun& run, const Json& arguments) const {
  const std::string task = task_of(arguments);
  Transcript transcript;
  if (agent_.start == AgentSpec::Start::fresh) {
    if (!agent_.system_prompt.empty()) {
      transcript.push_back({.role = Role::system, .content = agent_.system_prompt});
    }
    transcript.push_back({.role = Role::user, .content = task});
    return transcript;
  }
  transcript = run.at.transcript;
  const std::string said = agent::fork_task(agent_.name, agent_.system_prompt, task);
  const auto last = std::ranges::find(transcript.rbegin(), transcript.rend(), Role::assistant, &Message::role);
  if (last == transcript.rend() || last->calls.empty()) {  // code called
    transcript.push_back({.role = Role::user, .content = std::string(agent::kObservation) + said});
    return transcript;
  }
  const std::vector<ToolCall> calls = last->calls;
  for (std::size_t i = static_cast<std::size_t>(last - transcript.rbegin()); i < calls.size(); ++i) {
    const bool is_own = calls[i].id == run.at.call.id;
    transcript.push_back({.role = Role::tool,
                          .content = is_own ? said : std::string(agent::kNotForFork),
                          .call_id = calls[i].id,
                          .tool = calls[i].name});
  }
  return transcript;
}

AgentOptions AgentTool::options(const CallingRun& run, Gate* gate, RunRecord* record) const {
  const AgentOptions& above = run.at.options;
  const Budget& left = run.at.left;
  AgentOptions options{
      .id = run.at.id,
      .sampling = agent_.sampling.value_or(above.sampling),
      .reasoning_tokens_max = agent_.reasoning_tokens_max ? agent_.reasoning_tokens_max : above.reasoning_tokens_max,
      .tool_choice = {},
      .parallel_calls = above.parallel_calls,
      .budget = agent_.budget,
      .record = record,
      .gate = gate,
      .clock = above.clock};
  options.budget.turns_max = std::min(options.budget.turns_max, left.turns_max);
  options.budget.output_tokens_max = std::min(options.budget.output_tokens_max, left.output_tokens_max);
  options.budget.time_max = std::min(options.budget.time_max, left.time_max);
  return options;
}

// What it had said when it could not go on.
std::string had(const Transcript& transcript, std::size_t from) {
  for (std::size_t i = transcript.size(); i > from; --i) {
    const Message& message = transcript[i - 1];
    if (message.role == Role::assistant && !message.content.empty()) {
      return " What it had: " + message.content;
    }
  }
  return {};
}

// One call: its run, and where it has a form, the turn that asks for it.
class SubRun {
 public:
  SubRun(const AgentSpec& agent, Model& model, Toolbox& box, Transcript transcript, AgentOptions options,
         EventSink& events)
      : agent_(agent),
        model_(model),
        box_(box),
        transcript_(std::move(transcript)),
        first_(transcript_.size()),
        options_(std::move(options)),
        events_(events),
        begun_(options_.clock->now()) {}

  ToolResult result(const std::stop_token& stop) {
    const bool has_form = !agent_.answer.is_null();
    AgentOptions options = options_;
    options.budget.turns_max -= has_form ? 1 : 0;
    auto end = resume(model_, box_, transcript_, options, events_, stop);
    if (!end) {
      return tool_error(
          format_text("the agent {} failed: {}.{}", agent_.name, end.error().message, had(transcript_, first_)));
    }
    if (end->reason != StopReason::answered) {
      return tool_error(format_text("the agent {} stopped before it had an answer: {}.{}", agent_.name,
                                    name_of(end->reason), had(transcript_, first_)));
    }
    return has_form ? formed(*end, stop) : ToolResult{.content = std::move(end->answer), .is_error = false};
  }

 private:
  ToolResult formed(const RunEnd& end, const std::stop_token& stop) {
    options_.budget.output_tokens_max -= end.usage.output_tokens;
    options_.budget.time_max -= std::chrono::ceil<std::chrono::milliseconds>(options_.clock->now() - begun_);
    transcript_.push_back({.role = Role::user, .content = agent::as_json(agent::kGiveThisAnswer, agent_.answer)});
    events_.on(event::TurnStarted{.turn = end.turns + 1});
    const auto reply = agent::ask_in_form(model_, box_.specs(), transcript_, options_, agent_.answer, events_, stop);
    const auto answer = reply ? json_answer(*reply, agent_.answer) : std::unexpected(reply.error());
    return answer ? ToolResult{.content = answer->dump(), .is_error = false}
                  : tool_error(format_text("the agent {} gave no answer in its form: {}.{}", agent_.name,
                                           answer.error().message, had(transcript_, first_)));
  }

  const AgentSpec& agent_;
  Model& model_;
  Toolbox& box_;
  Transcript transcript_;
  const std::size_t first_;
  AgentOptions options_;
  EventSink& events_;
  const std::chrono::steady_clock::time_point begun_;
};

ToolResult AgentTool::run_for(Caller& caller, const Json& arguments, std::stop_token stop) {
  auto* run = dynamic_cast<CallingRun*>(&caller);
  if (run == nullptr) {
    return this->run(arguments, std::move(stop));
  }
  if (const std::string refused = refusal(run->at.number); !refused.empty()) {
    return tool_error(refused);
  }
  auto tools = box(*run);
  if (!tools) {
    return tool_error(format_text("the agent {} cannot have its tools: {}", agent_.name, tools.error().message));
  }
  const std::unique_ptr<Gate> gate = run->at.gate == nullptr ? nullptr : run->at.gate->for_agent(agent_.name);
  const AgentCall called{.agent = agent_.name, .call_id = run->at.call.id};
  NestedEvents events(called, run->at.events);
  NestedRecord record(called, run->at.options.record);
  SubRun below(agent_, run->at.model, *tools, beginning(*run, arguments),
               options(*run, gate.get(), run->at.options.record == nullptr ? nullptr : &record), events);
  ToolResult result = below.result(stop);
  run->spent = events.spent();
  return result;
}

}  // namespace

Result<std::unique_ptr<AgentDirectory>> AgentDirectory::create(std::vector<AgentSpec> specs, AgentLimits limits) {
  std::set<std::string_view> names;
  for (const AgentSpec& spec : specs) {
    if (!names.insert(spec.name).second) {
      return fail(ErrorCode::invalid_argument, format_text("two agents are called '{}'", printable(spec.name)));
    }
  }
  std::unique_ptr<AgentDirectory> directory(new AgentDirectory(std::move(specs), limits));
  Toolbox trial;  // checks names and schemas of calls
  PUNA_TRY_VOID(directory->offer(trial));
  for (const AgentSpec& spec : directory->specs_) {
    for (const std::string& other : spec.agents) {
      if (directory->find(other) == nullptr) {
        return fail(ErrorCode::invalid_argument,
                    format_text("agent '{}' names an agent that is not there: '{}'", spec.name, printable(other)));
      }
    }
    if (auto grammar = spec.answer.is_null() ? Result<SchemaGrammar>() : grammar_from_schema(spec.answer); !grammar) {
      return fail(ErrorCode::invalid_argument,
                  format_text("agent '{}': its answer's schema: {}", spec.name, grammar.error().message));
    }
  }
  return directory;
}

Result<void> AgentDirectory::offer(Toolbox& box) const {
  for (const AgentSpec& spec : specs_) {
    PUNA_TRY_VOID(box.add(std::make_unique<AgentTool>(*this, spec, std::vector<std::string>())));
  }
  return {};
}

const AgentSpec* AgentDirectory::find(std::string_view name) const {
  const auto found = std::ranges::find(specs_, name, &AgentSpec::name);
  return found == specs_.end() ? nullptr : &*found;
}

}  // namespace puna
