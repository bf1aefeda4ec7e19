// The agent: ask, act, append, until a stop. The transcript is its only state; everything else here is counters.
//
// Invariant: between turns every call in the transcript has exactly one result, in order, right behind its message. A
// turn that cannot be finished because of an error is taken out of the transcript again.
#include <algorithm>
#include <limits>
#include <optional>
#include <span>
#include <utility>

#include "agent/calls.h"
#include "agent/deadline.h"
#include "agent/gated_calls.h"
#include "agent/observations.h"
#include "puna/agent.h"
#include "puna/agent/window.h"

namespace puna {
namespace {

using agent::Answered;
using agent::CallIds;
using agent::Deadline;
using agent::GatedCalls;
using agent::interrupted;
using agent::RepeatedCalls;
using agent::TurnEnd;

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == std::string_view::npos; }

class Run {
 public:
  Run(Model& model, Toolbox& tools, Transcript& transcript, const AgentOptions& options, EventSink& events,
      const Deadline& deadline)
      : model_(model),
        tools_(tools),
        transcript_(transcript),
        options_(options),
        budget_(options.budget),
        events_(events),
        deadline_(deadline),
        specs_(tools.specs()),
        calls_({.model = model,
                .tools = tools,
                .options = options,
                .events = events,
                .deadline = deadline,
                .transcript = transcript,
                .shown = specs_,
                .own = end_}),
        ids_(transcript),
        window_(options.window == nullptr ? own_window_ : *options.window),
        task_(place_of_task()) {}

  Result<RunEnd> to_end() {
    if (options_.gate != nullptr) {
      options_.gate->begin(transcript_, tools_);
    }
    events_.on(event::RunStarted{.task = task_ < transcript_.size() ? transcript_[task_].content : "",
                                 .model = model_.name(),
                                 .budget = to_json(budget_)});
    TurnEnd reason = limit_reached();
    for (bool is_first = true; !reason; reason = limit_reached()) {
      const std::size_t begin = transcript_.size();
      const std::vector<ToolCall> unanswered =
          is_first ? agent::unanswered_calls(transcript_) : std::vector<ToolCall>();
      is_first = false;
      auto end = unanswered.empty() ? turn() : answer_calls(unanswered);
      if (!end) {
        transcript_.resize(begin);
        return std::unexpected(std::move(end).error());
      }
      if (*end) {
        reason = *end;
        break;
      }
    }
    end_.reason = *reason;
    end_.turns += calls_.below().turns;
    end_.usage += calls_.below().usage;
    events_.on(event::RunEnded{.stop_reason = std::string(name_of(end_.reason)),
                               .answer = end_.answer,
                               .turns = end_.turns,
                               .usage = end_.usage});
    return std::move(end_);
  }

 private:
  TurnEnd limit_reached() const {
    if (const TurnEnd passed = deadline_.passed()) {
      return passed;
    }
    if (calls_.left().turns_max <= 0) {
      return StopReason::turns_max;
    }
    return tokens_left() <= 0 ? TurnEnd(StopReason::output_tokens_max) : std::nullopt;
  }

  Result<TurnEnd> turn() {
    events_.on(event::TurnStarted{.turn = ++end_.turns});
    Request asked = request();
    auto spent = window_.make_room(model_, asked, transcript_, task_, events_, deadline_.token());
    if (!spent) {
      return no_reply(std::move(spent).error());
    }
    end_.usage += *spent;
    if (tokens_left() <= 0) {
      return StopReason::output_tokens_max;
    }
    asked.tokens_max = reply_tokens_max();  // a summary may have taken some
    auto reply = model_.ask(asked, events_, deadline_.token());
    if (!reply) {
      return no_reply(std::move(reply).error());
    }
    end_.usage += reply->usage;
    if (reply->lost) {
      return no_reply(*std::move(reply->lost));
    }
    end_.answer = reply->message.content;
    ids_.make_unique(reply->message.calls);
    for (const std::string& repair : reply->repairs) {
      events_.on(event::Notice{.text = "repaired " + repair});
    }
    fit(reply->message.calls);
    const std::vector<ToolCall> calls = reply->message.calls;
    take_out(reply->malformed_calls, reply->message.content);
    PUNA_TRY_VOID(append(std::move(reply->message)));
    window_.answered(reply->usage, transcript_.size());
    if (calls.empty()) {
      return without_calls(*reply);
    }
    has_called_ = true;
    PUNA_TRY(const TurnEnd end, answer_calls(calls));
    if (!end && !reply->malformed_calls.empty()) {
      PUNA_TRY_VOID(teach(reply->malformed_calls));
    }
    malformed_ = 0;
    return end;
  }

