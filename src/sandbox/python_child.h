// One interpreter in the sandbox: its process, its messages (one JSON object a line, on its descriptor 0) and its
// output.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "puna/sandbox/python.h"
#include "sandbox/kept_output.h"
#include "sandbox/supervised.h"

namespace puna::sandbox {

// Which interpreter, and how it is started.
struct Interpreter {
  std::string path;
  bool is_micro = false;
};

class PythonChild {
 public:
  // Starts it, sends the tools and waits for its first word.
  // Errors  those of PythonWorker::open
  [[nodiscard]] static Result<std::unique_ptr<PythonChild>> start(const Setup& setup, const PythonOptions& options,
                                                                  const Interpreter& interpreter);

  // Queues a message; it leaves while wait() runs.
  void send(const Json& message);
  // Waits for something to happen: a message, output, the end, `stop` becoming readable, or `until`. Takes in what is
  // there and sends what it can.
  void wait(std::chrono::steady_clock::time_point until, int stop);
  // The next whole message; none while there is none. A line that is no object, or has no end, breaks the child.
  [[nodiscard]] std::optional<Json> next_message();
  // What was written to stdout and stderr since the last call.
  [[nodiscard]] SandboxOutput take_output();

  // It will never say anything more.
  [[nodiscard]] bool is_lost() const { return is_broken_ || is_closed_ || run_.is_over(); }
  // Kills it and waits until every process of it is dead. Says how it had ended, in words.
  [[nodiscard]] std::string end();
  [[nodiscard]] const std::string& dialect() const { return dialect_; }

 private:
  PythonChild(Supervised run, const SandboxLimits& limits)
      : run_(std::move(run)), kept_(limits.output_head_bytes, limits.output_tail_bytes) {}
  Result<void> greet(const PythonOptions& options, const Interpreter& interpreter, const SandboxCommand& command);
  void read_messages();
  void write_messages();
  void read_output();

  Supervised run_;
  Descriptor channel_;
  Descriptor output_;
  KeptOutput kept_;
  std::string incoming_;
  std::string outgoing_;
  std::string dialect_;
  bool is_broken_ = false;  // it does not keep to the protocol
  bool is_closed_ = false;  // it closed its end
};

// The names and values that the interpreter's side is told first.
[[nodiscard]] Json setup_message(const PythonOptions& options, const std::string& token);

}  // namespace puna::sandbox
