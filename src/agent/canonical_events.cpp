// See canonical_events.h.
#include "agent/canonical_events.h"

#include <algorithm>
#include <concepts>

#include "puna/model/recorded_model.h"

namespace puna::agent {
namespace {

template <class E>
constexpr bool is_by_chance =
    std::same_as<E, event::Prefill> || std::same_as<E, event::PromptReady> || std::same_as<E, event::Traced>;

template <class E>
E without_chance(E event) {
  if constexpr (std::same_as<E, event::ReplyReady> || std::same_as<E, event::RunEnded>) {
    event.usage = without_times(event.usage);
  } else if constexpr (std::same_as<E, event::ToolEnded>) {
    event.duration = {};
  } else if constexpr (std::same_as<E, event::PermissionDecided>) {
    event.call_hash.clear();
  }
  return event;
}

}  // namespace

void CanonicalEvents::line(std::span<const AgentCall> path, const Event& event) {
  write_(path.empty() ? to_json(event) : to_json(path, event));
}

template <class Delta>
void CanonicalEvents::join(std::span<const AgentCall> path, const Delta& delta) {
  if (auto* last = waiting_ ? std::get_if<Delta>(&*waiting_) : nullptr;
      last != nullptr && std::ranges::equal(path_, path)) {
    last->text += delta.text;
    return;
  }
  flush();
  waiting_ = delta;
  path_.assign(path.begin(), path.end());
}

void CanonicalEvents::take(std::span<const AgentCall> path, const Event& event) {
  std::visit(
      [&]<class E>(const E& e) {
        if constexpr (std::same_as<E, event::TextDelta> || std::same_as<E, event::ReasoningDelta>) {
          join(path, e);
        } else if constexpr (!is_by_chance<E>) {
          flush();
          line(path, without_chance(e));
        }
      },
      event);
}

void CanonicalEvents::flush() {
  if (waiting_) {
    line(path_, *waiting_);
    waiting_.reset();
  }
}

}  // namespace puna::agent
