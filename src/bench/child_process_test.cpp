#include "bench/child_process.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <cerrno>
#include <chrono>
#include <thread>

namespace puna::bench {
namespace {

TEST(ChildProcess, WhatAProgramPrintsComesBack) {
  auto child = ChildProcess::start({"echo", "two words"}, ChildProcess::Output::kept);
  ASSERT_TRUE(child) << child.error().message;
  const auto text = child->finish({});
  ASSERT_TRUE(text) << text.error().message;
  EXPECT_EQ(*text, "two words\n");
}

TEST(ChildProcess, AProgramThatIsNotThereIsNotFoundAndLeavesNothing) {
  const auto child = ChildProcess::start({"puna-no-such-program"}, ChildProcess::Output::dropped);
  ASSERT_FALSE(child);
  EXPECT_EQ(child.error().code, ErrorCode::not_found);
}

TEST(ChildProcess, AFailureOfTheProgramIsAnErrorWithItsStatus) {
  auto child = ChildProcess::start({"false"}, ChildProcess::Output::kept);
  ASSERT_TRUE(child);
  const auto text = child->finish({});
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code, ErrorCode::unavailable);
}

TEST(ChildProcess, ItIsGoneWithItsHandle) {
  pid_t pid = 0;
  {
    auto child = ChildProcess::start({"sleep", "1000"}, ChildProcess::Output::dropped);
    ASSERT_TRUE(child);
    pid = child->pid();
    EXPECT_TRUE(child->running());
    const ChildProcess moved = *std::move(child);
    EXPECT_EQ(::kill(pid, 0), 0);
  }
  EXPECT_EQ(::kill(pid, 0), -1);
  EXPECT_EQ(errno, ESRCH);
}

TEST(ChildProcess, ItIsGoneWithTheThreadThatStartedIt) {
  std::optional<ChildProcess> child;
  std::jthread([&child] {
    auto started = ChildProcess::start({"sleep", "1000"}, ChildProcess::Output::dropped);
    ASSERT_TRUE(started);
    child.emplace(*std::move(started));
  }).join();
  ASSERT_TRUE(child);
  while (child->running()) {  // ctest's time-out bounds it
    std::this_thread::yield();
  }
}

TEST(ChildProcess, ABusyProcessUsesTimeAndAnEndedOneHasNone) {
  auto busy = ChildProcess::start_busy();
  ASSERT_TRUE(busy) << busy.error().message;
  for (double seconds = 0; seconds == 0; seconds = busy->cpu_seconds().value_or(1)) {
    std::this_thread::yield();
  }
  ::kill(busy->pid(), SIGKILL);
  while (busy->running()) {
    std::this_thread::yield();
  }
  EXPECT_FALSE(busy->running());
}

TEST(ChildProcess, AStopEndsTheWaitForItsOutput) {
  auto child = ChildProcess::start({"sleep", "1000"}, ChildProcess::Output::kept);
  ASSERT_TRUE(child);
  std::stop_source stop;
  stop.request_stop();
  const auto text = child->finish(stop.get_token());
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code, ErrorCode::cancelled);
}

TEST(ChildProcess, TicksAreReadBehindANameThatLooksLikeFields) {
  EXPECT_EQ(parse_process_ticks("42 (a) S 9) 1 2) R 1 1 1 1 1 1 1 1 1 1 70 5 0 0"), 75);
  EXPECT_EQ(parse_process_ticks("42 (llama-server) S 1 1 1 0 -1 1 1 1 1 1 300 20 0 0 20 0"), 320);
  EXPECT_FALSE(parse_process_ticks(""));
  EXPECT_FALSE(parse_process_ticks("42 (x) R 1 2 3"));
}

}  // namespace
}  // namespace puna::bench
