// How much of this machine's cores other programs use, by the operating system's own account.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace puna::engine {

class CpuLoad {
 public:
  CpuLoad() = default;
  CpuLoad(const CpuLoad&) = delete;
  CpuLoad& operator=(const CpuLoad&) = delete;
  virtual ~CpuLoad() = default;

  // Cores' worth of time that other programs used since the last call, on the cores that this process may run on.
  // Nothing: not known yet. Takes no lock and no memory.
  [[nodiscard]] virtual std::optional<double> foreign_cores() = 0;
  // On how many cores this process may run.
  [[nodiscard]] virtual int cores() const = 0;
};

// Null where the system does not tell (it is read from /proc/stat).
[[nodiscard]] std::unique_ptr<CpuLoad> open_cpu_load();

// Ticks of work in /proc/stat's text, summed over the cores for which counted[core] is set. Work that was niced gives
// way to us and counts only `with_niced`. Nothing: not such a text.
[[nodiscard]] std::optional<std::uint64_t> busy_ticks(std::string_view text, const std::vector<bool>& counted,
                                                      bool with_niced);

}  // namespace puna::engine
