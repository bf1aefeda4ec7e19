// How long agents are away at their tools, learned by the tool's name, to tell how long a cache is worth keeping.
//
// Pure. Invariant: at most kToolsMax names and kAgentsAwayMax agents are remembered.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <unordered_map>

#include "puna/engine/generation.h"

namespace puna::engine {

inline constexpr std::size_t kToolsMax = 1024;
inline constexpr std::size_t kAgentsAwayMax = 65'536;

class ToolTimes {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  // The agent begins to wait. Returns until when its cache is worth keeping: twice the tool's usual time, and a second.
  TimePoint leave(AgentId agent, std::string_view tool, TimePoint now);
  // The agent asks again; its absence is learned.
  void come_back(AgentId agent, TimePoint now);

 private:
  struct Away {
    std::string tool;
    TimePoint since;
  };
  std::unordered_map<std::string, double> seconds_;  // moving average by tool
  std::unordered_map<AgentId, Away> away_;
};

}  // namespace puna::engine
