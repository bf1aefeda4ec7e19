// The code agent: ask, run the code, append what it said, until final_answer or a stop.
//
// Invariant: between turns the transcript ends with a user's message, the task or an observation; a turn that cannot be
// finished because of an error is taken out again.
#include "puna/agent/code_agent.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <optional>
#include <utility>

#include "agent/calls.h"
#include "agent/code_as_tool.h"
#include "agent/code_prompt.h"
#include "agent/code_reply.h"
#include "agent/deadline.h"
#include "agent/gated_calls.h"
#include "agent/observations.h"
#include "puna/agent/window.h"

namespace puna {
namespace agent {

// What lives on from task to task.
struct CodeWork {
  Model& model;
  Toolbox& toolbox;
  CodeAgentOptions options;
  std::vector<CodeTool> tools;
  std::unique_ptr<CodeInterpreter> worker;
  CodeAsTool code;
  Transcript transcript;
  ContextWindow window;   // where the options have none
  std::string said_last;  // by the loop, about the last answer; goes in front of the next task
};

namespace {

class CodeRun {
 public:
  CodeRun(CodeWork& work, EventSink& events, const Deadline& deadline)
      : work_(work),
        options_(work.options.agent),
        budget_(work.options.agent.budget),
        transcript_(work.transcript),
        events_(events),
        deadline_(deadline),
        window_(options_.window == nullptr ? work.window : *options_.window),
        calls_({.model = work.model,
                .tools = work.toolbox,
                .options = work.options.agent,
                .events = events,
                .deadline = deadline,
                .transcript = work.transcript,
                .shown = {},
                .own = end_.run}) {}

  Result<CodeRunEnd> to_end(const std::string& task) {
    if (options_.gate != nullptr) {
      options_.gate->begin(transcript_, work_.toolbox);
    }
    events_.on(event::RunStarted{.task = task, .model = work_.model.name(), .budget = to_json(budget_)});
    PUNA_TRY_VOID(begin(task));
    task_ = transcript_.size() - 1;
    TurnEnd reason = limit_reached();
    for (; !reason; reason = limit_reached()) {
      const std::size_t before = transcript_.size();
      auto turn = is_plan_due_ ? plan() : act();
      if (!turn) {
        transcript_.resize(before);
        return std::unexpected(std::move(turn).error());
      }
      if (*turn) {
        reason = *turn;
        break;
      }
    }
    if (reason == StopReason::turns_max && end_.run.turns > 0) {
      PUNA_TRY_VOID(answer_in_words());
    }
    end_.run.reason = *reason;
    end_.run.turns += calls_.below().turns;
    end_.run.usage += calls_.below().usage;
    events_.on(event::RunEnded{.stop_reason = std::string(name_of(*reason)),
                               .answer = end_.run.answer,
                               .turns = end_.run.turns,
                               .usage = end_.run.usage});
    return std::move(end_);
  }

 private:
  TurnEnd limit_reached() const {
    if (const TurnEnd passed = deadline_.passed()) {
      return passed;
    }
    if (is_last_turn_over()) {
      return StopReason::turns_max;
    }
    return tokens_left() <= 0 ? TurnEnd(StopReason::output_tokens_max) : std::nullopt;
  }

  // The task, behind what was last said about the task before.
  Result<void> begin(const std::string& task) {
    const std::string said = std::exchange(work_.said_last, {});
    if (!transcript_.empty() && transcript_.back().role == Role::user) {  // a run that was stopped
      PUNA_TRY_VOID(append({.role = Role::assistant, .content = std::string(kStopped)}));
    }
    return say(said.empty() ? task : said + "\n\nTask: " + task);
  }

  // A user's message. Behind it stands what the next reply is to be, when that is not code.
  Result<void> say(std::string text) {
    const int interval = work_.options.planning_interval;
    const bool is_last = end_.run.turns > 0 && is_last_turn_over();
    is_plan_due_ = !is_last && interval > 0 && acted_ % interval == 0 && planned_ != acted_;
    if (is_last || is_plan_due_) {
      text += "\n\n" + std::string(is_last ? kAnswerNow : acted_ == 0 ? kMakePlan : kRenewPlan);
    }
    return append({.role = Role::user, .content = std::move(text)});
  }

