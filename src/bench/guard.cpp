// The calibration kernel, and two files of /proc.
#include "bench/guard.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <fstream>
#include <iterator>

#include "bench/statistics.h"
#include "puna/engine/peers.h"

namespace puna::bench {
namespace {

// 64 MiB, as much as the benchmark's weights: like them it is in no cache, so a neighbour that takes memory bandwidth
// is seen. 16 MiB may be in one that is shared with neighbours, and varied more while nothing ran.
constexpr std::size_t kKernelFloats = std::size_t{16} * 1024 * 1024;
constexpr double kKernelSeconds = 0.020;
// An interrupt during 20 ms, pages that were put aside meanwhile and a neighbour's half second are not a loud machine:
// the median of so many runs of the kernel speaks.
constexpr int kKernelRuns = 25;

std::string first_line(const char* path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

}  // namespace

double parse_load(std::string_view text) {
  double load = 0;
  std::from_chars(text.data(), text.data() + text.size(), load);
  return load;
}

// Source: proc(5): user, nice, system, idle, iowait, irq, softirq, steal; the two after that are parts of user and
// nice.
void parse_ticks(std::string_view text, MachineReading& reading) {
  constexpr std::size_t kSteal = 7;
  reading.stolen_ticks = 0;
  reading.total_ticks = 0;
  if (!text.starts_with("cpu ")) {
    return;
  }
  const char* at = text.data() + 4;
  const char* end = text.data() + text.size();
  for (std::size_t field = 0; field <= kSteal; ++field) {
    while (at != end && *at == ' ') {
      ++at;
    }
    std::int64_t ticks = 0;
    const auto parsed = std::from_chars(at, end, ticks);
    if (parsed.ec != std::errc{}) {
      return;
    }
    at = parsed.ptr;
    reading.total_ticks += ticks;
    if (field == kSteal) {
      reading.stolen_ticks = ticks;
    }
  }
}

std::optional<std::string> compare(const MachineReading& before, const MachineReading& now,
                                   double calm_kernel_seconds) {
  const double change = now.kernel_seconds / calm_kernel_seconds - 1;
  if (!(std::abs(change) <= kKernelTolerance)) {  // also when it is not a number
    return format_text("the calibration kernel took {:+.0f} % (load {:.1f})", change * 100, now.load);
  }
  const auto total = now.total_ticks - before.total_ticks;
  const auto stolen = now.stolen_ticks - before.stolen_ticks;
  if (total > 0 && static_cast<double>(stolen) > kStolenShareMax * static_cast<double>(total)) {
    return format_text("the hypervisor took {:.0f} % of the time",
                       100.0 * static_cast<double>(stolen) / static_cast<double>(total));
  }
  return std::nullopt;
}

MachineGuard::MachineGuard() : data_(kKernelFloats, 1.0F) {
  for (double seconds = run_once(); seconds < kKernelSeconds && passes_ < 1 << 20; seconds = run_once()) {
    passes_ *= 2;
  }
}

// Reads, multiplies and writes each value, as often as passes_ says. The values stay near 1.
double MachineGuard::run_once() {
  const double begin = thread_cpu_seconds();
  for (int pass = 0; pass < passes_; ++pass) {
    const float factor = pass % 2 == 0 ? 1.0009765625F : 0.9990243903F;
    for (float& value : data_) {
      value = value * factor + 1e-9F;
    }
    data_.front() = std::clamp(data_.back(), 0.5F, 2.0F);  // what is computed is used
  }
  return thread_cpu_seconds() - begin;
}

double MachineGuard::run_kernel() {
  std::array<double, kKernelRuns> seconds{};
  std::ranges::generate(seconds, [this] { return run_once(); });
  return median(seconds);
}

MachineReading MachineGuard::read() {
  MachineReading reading{.load = parse_load(first_line("/proc/loadavg"))};
  parse_ticks(first_line("/proc/stat"), reading);
  reading.kernel_seconds = run_kernel();
  return reading;
}

void MachineGuard::settle() {
  last_ = read();
  calm_kernel_seconds_ = last_.kernel_seconds;
}

std::optional<std::string> MachineGuard::disturbance() {
  const MachineReading before = std::exchange(last_, read());
  auto why = compare(before, last_, calm_kernel_seconds_);
  if (last_.kernel_seconds < calm_kernel_seconds_ * (1 - kKernelTolerance)) {
    calm_kernel_seconds_ = last_.kernel_seconds;  // what seemed calm was not: later rounds are compared with this
  }
  return why;
}

}  // namespace puna::bench
