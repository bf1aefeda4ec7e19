// bash: one line of shell in the sandbox.
#include <algorithm>
#include <filesystem>

#include "puna/tools/programs.h"
#include "tools/arguments.h"

namespace puna {
namespace {

void add_part(std::string& text, std::string_view part) {
  if (!text.empty() && !text.ends_with('\n')) {
    text += '\n';
  }
  text += part;
}

std::string ending(const SandboxOutcome& outcome, std::chrono::milliseconds wall) {
  switch (outcome.end) {
    case SandboxEnd::exited:
      return outcome.exit_status == 0 ? "" : format_text("[exit status {}]", outcome.exit_status);
    case SandboxEnd::signalled:
      return format_text("[ended by signal {}]", outcome.signal);
    case SandboxEnd::wall_time:
      return format_text("[stopped after {} s, the time limit; timeout_seconds asks for more]",
                         std::chrono::duration<double>(wall).count());
    case SandboxEnd::cpu_time:
      return "[stopped: its processor time is up]";
    case SandboxEnd::memory:
      return "[stopped: its memory is used up]";
    case SandboxEnd::cancelled:
      return "[cancelled]";
  }
  return "";
}

class BashTool final : public Tool {
 public:
  BashTool(std::shared_ptr<const Sandbox> sandbox, BashOptions options)
      : sandbox_(std::move(sandbox)),
        options_(std::move(options)),
        shell_(std::filesystem::exists("/bin/bash") ? "/bin/bash" : "/bin/sh"),
        spec_(tools::arguments_spec(
            "bash",
            format_text("Run a line of shell in the workspace, without network. At most {} s, unless "
                        "timeout_seconds says more.",
                        std::chrono::duration<double>(options_.limits.wall).count()),
            {{.name = "command", .type = "string", .description = "The line.", .need = tools::Need::required},
             {.name = "timeout_seconds",
              .type = "integer",
              .description = "Time that it may take.",
              .minimum = 1,
              .maximum = options_.timeout_max.count()}})) {}

  [[nodiscard]] const ToolSpec& spec() const override { return spec_; }
  [[nodiscard]] std::optional<ToolTraits> traits() const override {
    return ToolTraits{.reads_private = true,
                      .writes = options_.workspace.writable && !options_.workspace.folder.empty(),
                      .runs_code = true,
                      .command_argument = "command"};
  }

  [[nodiscard]] ToolResult run(const Json& arguments, std::stop_token stop) override {
    SandboxCommand command{.arguments = {shell_, "-c", std::string(arguments.text_or("command"))},
                           .workspace = options_.workspace,
                           .limits = options_.limits};
    if (const auto seconds = tools::integer_of(arguments, "timeout_seconds")) {
      command.limits.wall = std::chrono::seconds(*seconds);
      command.limits.cpu = std::max(command.limits.cpu, std::chrono::seconds(*seconds));
    }
    const auto outcome = sandbox_->run(command, std::move(stop));
    if (!outcome) {
      return tool_error(outcome.error().message);
    }
    std::string text = outcome->out.text();
    if (const std::string errors = outcome->err.text(); !errors.empty()) {
      add_part(text, "[stderr]\n" + errors);
    }
    const std::string how = ending(*outcome, command.limits.wall);
    if (!how.empty()) {
      add_part(text, how);
    }
    const bool is_stopped = outcome->end != SandboxEnd::exited;
    if (is_stopped) {
      return tool_error(text);
    }
    return {.content = text.empty() ? "(no output)" : std::move(text)};
  }

 private:
  const std::shared_ptr<const Sandbox> sandbox_;
  const BashOptions options_;
  const std::string shell_;
  const ToolSpec spec_;
};

}  // namespace

std::unique_ptr<Tool> make_bash(std::shared_ptr<const Sandbox> sandbox, BashOptions options) {
  return std::make_unique<BashTool>(std::move(sandbox), std::move(options));
}

}  // namespace puna
