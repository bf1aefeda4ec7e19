// The Agent: the loop of loop.cpp with a transcript kept for it, and one turn more where an answer must have a form.
#include "puna/agent/agent.h"

#include <algorithm>

#include "agent/form_turn.h"
#include "agent/observations.h"
#include "puna/model/typed.h"

namespace puna {

Agent::Agent(Model& model, AgentOptions options) : model_(model), tools_(nullptr), options_(std::move(options)) {}
Agent::Agent(Model& model, Toolbox& tools, AgentOptions options)
    : Agent(model, tools, std::move(options),
            {{.role = Role::system, .content = std::string(default_system_prompt())}}) {}
Agent::Agent(Model& model, Toolbox& tools, AgentOptions options, Transcript transcript)
    : model_(model), tools_(&tools), options_(std::move(options)), transcript_(std::move(transcript)) {}

Result<RunEnd> Agent::run(std::string task, EventSink& events, std::stop_token stop) {
  return run_with(options_, std::move(task), events, std::move(stop));
}

Result<RunEnd> Agent::run_with(const AgentOptions& options, std::string task, EventSink& events, std::stop_token stop) {
  const std::size_t before = transcript_.size();
  transcript_.push_back({.role = Role::user, .content = std::move(task)});
  Toolbox none;
  AgentOptions used = options;
  used.window = &window();
  auto end = record(before).and_then(
      [&] { return resume(model_, tools_ == nullptr ? none : *tools_, transcript_, used, events, std::move(stop)); });
  if (!end && transcript_.size() == before + 1) {
    transcript_.pop_back();
  }
  return end;
}

Result<Json> Agent::ask_json(std::string task, const Json& schema, EventSink& events, std::stop_token stop) {
  const auto begun = options_.clock->now();
  AgentOptions left = options_;
  int turns = 0;
  if (tools_ != nullptr && !tools_->specs().empty()) {
    --left.budget.turns_max;  // the last one is for the form
    PUNA_TRY(const RunEnd end, run_with(left, std::move(task), events, stop));
    if (end.reason != StopReason::answered) {
      return fail(end.reason == StopReason::cancelled ? ErrorCode::cancelled : ErrorCode::limit,
                  format_text("the run ended before it had an answer: {}", name_of(end.reason)));
    }
    turns = end.turns;
    left.budget.output_tokens_max -= end.usage.output_tokens;
    left.budget.time_max -= std::chrono::ceil<std::chrono::milliseconds>(options_.clock->now() - begun);
    task = agent::as_json(agent::kGiveThisAnswer, schema);
  } else {
    task += "\n\n" + agent::as_json(agent::kAnswer, schema);
  }
  const std::size_t before = transcript_.size();
  transcript_.push_back({.role = Role::user, .content = std::move(task)});
  events.on(event::TurnStarted{.turn = turns + 1});
  auto reply = ask_once(left, schema, events, std::move(stop));
  auto answer = reply ? json_answer(*reply, schema) : std::unexpected(reply.error());
  if (!answer) {
    transcript_.resize(before);
    return answer;
  }
  transcript_.push_back(std::move(reply->message));
  PUNA_TRY_VOID(record(before));
  return answer;
}

Result<Reply> Agent::ask_once(const AgentOptions& options, const Json& schema, EventSink& events,
                              std::stop_token stop) {
  if (options_.budget.turns_max <= 0) {
    return fail(ErrorCode::limit, "the budget has no turn left for the answer in its form");
  }
  return agent::ask_in_form(model_, tools_ == nullptr ? std::vector<ToolSpec>() : tools_->specs(),
                            window().shown(transcript_), options, schema, events, std::move(stop));
}

Agent Agent::fork(AgentId id) const {
  Agent other(model_, options_);
  other.tools_ = tools_;
  other.options_.id = id;
  other.options_.record = nullptr;
  other.options_.window = nullptr;
  other.window_ = window();
  other.transcript_ = transcript_;
  return other;
}

Result<void> Agent::rewind(std::size_t messages) {
  if (messages > transcript_.size()) {
    return fail(ErrorCode::invalid_argument,
                format_text("cannot go back to {} messages: there are {}", messages, transcript_.size()));
  }
  std::size_t calls = 0;  // that have no result yet
  for (std::size_t i = 0; i < messages; ++i) {
    const Message& message = transcript_[i];
    calls = message.role == Role::tool ? calls - std::min<std::size_t>(calls, 1) : message.calls.size();
  }
  if (calls > 0) {
    return fail(ErrorCode::invalid_argument,
                format_text("cannot go back to {} messages: {} calls would be left without a result", messages, calls),
                "a mark is the number of messages between two tasks");
  }
  transcript_.resize(messages);
  window().forget();
  return {};
}

Result<WindowUse> Agent::window_use() const {
  WindowUse use{.window_tokens = model_.window_tokens(), .is_exact = model_.counts_exactly()};
  if (!transcript_.empty()) {
    PUNA_TRY(use.used_tokens,
             model_.count_tokens({.messages = window().shown(transcript_),
                                  .tools = tools_ == nullptr ? std::vector<ToolSpec>() : tools_->specs()}));
  }
  return use;
}

std::size_t Agent::keep_recent(std::size_t tasks) {
  const auto is_system = [](const Message& message) { return message.role == Role::system; };
  const auto first = std::ranges::find_if_not(transcript_, is_system);
  auto kept = transcript_.end();
  for (auto at = transcript_.end(); tasks > 0 && at != first;) {
    --at;
    if (at->role == Role::user) {
      kept = at;
      --tasks;
    }
  }
  const auto forgotten = static_cast<std::size_t>(kept - first);
  transcript_.erase(first, kept);
  if (forgotten > 0) {
    window().forget();
  }
  return forgotten;
}

// The messages from `first` on.
Result<void> Agent::record(std::size_t first) {
  for (std::size_t i = first; options_.record != nullptr && i < transcript_.size(); ++i) {
    PUNA_TRY_VOID(options_.record->append(transcript_[i]));
  }
  return {};
}

}  // namespace puna
