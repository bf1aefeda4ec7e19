// See deadline.h.
#include "agent/deadline.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <utility>

namespace puna::agent {
namespace {

// Adding more to a clock's time could overflow; nobody waits for a year.
constexpr std::chrono::milliseconds kTimeMax = std::chrono::hours(24 * 365);

}  // namespace

Result<std::unique_ptr<Deadline>> Deadline::start(const Clock& clock, std::chrono::milliseconds time_max,
                                                  std::stop_token stop) {
  const auto time = std::clamp(time_max, std::chrono::milliseconds(0), kTimeMax);
  try {
    return std::unique_ptr<Deadline>(new Deadline(clock, time, std::move(stop)));
  } catch (const std::system_error& thrown) {
    return fail(ErrorCode::unavailable, std::string("no thread for the time limit: ") + thrown.what(),
                "the machine is out of threads or memory");
  }
}

Deadline::Deadline(const Clock& clock, std::chrono::milliseconds time_max, std::stop_token stop)
    : clock_(clock), stop_(std::move(stop)), time_up_(clock.now() + time_max), forward_(stop_, Forward{joined_}) {
  if (&clock == &Clock::system()) {
    timer_ = std::jthread([this, time_max](const std::stop_token& end) { sleep(end, time_max); });
  }
}

void Deadline::sleep(const std::stop_token& end, std::chrono::milliseconds time) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, end, time, [] { return false; });
  if (!end.stop_requested()) {
    slept_ = true;
    joined_.request_stop();
  }
}

std::optional<StopReason> Deadline::passed() const {
  if (stop_.stop_requested()) {
    return StopReason::cancelled;
  }
  if (slept_ || clock_.now() >= time_up_) {
    return StopReason::time_max;
  }
  return std::nullopt;
}

}  // namespace puna::agent
