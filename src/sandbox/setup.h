// What a Sandbox knows about the machine, once found out.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "puna/sandbox.h"
#include "sandbox/descriptor.h"
#include "sandbox/plan.h"

namespace puna::sandbox {

// Tests only: a step that fails, layers that are left out. The product's helper refuses both.
struct Faults {
  Step fail_step = Step::none;
  std::uint32_t left_out = 0;
};

struct Setup {
  SandboxOptions options;
  SandboxProbe probe;
  std::filesystem::path helper;
  Descriptor filter;     // the system-call filter, an array of sock_filter in a sealed memory file
  bool is_root = false;  // the caller's real or effective uid is 0
  bool has_proc = true;  // a fresh /proc can be mounted
  int landlock_abi = 0;
  std::vector<std::filesystem::path> cgroup_roots;  // folders in which cgroups can be made
  Faults faults;
};

struct Inside {
  [[nodiscard]] static Setup& of(Sandbox& sandbox) { return *sandbox.setup_; }
  [[nodiscard]] static const Setup& of(const Sandbox& sandbox) { return *sandbox.setup_; }
};

inline constexpr const char* kBubblewrap = "/usr/bin/bwrap";
inline constexpr const char* kHelperName = "puna-sandbox-helper";

}  // namespace puna::sandbox
