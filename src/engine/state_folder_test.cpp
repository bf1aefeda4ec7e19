// Files instead of memory: written and read on another thread, found by their tokens, gone at the end.
#include "engine/state_folder.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace puna::engine {
namespace {

class StateFolderTest : public testing::Test {
 protected:
  void SetUp() override {
    root_ = std::filesystem::path(testing::TempDir()) / ("state-folder-" + std::to_string(::getpid()));
    std::filesystem::create_directories(root_);
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  std::unique_ptr<StateFolder> open(std::uint64_t bytes_max = 1 << 20, std::uint64_t moving_bytes_max = 1 << 20) const {
    return *StateFolder::open(root_, "key", bytes_max, moving_bytes_max);
  }
  static std::vector<Token> spelt(std::string_view text) { return {text.begin(), text.end()}; }
  static SavedState state(std::string_view text, std::size_t bytes = 1000) {
    return {.tokens = spelt(text), .bytes = std::vector<std::byte>(bytes, std::byte{7})};
  }
  // Waits until the file with these tokens is written.
  static PrefixTree::Match found(StateFolder& folder, std::string_view text) {
    const std::uint64_t before = folder.bytes();
    while (folder.bytes() == before) {
      static_cast<void>(folder.poll());
      std::this_thread::yield();
    }
    return *folder.best(spelt(text), false);
  }
  static StateFolder::Fetched fetched(StateFolder& folder) {
    for (;;) {
      if (auto done = folder.poll()) {
        return *std::move(done);
      }
      std::this_thread::yield();
    }
  }
  std::vector<std::filesystem::path> files() const {
    std::vector<std::filesystem::path> all;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root_)) {
      if (entry.is_regular_file()) {
        all.push_back(entry.path());
      }
    }
    return all;
  }

  std::filesystem::path root_;
};

TEST_F(StateFolderTest, WhatWasPutIsFoundByItsTokensAndComesBackOnce) {
  const auto folder = open();
  folder->put(state("hello world"));
  const auto match = found(*folder, "hello there");
  EXPECT_EQ(match.tokens, 6U);
  EXPECT_EQ(folder->fetch(match.holder), StateFolder::Fetch::begun);
  EXPECT_TRUE(folder->fetching(match.holder));
  EXPECT_EQ(folder->fetch(match.holder), StateFolder::Fetch::begun);  // once is enough
  const auto back = fetched(*folder);
  EXPECT_EQ(back.number, match.holder);
  ASSERT_TRUE(back.state);
  EXPECT_EQ(back.state->tokens, spelt("hello world"));
  EXPECT_EQ(back.state->bytes.size(), 1000U);
  EXPECT_FALSE(folder->best(spelt("hello there"), false));
  EXPECT_EQ(folder->bytes(), 0U);
  EXPECT_TRUE(files().empty());
}

TEST_F(StateFolderTest, WhatWaitsToBeWrittenIsFoundAndReadAfterwards) {
  const auto folder = open();
  for (int i = 0; i < 20; ++i) {
    folder->put(state(std::to_string(100 + i)));
  }
  const auto match = folder->best(spelt("119"), true);  // nothing was heard of any file yet
  ASSERT_TRUE(match);
  EXPECT_EQ(folder->fetch(match->holder), StateFolder::Fetch::begun);
  EXPECT_TRUE(folder->fetching(match->holder));
  const auto back = fetched(*folder);
  EXPECT_EQ(back.number, match->holder);
  ASSERT_TRUE(back.state);
  EXPECT_EQ(back.state->tokens, spelt("119"));
  EXPECT_EQ(folder->bytes(), 19U * (1000 + 3 * sizeof(Token)));
}

TEST_F(StateFolderTest, WhoAsksForWhatCannotBeWrittenHearsThatItIsGone) {
  const auto folder = open();
  for (const auto& entry : std::filesystem::directory_iterator(root_)) {
    std::filesystem::remove_all(entry.path());
  }
  folder->put(state("lost"));
  const auto match = folder->best(spelt("lost"), true);
  ASSERT_TRUE(match);
  EXPECT_EQ(folder->fetch(match->holder), StateFolder::Fetch::begun);
  const auto back = fetched(*folder);
  EXPECT_EQ(back.number, match->holder);
  EXPECT_FALSE(back.state);
  EXPECT_EQ(folder->bytes(), 0U);
  EXPECT_FALSE(folder->best(spelt("lost"), true));
}

