// The tools that run what the model wrote: bash and python. Everything runs in a Sandbox: without network, without the
// user's environment, writing only to the workspace.
#pragma once

#include <chrono>
#include <memory>

#include "puna/sandbox/python.h"
#include "puna/tools.h"

namespace puna {

// {command, timeout_seconds?}: a line for /bin/sh in the workspace, with bash where the machine has it. The observation
// is what it wrote, stdout before stderr, each with head and tail kept, and how it ended when that was not status 0.
// Every process that it started is dead when the tool returns. Nothing but files lives on to the next call.
struct BashOptions {
  SandboxWorkspace workspace;
  // wall: when the model names no time. output_*: of stdout and of stderr.
  SandboxLimits limits{.output_head_bytes = 12U << 10, .output_tail_bytes = 12U << 10};
  std::chrono::seconds timeout_max{600};  // that the model may ask for
};
[[nodiscard]] std::unique_ptr<Tool> make_bash(std::shared_ptr<const Sandbox> sandbox, BashOptions options = {});

// {code}: Python in an interpreter that stays warm, so that names live on from call to call. It starts with the first
// call. The observation is PythonStep::text(). options.tools must be empty: code that calls tools is a CodeAgent's.
[[nodiscard]] std::unique_ptr<Tool> make_python(std::shared_ptr<const Sandbox> sandbox, PythonOptions options = {});

}  // namespace puna
