// Defaults, ranges, and the size of the cache for a given memory.
#include "engine/memory_plan.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <limits>

#include "engine/machine.h"

namespace puna::engine {
namespace {

ModelFacts facts(int window, std::uint64_t kv_bytes_per_token) {
  ModelFacts result;
  result.window_trained_tokens = window;
  result.kv_bytes_per_token = kv_bytes_per_token;
  return result;
}

TEST(MemoryPlan, ZeroMeansTheTrainedWindowUpToTheDefault) {
  EXPECT_EQ(with_defaults({}, facts(2048, 0), 3).window_tokens, 2048);
  EXPECT_EQ(with_defaults({}, facts(1'000'000, 0), 3).window_tokens, kWindowDefaultMax);
  EXPECT_EQ(with_defaults({.window_tokens = 100}, facts(2048, 0), 3).window_tokens, 100);
  EXPECT_EQ(with_defaults({}, facts(0, 0), 3).threads, 3);
  EXPECT_EQ(with_defaults({.threads = 5}, facts(0, 0), 3).threads_batch, 5);
}

TEST(MemoryPlan, AttentionIsWhatProfileLayoutAndProcessorAskFor) {
  const auto chosen = [](const EngineOptions& options, bool multiplies_bf16) {
    EXPECT_TRUE(check_options(options));
    return with_defaults(options, facts(0, 0), 1, multiplies_bf16).attention;
  };
  for (const bool bf16 : {false, true}) {
    EXPECT_EQ(chosen({.sequences_max = kPoolOfFew + 1}, bf16), Attention::flash) << "a pool";
    EXPECT_EQ(chosen({.sequences_max = kPoolOfFew}, bf16), bf16 ? Attention::bf16 : Attention::flash);
    EXPECT_EQ(chosen({.profile = Profile::deterministic}, bf16), Attention::f16);
    EXPECT_EQ(chosen({.cache = CacheLayout::parts}, bf16), bf16 ? Attention::bf16 : Attention::flash);
    EXPECT_EQ(chosen({.cache = CacheLayout::parts, .attention = Attention::flash}, bf16), Attention::flash);
    EXPECT_EQ(chosen({.attention = Attention::bf16}, bf16), Attention::bf16);
  }
  for (const Attention other : {Attention::flash, Attention::bf16}) {
    const auto refused = check_options({.profile = Profile::deterministic, .attention = other});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::invalid_argument);
  }
}

// All scores of a micro-batch are there at once, so it is small, and is counted.
TEST(MemoryPlan, WithoutFlashAttentionThereAreScores) {
  ModelFacts model = facts(8192, 1024);
  model.heads = 32;
  model.embedding = 2048;
  EngineOptions options = with_defaults({.sequences_max = 4, .cache = CacheLayout::parts}, model, 1, true);
  EXPECT_EQ(micro_batch_rows(model, options, 4), kMicroBatchRowsPlain);
  model.experts = 64;  // all of whose weights each pass reads: 8,192 cells x 32 heads x 4 bytes x 256 rows
  EXPECT_EQ(micro_batch_rows(model, options, 4), 256);
  options.window_tokens = 1 << 20;
  EXPECT_EQ(micro_batch_rows(model, options, 4), kMicroBatchRowsPlain);
  options.window_tokens = 1024;
  EXPECT_EQ(micro_batch_rows(model, options, 4), kMicroBatchRows);
  options.window_tokens = 8192;
  const std::uint64_t with_scores = compute_bytes(model, options, kMicroBatchRowsPlain);
  options.attention = Attention::flash;
  EXPECT_EQ(micro_batch_rows(model, options, 4), kMicroBatchRows);
  EXPECT_GE(with_scores, compute_bytes(model, options, kMicroBatchRowsPlain) + std::uint64_t{64} * 8192 * 32 * 4);
}

TEST(MemoryPlan, WhoSharesNothingGetsPartsWhereTheyAreAQuarterOfTheMemory) {
  const ModelFacts model = facts(1024, 1024);  // one window is 1 MiB
  EngineOptions options{.window_tokens = 1024, .sequences_max = 8, .memory_bytes_max = std::uint64_t{32} << 20};
  EXPECT_EQ(layout_for_strangers(model, options), CacheLayout::parts);
  options.sequences_max = 9;
  EXPECT_EQ(layout_for_strangers(model, options), CacheLayout::pool);
}

TEST(MemoryPlan, OnePoolHoldsAFewWindowsAndSeparateMemoriesOneEach) {
  const EngineOptions fast = {.window_tokens = 1000, .sequences_max = 16};
  EXPECT_EQ(plan_cache(facts(0, 10), fast, 0).cells, 1024 * kPoolWindows);
  EXPECT_EQ(plan_cache(facts(0, 10), {.window_tokens = 1000, .sequences_max = 2}, 0).cells, 1024 * 2);
  EngineOptions apart = fast;
  apart.profile = Profile::deterministic;
  const CachePlan plan = plan_cache(facts(0, 10), apart, 0);
  EXPECT_EQ(plan.cells, 1024 * 16);
  EXPECT_EQ(plan.bytes, 1024U * 16 * 10);
}

TEST(MemoryPlan, ThePoolShrinksToWhatTheMemoryAllowsButNeverBelowOneWindow) {
  const EngineOptions options = {.window_tokens = 1024, .sequences_max = 8};
  const ModelFacts model = facts(0, 1024);  // one window is 1 MiB
  EXPECT_EQ(plan_cache(model, options, std::uint64_t{100} << 20).cells, 4 * 1024);
  EXPECT_EQ(plan_cache(model, options, std::uint64_t{5} << 20).cells, 2 * 1024);
  EXPECT_EQ(plan_cache(model, options, 1000).cells, 1024);
}

// What recurrent layers hold is there before the windows are: 8 sequences of 5 states of 70 MB.
TEST(MemoryPlan, ThePoolOfAHybridModelShrinksToo) {
  const EngineOptions options = {.window_tokens = 8192, .sequences_max = 8};
  ModelFacts model = facts(8192, 131'072);  // one window is 1 GiB
  model.state_bytes = 70'000'000;
  const CachePlan plan = plan_cache(model, options, 4'800'000'000);
  EXPECT_EQ(plan.cells, 8192);
  EXPECT_EQ(plan.bytes, (std::uint64_t{1} << 30) + 8 * 5 * model.state_bytes);
  EXPECT_EQ(plan_cache(model, options, 1).cells, 8192);
}

TEST(MemoryPlan, HugeOptionsDoNotOverflow) {
  const EngineOptions options = {.window_tokens = 1 << 24, .sequences_max = 256, .profile = Profile::deterministic};
  ASSERT_TRUE(check_options(options));
  EXPECT_EQ(plan_cache(facts(0, 1 << 20), options, 0).cells, std::int64_t{1} << 32);
}

TEST(MemoryPlan, EveryOptionOutOfItsRangeIsNamed) {
  const std::vector<std::pair<EngineOptions, std::string>> cases = {
      {{.window_tokens = -1}, "window_tokens"},  {{.window_tokens = 1}, "window_tokens"},
      {{.sequences_max = 0}, "sequences_max"},   {{.sequences_max = 257}, "sequences_max"},
      {{.batch_tokens = 0}, "batch_tokens"},     {{.threads = -1}, "threads"},
      {{.threads_batch = 513}, "threads_batch"}, {{.waiting_max = 0}, "waiting_max"},
  };
  for (const auto& [options, name] : cases) {
    const auto checked = check_options(options);
    ASSERT_FALSE(checked) << name;
    EXPECT_TRUE(checked.error().message.starts_with(name)) << checked.error().message;
  }
}

TEST(MemoryPlan, TheSumStaysBelowTheCeilingOrDoesNotFit) {
  ModelFacts model = facts(8192, 131'072);  // one window is 1 GiB
  model.weights_bytes = std::uint64_t{4} << 30;
  model.embedding = 4096;
  model.heads = 32;
  model.vocabulary_tokens = 128'000;
  for (const Profile profile : {Profile::fast, Profile::deterministic}) {
    for (std::uint64_t ceiling = 1; ceiling <= 64; ++ceiling) {
      EngineOptions options = with_defaults({.sequences_max = 4, .profile = profile}, model, 1);
      options.memory_bytes_max = ceiling << 30;
      const MemoryEstimate plan = plan_memory(model, options, std::uint64_t{128} << 30);
      EXPECT_EQ(plan.fits(), plan.needed_bytes() <= ceiling << 30);
      EXPECT_EQ(plan.fits(), ceiling >= (profile == Profile::fast ? 6U : 9U)) << ceiling;
      EXPECT_GT(plan.compute_bytes, 0U);
      options.saved_bytes_max = std::int64_t{1} << 40;
      EXPECT_EQ(plan_memory(model, options, 0).fits(), plan.fits());  // saved prefixes take what is left, no more
    }
  }
}

TEST(MemoryPlan, WithoutAKnownAmountOfMemoryNothingIsRefused) {
  ModelFacts model = facts(8192, 131'072);
  model.weights_bytes = std::uint64_t{4} << 40;
  EXPECT_TRUE(plan_memory(model, with_defaults({.saved_bytes_max = 77}, model, 1), 0).fits());
  EXPECT_EQ(plan_memory(model, with_defaults({.saved_bytes_max = 77}, model, 1), 0).saved_bytes_max, 77U);
}

TEST(MemoryPlan, TheEstimateNamesWeightsCacheAndFreeMemory) {
  ModelFacts model = facts(4096, 5120);
  model.weights_bytes = 1000;
  const MemoryEstimate estimate = estimate_memory(model, {});
  EXPECT_EQ(estimate.weights_bytes, 1000U);
  EXPECT_EQ(estimate.kv_bytes % (std::uint64_t{4096} * 5120), 0U);
  EXPECT_GT(estimate.kv_bytes, 0U);
  EXPECT_EQ(estimate.available_bytes > 0, available_memory_bytes() > 0);
}

TEST(Machine, MemoryIsLeftByEveryGroupAroundThisOneAndCachedFilesAreFree) {
  const auto root = std::filesystem::path(testing::TempDir()) / ("groups-" + std::to_string(::getpid()));
  const auto put = [&root](const std::string& group, const char* name, const std::string& text) {
    std::filesystem::create_directories(root / group);
    std::ofstream(root / group / name) << text << "\n";
  };
  EXPECT_EQ(control_group_memory_left(root, "/"), std::numeric_limits<std::uint64_t>::max()) << "no such folder";
  put("app/own", "memory.max", "max");
  put("app/own", "memory.current", "100");
  EXPECT_EQ(control_group_memory_left(root, "/app/own"), std::numeric_limits<std::uint64_t>::max());
  put("app", "memory.max", "1000");
  put("app", "memory.current", "900");
  EXPECT_EQ(control_group_memory_left(root, "/app/own"), 100U);
  put("app", "memory.stat", "anon 300\ninactive_file 350\nactive_file 250\nfile 700");
  EXPECT_EQ(control_group_memory_left(root, "/app/own"), 700U);
  EXPECT_EQ(control_group_memory_left(root, "/app/own/"), 700U);
  EXPECT_EQ(control_group_memory_left(root, "/"), std::numeric_limits<std::uint64_t>::max());
  put(".", "memory.max", "500");
  put(".", "memory.current", "600");
  EXPECT_EQ(control_group_memory_left(root, "/app"), 0U);
  std::filesystem::remove_all(root);
}

TEST(Machine, ThreadsAreAtLeastOneAndAtMostEight) {
  EXPECT_GE(default_threads(), 1);
  EXPECT_LE(default_threads(), 8);
}

}  // namespace
}  // namespace puna::engine
