// One fault, anywhere: a decode that fails, a file that cannot be written. The agents that it does not concern do not
// notice, and the engine goes on.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/test_rounds.h"
#include "engine/test_scenario.h"

namespace puna::engine {
namespace {

class EngineFault : public test::ScenarioTest {
 protected:
  // Plays the scenario with this outcome of the n-th decode, for each n that it has. Returns the most generations that
  // one such fault ended.
  int play_each(Abilities abilities, DecodeStatus outcome, double computed, int in_a_row = 1) {
    int most = 0;
    for (int n = 1;; n += puna::test::stride()) {
      fake::Settings settings{.abilities = abilities, .computed_of_failed = computed};
      for (int i = 0; i < in_a_row; ++i) {
        settings.outcomes[n + i] = outcome;
      }
      play(settings);
      const bool reached = backend_->calls().decodes >= n;
      most = std::max(most, failed(ErrorCode::limit));
      if (reached) {  // or else the fault is still to come
        expect_that_it_still_works();
      }
      if (!reached || HasFailure()) {
        EXPECT_FALSE(HasFailure()) << "decode " << n;
        EXPECT_GT(n, 40);
        return most;
      }
    }
  }
};

TEST_F(EngineFault, WithoutFaultsTheScenarioHasAllThatCanGoWrong) {
  for (const Memory& memory : memories()) {
    play({.abilities = memory.abilities});
    EXPECT_EQ(failed(ErrorCode::limit), 0) << memory.name;
    const bool saves = memory.abilities.save;
    EXPECT_EQ(counters_.states_saved > 0, saves) << memory.name;
    EXPECT_EQ(counters_.tokens_restored > 0, saves) << memory.name;
    EXPECT_GT(counters_.sequences_parked, 0) << memory.name;
    EXPECT_GT(backend_->calls().refused_for_room, 0) << memory.name;
    EXPECT_EQ(backend_->calls().marks > 0, memory.abilities.mark) << memory.name;
    counters_.states_saved = counters_.tokens_restored = counters_.sequences_parked = 0;
  }
}

TEST_F(EngineFault, ADecodeThatFailsAnywhereChangesNobodysTokens) {
  for (const Memory& memory : memories()) {
    SCOPED_TRACE(memory.name);
    for (const double computed : {0.0, 0.5, 1.0}) {
      EXPECT_EQ(play_each(memory.abilities, DecodeStatus::failed, computed), 0) << computed;
      EXPECT_EQ(play_each(memory.abilities, DecodeStatus::aborted, computed), 0) << computed;
    }
    EXPECT_EQ(play_each(memory.abilities, DecodeStatus::failed, 0.5, kDecodeFailuresMax - 1), 0);
  }
}

TEST_F(EngineFault, ACacheThatIsSaidToBeFullAnywhereEndsOneGenerationAtMost) {
  for (const Memory& memory : memories()) {
    SCOPED_TRACE(memory.name);
    EXPECT_LE(play_each(memory.abilities, DecodeStatus::no_room, 0), 1);
    EXPECT_LE(play_each(memory.abilities, DecodeStatus::no_room, 0, 3), 1);
  }
}

TEST_F(EngineFault, FailuresInARowEndEveryGenerationAsUnavailableWhereverTheyBegin) {
  for (const Memory& memory : memories()) {
    for (int n = 1; n < 40; n += 3) {
      fake::Settings settings{.abilities = memory.abilities};
      for (int i = 0; i < kDecodeFailuresMax; ++i) {
        settings.outcomes[n + i] = DecodeStatus::failed;
      }
      play(settings);
      EXPECT_TRUE(core_->dead());
      EXPECT_GT(failed(ErrorCode::unavailable), 0) << memory.name << " " << n;
    }
  }
}

// The n-th call fails.
class FaultyCalls final : public FileCalls {
 public:
  enum class Fault : std::uint8_t { full, broken, short_write, interrupted };

  FaultyCalls(int at, Fault fault) : left_(at), fault_(fault) {}

  [[nodiscard]] int create(const char* path) const override { return fails() ? -1 : FileCalls::create(path); }
  [[nodiscard]] ssize_t write(int descriptor, std::string_view bytes) const override {
    if (!fails()) {
      return FileCalls::write(descriptor, bytes);
    }
    return fault_ == Fault::short_write ? FileCalls::write(descriptor, bytes.substr(0, bytes.size() / 2 + 1)) : -1;
  }
  [[nodiscard]] int close(int descriptor) const override {
    const int closed = FileCalls::close(descriptor);
    return fails() ? -1 : closed;
  }
  [[nodiscard]] int rename(const char* from, const char* to) const override {
    return fails() ? -1 : FileCalls::rename(from, to);
  }

