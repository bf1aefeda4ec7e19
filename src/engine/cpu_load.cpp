// /proc/stat and the process's own CPU time. See proc_stat(5) for the columns.
#include "engine/cpu_load.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <utility>

#include "engine/machine.h"

namespace puna::engine {
namespace {

constexpr std::size_t kTextMax = std::size_t{1} << 16;  // the cores' lines come first

std::optional<std::uint64_t> take_number(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  std::uint64_t value = 0;
  const auto result = std::from_chars(line.data(), line.data() + line.size(), value);
  if (result.ec != std::errc{}) {
    return std::nullopt;
  }
  line.remove_prefix(static_cast<std::size_t>(result.ptr - line.data()));
  return value;
}

std::vector<bool> allowed_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::vector<bool> allowed(CPU_SETSIZE);
  if (sched_getaffinity(0, sizeof(set), &set) == 0) {
    for (std::size_t core = 0; core < allowed.size(); ++core) {
      allowed[core] = CPU_ISSET(core, &set);
    }
  }
  return allowed;
}

class ProcCpuLoad final : public CpuLoad {
 public:
  // Takes over the file; a negative one could not be opened.
  explicit ProcCpuLoad(int file)
      : file_(file),
        allowed_(allowed_cores()),
        cores_(static_cast<int>(std::ranges::count(allowed_, true))),
        with_niced_(getpriority(PRIO_PROCESS, 0) > 0),
        ticks_per_second_(static_cast<double>(sysconf(_SC_CLK_TCK))) {}
  ~ProcCpuLoad() override {
    if (is_open()) {
      close(file_);
    }
  }
  ProcCpuLoad(const ProcCpuLoad&) = delete;
  ProcCpuLoad& operator=(const ProcCpuLoad&) = delete;

  [[nodiscard]] bool is_open() const { return file_ >= 0; }
  [[nodiscard]] int cores() const override { return cores_; }

  [[nodiscard]] std::optional<double> foreign_cores() override {
    const ssize_t size = pread(file_, text_.data(), text_.size(), 0);
    const auto busy =
        size <= 0 ? std::nullopt : busy_ticks({text_.data(), static_cast<std::size_t>(size)}, allowed_, with_niced_);
    if (!busy) {
      return std::nullopt;
    }
    const Moment now{.time = std::chrono::steady_clock::now(),
                     .busy = static_cast<double>(*busy) / ticks_per_second_,
                     .own = cpu_seconds_used()};
    const auto before = std::exchange(last_, now);
    const double passed = before ? std::chrono::duration<double>(now.time - before->time).count() : 0;
    if (passed <= 0) {
      return std::nullopt;
    }
    return std::max(0.0, ((now.busy - before->busy) - (now.own - before->own)) / passed);
  }

 private:
  struct Moment {
    std::chrono::steady_clock::time_point time;
    double busy = 0;  // seconds of all programs
    double own = 0;   // seconds of this one
  };

  int file_;
  std::vector<bool> allowed_;
  int cores_;
  bool with_niced_;
  double ticks_per_second_;
  std::optional<Moment> last_;
  std::array<char, kTextMax> text_{};
};

}  // namespace

std::optional<std::uint64_t> busy_ticks(std::string_view text, const std::vector<bool>& counted, bool with_niced) {
  std::uint64_t total = 0;
  bool any = false;
  while (text.starts_with("cpu")) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(3, end - 3);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.starts_with(' ')) {
      continue;  // all cores together
    }
    const auto core = take_number(line);
    std::array<std::uint64_t, 7> columns{};  // user, nice, system, idle, iowait, irq, softirq
    for (std::uint64_t& column : columns) {
      const auto value = core ? take_number(line) : std::nullopt;
      if (!value) {
        return any ? std::optional(total) : std::nullopt;  // the text was cut off here
      }
      column = *value;
    }
    if (*core < counted.size() && counted[*core]) {
      total += columns[0] + (with_niced ? columns[1] : 0) + columns[2] + columns[5] + columns[6];
      any = true;
    }
  }
  return any ? std::optional(total) : std::nullopt;
}

std::unique_ptr<CpuLoad> open_cpu_load() {
  auto load = std::make_unique<ProcCpuLoad>(open("/proc/stat", O_RDONLY | O_CLOEXEC));
  return load->is_open() ? std::move(load) : nullptr;
}

}  // namespace puna::engine
