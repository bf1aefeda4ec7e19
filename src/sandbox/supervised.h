// A running helper: the program behind it, its control socket, and the certainty that nobody survives it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>

#include "sandbox/cgroup.h"
#include "sandbox/setup.h"
#include "sandbox/workspace.h"

namespace puna::sandbox {

// Descriptors that become the program's 0, 1 and 2.
struct Stdio {
  int in = -1;
  int out = -1;
  int err = -1;
};

class Supervised {
 public:
  // Starts the helper; the program follows when every layer is in force.
  // Errors  those of Sandbox::run
  [[nodiscard]] static Result<Supervised> start(const Setup& setup, const SandboxCommand& command, const Stdio& stdio);

  Supervised(Supervised&& other) noexcept;
  Supervised& operator=(Supervised&&) = delete;
  ~Supervised();  // kills what is left and waits for it

  [[nodiscard]] int control() const { return control_.get(); }
  // Reads what the helper has to say; does not wait.
  void take_reports();
  // Asks the helper to kill everything. Its end is reported as any other.
  void kill();
  // Every process is dead, or nothing was started.
  [[nodiscard]] bool is_over() const { return ended_ || failed_ || is_gone_; }
  [[nodiscard]] bool has_started() const { return started_.has_value(); }
  [[nodiscard]] const std::optional<Report>& started() const { return started_; }
  [[nodiscard]] const std::optional<Report>& ended() const { return ended_; }
  [[nodiscard]] bool ran_out_of_memory() const { return cgroup_.ran_out_of_memory(); }
  // Requires is_over(). The error of a run that did not happen; `said` is what was written to stderr meanwhile.
  [[nodiscard]] std::optional<Error> problem(const SandboxCommand& command, std::string_view said) const;

 private:
  Supervised() = default;

  // Declared in the order in which they must outlive each other: the processes go first.
  TemporaryFolder scratch_;
  std::optional<HeldWorkspace> workspace_;
  Cgroup cgroup_;
  Descriptor control_;
  pid_t helper_ = -1;
  std::optional<Report> started_;
  std::optional<Report> ended_;
  std::optional<Report> failed_;
  bool is_gone_ = false;  // the helper closed its end
};

[[nodiscard]] std::string_view name_of(Step step);

}  // namespace puna::sandbox
