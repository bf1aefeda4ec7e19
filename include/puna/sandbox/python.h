// A Python interpreter in the sandbox that stays warm: names live on from one piece of code to the next, and tools are
// functions that it calls and somebody outside answers.
//
//   auto sandbox = Sandbox::open().value();
//   auto worker = PythonWorker::open(sandbox, {.tools = {{.name = "search", .parameters = {{"query"}}}}}).value();
//   auto answer = [&](const PythonCall& call, std::stop_token stop) -> PythonAnswer {
//     if (!policy.allows(call.tool, call.arguments)) return {.value = "not allowed", .is_error = true};
//     return {.value = toolbox.run(call.tool, call.arguments, stop)};
//   };
//   auto step = worker.run("facts = search('leopard speed')\nlen(facts)", answer).value();
//   step.value;   // "312"
//   step = worker.run("final_answer(facts[:20])", answer).value();
//   step.final_answer->as_string();
//
// What the code says about itself (its output, its errors, which tool it wants, that it is done) is as untrusted as the
// code: it can write such messages without the functions that are meant for them. The walls are the sandbox's.
// docs/decisions/0030-python-worker.md has the reasons.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "puna/sandbox.h"

namespace puna {

struct PythonParameter {
  std::string name;
  bool is_required = true;
};

// A function of the code. Called with positional or named arguments, or both; a missing or unknown one is a TypeError
// inside, before anybody is asked.
struct PythonTool {
  std::string name;  // a Python identifier, as its parameters' names are
  std::vector<PythonParameter> parameters;
  std::string help;  // its docstring
};

// The modules that code may import without more being said, with what is in them.
[[nodiscard]] std::span<const std::string_view> python_imports() noexcept;

struct PythonOptions {
  std::vector<PythonTool> tools;
  // More modules: "numpy" also stands for "numpy.linalg", "*" for all. Any other import fails at once with a list of
  // these. That is advice to the model: what a module could do is the sandbox's business.
  std::vector<std::string> imports;
  SandboxWorkspace workspace;
  // wall: of each step, without the time that calls take outside. output_*: of each step. cpu: of the interpreter's
  // whole life. The rest as for any program.
  SandboxLimits limits{.cpu = std::chrono::hours(1), .output_head_bytes = 16U << 10, .output_tail_bytes = 16U << 10};
  // The interpreter; empty = /usr/bin/python3, else /usr/local/bin/python3, else /usr/bin/micropython. Named by the
  // operator, never by a model. Outside of /usr its folder must be among SandboxOptions::readable.
  std::string interpreter;
};

// The code wants a tool. `tool` is one of the options', the arguments are an object with known names; nothing more is
// checked.
struct PythonCall {
  std::uint64_t number = 0;  // 1, 2, ... in each step; never twice
  std::string tool;
  Json arguments;
};
// Any JSON value: an object arrives as a dict, and so on. An error is raised inside as ToolError with value's text.
struct PythonAnswer {
  Json value;
  bool is_error = false;
};
// Runs on the thread of run(). `stop` is run()'s.
using PythonToolbox = std::function<PythonAnswer(const PythonCall& call, std::stop_token stop)>;

enum class PythonEnd : std::uint8_t {
  finished,      // to its last line
  final_answer,  // final_answer(x) was called; what the code catches does not matter
  error,         // an exception, or it is not Python
  wall_time,     // limits.wall
  cancelled,     // the stop token
  died,          // the interpreter ended: memory, CPU time, os._exit, a broken protocol
};
[[nodiscard]] std::string_view name_of(PythonEnd end) noexcept;

struct PythonError {
  std::string type;     // "ZeroDivisionError"
  std::string message;  // "division by zero"
  int line = 0;         // of the step's code, from 1; 0 = not known
  std::string source;   // that line
  std::string trace;    // "line 3, in half: return x / 0", innermost last, without the interpreter's own files

  bool operator==(const PythonError&) const = default;
};

struct PythonStep {
  PythonEnd end = PythonEnd::finished;
  SandboxOutput output;              // stdout and stderr in the order of writing
  std::optional<std::string> value;  // repr() of a last expression that is not None; at most 16 KiB, cut in the middle
  std::optional<Json> final_answer;  // the first one; what JSON has no form for comes as its repr()
  std::optional<PythonError> error;
  std::uint32_t calls = 0;  // of tools
  // The interpreter was replaced, or will be before the next step: every name that was set is gone.
  bool state_lost = false;
  std::chrono::microseconds time{};          // without the time that calls took outside
  std::chrono::microseconds time_outside{};  // that they took

  // For models and people: the output, the value, the error with its line, and what became of the state.
  [[nodiscard]] std::string text() const;
};

namespace sandbox {
struct PythonProcess;
}

// Thread  any, one call at a time. Several workers of one sandbox are independent.
class PythonWorker {
 public:
  // Starts the interpreter and waits until it is ready. The sandbox is borrowed and must outlive the worker.
  // Errors  not_found         no interpreter, or no workspace folder
  //         invalid_argument  a tool's name is no identifier, a keyword, repeated, or "final_answer"; those of
  //                           Sandbox::run
  //         unavailable, io   as Sandbox::run
  [[nodiscard]] static Result<PythonWorker> open(const Sandbox& sandbox, PythonOptions options);
  PythonWorker(PythonWorker&&) noexcept;
  PythonWorker& operator=(PythonWorker&&) noexcept;
  ~PythonWorker();  // kills it, with every process that it has started

  // "CPython 3.14.0" or "MicroPython 1.26.1". A prompt should say so where it is MicroPython, which has a smaller
  // library and cannot be interrupted: every step that is, loses the state.
  [[nodiscard]] const std::string& dialect() const;
  [[nodiscard]] bool is_micropython() const;

  // Runs one piece of code. After limits.wall, or once `stop` is asked for, the code is interrupted, and when that does
  // not help the interpreter is killed, all within 250 ms; an interpreter that is gone is replaced by the next run().
  //
  // Requires  answer, when there are tools.
  // Returns   what happened, also when the code failed.
  // Errors    invalid_argument  code that is not UTF-8 or is over 1 MiB
  //           unavailable, io   no interpreter could be started in place of a lost one
  // Cost      about 0.1 ms beside the code's own time
  [[nodiscard]] Result<PythonStep> run(std::string_view code, const PythonToolbox& answer = {},
                                       std::stop_token stop = {});

  // Forgets every name, by a new interpreter.  Errors  those of open()
  [[nodiscard]] Result<void> reset();

 private:
  explicit PythonWorker(std::unique_ptr<sandbox::PythonProcess> process);
  std::unique_ptr<sandbox::PythonProcess> process_;
};

}  // namespace puna
