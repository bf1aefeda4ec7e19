// python: code in one warm interpreter in the sandbox.
#include <optional>

#include "puna/tools/programs.h"
#include "tools/arguments.h"

namespace puna {
namespace {

class WarmPython final : public Tool {
 public:
  WarmPython(std::shared_ptr<const Sandbox> sandbox, PythonOptions options)
      : sandbox_(std::move(sandbox)), options_(std::move(options)) {}

  [[nodiscard]] const ToolSpec& spec() const override { return spec_; }
  [[nodiscard]] std::optional<ToolTraits> traits() const override {
    return ToolTraits{.reads_private = true,
                      .writes = options_.workspace.writable && !options_.workspace.folder.empty(),
                      .runs_code = true,
                      .subject_argument = "code"};
  }

  [[nodiscard]] ToolResult run(const Json& arguments, std::stop_token stop) override {
    if (!worker_) {
      auto opened = PythonWorker::open(*sandbox_, options_);
      if (!opened) {
        return tool_error(opened.error().message);
      }
      worker_ = *std::move(opened);
    }
    const auto step = worker_->run(arguments.text_or("code"), {}, std::move(stop));
    if (!step) {
      return tool_error(step.error().message);
    }
    std::string text = step->text();
    if (step->final_answer) {
      text += step->final_answer->is_string() ? step->final_answer->as_string() : step->final_answer->dump();
    }
    const bool is_done = step->end == PythonEnd::finished || step->end == PythonEnd::final_answer;
    if (!is_done) {
      return tool_error(text);
    }
    return {.content = text.empty() ? "(no output)" : std::move(text)};
  }

 private:
  const std::shared_ptr<const Sandbox> sandbox_;
  const PythonOptions options_;
  std::optional<PythonWorker> worker_;
  const ToolSpec spec_ = tools::arguments_spec(
      "python", "Run Python in a sandbox. Names live on from call to call. Print what you need to see.",
      {{.name = "code", .type = "string", .description = "The code.", .need = tools::Need::required}});
};

}  // namespace

std::unique_ptr<Tool> make_python(std::shared_ptr<const Sandbox> sandbox, PythonOptions options) {
  return std::make_unique<WarmPython>(std::move(sandbox), std::move(options));
}

}  // namespace puna
