// What the cache has, and what leaves it.
#include <gtest/gtest.h>

#include "model/hub_cache.h"
#include "model/hub_lock.h"
#include "model/test_hub.h"

namespace puna::model {
namespace {

namespace fs = std::filesystem;

const std::string kOldCommit(40, 'a');
const std::string kNewCommit(40, 'b');

class HubStock : public ::testing::Test {
 protected:
  [[nodiscard]] fs::path repo() const { return folder_.path / "models--me--tiny-GGUF"; }
  // A file of a commit, as the programs of the hub lay it out.
  void put(const std::string& commit, const std::string& name, const std::string& content) const {
    write_file(repo() / "blobs" / sha256_hex(content), content);
    write_file(repo() / "refs/main", commit);
    const fs::path link = repo() / "snapshots" / commit / name;
    fs::create_directories(link.parent_path());
    fs::create_symlink((repo() / "blobs" / sha256_hex(content)).lexically_relative(link.parent_path()), link);
  }
  [[nodiscard]] bool has_blob(const std::string& content) const {
    return fs::exists(repo() / "blobs" / sha256_hex(content));
  }
  [[nodiscard]] Hub hub() const { return open_test_hub({.cache = folder_.path, .is_offline = true}); }
  [[nodiscard]] std::vector<CachedModel> listed() const {
    auto models = hub().list();
    EXPECT_TRUE(models) << why(models);
    return models.value_or(std::vector<CachedModel>());
  }

  HubFolder folder_;
};

TEST_F(HubStock, ListsModelsPartsAndWhatWasBrokenOff) {
  EXPECT_TRUE(listed().empty());
  put(kOldCommit, "tiny-Q8_0.gguf", "eight");
  put(kNewCommit, "tiny-Q8_0.gguf", "eight");
  put(kNewCommit, "q/tiny-Q4_0-00001-of-00002.gguf", "one");
  put(kNewCommit, "README.md", "text");
  write_file(repo() / "blobs" / (std::string(64, 'f') + ".incomplete"), "1234567");
  fs::create_directories(folder_.path / "datasets--me--data/snapshots");
  fs::create_directories(folder_.path / "models--gpt2/snapshots");
  const auto models = listed();
  ASSERT_EQ(models.size(), 3U);
  EXPECT_EQ(models[0].quant, "Q4_0");
  EXPECT_FALSE(models[0].is_complete);
  EXPECT_EQ(models[1].quant, "Q8_0");
  EXPECT_TRUE(models[1].is_complete);
  EXPECT_EQ(models[1].bytes, 5U);
  EXPECT_TRUE(models[1].file.string().contains(kNewCommit));
  EXPECT_GT(models[1].used, std::chrono::system_clock::now() - std::chrono::hours(1));
  EXPECT_EQ(models[2].bytes, 7U);
  EXPECT_FALSE(models[2].is_complete);
  ASSERT_TRUE(hub().list(hub_name("me/tiny-GGUF:q8_0")));
  EXPECT_EQ(code_of(hub().list(hub_name("me/tiny-GGUF:Q2_K"))), ErrorCode::not_found);
  EXPECT_EQ(code_of(hub().list({.repo = "../..", .quant = ""})), ErrorCode::invalid_argument);
}

TEST_F(HubStock, RemovesLinksOfAllSnapshotsAndWhatNothingElseRefersTo) {
  put(kOldCommit, "tiny-Q8_0.gguf", "eight");
  put(kNewCommit, "tiny-Q8_0.gguf", "eight");
  put(kNewCommit, "tiny-Q4_0.gguf", "four");
  put(kNewCommit, "copy.bin", "four");  // the same bytes under another name
  put(kNewCommit, "README.md", "text");
  const auto eight = hub().remove(hub_name("me/tiny-GGUF:Q8_0"));
  ASSERT_TRUE(eight) << why(eight);
  EXPECT_EQ(*eight, 5U);
  EXPECT_FALSE(has_blob("eight"));
  EXPECT_FALSE(fs::exists(repo() / "snapshots" / kOldCommit));
  EXPECT_EQ(hub().remove(hub_name("me/tiny-GGUF")).value_or(99), 0U);
  EXPECT_TRUE(has_blob("four"));
  EXPECT_EQ(content_of(repo() / "snapshots" / kNewCommit / "README.md"), "text");
  EXPECT_EQ(content_of(repo() / "refs/main"), kNewCommit);
  EXPECT_EQ(code_of(hub().remove(hub_name("me/tiny-GGUF"))), ErrorCode::not_found);
}

TEST_F(HubStock, AnEmptyRepositoryLeavesNothingBehind) {
  put(kNewCommit, "q/tiny-Q8_0.gguf", "eight");
  write_file(repo() / "blobs" / (std::string(64, 'f') + ".incomplete"), "1234567");
  write_file(repo() / ".no_exist" / kNewCommit / "config.json", "");
  EXPECT_EQ(hub().remove(hub_name("me/tiny-GGUF")).value_or(0), 12U);
  EXPECT_FALSE(fs::exists(repo()));
}

TEST_F(HubStock, WhatIsBeingFetchedIsNotRemoved) {
  put(kNewCommit, "tiny-Q8_0.gguf", "eight");
  const std::string hash(64, 'f');
  write_file(repo() / "blobs" / (hash + ".incomplete"), "1234567");
  {
    const auto lock = FileLock::try_take(HubCache(folder_.path).lock("me/tiny-GGUF", hash));
    ASSERT_TRUE(lock) << why(lock);
    EXPECT_EQ(code_of(hub().remove(hub_name("me/tiny-GGUF"))), ErrorCode::unavailable);
    EXPECT_TRUE(has_blob("eight"));
  }
  EXPECT_EQ(hub().remove(hub_name("me/tiny-GGUF")).value_or(0), 12U);
}

TEST_F(HubStock, LinksThatLeadOutOfTheCacheLoseOnlyThemselves) {
  const HubFolder outside;
  write_file(outside.path / "precious.gguf", "mine");
  put(kNewCommit, "tiny-Q8_0.gguf", "eight");
  fs::create_symlink(outside.path / "precious.gguf", repo() / "snapshots" / kNewCommit / "tiny-F16.gguf");
  EXPECT_EQ(hub().remove(hub_name("me/tiny-GGUF")).value_or(0), 5U);
  EXPECT_EQ(content_of(outside.path / "precious.gguf"), "mine");
}

}  // namespace
}  // namespace puna::model
