#include "agent/gated_calls.h"

#include "agent/observations.h"

namespace puna::agent {

ToolResult interrupted(StopReason reason) { return tool_error(reason == StopReason::time_max ? kTimeout : kCancelled); }

Answered GatedCalls::run(const ToolCall& call, TurnEnd& end) {
  const Tool* gated = options_.gate == nullptr || tools_.refusal(call) ? nullptr : tools_.find(call.name);
  std::string permission;
  if (gated != nullptr) {
    const Permit permit = ask_gate(call, *gated);
    permission = permit.text();
    if (!permit.is_allowed) {
      end = deadline_.passed();
      return {.result = end ? interrupted(*end) : tool_error(permit.observation), .permission = std::move(permission)};
    }
  }
  model_.waits_for_tool(options_.id, call.name);
  ToolResult result = tools_.run(call, deadline_.token());
  if (gated != nullptr) {
    options_.gate->after(*gated);
  }
  if (result.is_error) {  // a tool that was interrupted says so in its own way; the model reads one way
    end = deadline_.passed();
    if (end) {
      result = interrupted(*end);
    }
  }
  return {.result = std::move(result), .permission = std::move(permission)};
}

void GatedCalls::ended(const ToolCall& call, const ToolResult& result, std::chrono::steady_clock::time_point begun) {
  const auto time = std::chrono::duration_cast<std::chrono::microseconds>(options_.clock->now() - begun);
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
                                      .has_untrusted = permit.has_untrusted});
  return permit;
}

}  // namespace puna::agent
