// Reads /proc/meminfo, the control group's limits and the processor topology.
#include "engine/machine.h"

#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>

#include "puna/base/format.h"

namespace puna::engine {
namespace {

constexpr int kThreadsMax = 8;

std::optional<std::string> first_line(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::string line;
  if (!file || !std::getline(file, line)) {
    return std::nullopt;
  }
  return line;
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  return result.ec == std::errc{} ? std::optional(value) : std::nullopt;
}

std::optional<std::uint64_t> number_in(const std::filesystem::path& path) {
  const auto line = first_line(path);
  return line ? number(*line) : std::nullopt;
}

// "MemAvailable:   12345 kB"
std::optional<std::uint64_t> meminfo_available() {
  std::ifstream file("/proc/meminfo");
  std::string line;
  while (file && std::getline(file, line)) {
    if (line.starts_with("MemAvailable:")) {
      const std::size_t digit = line.find_first_of("0123456789");
      const auto kib = digit == std::string::npos ? std::nullopt : number(std::string_view(line).substr(digit));
      return kib ? std::optional(*kib * 1024) : std::nullopt;
    }
  }
  return std::nullopt;
}

// Pages of files, which the system takes back when memory is wanted: weights that were mapped, above all.
std::uint64_t cached_bytes(const std::filesystem::path& folder) {
  std::uint64_t sum = 0;
  std::ifstream file(folder / "memory.stat");
  for (std::string line; std::getline(file, line);) {
    for (const std::string_view name : {"active_file ", "inactive_file "}) {
      if (line.starts_with(name)) {
        sum += number(std::string_view(line).substr(name.size())).value_or(0);
      }
    }
  }
  return sum;
}

std::uint64_t memory_left_in(const std::filesystem::path& folder) {
  const auto limit = number_in(folder / "memory.max");
  const auto used = number_in(folder / "memory.current");
  if (!limit || !used) {
    return std::numeric_limits<std::uint64_t>::max();
  }
  const std::uint64_t held = *used - std::min(*used, cached_bytes(folder));
  return *limit > held ? *limit - held : 0;
}

// "0::/user.slice/app"
std::filesystem::path own_control_group() {
  std::ifstream file("/proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("0::/")) {
      return line.substr(3);
    }
  }
  return "/";
}

// "200000 100000": two cores' worth of time. "max ...": no quota.
int control_group_cores() {
  const auto line = first_line("/sys/fs/cgroup/cpu.max");
  const std::size_t space = line ? line->find(' ') : std::string::npos;
  if (space == std::string::npos) {
    return kThreadsMax;
  }
  const auto quota = number(std::string_view(*line).substr(0, space));
  const auto period = number(std::string_view(*line).substr(space + 1));
  if (!quota || !period || *period == 0) {
    return kThreadsMax;
  }
  return static_cast<int>(std::clamp<std::uint64_t>(*quota / *period, 1, kThreadsMax));
}

int physical_cores() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0) {
    return static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  }
  std::set<std::pair<std::string, std::string>> cores;
  int threads = 0;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(static_cast<std::size_t>(cpu), &allowed)) {
      continue;
    }
    ++threads;
    const std::string folder = format_text("/sys/devices/system/cpu/cpu{}/topology/", cpu);
    const auto core = first_line(folder + "core_id");
    const auto package = first_line(folder + "physical_package_id");
    if (core && package) {
      cores.emplace(*package, *core);
    }
  }
  return std::max(1, cores.empty() ? threads : static_cast<int>(cores.size()));
}

}  // namespace

std::uint64_t control_group_memory_left(const std::filesystem::path& root, const std::filesystem::path& group) {
  std::filesystem::path folder = root / group.relative_path();
  std::uint64_t left = memory_left_in(root);
  for (; folder != root && folder.has_relative_path(); folder = folder.parent_path()) {
    left = std::min(left, memory_left_in(folder));
  }
  return left;
}

std::uint64_t available_memory_bytes() {
  const auto available = meminfo_available();
  return available ? std::min(*available, control_group_memory_left("/sys/fs/cgroup", own_control_group())) : 0;
}

int default_threads() { return std::clamp(std::min(physical_cores(), control_group_cores()), 1, kThreadsMax); }

double cpu_seconds_used() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace puna::engine
