// Events as JSON lines. A new event type gets its line in write() below; the compiler asks for it.
#include "puna/base/event.h"

#include <utility>

namespace puna {
namespace {

class NoEvents final : public EventSink {
 public:
  void on(const Event& /*event*/) override {}
};

std::int64_t us(std::chrono::microseconds time) { return time.count(); }

Json line(const event::RunStarted& e) {
  Json line = Json::object({{"type", "run.started"}, {"task", e.task}, {"model", e.model}});
  if (!e.budget.is_null()) {
    line.set("budget", e.budget);
  }
  return line;
}
Json line(const event::TurnStarted& e) { return Json::object({{"type", "turn.started"}, {"turn", e.turn}}); }
Json line(const event::PromptReady& e) {
  return Json::object({{"type", "prompt.ready"}, {"prompt", e.prompt}, {"token_ids", e.token_ids}});
}
Json line(const event::PrefixLost& e) {
  return Json::object({{"type", "prefix.lost"},
                       {"tokens_kept", e.tokens_kept},
                       {"tokens_before", e.tokens_before},
                       {"was", e.was},
                       {"is", e.is},
                       {"reason", e.reason}});
}
Json line(const event::WindowCut& e) {
  return Json::object({{"type", "window.cut"},
                       {"step", e.step},
                       {"messages", e.messages},
                       {"tokens_before", e.tokens_before},
                       {"tokens_after", e.tokens_after},
                       {"tokens_max", e.tokens_max}});
}
Json line(const event::Prefill& e) {
  return Json::object({{"type", "prefill"},
                       {"tokens_done", e.tokens_done},
                       {"tokens_total", e.tokens_total},
                       {"tokens_cached", e.tokens_cached}});
}
Json line(const event::TextDelta& e) { return Json::object({{"type", "text.delta"}, {"text", e.text}}); }
Json line(const event::ReasoningDelta& e) { return Json::object({{"type", "reasoning.delta"}, {"text", e.text}}); }
Json line(const event::ReplyReady& e) {
  Json line =
      Json::object({{"type", "reply.ready"}, {"raw", e.raw}, {"usage", to_json(e.usage)}, {"sampling", e.sampling}});
  if (!e.probabilities.is_null()) {
    line.set("probabilities", e.probabilities);
  }
  return line;
}
Json line(const event::ToolStarted& e) {
  return Json::object({{"type", "tool.started"}, {"call_id", e.call_id}, {"tool", e.tool}, {"arguments", e.arguments}});
}
Json line(const event::PermissionDecided& e) {
  Json line = Json::object({{"type", "permission.decided"},
                            {"call_id", e.call_id},
                            {"tool", e.tool},
                            {"is_allowed", e.is_allowed},
                            {"by", e.by},
                            {"rule", e.rule},
                            {"call_hash", e.call_hash},
                            {"has_private", e.has_private},
                            {"has_untrusted", e.has_untrusted}});
  if (!e.agent.empty()) {
    line.set("agent", e.agent);
  }
  return line;
}
Json line(const event::ToolEnded& e) {
  return Json::object({{"type", "tool.ended"},
                       {"call_id", e.call_id},
                       {"tool", e.tool},
                       {"observation", e.observation},
                       {"is_error", e.is_error},
                       {"duration_us", us(e.duration)}});
}
Json line(const event::Notice& e) { return Json::object({{"type", "notice"}, {"text", e.text}}); }
Json line(const event::Traced& e) {
  Json line = Json::object({{"type", e.type}});
  for (const Json::Member& member : e.members.is_object() ? e.members.as_object() : Json::Object()) {
    line.set(member.key, member.value);
  }
  return line;
}
Json line(const event::RunEnded& e) {
  return Json::object({{"type", "run.ended"},
                       {"stop_reason", e.stop_reason},
                       {"answer", e.answer},
                       {"turns", e.turns},
                       {"usage", to_json(e.usage)}});
}

}  // namespace

Usage& Usage::operator+=(const Usage& other) {
  prompt_tokens += other.prompt_tokens;
  cached_tokens += other.cached_tokens;
  output_tokens += other.output_tokens;
  forced_tokens += other.forced_tokens;
  prefill_time += other.prefill_time;
  decode_time += other.decode_time;
  return *this;
}

EventSink& EventSink::none() {
  static NoEvents sink;
  return sink;
}

Json to_json(const Event& event) {
  return std::visit([](const auto& e) { return line(e); }, event);
}

Json to_json(std::span<const AgentCall> path, const Event& event) {
  Json calls = Json::array();
  for (const AgentCall& call : path) {
    calls.push(Json::object({{"agent", call.agent}, {"call_id", call.call_id}}));
  }
  return to_json(event).set("path", std::move(calls));
}

Json to_json(const Usage& usage) {
  return Json::object({{"prompt_tokens", usage.prompt_tokens},
                       {"cached_tokens", usage.cached_tokens},
                       {"output_tokens", usage.output_tokens},
                       {"forced_tokens", usage.forced_tokens},
                       {"prefill_us", us(usage.prefill_time)},
                       {"decode_us", us(usage.decode_time)}});
}

}  // namespace puna
