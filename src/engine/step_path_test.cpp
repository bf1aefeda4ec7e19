// The step path takes no memory and no lock once it is warm. Both are counted by replacing what the C++ runtime calls,
// in this test program only; calls inside the (fake) library are left out.
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <pthread.h>

#include <cstdlib>
#include <mutex>
#include <new>

#include "base/test_rounds.h"
#include "engine/test_core.h"

#ifdef PUNA_UNDER_SANITIZER
#define PUNA_COUNTS_CALLS 0
#else
#define PUNA_COUNTS_CALLS 1
#endif

namespace {

struct Counted {
  bool on = false;
  int allocations = 0;
  int locks = 0;
};
thread_local Counted counted;

}  // namespace

#if PUNA_COUNTS_CALLS
static bool counts_now() { return counted.on && puna::engine::fake::inside_library == 0; }

[[gnu::noinline]] void* operator new(std::size_t size) {
  counted.allocations += counts_now() ? 1 : 0;
  void* memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) {
    throw std::bad_alloc();
  }
  return memory;
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

extern "C" int pthread_mutex_lock(pthread_mutex_t* mutex) noexcept {
  counted.locks += counts_now() ? 1 : 0;
  using Lock = int (*)(pthread_mutex_t*);
  static const auto kReal = reinterpret_cast<Lock>(dlsym(RTLD_NEXT, "pthread_mutex_lock"));
  return kReal(mutex);
}
#endif

namespace puna::engine {
namespace {

class StepPath : public test::EngineCoreTest {};

TEST_F(StepPath, AWarmStepTakesNoMemoryAndNoLock) {
  if (PUNA_COUNTS_CALLS == 0) {
    GTEST_SKIP() << "the sanitizer's own allocator and locks are in use";
  }
  open({.lanes = 8,
        .next = [](const std::vector<Token>& tokens) { return 'a' + static_cast<Token>(tokens.size() % 3); }},
       {.window_tokens = 2048});
  std::vector<test::Caller> callers;
  for (int i = 0; i < 8; ++i) {
    Sampling sampling{.temperature = i % 2 == 0 ? 0.0F : 0.8F, .repeat_penalty = i < 4 ? 1.0F : 1.1F};
    if (i == 1) {
      sampling = {.temperature = 0.8F, .mirostat = 2, .n_probs = 4};
    } else if (i == 3) {
      sampling = {.dynatemp_range = 0.5F,
                  .typical_p = 0.9F,
                  .top_n_sigma = 3.0F,
                  .xtc_probability = 0.5F,
                  .dry_multiplier = 0.5F,
                  .dry_penalty_last_n = -1,
                  .samplers = std::vector{SamplerStage::dry, SamplerStage::top_n_sigma, SamplerStage::typ_p,
                                          SamplerStage::xtc, SamplerStage::temperature}};
      sampling.n_probs = 9;
    } else if (i == 5) {
      sampling = {.repeat_penalty = 1.1F,
                  .repeat_last_n = -1,
                  .adaptive_target = 0.4F,
                  .samplers = std::vector{SamplerStage::penalties, SamplerStage::min_p, SamplerStage::adaptive_p},
                  .logit_bias = {{.token = 3, .bias = -1.0F}}};
    } else if (i == 7) {
      sampling = {.mirostat = 1};
    }
    callers.push_back(submit({.prompt = std::vector<Token>(40, 'A' + i),
                              .sampling = sampling,
                              .stop = {"never said", "nor this"},
                              .agent = AgentId{static_cast<std::uint64_t>(i)}}));
  }
  counted = {.on = true};
  callers.reserve(2 * callers.capacity());
  std::mutex mutex;
  mutex.lock();
  mutex.unlock();
  counted.on = false;
  EXPECT_EQ(counted.allocations, 1);  // the counters do count
  EXPECT_EQ(counted.locks, 1);
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(core_->step());
  }
  counted = {.on = true};
  for (int i = 0; i < 500; ++i) {
    static_cast<void>(core_->step());
  }
  counted.on = false;
  EXPECT_EQ(counters_.sequences_busy, 8);
  EXPECT_EQ(counted.allocations, 0);
  EXPECT_EQ(counted.locks, 0);
}

}  // namespace
}  // namespace puna::engine