TEST_F(StateFolderTest, ADamagedFileIsForgottenAndSaidToBeGone) {
  const auto folder = open();
  folder->put(state("precious"));
  const auto match = found(*folder, "precious");
  ASSERT_EQ(files().size(), 1U);
  std::ofstream(files().front(), std::ios::binary | std::ios::in | std::ios::out) << "garbage";
  EXPECT_EQ(folder->fetch(match.holder), StateFolder::Fetch::begun);
  const auto back = fetched(*folder);
  EXPECT_EQ(back.number, match.holder);
  EXPECT_FALSE(back.state);
  EXPECT_FALSE(folder->best(spelt("precious"), false));
}

TEST_F(StateFolderTest, TheOldestFilesGoWhenTheLimitIsReached) {
  const auto folder = open(3500);
  for (const std::string_view text : {"one", "two", "three", "four"}) {
    folder->put(state(text));
    found(*folder, text);
  }
  EXPECT_LE(folder->bytes(), 3500U);
  EXPECT_FALSE(folder->best(spelt("one"), true));
  EXPECT_TRUE(folder->best(spelt("four"), true));
  folder->put(state("huge", 5000));
  EXPECT_FALSE(folder->best(spelt("huge"), true));
}

// Writes when it is told to.
class HeldCalls final : public FileCalls {
 public:
  [[nodiscard]] ssize_t write(int descriptor, std::string_view bytes) const override {
    held.wait(true);
    return FileCalls::write(descriptor, bytes);
  }
  void go_on() {
    held = false;
    held.notify_all();
  }
  std::atomic<bool> held = true;
};

TEST_F(StateFolderTest, OnlySoMuchIsOnItsWayToFilesAndBack) {
  using enum StateFolder::Fetch;
  HeldCalls calls;
  const auto folder = *StateFolder::open(root_, "key", 1 << 20, 2500, calls);
  const struct Release {  // or the folder would wait for its writer for ever
    HeldCalls& calls;
    ~Release() { calls.go_on(); }
  } release{calls};
  folder->put(state("huge", 3000));
  EXPECT_FALSE(folder->best(spelt("huge"), true));
  for (const std::string_view text : {"one", "two", "three"}) {
    folder->put(state(text));
  }
  const auto two = folder->best(spelt("two"), true);
  const auto one = folder->best(spelt("one"), true);
  ASSERT_TRUE(one && two);
  EXPECT_FALSE(folder->best(spelt("three"), true)) << "two of them are on their way";
  EXPECT_EQ(folder->fetch(one->holder), later);
  calls.go_on();
  while (folder->bytes() < 2000) {
    static_cast<void>(folder->poll());
    std::this_thread::yield();
  }
  EXPECT_EQ(folder->fetch(one->holder), begun);
  EXPECT_EQ(folder->fetch(two->holder), begun);
  const auto back = fetched(*folder);
  EXPECT_EQ(back.number, one->holder);
  folder->put(state("four"));  // nobody has taken the second yet, but the first
  EXPECT_TRUE(folder->best(spelt("four"), true));
}

TEST_F(StateFolderTest, NothingStaysBehind) {
  {
    const auto folder = open();
    for (int i = 0; i < 50; ++i) {
      folder->put(state(std::to_string(i)));
    }
  }
  EXPECT_TRUE(std::filesystem::is_empty(root_));
}

TEST_F(StateFolderTest, AFolderThatCannotBeMadeIsNamed) {
  std::ofstream(root_ / "file") << "x";
  const auto folder = StateFolder::open(root_ / "file", "key", 1000, 1000);
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error().code, ErrorCode::io);
  EXPECT_TRUE(folder.error().message.contains("file"));
}

}  // namespace
}  // namespace puna::engine