  // Arguments of wrong types that can be read in one way only. A call that a grammar held fits as it is.
  void fit(std::vector<ToolCall>& calls) {
    for (ToolCall& call : calls) {
      const auto spec = std::ranges::find(specs_, call.name, &ToolSpec::name);
      if (spec == specs_.end() || spec->parameters.is_null()) {
        continue;
      }
      if (std::optional<Json> arguments = coerced(spec->parameters, call.arguments)) {
        call.arguments = *std::move(arguments);
        events_.on(event::Notice{.text = "repaired a call of " + call.name + ": the types of its arguments"});
      }
    }
  }

  // A call that is not valid is not shown to the model as its own words again: it would learn from it. What was wrong
  // with it follows as an observation.
  static void take_out(const std::vector<std::string>& malformed_calls, std::string& content) {
    for (const std::string& call : malformed_calls) {
      if (const std::size_t at = content.find(call); !call.empty() && at != std::string::npos) {
        content.replace(at, call.size(), agent::kMalformedCallNote);
      }
    }
  }

  // Limits that only the model can find are outcomes; the rest is an error.
  Result<TurnEnd> no_reply(Error error) {
    if (error.code == ErrorCode::cancelled) {
      return deadline_.passed().value_or(StopReason::cancelled);
    }
    if (error.code == ErrorCode::limit) {
      events_.on(event::Notice{.text = std::move(error.message)});
      return StopReason::window_full;
    }
    return std::unexpected(std::move(error));
  }

  Result<TurnEnd> without_calls(const Reply& reply) {
    if (reply.finish == FinishReason::tokens_max) {
      return StopReason::output_tokens_max;
    }
    if (reply.finish == FinishReason::window_full) {
      return StopReason::window_full;
    }
    if (reply.malformed_calls.empty() && !is_blank(end_.answer)) {
      return StopReason::answered;
    }
    if (++malformed_ > budget_.malformed_max) {
      return StopReason::malformed_replies;
    }
    PUNA_TRY_VOID(teach(reply.malformed_calls));
    return std::nullopt;
  }

  Result<void> teach(const std::vector<std::string>& malformed_calls) {
    events_.on(event::Notice{.text = malformed_calls.empty() ? "the model's reply was empty"
                                                             : "the model wrote a tool call that is not valid"});
    return append({.role = Role::user, .content = agent::malformed_reply(malformed_calls, specs_)});
  }

  // Every call gets its result, also when the run ends in the middle.
  Result<TurnEnd> answer_calls(const std::vector<ToolCall>& calls) {
    TurnEnd end;
    int number = 0;
    const auto refusal = [&](const ToolCall& call) { return refused(call, ++number, end); };
    for (std::span<const ToolCall> rest = calls; !rest.empty();) {
      const std::size_t count = std::max<std::size_t>(1, calls_.agents_at(rest));
      const auto now = rest.first(count);
      rest = rest.subspan(count);
      std::vector<Answered> answers;
      if (count > 1) {
        answers = calls_.run_together(now, refusal, end);
      } else {
        answers.push_back(calls_.shown(now.front(), [&]() -> Answered {
          end = end ? end : deadline_.passed();
          auto answered = end ? Answered{.result = interrupted(*end), .permission = {}} : refusal(now.front());
          return answered ? *std::move(answered) : calls_.run(now.front(), end);
        }));
      }
      if (calls_.unrecorded()) {
        return std::unexpected(*calls_.unrecorded());
      }
      for (std::size_t i = 0; i < count; ++i) {
        PUNA_TRY_VOID(append({.role = Role::tool,
                              .content = std::move(answers[i].result.content),
                              .call_id = now[i].id,
                              .tool = now[i].name,
                              .is_error = answers[i].result.is_error,
                              .permission = std::move(answers[i].permission)}));
      }
    }
    return end;
  }

