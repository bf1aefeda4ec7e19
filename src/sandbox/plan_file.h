// A run's plan as the helper wants it.
#pragma once

#include <string>
#include <vector>

#include "sandbox/setup.h"

namespace puna::sandbox {

// The workspace of a run, opened and held.
struct OpenWorkspace {
  Descriptor folder;                 // none: a folder of the sized tmpfs (tier A)
  std::string path;                  // the folder's own path
  std::vector<std::string> guarded;  // "+name" kept in place, "-name" read-only, folders before what is in them
  bool writable = true;
};

// Errors  io, internal
[[nodiscard]] Result<Descriptor> make_plan(const Setup& setup, SandboxTier tier, const SandboxCommand& command,
                                           const OpenWorkspace& workspace, const std::string& scratch,
                                           std::uint32_t user);

}  // namespace puna::sandbox
