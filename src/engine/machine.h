// What the operating system says about this machine: free memory, cores. Files under /proc and /sys only; where they do
// not exist, conservative answers.
#pragma once

#include <cstdint>
#include <filesystem>

namespace puna::engine {

// Bytes that can be allocated without swapping, within the control group's limit. 0 when unknown.
[[nodiscard]] std::uint64_t available_memory_bytes();

// What the limits of this control group and of those around it leave; files that it cached count as free.
// root   where version 2's groups are mounted
// group  as /proc/self/cgroup has it, such as "/user.slice/app"
// The largest number when there is no limit.
[[nodiscard]] std::uint64_t control_group_memory_left(const std::filesystem::path& root,
                                                      const std::filesystem::path& group);

// Physical cores that this process may run on, within the control group's quota; 1..8. Hyper-threads of one core count
// once: compute threads gain nothing from them.
[[nodiscard]] int default_threads();

// CPU seconds of this process, all threads, user and system. Takes no lock and no memory.
[[nodiscard]] double cpu_seconds_used();

}  // namespace puna::engine