  Result<TurnEnd> plan() {
    planned_ = acted_;
    PUNA_TRY(const auto reply, ask(std::nullopt, {std::string(kCodeStart)}));
    if (!reply) {
      return stopped_;
    }
    PUNA_TRY_VOID(say(std::string(kFollowPlan)));
    return std::nullopt;
  }

  Result<TurnEnd> act() {
    const Block block = missed_ > 0 ? Block::required : Block::optional;  // said once, then held to it
    PUNA_TRY(const auto reply, ask(format::Pattern{code_reply_pattern(block)}, {"Observation:"}));
    if (!reply) {
      return stopped_;
    }
    ++acted_;
    PUNA_TRY(const std::string code, code_in(*reply));
    if (!code.empty()) {
      missed_ = 0;
      return run_code(code);
    }
    events_.on(event::Notice{.text = "the model's reply has no code"});
    if (++missed_ > budget_.malformed_max) {
      return StopReason::malformed_replies;
    }
    PUNA_TRY_VOID(say(std::string(kNoCode)));
    return std::nullopt;
  }

  // The reply itself where it is Python: only Python can tell.
  Result<std::string> code_in(const std::string& content) {
    std::string code = code_of(content);
    if (!code.empty() || content.find_first_not_of(" \t\r\n") == std::string::npos) {
      return code;
    }
    PUNA_TRY(const PythonStep step, work_.worker->run("compile(" + Json(content).dump() + ", '', 'exec')\nNone",
                                                      refuse_calls, deadline_.token()));
    return step.end == PythonEnd::finished ? content : std::string();
  }
  static PythonAnswer refuse_calls(const PythonCall& /*call*/, const std::stop_token& /*stop*/) {
    return {.value = "not now", .is_error = true};
  }

  Result<TurnEnd> run_code(const std::string& code) {
    const ToolCall call{
        .id = format_text("code-{}", end_.run.turns), .name = "python", .arguments = Json::object({{"code", code}})};
    TurnEnd end;
    std::optional<Error> broken;
    const Answered answered = calls_.shown(call, [&]() -> Answered {
      auto observed = observe(call, code, end);
      if (!observed) {
        broken = std::move(observed).error();
        return {.result = tool_error(broken->message), .permission = {}};
      }
      return {.result = *std::move(observed), .permission = {}};
    });
    if (broken) {
      return std::unexpected(*std::move(broken));
    }
    if (calls_.unrecorded()) {
      return std::unexpected(*calls_.unrecorded());
    }
    std::string observation = answered.result.content;
    observation.insert(0, kObservation);
    if (end) {
      work_.said_last = std::move(observation);
    } else {
      PUNA_TRY_VOID(say(std::move(observation)));
    }
    return end;
  }

  Result<ToolResult> observe(const ToolCall& call, const std::string& code, TurnEnd& end) {
    if (const int times = repeated_.count(call); times > 1) {
      events_.on(event::Notice{.text = "the model repeats its code"});
      end = times > budget_.repeats_max ? TurnEnd(StopReason::repeated_call) : std::nullopt;
      return ToolResult{.content = std::string(kRepeatedCode), .is_error = true};
    }
    work_.model.waits_for_tool(options_.id, call.name);
    const auto answer = [&](const PythonCall& asked, const std::stop_token& /*stop*/) {
      return answered(call.id, asked);
    };
    PUNA_TRY(const PythonStep step, work_.worker->run(code, answer, deadline_.token()));
    if (options_.gate != nullptr) {
      options_.gate->after(work_.code);
    }
    std::string text = step.text();
    bool is_error = step.end != PythonEnd::finished && step.end != PythonEnd::final_answer;
    if (step.end == PythonEnd::cancelled) {
      end = deadline_.passed().value_or(StopReason::cancelled);
    }
    if (step.end == PythonEnd::final_answer) {
      const std::string refusal = refusal_of(*step.final_answer);
      is_error = !refusal.empty();
      const bool is_new_line = text.empty() || text.ends_with('\n');
      text += (is_new_line ? "" : "\n") +
              (is_error ? "error: the answer was refused: " + refusal : "final answer: " + text_of(*step.final_answer));
      if (!is_error) {
        end_.answer = *step.final_answer;
        end_.run.answer = text_of(*step.final_answer);
        end = StopReason::answered;
      }
    }
    return ToolResult{.content = text.empty() ? std::string(kNoOutput) : std::move(text), .is_error = is_error};
  }