  [[nodiscard]] bool reached() const { return left_ <= 0; }

 private:
  bool fails() const {
    if (--left_ != 0) {
      return false;
    }
    errno = fault_ == Fault::full ? ENOSPC : fault_ == Fault::interrupted ? EINTR : EIO;
    return true;
  }

  mutable std::atomic<int> left_;
  const Fault fault_;
};

using Fault = FaultyCalls::Fault;

class FileFault : public EngineFault {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) / ("file-fault-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override {
    core_.reset();  // its folder's thread may still write
    std::filesystem::remove_all(folder_);
  }

  std::filesystem::path folder_;
};

TEST_F(FileFault, AStateThatCannotBeWrittenLeavesTheOldFileAndNothingElse) {
  const auto file = folder_ / "one.kv";
  const SavedState old{.tokens = {1, 2}, .bytes = std::vector<std::byte>(10, std::byte{1})};
  const SavedState next{.tokens = {3, 4, 5}, .bytes = std::vector<std::byte>(1000, std::byte{2})};
  ASSERT_TRUE(write_state(file, "key", old));
  for (const Fault fault : {Fault::full, Fault::broken}) {
    for (int n = 1;; n += puna::test::stride()) {
      const FaultyCalls calls(n, fault);
      const auto written = write_state(file, "key", next, calls);
      if (!calls.reached()) {
        EXPECT_GT(n, 7);  // create, five writes, close, rename
        break;
      }
      ASSERT_FALSE(written) << n;
      EXPECT_EQ(written.error().code, ErrorCode::io);
      EXPECT_TRUE(written.error().message.contains("one.kv")) << written.error().message;
      EXPECT_EQ(read_state(file, "key", 1 << 20)->tokens, old.tokens) << n;
      EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1) << n;
    }
    ASSERT_TRUE(write_state(file, "key", old));
  }
}

TEST_F(FileFault, AWriteThatIsShortOrInterruptedGoesOn) {
  const SavedState state{.tokens = {3, 4, 5}, .bytes = std::vector<std::byte>(1000, std::byte{2})};
  for (const Fault fault : {Fault::short_write, Fault::interrupted}) {
    for (int n = 2; n <= 6; ++n) {  // the writes
      const FaultyCalls calls(n, fault);
      ASSERT_TRUE(write_state(folder_ / "one.kv", "key", state, calls)) << n;
      ASSERT_TRUE(calls.reached());
      EXPECT_EQ(read_state(folder_ / "one.kv", "key", 1 << 20)->bytes, state.bytes) << n;
    }
  }
}

// How many states reach the folder depends on how fast its thread is; the calls of one file are always among them.
TEST_F(FileFault, AFolderThatCannotBeWrittenToCostsTimeAndNoTokens) {
  for (const Fault fault : {Fault::full, Fault::broken, Fault::short_write}) {
    int reached = 0;
    for (int n = 1; n <= 40; ++n) {
      const FaultyCalls calls(n, fault);
      play_with_files(folder_, calls);
      EXPECT_EQ(failed(ErrorCode::limit), 0) << n;
      expect_that_it_still_works();
      core_.reset();  // now nothing more is written
      ASSERT_TRUE(std::filesystem::is_empty(folder_)) << n;
      reached += calls.reached() ? 1 : 0;
    }
    EXPECT_GE(reached, 8);
  }
}

TEST_F(FileFault, StatesComeBackFromFilesWhenNothingFails) {
  play_with_files(folder_, FileCalls::system());
  EXPECT_EQ(failed(ErrorCode::limit), 0);
  EXPECT_GT(counters_.tokens_restored, 200);
  EXPECT_GT(counters_.saved_files_bytes, 0);
}

TEST_F(FileFault, AFolderThatIsTakenAwayCostsTimeAndNoTokens) {
  play_with_files(folder_, FileCalls::system(), [this] { std::filesystem::remove_all(folder_); });
  EXPECT_EQ(failed(ErrorCode::limit), 0);
  expect_that_it_still_works();
}

}  // namespace
}  // namespace puna::engine
