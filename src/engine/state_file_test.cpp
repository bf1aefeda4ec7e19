// A state that was written comes back; anything else is refused and says why.
#include "engine/state_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <string>

#include "puna/base/seam.h"
#include "source_folder.h"

namespace puna::engine {
namespace {

constexpr std::uint64_t kLarge = 1 << 30;

class StateFile : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) / ("state-file-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
    file_ = folder_ / "one.kv";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  static SavedState some_state() {
    SavedState state{.tokens = {1, 2, 3, -4}, .bytes = {}};
    for (int i = 0; i < 1000; ++i) {
      state.bytes.push_back(static_cast<std::byte>(i * 7));
    }
    return state;
  }
  std::string content() const {
    std::ifstream in(file_, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void put(const std::string& bytes) const { std::ofstream(file_, std::ios::binary) << bytes; }

  std::filesystem::path folder_;
  std::filesystem::path file_;
};

TEST_F(StateFile, WhatWasWrittenComesBack) {
  const SavedState state = some_state();
  ASSERT_TRUE(write_state(file_, "model a", state));
  const auto read = read_state(file_, "model a", kLarge);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->tokens, state.tokens);
  EXPECT_EQ(read->bytes, state.bytes);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1);  // no temporary file
}

TEST_F(StateFile, ANoteComesBackAndIsPartOfWhatIsChecked) {
  SavedState state = some_state();
  state.note = "who it was";
  ASSERT_TRUE(write_state(file_, "model a", state));
  const auto read = read_state(file_, "model a", kLarge);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->note, state.note);
  EXPECT_EQ(read->bytes, state.bytes);
  const std::string whole = content();
  for (std::size_t kept = 0; kept < whole.size(); kept += 5) {
    put(whole.substr(0, kept));
    EXPECT_EQ(read_state(file_, "model a", kLarge).error().code, ErrorCode::corrupt) << kept;
  }
  std::string changed = whole;
  changed[changed.find(state.note)] = 'W';
  put(changed);
  EXPECT_EQ(read_state(file_, "model a", kLarge).error().code, ErrorCode::corrupt);
}

TEST_F(StateFile, OneOfAnotherModelIsRefusedAndBothAreNamed) {
  ASSERT_TRUE(write_state(file_, "model a", some_state()));
  const auto read = read_state(file_, "model b", kLarge);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::invalid_argument);
  EXPECT_TRUE(read.error().message.contains("model a") && read.error().message.contains("model b"));
}

TEST_F(StateFile, ATooLargeOneIsRefusedWithBothSizes) {
  ASSERT_TRUE(write_state(file_, "model a", some_state()));
  const auto read = read_state(file_, "model a", 1015);
  EXPECT_EQ(read.error().code, ErrorCode::limit);
  EXPECT_TRUE(read.error().message.contains("1016") && read.error().message.contains("1015"));
  EXPECT_TRUE(read_state(file_, "model a", 1016));
}

TEST_F(StateFile, EveryChangedByteIsNoticed) {
  ASSERT_TRUE(write_state(file_, "model a", some_state()));
  const std::string whole = content();
  for (std::size_t at = 0; at < whole.size(); at += at < 60 ? 1 : 13) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 0x10);
    put(changed);
    const auto read = read_state(file_, "model a", kLarge);
    ASSERT_FALSE(read) << at;
    EXPECT_EQ(read.error().code, ErrorCode::corrupt) << at << " " << read.error().message;
  }
}

TEST_F(StateFile, EveryLengthButTheRightOneIsNoticed) {
  ASSERT_TRUE(write_state(file_, "model a", some_state()));
  const std::string whole = content();
  for (std::size_t length = 0; length < whole.size(); length += 37) {
    put(whole.substr(0, length));
    EXPECT_EQ(read_state(file_, "model a", kLarge).error().code, ErrorCode::corrupt) << length;
  }
  put(whole + "x");
  EXPECT_EQ(read_state(file_, "model a", kLarge).error().code, ErrorCode::corrupt);
}

TEST_F(StateFile, RandomBytesAreNeverAState) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Random random(seed);
    std::string bytes = "PUNAKV01";
    const std::size_t more = random.next() % 200;
    for (std::size_t i = 0; i < more; ++i) {
      bytes += static_cast<char>(random.next() % (seed % 2 == 0 ? 256 : 3));
    }
    put(bytes);
    EXPECT_FALSE(read_state(file_, "model a", kLarge));
  }
}

TEST_F(StateFile, APipeIsRefusedAndNotWaitedFor) {
  const auto pipe = folder_ / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const auto state = read_state(pipe, "key", 1 << 20);
  ASSERT_FALSE(state);
  EXPECT_EQ(state.error().code, ErrorCode::io);
  EXPECT_NE(state.error().message.find("regular"), std::string::npos);
}

TEST_F(StateFile, NoFileAndNoFolderAreSaidPlainly) {
  EXPECT_EQ(read_state(folder_ / "none.kv", "k", kLarge).error().code, ErrorCode::not_found);
  EXPECT_EQ(write_state(folder_ / "no" / "folder.kv", "k", some_state()).error().code, ErrorCode::not_found);
  EXPECT_EQ(fingerprint(std::vector{folder_ / "none.gguf"}).error().code, ErrorCode::not_found);
}

TEST_F(StateFile, AFileThatWasWrittenBeforeIsStillRead) {
  const auto old = std::filesystem::path(PUNA_SOURCE_DIR) / "fuzz" / "corpus" / "state_file" / "whole";
  const auto read = read_state(old, "this model", kLarge);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->tokens, (std::vector<Token>{0, 1, 2, 3, 4}));
  EXPECT_EQ(read->bytes.size(), 40U);
}

TEST_F(StateFile, AFingerprintDependsOnLengthAndContent) {
  put("one model");
  const auto one = *fingerprint({&file_, 1});
  put("one modem");
  EXPECT_NE(*fingerprint({&file_, 1}), one);
  put("one model ");
  EXPECT_NE(*fingerprint({&file_, 1}), one);
  put("one model");
  EXPECT_EQ(*fingerprint({&file_, 1}), one);
}

TEST_F(StateFile, AFingerprintIsOfEveryPartOfAModel) {
  const std::vector<std::filesystem::path> parts = {folder_ / "1.gguf", folder_ / "2.gguf"};
  std::ofstream(parts[0]) << "facts";
  std::ofstream(parts[1]) << "weights";
  const auto one = *fingerprint(parts);
  EXPECT_NE(*fingerprint(std::span(parts).first(1)), one);
  std::ofstream(parts[1]) << "weighed";
  EXPECT_NE(*fingerprint(parts), one);
}

TEST_F(StateFile, AFingerprintSeesTheMiddleOfAFile) {
  std::string weights(3'000'000, 'w');
  put(weights);
  const auto one = *fingerprint({&file_, 1});
  weights[1'500'001] = 'v';
  put(weights);
  EXPECT_NE(*fingerprint({&file_, 1}), one) << "one byte of a file that is read whole";
  // A file that is read in pieces: holes cost no disk.
  const auto large = [&](std::streamoff where) {
    put("");
    std::filesystem::resize_file(file_, std::uintmax_t{300} << 20U);
    std::fstream(file_, std::ios::in | std::ios::out | std::ios::binary).seekp(where) << std::string(400'000, 'x');
    return *fingerprint({&file_, 1});
  };
  const auto another = large(200 << 20);
  EXPECT_NE(large(201 << 20), another);
  EXPECT_NE(large((300 << 20) - 400'000), another);
  EXPECT_EQ(large(200 << 20), another);
}

}  // namespace
}  // namespace puna::engine
