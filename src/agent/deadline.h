// One stop token for two reasons: the caller asked, or the time is up.
//
// Owns a thread that sleeps until the deadline and then stops whatever holds the token, so that a model call or a tool
// is interrupted in the middle. Between calls the Clock is asked too. Only the system's clock gets a thread: the time
// of any other (a test's, a replay's) does not pass by sleeping, and real time must not decide such a run.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <thread>

#include "puna/agent.h"

namespace puna::agent {

class Deadline {
 public:
  // Errors  unavailable  the thread cannot be started
  [[nodiscard]] static Result<std::unique_ptr<Deadline>> start(const Clock& clock, std::chrono::milliseconds time_max,
                                                               std::stop_token stop);
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;
  ~Deadline() = default;

  [[nodiscard]] std::stop_token token() const { return joined_.get_token(); }
  // cancelled, time_max, or nothing: go on. A caller's stop wins, since it says what the caller wants.
  [[nodiscard]] std::optional<StopReason> passed() const;
  // Rounded up; never less than nothing.
  [[nodiscard]] std::chrono::milliseconds left() const {
    return std::max(std::chrono::milliseconds(0),
                    std::chrono::ceil<std::chrono::milliseconds>(time_up_ - clock_.now()));
  }

 private:
  Deadline(const Clock& clock, std::chrono::milliseconds time_max, std::stop_token stop);
  void sleep(const std::stop_token& end, std::chrono::milliseconds time);

  struct Forward {
    std::stop_source& to;
    void operator()() const { to.request_stop(); }
  };

  const Clock& clock_;
  const std::stop_token stop_;
  const std::chrono::steady_clock::time_point time_up_;
  std::atomic<bool> slept_ = false;
  std::stop_source joined_;
  std::stop_callback<Forward> forward_;
  std::jthread timer_;  // of the system's clock only. Last: joined before anything it uses goes away
};

}  // namespace puna::agent
