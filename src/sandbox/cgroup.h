// A control group for one run, where the system lets us make one: memory and processes of all its processes together.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "sandbox/descriptor.h"

namespace puna::sandbox {

// Folders in which this process may make control groups that bound memory or processes. Empty where there are none.
[[nodiscard]] std::vector<std::filesystem::path> cgroup_roots();

class Cgroup {
 public:
  Cgroup() = default;
  Cgroup(Cgroup&& other) noexcept;
  Cgroup& operator=(Cgroup&& other) noexcept;
  ~Cgroup();  // removes it; its processes are dead by then

  // The best that can be made: none of its limits is certain, and without any nothing is made.
  [[nodiscard]] static Cgroup make(const std::vector<std::filesystem::path>& roots, std::uint64_t memory_bytes,
                                   std::uint32_t processes);

  // The cgroup.procs file for the helper to enter; -1 without one.
  [[nodiscard]] int entrance() const { return entrance_.get(); }
  [[nodiscard]] bool ran_out_of_memory() const;

 private:
  std::filesystem::path folder_;
  Descriptor entrance_;
};

}  // namespace puna::sandbox