  static std::string text_of(const Json& answer) { return answer.is_string() ? answer.as_string() : answer.dump(); }

  std::string refusal_of(const Json& answer) const {
    for (const AnswerCheck& check : work_.options.checks) {
      if (auto taken = check(answer, transcript_); !taken) {
        return taken.error().message;
      }
    }
    return {};
  }

  PythonAnswer answered(const std::string& step, const PythonCall& asked) {
    const auto tool = std::ranges::find(work_.tools, asked.tool, &CodeTool::function);
    if (tool == work_.tools.end()) {
      return {.value = "no tool is called " + asked.tool, .is_error = true};
    }
    if (asked.number > static_cast<std::uint64_t>(work_.options.calls_per_step_max)) {
      return {.value = format_text("one piece of code may make {} calls", work_.options.calls_per_step_max),
              .is_error = true};
    }
    ToolCall call{.id = format_text("{}.{}", step, asked.number),
                  .name = tool->spec.name,
                  .arguments = arguments_of(*tool, asked.arguments)};
    if (std::optional<Json> fitting = coerced(tool->spec.parameters, call.arguments)) {
      call.arguments = *std::move(fitting);
    }
    TurnEnd ignored;  // the step itself is stopped, too
    const ToolResult result = calls_.shown(call, [&] { return calls_.run(call, ignored); }).result;
    return {.value = result.content, .is_error = result.is_error};
  }

  Result<void> answer_in_words() {
    if (tokens_left() <= 0 || deadline_.passed()) {
      return {};
    }
    PUNA_TRY(auto reply, ask(std::nullopt, {std::string(kCodeStart)}));
    end_.run.answer = reply.value_or("");
    return {};
  }

  // A turn's text, which the transcript then has. Nothing: the run ends with stopped_.
  Result<std::optional<std::string>> ask(std::optional<OutputFormat> format, std::vector<std::string> stop) {
    events_.on(event::TurnStarted{.turn = ++end_.run.turns});
    Request request{.messages = {},  // the window's part
                    .format = std::move(format),
                    .sampling = options_.sampling,
                    .stop = std::move(stop),
                    .tokens_max = reply_tokens_max(),
                    .reasoning_tokens_max = options_.reasoning_tokens_max,
                    .agent = options_.id,
                    .turn = transcript_.size()};
    auto spent = window_.make_room(work_.model, request, transcript_, task_, events_, deadline_.token());
    if (!spent) {
      return no_reply(std::move(spent).error());
    }
    end_.run.usage += *spent;
    if (tokens_left() <= 0) {
      stopped_ = StopReason::output_tokens_max;
      return std::nullopt;
    }
    request.tokens_max = reply_tokens_max();  // a summary may have taken some
    auto reply = work_.model.ask(request, events_, deadline_.token());
    if (!reply) {
      return no_reply(std::move(reply).error());
    }
    end_.run.usage += reply->usage;
    window_.answered(reply->usage, transcript_.size() + 1);
    if (reply->lost) {
      return no_reply(*std::move(reply->lost));
    }
    std::string content = reply->message.content;
    PUNA_TRY_VOID(append(std::move(reply->message)));
    if (reply->finish == FinishReason::tokens_max || reply->finish == FinishReason::window_full) {
      stopped_ = reply->finish == FinishReason::tokens_max ? StopReason::output_tokens_max : StopReason::window_full;
      return std::nullopt;
    }
    return content;
  }

