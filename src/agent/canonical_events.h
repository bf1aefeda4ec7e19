// The event log of a recording: what of the events is the same whenever a run is the same.
#pragma once

#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "puna/base.h"

namespace puna::agent {

// Text that streamed is joined, however it came in pieces. Progress, prompts and what only a trace keeps are left out;
// times are 0, and the hash of a permission, which names the folder, is empty.
// Thread  one caller at a time.
class CanonicalEvents {
 public:
  explicit CanonicalEvents(std::function<void(Json line)> write) : write_(std::move(write)) {}

  void take(std::span<const AgentCall> path, const Event& event);
  // Text that still waits for more.
  void flush();

 private:
  void line(std::span<const AgentCall> path, const Event& event);
  template <class Delta>
  void join(std::span<const AgentCall> path, const Delta& delta);

  const std::function<void(Json line)> write_;
  std::vector<AgentCall> path_;   // of what waits
  std::optional<Event> waiting_;  // a TextDelta or ReasoningDelta
};

}  // namespace puna::agent
