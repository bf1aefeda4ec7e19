#include "bench/temporary_folder.h"

#include <gtest/gtest.h>

#include <fstream>
#include <optional>

namespace puna::bench {
namespace {

TEST(TemporaryFolder, ItIsThereAndGoneWithItsHandleAndAllThatWasInIt) {
  std::filesystem::path path;
  {
    auto folder = TemporaryFolder::create();
    ASSERT_TRUE(folder) << folder.error().message;
    path = folder->path();
    std::filesystem::create_directory(path / "inner");
    std::ofstream(path / "inner" / "file") << "x";
    const std::optional<TemporaryFolder> moved(*std::move(folder));
    EXPECT_TRUE(std::filesystem::exists(moved->path() / "inner" / "file"));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(TemporaryFolder, TwoOfThemAreTwo) {
  const auto one = TemporaryFolder::create();
  const auto two = TemporaryFolder::create();
  ASSERT_TRUE(one && two);
  EXPECT_NE(one->path(), two->path());
}

}  // namespace
}  // namespace puna::bench
