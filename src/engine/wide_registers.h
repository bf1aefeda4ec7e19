// The library's AVX kernels may return with the upper halves of the vector registers in use. Until somebody clears
// them, each SSE instruction of this thread, and of threads that it starts, waits for the one before: on a Zen 4 a loop
// over an array took 6.6 times as long.
#pragma once

namespace puna::engine {

// Call after the library computed, in the same thread. Does nothing on other processors.
void clear_wide_registers();

}  // namespace puna::engine
