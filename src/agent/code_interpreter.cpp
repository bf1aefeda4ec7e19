// The interpreter of a code agent as it usually is: a Python worker in the sandbox.
#include <utility>

#include "puna/agent/code_agent.h"

namespace puna {
namespace {

class WorkerInterpreter final : public CodeInterpreter {
 public:
  explicit WorkerInterpreter(PythonWorker worker) : worker_(std::move(worker)) {}

  [[nodiscard]] const std::string& dialect() const override { return worker_.dialect(); }
  [[nodiscard]] bool is_micropython() const override { return worker_.is_micropython(); }
  [[nodiscard]] Result<PythonStep> run(std::string_view code, const PythonToolbox& answer,
                                       std::stop_token stop) override {
    return worker_.run(code, answer, std::move(stop));
  }

 private:
  PythonWorker worker_;
};

}  // namespace

OpenInterpreter interpreter_in(const Sandbox& sandbox) {
  return [&sandbox](PythonOptions options) -> Result<std::unique_ptr<CodeInterpreter>> {
    PUNA_TRY(PythonWorker worker, PythonWorker::open(sandbox, std::move(options)));
    return std::make_unique<WorkerInterpreter>(std::move(worker));
  };
}

Result<CodeAgent> CodeAgent::create(Model& model, Toolbox& tools, const Sandbox& sandbox, CodeAgentOptions options) {
  return create(model, tools, interpreter_in(sandbox), std::move(options));
}

}  // namespace puna
