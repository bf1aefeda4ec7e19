// What is in a register's upper half before the call is not there after it.
#include "engine/wide_registers.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>

namespace puna::engine {
namespace {

TEST(WideRegisters, TheirUpperHalvesAreCleared) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx") == 0) {
    GTEST_SKIP() << "this processor has no AVX";
  }
  const std::array<std::uint64_t, 2> ones = {~std::uint64_t{0}, ~std::uint64_t{0}};
  std::array<std::uint64_t, 2> upper{};
  // Register 15: nothing between has a use for it.
  asm volatile("vinsertf128 $1, %0, %%ymm15, %%ymm15" : : "m"(ones) : "xmm15");
  asm volatile("vextractf128 $1, %%ymm15, %0" : "=m"(upper));
  EXPECT_EQ(upper, ones);
  asm volatile("vinsertf128 $1, %0, %%ymm15, %%ymm15" : : "m"(ones) : "xmm15");
  clear_wide_registers();
  asm volatile("vextractf128 $1, %%ymm15, %0" : "=m"(upper));
  EXPECT_EQ(upper, (std::array<std::uint64_t, 2>{}));
#else
  GTEST_SKIP() << "another processor";
#endif
}

}  // namespace
}  // namespace puna::engine
