#include "agent/gated_calls.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <system_error>
#include <thread>
#include <utility>

#include "agent/observations.h"

namespace puna::agent {

ToolResult interrupted(StopReason reason) { return tool_error(reason == StopReason::time_max ? kTimeout : kCancelled); }

Answered GatedCalls::run(const ToolCall& call, TurnEnd& end) {
  std::string permission;
  if (auto answered = denied(call, permission, end)) {
    return *std::move(answered);
  }
  CallingRun caller(site(call, options_.gate, events_, 1));
  model_.waits_for_tool(options_.id, call.name);
  ToolResult result = tools_.run(call, deadline_.token(), &caller);
  below_ += caller.spent;
  return {.result = seen(call, std::move(result), !permission.empty(), end), .permission = std::move(permission)};
}

std::optional<Answered> GatedCalls::denied(const ToolCall& call, std::string& permission, TurnEnd& end) {
  if ((options_.gate == nullptr && options_.record == nullptr) || tools_.refusal(call)) {
    return std::nullopt;
  }
  if (options_.gate != nullptr) {
    const Permit permit = ask_gate(call, *tools_.find(call.name));
    permission = permit.text();
    if (!permit.is_allowed) {
      end = deadline_.passed();
      return Answered{.result = end ? interrupted(*end) : tool_error(permit.observation), .permission = permission};
    }
  }
  auto recorded = options_.record == nullptr ? Result<void>() : options_.record->starting({}, call);
  if (recorded) {
    return std::nullopt;
  }
  unrecorded_ = std::move(recorded).error();
  return Answered{.result = tool_error(unrecorded_->message), .permission = permission};
}

// A result as the model reads it.
ToolResult GatedCalls::seen(const ToolCall& call, ToolResult result, bool is_gated, TurnEnd& end) {
  if (is_gated) {
    options_.gate->after(*tools_.find(call.name));
  }
  if (result.is_error) {  // a tool that was interrupted says so in its own way; the model reads one way
    if (const TurnEnd passed = deadline_.passed()) {
      end = passed;
      return interrupted(*passed);
    }
  }
  return result;
}

Budget GatedCalls::left() const {
  Budget left = options_.budget;
  left.turns_max -= run_.own.turns + below_.turns;
  left.output_tokens_max -= run_.own.usage.output_tokens + below_.usage.output_tokens;
  left.time_max = deadline_.left();
  return left;
}

// For one of so many calls at the same time, on whichever thread.
CallingRun::At GatedCalls::site(const ToolCall& call, Gate* gate, EventSink& events, int shares) {
  const int number = ++agents_called_;
  const std::uint64_t place = Random::mix(run_.transcript.size(), static_cast<std::uint64_t>(number));
  Budget left = this->left();
  left.turns_max /= shares;
  left.output_tokens_max /= shares;
  return {.model = model_,
          .tools = tools_,
          .options = options_,
          .gate = gate,
          .events = events,
          .transcript = run_.transcript,
          .shown = run_.shown,
          .call = call,
          .left = left,
          .id = AgentId{Random::mix(static_cast<std::uint64_t>(options_.id), place)},
          .number = number};
}

std::size_t GatedCalls::agents_at(std::span<const ToolCall> calls) const {
  const auto other = std::ranges::find_if(calls, [this](const ToolCall& call) {
    const Tool* tool = tools_.find(call.name);
    const std::optional<ToolTraits> traits = tool == nullptr ? std::nullopt : tool->traits();
    return !traits || !traits->delegates || !tool->is_parallel();
  });
  return static_cast<std::size_t>(other - calls.begin());
}

struct GatedCalls::Together {
  const ToolCall* call = nullptr;
  std::chrono::steady_clock::time_point begun;
  std::chrono::steady_clock::time_point done;
  std::string permission;
  std::optional<Answered> answered;
  std::unique_ptr<CallingRun> caller;
  ToolResult result;
};

std::vector<Answered> GatedCalls::run_together(std::span<const ToolCall> calls,
                                               const std::function<std::optional<Answered>(const ToolCall&)>& refusal,
                                               TurnEnd& end) {
  std::vector<Together> all(calls.size());
  std::vector<Together*> running;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    Together& one = all[i];
    one.call = &calls[i];
    events_.on(event::ToolStarted{.call_id = calls[i].id, .tool = calls[i].name, .arguments = calls[i].arguments});
    one.begun = options_.clock->now();
    one.answered = end ? Answered{.result = interrupted(*end), .permission = {}} : refusal(calls[i]);
    if (!one.answered) {
      one.answered = denied(calls[i], one.permission, end);
    }
    one.done = options_.clock->now();
    if (!one.answered) {
      running.push_back(&one);
    }
  }
  for (std::span<Together*> rest = running; !rest.empty();) {
    const std::span<Together*> wave = rest.first(std::min(rest.size(), kTogetherMax));
    run_wave(wave, rest.size());
    rest = rest.subspan(wave.size());
  }
  std::vector<Answered> answers;
  for (Together& one : all) {
    if (!one.answered) {
      ToolResult result = seen(*one.call, std::move(one.result), !one.permission.empty(), end);
      one.answered = {.result = std::move(result), .permission = std::move(one.permission)};
    }
    ended(*one.call, one.answered->result, one.done - one.begun);
    answers.push_back(*std::move(one.answered));
  }
  return answers;
}

// What is left is shared by all that still wait, so that it does not depend on who is first.
void GatedCalls::run_wave(std::span<Together* const> wave, std::size_t waiting) {
  Desk desk;
  DeskEvents events(desk, events_);
  std::optional<DeskGate> gate;
  if (options_.gate != nullptr) {
    gate.emplace(desk, *options_.gate);
  }
  for (Together* one : wave) {
    one->caller =
        std::make_unique<CallingRun>(site(*one->call, gate ? &*gate : nullptr, events, static_cast<int>(waiting)));
    model_.waits_for_tool(options_.id, one->call->name);
  }
  std::vector<std::jthread> threads;
  for (Together* one : wave) {
    const auto work = [this, one, &desk] {
      one->result = tools_.run(*one->call, deadline_.token(), one->caller.get());
      one->done = options_.clock->now();
      desk.finished();
    };
    try {
      threads.emplace_back(work);
    } catch (const std::system_error&) {  // no thread is to be had: one after the other, then
      work();
    }
  }
  desk.serve(wave.size());
  threads.clear();
  for (const Together* one : wave) {
    below_ += one->caller->spent;
  }
}

void GatedCalls::ended(const ToolCall& call, const ToolResult& result, std::chrono::steady_clock::duration took) {
  const auto time = std::chrono::duration_cast<std::chrono::microseconds>(took);
  events_.on(event::ToolEnded{.call_id = call.id,
                              .tool = call.name,
                              .observation = result.content,
                              .is_error = result.is_error,
                              .duration = time});
}

Permit GatedCalls::ask_gate(const ToolCall& call, const Tool& tool) {
  Permit permit = options_.gate->before(call, tool, deadline_.token());
  events_.on(event::PermissionDecided{.call_id = call.id,
                                      .tool = call.name,
                                      .is_allowed = permit.is_allowed,
                                      .by = std::string(name_of(permit.by)),
                                      .rule = permit.rule,
                                      .call_hash = permit.call_hash,
                                      .has_private = permit.has_private,
                                      .has_untrusted = permit.has_untrusted,
                                      .agent = permit.agent});
  return permit;
}

}  // namespace puna::agent
