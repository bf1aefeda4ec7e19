#include "engine/tool_times.h"

#include <algorithm>

namespace puna::engine {
namespace {

constexpr double kLearnToolTime = 0.3;   // weight of a new measurement
constexpr double kSecondsUnknown = 5.0;  // of a tool that was never measured
constexpr double kSecondsMax = 3600.0;

using Seconds = std::chrono::duration<double>;

}  // namespace

ToolTimes::TimePoint ToolTimes::leave(AgentId agent, std::string_view tool, TimePoint now) {
  const auto known = seconds_.find(std::string(tool));
  const double usual = known == seconds_.end() ? kSecondsUnknown : known->second;
  if (away_.size() < kAgentsAwayMax) {
    away_[agent] = {.tool = std::string(tool), .since = now};
  }
  return now + std::chrono::duration_cast<TimePoint::duration>(Seconds(2 * usual + 1));
}

void ToolTimes::come_back(AgentId agent, TimePoint now) {
  const auto away = away_.find(agent);
  if (away == away_.end()) {
    return;
  }
  const double seconds = std::min(Seconds(now - away->second.since).count(), kSecondsMax);
  const auto known = seconds_.find(away->second.tool);
  if (known != seconds_.end()) {
    known->second += kLearnToolTime * (seconds - known->second);
  } else if (seconds_.size() < kToolsMax) {
    seconds_.emplace(away->second.tool, seconds);
  }
  away_.erase(away);
}

}  // namespace puna::engine
