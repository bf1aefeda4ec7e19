// The engine when the cache is full and when the library fails: nothing is lost, nothing loops.
#include "engine/engine_core.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "engine/test_core.h"

namespace puna::engine {
namespace {

using fake::tokens_of;
using test::Caller;
using test::Output;

class EnginePressure : public test::EngineCoreTest {};

constexpr Abilities kNeverForgets = {.share = Share::nothing, .cut = false};

TEST_F(EnginePressure, AMemoryThatCannotForgetAPartIsClearedAndComputedAgain) {
  open({.lanes = 1, .abilities = kNeverForgets});
  const Caller one = submit(tokens_of("common start, first end"), 3);
  run_to_end();
  const auto prompt = tokens_of("common start, other end");
  const Caller two = submit(prompt, 3);
  run_to_end();
  EXPECT_EQ(two.drain().text, expected(prompt, 3));
  EXPECT_EQ(counters_.tokens_reused, 0);
}

TEST_F(EnginePressure, IdleLanesGiveUpTheirCellsBeforeAnybodyWaits) {
  open({.lanes = 3, .cells = 40});
  for (const char letter : {'a', 'b', 'c'}) {
    const Caller caller = submit(std::vector<Token>(12, letter), 1);
    run_to_end();
    EXPECT_TRUE(caller.drain().finished);
  }
  EXPECT_EQ(backend_->cells_used(), 36U);
  const Caller big = submit(std::vector<Token>(30, 'z'), 2);
  run_to_end();
  const Output output = big.drain();
  ASSERT_TRUE(output.finished) << output.error->message;
  EXPECT_EQ(output.text, expected(std::vector<Token>(30, 'z'), 2));
  EXPECT_GT(backend_->calls().refused_for_room, 0);
}

TEST_F(EnginePressure, WhenThePoolIsFullTheYoungestWaitsAndLosesNothing) {
  open({.lanes = 4, .cells = 100});
  std::vector<Caller> callers;
  std::vector<std::vector<Token>> prompts;
  for (int i = 0; i < 4; ++i) {
    prompts.push_back(std::vector<Token>(20, 'a' + i));
    callers.push_back(submit(prompts.back(), 30));
  }
  run_to_end();
  for (std::size_t i = 0; i < 4; ++i) {
    const Output output = callers[i].drain();
    ASSERT_TRUE(output.finished) << i << " " << output.error->message;
    EXPECT_EQ(output.text, expected(prompts[i], 30)) << i;
    EXPECT_EQ(output.finished->usage.output_tokens, 30);
    EXPECT_EQ(output.finished->usage.prompt_tokens, 20);
  }
  EXPECT_EQ(counters_.generations_finished, 4);
  EXPECT_EQ(counters_.tokens_decoded, 120);
  EXPECT_EQ(counters_.tokens_prefilled, 80);  // the parked ones were saved and restored,
  EXPECT_GT(counters_.tokens_restored, 0);
  EXPECT_EQ(backend_->calls().rows, 80 + 4 * 29);  // and nothing was computed twice
}

// The youngest was parked; when somebody leaves there is still no room for it. It waits, and is not computed again.
TEST_F(EnginePressure, AStateThatDoesNotFitNowWaitsUntilItDoes) {
  open({.lanes = 4, .cells = 100});
  const std::vector<std::pair<std::vector<Token>, int>> asked = {
      {std::vector<Token>(40, 'a'), 50}, {std::vector<Token>(5, 'c'), 20}, {std::vector<Token>(45, 'b'), 10}};
  std::vector<Caller> callers;
  for (const auto& [prompt, tokens_max] : asked) {
    callers.push_back(submit(prompt, tokens_max));
  }
  run_to_end();
  for (std::size_t i = 0; i < asked.size(); ++i) {
    EXPECT_EQ(callers[i].drain().text, expected(asked[i].first, asked[i].second)) << i;
  }
  EXPECT_EQ(counters_.tokens_prefilled, 40 + 5 + 45);
  EXPECT_GT(counters_.tokens_restored, 0);
}

TEST_F(EnginePressure, WithoutMemoryForSavedStatesTheYoungestIsComputedAgain) {
  open({.lanes = 4, .cells = 100}, {.saved_bytes_max = 0});
  std::vector<Caller> callers;
  for (int i = 0; i < 4; ++i) {
    callers.push_back(submit(std::vector<Token>(20, 'a' + i), 30));
  }
  run_to_end();
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(callers[static_cast<std::size_t>(i)].drain().text, expected(std::vector<Token>(20, 'a' + i), 30)) << i;
  }
  EXPECT_GT(counters_.tokens_prefilled, 80);
  EXPECT_EQ(counters_.states_saved, 0);
}

TEST_F(EnginePressure, AnIdlePrefixThatHadToLeaveIsRestoredForItsAgent) {
  open({.lanes = 3, .cells = 60});
  const auto first = std::vector<Token>(30, 'a');
  EXPECT_TRUE(submit(first, 1).stream);
  run_to_end();
  const Caller other = submit(std::vector<Token>(50, 'b'), 1);  // pushes the first one out
  run_to_end();
  EXPECT_EQ(counters_.states_saved, 1);
  auto again = first;
  again.push_back('c');
  const auto rows_before = backend_->calls().rows;
  const Caller back = submit(again, 2);
  run_to_end();
  EXPECT_EQ(back.drain().text, expected(again, 2));
  EXPECT_EQ(backend_->calls().rows - rows_before, 1 + 1);
  EXPECT_EQ(counters_.tokens_restored, 30);
  EXPECT_TRUE(other.drain().finished);
}

TEST_F(EnginePressure, APoolSavesThoseWhoAreAwayBeforeTheyCostMoreThanThat) {
  for (const CacheLayout layout : {CacheLayout::pool, CacheLayout::parts}) {
    open({.lanes = 4, .cells = 2'000}, {.cache = layout});
    const auto saved_before = counters_.states_saved.load();
    const auto first = std::vector<Token>(100, 'a');
    submit(first, 1);
    run_to_end();
    const Caller other = submit(std::vector<Token>(kRowsPerCopy, 'b'), 2);
    run_to_end();
    EXPECT_TRUE(other.drain().finished);
    const bool rests = layout == CacheLayout::pool;
    EXPECT_EQ(counters_.states_saved - saved_before, rests ? 1 : 0);
    EXPECT_EQ(backend_->cells_used(), kRowsPerCopy + 1 + (rests ? 0 : 100));
    auto again = first;
    again.push_back('c');
    const auto rows_before = backend_->calls().rows;
    const Caller back = submit(again, 2);
    run_to_end();
    EXPECT_EQ(back.drain().text, expected(again, 2));
    EXPECT_EQ(backend_->calls().rows - rows_before, 1 + 1) << "nothing is computed twice";
  }
}

TEST_F(EnginePressure, WithoutMemoryForSavedStatesThoseWhoAreAwayStay) {
  open({.lanes = 4, .cells = 2'000}, {.saved_bytes_max = 0});
  submit(std::vector<Token>(100, 'a'), 1);
  run_to_end();
  submit(std::vector<Token>(2 * kRowsPerCopy, 'b'), 2);
  run_to_end();
  EXPECT_EQ(counters_.states_saved, 0);
  EXPECT_EQ(backend_->cells_used(), 100 + 2 * kRowsPerCopy + 1);
}

TEST_F(EnginePressure, ARestoredStateHoldsACommonBeginningOnce) {
  open({.lanes = 3, .cells = 230});
  const auto trunk = std::vector<Token>(100, 't');
  auto state = std::make_shared<Pin::State>();
  submit({.prompt = std::vector<Token>(80, 't'), .tokens_max = 1}, nullptr, state);
  run_to_end();
  auto branch = trunk;
  branch.resize(130, 'b');
  submit(branch, 1);
  run_to_end();
  submit(std::vector<Token>(110, 'x'), 1);  // pushes the branch out
  run_to_end();
  auto again = branch;
  again.push_back('c');
  const Caller back = submit(again, 1);
  run_to_end();
  EXPECT_EQ(back.drain().text, expected(again, 1));
  EXPECT_EQ(counters_.tokens_restored, 130);
  EXPECT_EQ(backend_->cells_used(), 131U);  // the pinned 80 are not there twice
}

TEST_F(EnginePressure, WhatNoLongerFitsIntoMemoryIsReadBackFromAFile) {
  const auto root = std::filesystem::path(testing::TempDir()) / ("pressure-" + std::to_string(::getpid()));
  open({.lanes = 2, .cells = 150}, {.saved_bytes_max = 1000});
  core_->use_folder(*StateFolder::open(root, "fake", 1 << 20, 1 << 20));
  std::vector<std::vector<Token>> talks;
  for (int i = 0; i < 5; ++i) {
    talks.emplace_back(100, 'a' + i);
    submit(talks.back(), 1);
    run_to_end();
  }
  ASSERT_EQ(counters_.states_saved, 4);  // one of them fits into memory
  while (counters_.saved_files_bytes < 3 * 800) {
    core_->step();
  }
  const auto before = counters_.tokens_prefilled.load();
  auto again = talks[1];
  again.push_back('!');
  const Caller back = submit(again, 3);
  while (!core_->idle()) {
    core_->step();
  }
  EXPECT_EQ(back.drain().text, expected(again, 3));
  EXPECT_EQ(counters_.tokens_prefilled - before, 1);
  EXPECT_EQ(backend_->calls().violation, "");
  core_.reset();
  EXPECT_TRUE(std::filesystem::is_empty(root));
  std::filesystem::remove_all(root);
}

TEST_F(EnginePressure, TheOldestNeverWaitsForAYoungerOne) {
  open({.lanes = 4, .cells = 100});
  std::vector<Caller> callers;
  for (int i = 0; i < 4; ++i) {
    callers.push_back(submit(std::vector<Token>(20, 'a' + i), 30));
  }
  while (counters_.generations_finished == 0 && core_->step()) {
  }
  EXPECT_GT(counters_.waiting, 0);  // somebody had to wait,
  EXPECT_EQ(backend_->calls().violation, "");
  EXPECT_TRUE(callers[0].drain().finished);  // and it was not the first
}

TEST_F(EnginePressure, AloneAndStillTooLargeIsALimitAndTheEngineGoesOn) {
  open({.lanes = 2, .cells = 16});
  const Caller big = submit(std::vector<Token>(40, 'x'), 5);
  run_to_end();
  const Output output = big.drain();
  EXPECT_FALSE(output.finished);
  EXPECT_EQ(output.error->code, ErrorCode::limit);
  const Caller small = submit(tokens_of("ok"), 5);
  run_to_end();
  EXPECT_TRUE(small.drain().finished);
}

TEST_F(EnginePressure, AFailedDecodeIsRolledBackAndTriedAgain) {
  open({.lanes = 2, .outcomes = {{1, DecodeStatus::failed}, {4, DecodeStatus::failed}, {5, DecodeStatus::failed}}});
  const auto prompt = tokens_of("survives");
  const Caller one = submit(prompt, 8);
  const Caller two = submit(tokens_of("as well"), 8);
  run_to_end();
  EXPECT_EQ(one.drain().text, expected(prompt, 8));
  EXPECT_EQ(two.drain().text, expected(tokens_of("as well"), 8));
  EXPECT_FALSE(core_->dead());
}

TEST_F(EnginePressure, AFailedDecodeOfAMemoryThatCannotForgetStartsAgainFromTheFirstToken) {
  open({.lanes = 1, .abilities = kNeverForgets, .outcomes = {{3, DecodeStatus::failed}}}, {.batch_tokens = 4});
  const auto prompt = tokens_of("a prompt of many chunks");
  const Caller caller = submit(prompt, 4);
  run_to_end();
  EXPECT_EQ(caller.drain().text, expected(prompt, 4));
}

TEST_F(EnginePressure, ThreeFailuresInARowEndEveryGenerationAsUnavailable) {
  open({.lanes = 1, .outcomes = {{2, DecodeStatus::failed}, {3, DecodeStatus::failed}, {4, DecodeStatus::failed}}});
  const Caller running = submit(tokens_of("running"), 8);
  const Caller waiting = submit(tokens_of("waiting"), 8);
  while (core_->step()) {
  }
  EXPECT_TRUE(core_->dead());
  EXPECT_EQ(running.drain().error->code, ErrorCode::unavailable);
  EXPECT_EQ(waiting.drain().error->code, ErrorCode::unavailable);
  EXPECT_EQ(counters_.waiting, 0);
  EXPECT_EQ(counters_.sequences_busy, 0);
}

}  // namespace
}  // namespace puna::engine
