// A child process of the benchmark: the server, a counter, a process that only burns time. It dies with its handle and
// with the thread that started it, whatever happens to this process.
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "puna/base.h"

namespace puna::bench {

class ChildProcess {
 public:
  enum class Output : bool { dropped, kept };

  // arguments[0] is found as a shell would find it. stdin is empty; stderr is dropped.
  // Errors  not_found  no such program;  io  the system refuses
  [[nodiscard]] static Result<ChildProcess> start(const std::vector<std::string>& arguments, Output output);
  // A copy of this process that computes without end, as a tool that keeps a core busy. Niceness as for nice(2).
  // Errors  io
  [[nodiscard]] static Result<ChildProcess> start_busy(int niceness = 0);

  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&& other) noexcept;
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ~ChildProcess();  // kills it and waits for it

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] bool running();
  // User and system time of all its threads so far.  Errors  unavailable  it has ended
  [[nodiscard]] Result<double> cpu_seconds() const;
  // What it wrote to stdout until it closed it. Requires  Output::kept.
  // Errors  cancelled  `stop` was asked for;  unavailable  it ended with another status than 0 (message has it)
  [[nodiscard]] Result<std::string> finish(const std::stop_token& stop);

 private:
  ChildProcess(pid_t pid, int out) : pid_(pid), out_(out) {}
  void end() noexcept;

  pid_t pid_ = -1;
  int out_ = -1;  // its stdout's reading end; -1 = none
};

// Clock ticks (user + system) of /proc/PID/stat. Pure.
[[nodiscard]] std::optional<long> parse_process_ticks(std::string_view text);

}  // namespace puna::bench
