// The plan against what is taken, by the system's account of this process.
#include <gtest/gtest.h>
#include <malloc.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "base/test_rounds.h"
#include "puna/engine.h"
#include "puna/engine/random_model.h"

namespace puna {
namespace {

constexpr int kLargeBytes = 1 << 16;  // pieces from this size on go back to the system when they are given up

// Memory of this process that no file stands behind, where it was touched: what the library sets aside for other
// machines and never looks at is none. 0: the system does not say.
std::int64_t touched_bytes() {
  std::int64_t sum = 0;
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    if (word == "RssAnon:" || word == "VmSwap:") {
      std::int64_t kilobytes = 0;
      status >> kilobytes;
      sum += kilobytes * 1024;
    }
  }
  return sum;
}

enum class Arithmetic : std::uint8_t { pool, parts, parts_bf16, deterministic };

EngineOptions options_of(Arithmetic arithmetic) {
  switch (arithmetic) {
    case Arithmetic::pool:
      return {};
    case Arithmetic::parts:
      return {.cache = CacheLayout::parts, .attention = Attention::flash};
    case Arithmetic::parts_bf16:
      return {.cache = CacheLayout::parts, .attention = Attention::bf16};
    case Arithmetic::deterministic:
      break;
  }
  return {.profile = Profile::deterministic};
}

class EngineMemory : public testing::TestWithParam<std::tuple<RandomModelKind, Arithmetic>> {
 protected:
  static std::shared_ptr<const Weights> weights(RandomModelKind kind) {
    const auto file = std::filesystem::path(testing::TempDir()) / ("memory-" + std::to_string(::getpid()) + ".gguf");
    RandomModelOptions model = RandomModelOptions::tiny(kind);
    model.width = 256;
    model.feed_forward = 768;
    model.layers = 4;
    model.vocabulary_tokens = 8192;
    EXPECT_TRUE(write_random_model(file, model));
    auto loaded = Weights::load({.file = file});
    std::filesystem::remove(file);
    return loaded.value_or(nullptr);
  }

  // More conversations than there are sequences, so that every sequence has its marks.
  static void use(Engine& engine) {
    for (Token first = 20; first < 32; ++first) {
      auto generation = engine.submit({.prompt = std::vector<Token>(300, first), .tokens_max = 4});
      ASSERT_TRUE(generation) << generation.error().message;
      while (auto piece = generation->next()) {
        if (std::holds_alternative<piece::Finished>(*piece)) {
          break;
        }
      }
    }
  }
};

TEST_P(EngineMemory, AnEngineTakesNoMoreThanItPlanned) {
#ifdef PUNA_UNDER_SANITIZER
  GTEST_SKIP() << "a sanitizer takes memory of its own; runs without one count it";
#endif
  ASSERT_EQ(mallopt(M_MMAP_THRESHOLD, kLargeBytes), 1);
  const auto [kind, arithmetic] = GetParam();
  const auto model = weights(kind);
  ASSERT_NE(model, nullptr);
  EngineOptions options = options_of(arithmetic);
  options.window_tokens = 2048;
  options.sequences_max = 8;
  options.threads = 1;
  options.saved_bytes_max = 0;
  const MemoryEstimate plan = estimate_memory(model->facts(), options);
  malloc_trim(0);
  const std::int64_t before = touched_bytes();
  if (before == 0) {
    GTEST_SKIP() << "this system does not say how much memory is touched";
  }
  auto engine = Engine::create(model, options);
  ASSERT_TRUE(engine) << engine.error().message;
  use(**engine);
  const std::int64_t taken = touched_bytes() - before;
  EXPECT_LE(taken, static_cast<std::int64_t>(plan.kv_bytes + plan.compute_bytes));
  EXPECT_GE(taken, static_cast<std::int64_t>(plan.kv_bytes / 4)) << "what is taken is not counted here";
}

INSTANTIATE_TEST_SUITE_P(Kinds, EngineMemory,
                         testing::Combine(testing::Values(RandomModelKind::attention, RandomModelKind::sliding_window,
                                                          RandomModelKind::recurrent, RandomModelKind::hybrid),
                                          testing::Values(Arithmetic::pool, Arithmetic::parts, Arithmetic::parts_bf16,
                                                          Arithmetic::deterministic)));

}  // namespace
}  // namespace puna
