// What a recorded run finds outside when it is made again: tools, a gate and an interpreter that answer as they did, a
// clock that stands still, and the stops that there were.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "puna/agent/recording.h"

namespace puna::agent {

// Stands still, but for a jump to where every time limit has passed.
class LogicalClock final : public Clock {
 public:
  [[nodiscard]] std::chrono::steady_clock::time_point now() const override {
    return std::chrono::steady_clock::time_point(std::chrono::hours(is_over_ ? 24 * 366 : 0));
  }
  [[nodiscard]] std::chrono::system_clock::time_point wall() const override { return {}; }
  void end() { is_over_ = true; }

 private:
  std::atomic<bool> is_over_ = false;
};

// Borrows the recording. Each answers the n-th call with the n-th answer, if the call is equal; else it keeps the miss
// and stops the run.
// Thread  one caller at a time.
class Playback {
 public:
  explicit Playback(const Recording& recording);

  [[nodiscard]] ToolResult run_tool(const std::string& tool, const Json& arguments);
  [[nodiscard]] Permit permit(const ToolCall& call);
  [[nodiscard]] Result<PythonStep> run_code(std::string_view code, const PythonToolbox& answer,
                                            const std::stop_token& stop);
  // An answer of the recording is given, of the model or one of these. A run that was stopped, by its user or its time
  // limit, is stopped again with the answer in which that happened, at the latest with the last one.
  void answered(bool is_stopped);

  // Errors  invalid_argument  a schema that this program does not take
  [[nodiscard]] Result<Toolbox> tools();
  [[nodiscard]] std::unique_ptr<Gate> gate();
  [[nodiscard]] OpenInterpreter interpreter();
  [[nodiscard]] const Clock& clock() const { return clock_; }
  [[nodiscard]] std::stop_token token() const { return stop_.get_token(); }
  [[nodiscard]] const std::optional<std::string>& miss() const { return miss_; }
  // cancelled or time_max, where that ended the recorded run; else nothing.
  [[nodiscard]] std::string_view end() const { return end_; }

 private:
  void missed(std::string what);
  [[nodiscard]] std::size_t answers_max() const;

  const Recording& recording_;
  LogicalClock clock_;
  std::stop_source stop_;
  std::optional<std::string> miss_;
  const std::string_view end_;  // how the run ended, if it was stopped
  std::size_t answers_ = 0;     // given so far
  std::size_t results_ = 0;
  std::size_t permits_ = 0;
  std::size_t code_ = 0;
};

}  // namespace puna::agent
