// The code of a code agent, as a gate sees it: a tool called python.
#pragma once

#include <optional>
#include <stop_token>

#include "puna/sandbox.h"
#include "puna/tools.h"

namespace puna::agent {

// What a gate has to know of the code: it may have read the workspace.
class CodeAsTool final : public Tool {
 public:
  explicit CodeAsTool(const SandboxWorkspace& workspace)
      : traits_({.reads_private = !workspace.folder.empty(),
                 .writes = !workspace.folder.empty() && workspace.writable,
                 .runs_code = true}) {}
  [[nodiscard]] const ToolSpec& spec() const override { return spec_; }
  [[nodiscard]] std::optional<ToolTraits> traits() const override { return traits_; }
  [[nodiscard]] ToolResult run(const Json& /*arguments*/, std::stop_token /*stop*/) override {
    return tool_error("the code agent runs code itself");
  }

 private:
  const ToolSpec spec_ = {.name = "python", .description = {}, .parameters = {}};
  const ToolTraits traits_;
};

}  // namespace puna::agent
