// A program with pipes for its three streams, in a session and process group of its own.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <string_view>

#include "puna/tools/mcp.h"

namespace puna::tools {

// Owns the process and all that it started in its group: they are gone with it.
class ChildProgram {
 public:
  // Errors  not_found  no such program;  unavailable  it cannot be started
  [[nodiscard]] static Result<ChildProgram> start(const McpProgram& program,
                                                  const std::map<std::string, std::string>& environment,
                                                  std::chrono::milliseconds grace);
  ChildProgram(ChildProgram&& other) noexcept;
  ChildProgram& operator=(ChildProgram&& other) noexcept;
  ~ChildProgram() { end(); }

  [[nodiscard]] int input() const { return input_; }    // for writing, does not block; -1 = closed
  [[nodiscard]] int output() const { return output_; }  // for reading, do not block
  [[nodiscard]] int errors() const { return errors_; }

  // Bytes that were taken now; 0 = none at the moment.  Errors  unavailable  it does not read any more
  [[nodiscard]] Result<std::size_t> write(std::string_view bytes);
  // Reads what is there.  Returns whether the stream is still open.
  [[nodiscard]] static bool read(int stream, std::string& bytes);
  // Whether the process has ended; then as which status it would be told of ("exit status 1").
  [[nodiscard]] bool has_ended(std::string& how) const;

  // Closes its input, waits, SIGTERM, waits, SIGKILL. Every wait is `grace` at most.
  void end();
  void set_grace(std::chrono::milliseconds grace) { grace_ = grace; }

 private:
  ChildProgram() = default;
  [[nodiscard]] bool waits_for_end() const;  // drains its output meanwhile

  pid_t process_ = -1;
  int input_ = -1;
  int output_ = -1;
  int errors_ = -1;
  std::chrono::milliseconds grace_{0};
};

}  // namespace puna::tools
