// Whether the machine was calm while something was timed: a small fixed computation takes the time that it took at
// first, and the hypervisor took no time away. A loud machine makes a round worthless, not a result.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "puna/base.h"

namespace puna::bench {

// What rounds.cpp asks; tests pass their own.
class RoundGuard {
 public:
  RoundGuard() = default;
  RoundGuard(const RoundGuard&) = delete;
  RoundGuard& operator=(const RoundGuard&) = delete;
  virtual ~RoundGuard() = default;

  // Measures what calm is, before a case.
  virtual void settle() = 0;
  // Why what was timed since the last call (or since settle()) does not count; nothing when it was calm.
  [[nodiscard]] virtual std::optional<std::string> disturbance() = 0;
};

struct MachineReading {
  double load = 0;                // runnable processes, mean of the last minute
  std::int64_t stolen_ticks = 0;  // taken by the hypervisor
  std::int64_t total_ticks = 0;
  double kernel_seconds = 0;  // CPU time of the calibration kernel
};

inline constexpr double kKernelTolerance = 0.10;
// Stolen time is not in CPU seconds; it costs caches. Hosts were seen that take 2 % all day and change no ratio.
inline constexpr double kStolenShareMax = 0.05;

// Compares two readings with the calm kernel time. Pure.
[[nodiscard]] std::optional<std::string> compare(const MachineReading& before, const MachineReading& now,
                                                 double calm_kernel_seconds);

// "1.91 1.96 2.74 ..." (/proc/loadavg) and "cpu  1 2 3 4 5 6 7 8 ..." (/proc/stat). Zeros for anything else.
[[nodiscard]] double parse_load(std::string_view text);
void parse_ticks(std::string_view text, MachineReading& reading);

class MachineGuard final : public RoundGuard {
 public:
  MachineGuard();

  void settle() override;
  [[nodiscard]] std::optional<std::string> disturbance() override;

 private:
  [[nodiscard]] double run_once();    // thread CPU seconds of the kernel
  [[nodiscard]] double run_kernel();  // the median of several
  [[nodiscard]] MachineReading read();

  std::vector<float> data_;
  int passes_ = 1;  // over data_, so many that the kernel takes about 20 ms
  double calm_kernel_seconds_ = 0;
  MachineReading last_;
};

}  // namespace puna::bench