  // What the run answers itself. Nothing: the call is made.
  std::optional<Answered> refused(const ToolCall& call, int number, TurnEnd& end) {
    if (number > budget_.calls_per_turn_max) {
      return Answered{.result = tool_error(agent::too_many_calls(budget_.calls_per_turn_max)), .permission = {}};
    }
    if (const int times = repeated_.count(call); times > 1) {
      events_.on(event::Notice{.text = "the model repeats a call of " + call.name});
      if (times > budget_.repeats_max) {
        end = StopReason::repeated_call;
      }
      return Answered{.result = tool_error(agent::kRepeatedCall), .permission = {}};
    }
    return std::nullopt;
  }

  Result<void> append(Message message) {
    transcript_.push_back(std::move(message));
    return options_.record == nullptr ? Result<void>() : options_.record->append(transcript_.back());
  }

  [[nodiscard]] Request request() const {
    return {.messages = {},  // the window's part
            .tools = specs_,
            .tool_choice = has_called_ && options_.tool_choice.needs_call() ? ToolChoice() : options_.tool_choice,
            .parallel_calls = options_.parallel_calls,
            .sampling = options_.sampling,
            .tokens_max = reply_tokens_max(),
            .reasoning_tokens_max = options_.reasoning_tokens_max,
            .agent = options_.id,
            .turn = transcript_.size()};
  }

  [[nodiscard]] std::int64_t tokens_left() const { return calls_.left().output_tokens_max; }
  [[nodiscard]] int reply_tokens_max() const {
    return static_cast<int>(std::min<std::int64_t>(tokens_left(), std::numeric_limits<int>::max()));
  }

  // Of the last message from the user; behind the transcript when there is none.
  [[nodiscard]] std::size_t place_of_task() const {
    const auto last = std::ranges::find(transcript_.rbegin(), transcript_.rend(), Role::user, &Message::role);
    return last == transcript_.rend() ? transcript_.size() : static_cast<std::size_t>(transcript_.rend() - last) - 1;
  }

  Model& model_;
  Toolbox& tools_;
  Transcript& transcript_;
  const AgentOptions& options_;
  const Budget& budget_;
  EventSink& events_;
  const Deadline& deadline_;
  const std::vector<ToolSpec> specs_;
  GatedCalls calls_;
  CallIds ids_;
  RepeatedCalls repeated_;
  bool has_called_ = false;  // a reply of this run had a call
  int malformed_ = 0;        // replies in a row
  RunEnd end_;
  ContextWindow own_window_;  // where the options have none
  ContextWindow& window_;
  const std::size_t task_;  // its place in the transcript
};

}  // namespace

Result<RunEnd> resume(Model& model, Toolbox& tools, Transcript& transcript, const AgentOptions& options,
                      EventSink& events, std::stop_token stop) {
  if (transcript.empty()) {
    return fail(ErrorCode::invalid_argument, "the transcript is empty", "add a user message: the task");
  }
  if (const Message& last = transcript.back();
      last.role != Role::user && last.role != Role::tool && last.calls.empty()) {
    return fail(ErrorCode::invalid_argument,
                "the transcript ends with a message of " + std::string(name_of(last.role)) + ", not of user or tool",
                "add a user message");
  }
  PUNA_TRY(const auto deadline, Deadline::start(*options.clock, options.budget.time_max, std::move(stop)));
  return Run(model, tools, transcript, options, events, *deadline).to_end();
}

}  // namespace puna
