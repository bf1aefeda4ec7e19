// What the operating system says about this machine: free memory, cores. Files under /proc and /sys only; where they do
// not exist, conservative answers.
#pragma once

#include <cstdint>

namespace puna::engine {

// Bytes that can be allocated without swapping, within the control group's limit. 0 when unknown.
[[nodiscard]] std::uint64_t available_memory_bytes();

// Physical cores that this process may run on, within the control group's quota; 1..8. Hyper-threads of one core count
// once: compute threads gain nothing from them.
[[nodiscard]] int default_threads();

// CPU seconds of this process, all threads, user and system. Takes no lock and no memory.
[[nodiscard]] double cpu_seconds_used();

}  // namespace puna::engine
