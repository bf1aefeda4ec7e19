// One instruction, where the processor has it.
#include "engine/wide_registers.h"

namespace puna::engine {

#if defined(__x86_64__)
namespace {
[[gnu::target("avx")]] void zero_upper_halves() { __builtin_ia32_vzeroupper(); }
}  // namespace

void clear_wide_registers() {
  if (__builtin_cpu_supports("avx") != 0) {
    zero_upper_halves();
  }
}
#else
void clear_wide_registers() {}
#endif

}  // namespace puna::engine