  // Limits that only the model can find are outcomes; the rest is an error.
  Result<std::optional<std::string>> no_reply(Error error) {
    if (error.code == ErrorCode::cancelled) {
      stopped_ = deadline_.passed().value_or(StopReason::cancelled);
      return std::nullopt;
    }
    if (error.code == ErrorCode::limit) {
      events_.on(event::Notice{.text = std::move(error.message)});
      stopped_ = StopReason::window_full;
      return std::nullopt;
    }
    return std::unexpected(std::move(error));
  }

  Result<void> append(Message message) {
    transcript_.push_back(std::move(message));
    return options_.record == nullptr ? Result<void>() : options_.record->append(transcript_.back());
  }

  [[nodiscard]] bool is_last_turn_over() const { return calls_.left().turns_max <= 0; }
  [[nodiscard]] std::int64_t tokens_left() const { return calls_.left().output_tokens_max; }
  [[nodiscard]] int reply_tokens_max() const {
    return static_cast<int>(std::min<std::int64_t>(tokens_left(), std::numeric_limits<int>::max()));
  }

  CodeWork& work_;
  const AgentOptions& options_;
  const Budget& budget_;
  Transcript& transcript_;
  EventSink& events_;
  const Deadline& deadline_;
  ContextWindow& window_;
  std::size_t task_ = 0;  // its place in the transcript
  GatedCalls calls_;
  RepeatedCalls repeated_;
  int acted_ = 0;     // turns for code
  int planned_ = -1;  // how many there had been when the last plan was asked for
  int missed_ = 0;    // replies in a row without code
  bool is_plan_due_ = false;
  TurnEnd stopped_;
  CodeRunEnd end_;
};

}  // namespace
}  // namespace agent

Result<CodeAgent> CodeAgent::create(Model& model, Toolbox& tools, const OpenInterpreter& open,
                                    CodeAgentOptions options) {
  if (!options.python.tools.empty()) {
    return fail(ErrorCode::invalid_argument, "the tools of a code agent are those of its Toolbox",
                "leave CodeAgentOptions::python.tools empty");
  }
  PUNA_TRY(std::vector<agent::CodeTool> functions, agent::code_tools(tools.specs()));
  PythonOptions python = options.python;
  std::ranges::transform(functions, std::back_inserter(python.tools), agent::python_tool);
  PUNA_TRY(std::unique_ptr<CodeInterpreter> worker, open(std::move(python)));
  const SandboxWorkspace workspace = options.python.workspace;
  const std::string micropython = worker->is_micropython() ? worker->dialect() : "";
  Message system{
      .role = Role::system,
      .content = agent::code_system_prompt(functions, options.python.imports, micropython, options.instructions)};
  return CodeAgent(std::unique_ptr<agent::CodeWork>(new agent::CodeWork{.model = model,
                                                                        .toolbox = tools,
                                                                        .options = std::move(options),
                                                                        .tools = std::move(functions),
                                                                        .worker = std::move(worker),
                                                                        .code = agent::CodeAsTool(workspace),
                                                                        .transcript = {std::move(system)},
                                                                        .window = ContextWindow(),
                                                                        .said_last = {}}));
}

CodeAgent::CodeAgent(std::unique_ptr<agent::CodeWork> work) : work_(std::move(work)) {}
CodeAgent::CodeAgent(CodeAgent&&) noexcept = default;
CodeAgent& CodeAgent::operator=(CodeAgent&&) noexcept = default;
CodeAgent::~CodeAgent() = default;

Result<CodeRunEnd> CodeAgent::run(const std::string& task, EventSink& events, std::stop_token stop) {
  const AgentOptions& options = work_->options.agent;
  PUNA_TRY(const auto deadline, agent::Deadline::start(*options.clock, options.budget.time_max, std::move(stop)));
  const std::size_t before = work_->transcript.size();
  auto end = agent::CodeRun(*work_, events, *deadline).to_end(task);
  if (!end && work_->transcript.size() == before + 1) {
    work_->transcript.pop_back();
  }
  return end;
}

const Transcript& CodeAgent::transcript() const { return work_->transcript; }
const std::string& CodeAgent::system_prompt() const { return work_->transcript.front().content; }

}  // namespace puna
