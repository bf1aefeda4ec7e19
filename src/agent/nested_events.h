// The events of an agent below, on their way up; counts what its model calls took, also in runs that end by an error.
#pragma once

#include <span>
#include <utility>
#include <variant>
#include <vector>

#include "agent/calling_run.h"

namespace puna::agent {

class NestedEvents final : public EventSink {
 public:
  NestedEvents(AgentCall call, EventSink& above) : path_{std::move(call)}, above_(above) {}

  void on(const Event& event) override {
    count(event);
    above_.on_nested(path_, event);
  }
  void on_nested(std::span<const AgentCall> path, const Event& event) override {
    count(event);
    std::vector<AgentCall> whole = path_;
    whole.insert(whole.end(), path.begin(), path.end());
    above_.on_nested(whole, event);
  }

  [[nodiscard]] const Spent& spent() const { return spent_; }

 private:
  void count(const Event& event) {
    if (const auto* reply = std::get_if<event::ReplyReady>(&event)) {
      spent_.usage += reply->usage;
    } else if (std::holds_alternative<event::TurnStarted>(event)) {
      ++spent_.turns;
    }
  }

  const std::vector<AgentCall> path_;
  EventSink& above_;
  Spent spent_;
};

// The calls of an agent below, for the record above. Its messages are its own: they end with it.
class NestedRecord final : public RunRecord {
 public:
  // above  may be absent
  NestedRecord(AgentCall call, RunRecord* above) : call_(std::move(call)), above_(above) {}

  [[nodiscard]] Result<void> append(const Message& /*message*/) override { return {}; }
  [[nodiscard]] Result<void> starting(std::span<const AgentCall> path, const ToolCall& call) override {
    if (above_ == nullptr) {
      return {};
    }
    std::vector<AgentCall> whole{call_};
    whole.insert(whole.end(), path.begin(), path.end());
    return above_->starting(whole, call);
  }

 private:
  const AgentCall call_;
  RunRecord* const above_;
};

}  // namespace puna::agent
