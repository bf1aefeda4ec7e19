// The benchmarks, one function each. All emit their results through the harness and fail only when stopped.
#pragma once

#include "bench/harness.h"

namespace puna::bench {

[[nodiscard]] Result<void> run_counts(Harness& harness);        // B0: exact counts, seconds
[[nodiscard]] Result<void> run_decode(Harness& harness);        // B1: decoding against the raw loop
[[nodiscard]] Result<void> run_prefix(Harness& harness);        // B2: many agents, one prefix, nothing cached
[[nodiscard]] Result<void> run_loops(Harness& harness);         // B3: agents in tool loops
[[nodiscard]] Result<void> run_forks(Harness& harness);         // B4: a tree of forks
[[nodiscard]] Result<void> run_pressure(Harness& harness);      // B5: more agents than the cache has room for
[[nodiscard]] Result<void> run_interference(Harness& harness);  // B8: a long prompt, then busy cores, beside streams
[[nodiscard]] Result<void> run_determinism(Harness& harness);   // the same tokens, whatever runs beside

}  // namespace puna::bench
