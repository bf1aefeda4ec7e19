// An agent that acts by writing Python: each turn is a thought and a block of code, which runs in the sandbox with the
// tools as functions, and whose output is the next observation. final_answer(x) in the code ends the run.
//
//   auto sandbox = puna::Sandbox::open().value();
//   auto agent = puna::CodeAgent::create(model, tools, sandbox).value();
//   auto end = agent.run("How many seconds does light take from the Sun to Neptune?").value();
//   end.answer.as_double();
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "puna/agent.h"
#include "puna/sandbox/python.h"

namespace puna {

// Whether an answer is taken. An error's message is what the model reads; the run goes on.
using AnswerCheck = std::function<Result<void>(const Json& answer, const Transcript& transcript)>;

// What runs the code: a PythonWorker, or what a recording has of one.
// Thread  any, one call at a time.
class CodeInterpreter {
 public:
  CodeInterpreter() = default;
  CodeInterpreter(const CodeInterpreter&) = delete;
  CodeInterpreter& operator=(const CodeInterpreter&) = delete;
  virtual ~CodeInterpreter() = default;

  // All three as PythonWorker has them.
  [[nodiscard]] virtual const std::string& dialect() const = 0;
  [[nodiscard]] virtual bool is_micropython() const = 0;
  [[nodiscard]] virtual Result<PythonStep> run(std::string_view code, const PythonToolbox& answer,
                                               std::stop_token stop) = 0;
};
// Opens one with these options; their tools are the agent's.
using OpenInterpreter = std::function<Result<std::unique_ptr<CodeInterpreter>>(PythonOptions options)>;
// A PythonWorker. The sandbox is borrowed, and must outlive what is opened.
[[nodiscard]] OpenInterpreter interpreter_in(const Sandbox& sandbox);

struct CodeAgentOptions {
  // budget.calls_per_turn_max and parallel_calls do not count here: code calls its tools in loops. The repeats are
  // those of equal code.
  AgentOptions agent;
  PythonOptions python;          // its tools must be empty: they are those of the Toolbox
  int calls_per_step_max = 200;  // of tools by one piece of code; one more raises ToolError
  int planning_interval = 0;     // > 0: before the first turn and behind every so many, a turn without code for a plan
  std::string instructions;      // of the user, behind the rules of the system prompt
  std::vector<AnswerCheck> checks;  // all must take an answer
};

struct CodeRunEnd {
  RunEnd run;   // run.answer is the answer as text: a string as it is, anything else as JSON
  Json answer;  // what final_answer() was given; null when the run ended without it
};

namespace agent {
struct CodeWork;
}

// Borrows the model, the tools, the sandbox and what the options point to; owns its interpreter, whose variables live
// on from task to task, and its transcript.
// Thread  one caller at a time; events and checks are called on that thread.
class CodeAgent {
 public:
  // Starts the interpreter.
  // Errors  invalid_argument  options.python.tools is not empty; two tools whose names are the same as Python
  //         identifiers, or one called final_answer
  //         those of PythonWorker::open
  [[nodiscard]] static Result<CodeAgent> create(Model& model, Toolbox& tools, const Sandbox& sandbox,
                                                CodeAgentOptions options = {});
  // The same with another interpreter.   Errors  as above, and those of `open`
  [[nodiscard]] static Result<CodeAgent> create(Model& model, Toolbox& tools, const OpenInterpreter& open,
                                                CodeAgentOptions options = {});
  CodeAgent(CodeAgent&&) noexcept;
  CodeAgent& operator=(CodeAgent&&) noexcept;
  ~CodeAgent();

  // One task to its stop reason. The code of a reply is all that stands between <code> and </code>; where there is
  // none, in fences for Python; else the whole reply, if it is Python. Reasoning is never run. A local model cannot
  // leave a block open, or go on behind it. At the limit of turns, one more call asks for an answer in words.
  //
  // Events  as resume(); a piece of code is a call of "python", with the calls that it makes between its ToolStarted
  // and
  //         ToolEnded
  // Errors  as resume(), and those of PythonWorker::run; the transcript ends with the last complete turn
  [[nodiscard]] Result<CodeRunEnd> run(const std::string& task, EventSink& events = EventSink::none(),
                                       std::stop_token stop = {});

  [[nodiscard]] const Transcript& transcript() const;
  [[nodiscard]] const std::string& system_prompt() const;

 private:
  explicit CodeAgent(std::unique_ptr<agent::CodeWork> work);
  std::unique_ptr<agent::CodeWork> work_;
};

}  // namespace puna
