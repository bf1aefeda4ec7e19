// The tool over expression.h: the observation is the bare number, or why there is none.
#include "puna/tools.h"
#include "tools/expression.h"
#include "tools/text_argument.h"

namespace puna {
namespace {

class Calculator final : public Tool {
 public:
  [[nodiscard]] const ToolSpec& spec() const override { return spec_; }
  [[nodiscard]] std::optional<ToolTraits> traits() const override { return ToolTraits(); }

  [[nodiscard]] ToolResult run(const Json& arguments, std::stop_token /*stop*/) override {
    const auto value = tools::evaluate(arguments.text_or("expression"));
    return value ? ToolResult{.content = tools::to_text(*value)} : tool_error(value.error().message);
  }

 private:
  const ToolSpec spec_ = tools::text_argument_spec("calculator", "Evaluate an arithmetic expression.",
                                                   {.name = "expression", .description = "For example 12 * (3 + 4)."});
};

}  // namespace

std::unique_ptr<Tool> make_calculator() { return std::make_unique<Calculator>(); }

}  // namespace puna
