// What the one function that opens paths promises, by its errno values, and where it says that things lie.
#include "tools/beneath.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>

#include "tools/test_folder.h"

namespace puna::tools {
namespace {

class BeneathTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_.write("root/a/b", "inside");
    folder_.write("outside", "canary");
    folder_.link("root/out", "../outside");
    folder_.link("root/loop", "loop");
    folder_.link("root/in", "a");
    root_ = Descriptor(::open((folder_.path() / "root").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    ASSERT_GE(root_.number(), 0);
    const auto probe = open_beneath(root_, "a", O_PATH);
    if (!probe && (probe.error() == ENOSYS || probe.error() == EPERM)) {
      GTEST_SKIP() << "no openat2 here";
    }
  }
  [[nodiscard]] int refusal(std::string_view path, int flags = O_PATH) const {
    const auto opened = open_beneath(root_, path, flags);
    return opened ? 0 : opened.error();
  }
  [[nodiscard]] std::expected<std::string, int> location(std::string_view path) const {
    const auto place = open_beneath(root_, path, O_PATH);
    return place ? location_beneath(root_, *place) : std::unexpected(place.error());
  }

  TestFolder folder_;
  Descriptor root_{-1};
};

TEST_F(BeneathTest, OpensWhatLiesInsideAndRefusesTheRestByItsReason) {
  using namespace std::string_view_literals;
  for (const char* path : {"", ".", "a", "a/b", "in/b", "a/../a/b", "./a//b", "in/.."}) {
    EXPECT_EQ(refusal(path), 0) << path;
  }
  for (const char* path : {"..", "a/../..", "out", "/", "/etc", "in/../..", "a/../../outside"}) {
    EXPECT_EQ(refusal(path), EXDEV) << path;
  }
  EXPECT_EQ(refusal("gone"), ENOENT);
  EXPECT_EQ(refusal("a/b/c"), ENOTDIR);
  EXPECT_EQ(refusal("loop"), ELOOP);
  EXPECT_EQ(refusal("a\0b"sv), EINVAL);
  EXPECT_EQ(refusal("\0"sv), EINVAL);
  EXPECT_EQ(refusal(std::string(PATH_MAX, 'a')), ENAMETOOLONG);
  EXPECT_EQ(refusal(std::string(PATH_MAX - 1, '/')), EXDEV);
  EXPECT_EQ(refusal("a", O_RDONLY | O_NOFOLLOW), 0);
  EXPECT_EQ(refusal("in", O_RDONLY | O_NOFOLLOW), ELOOP);
}

TEST_F(BeneathTest, ADescriptorIsClosedWithItsOwner) {
  int number = -1;
  {
    const auto opened = open_beneath(root_, "a/b", O_RDONLY);
    ASSERT_TRUE(opened);
    number = opened->number();
    EXPECT_NE(::fcntl(number, F_GETFD) & FD_CLOEXEC, 0);
  }
  EXPECT_EQ(::fcntl(number, F_GETFD), -1);
  EXPECT_EQ(errno, EBADF);
}

TEST_F(BeneathTest, SaysWhereAThingLiesNow) {
  EXPECT_EQ(location("").value(), "");
  EXPECT_EQ(location("in/b").value(), "a/b");
  const auto place = open_beneath(root_, "a/b", O_PATH);
  const auto inside = open_beneath(root_, "a", O_PATH | O_DIRECTORY);
  ASSERT_TRUE(place && inside);
  std::filesystem::rename(folder_.path() / "root/a", folder_.path() / "root/moved");
  EXPECT_EQ(location_beneath(root_, *place).value(), "moved/b");
  std::filesystem::rename(folder_.path() / "root/moved", folder_.path() / "rooted");
  EXPECT_EQ(location_beneath(root_, *place).error(), EXDEV);  // not by the beginning of its text
  EXPECT_EQ(location_beneath(*inside, *place).value(), "b");
  std::filesystem::remove(folder_.path() / "rooted/b");
  EXPECT_EQ(location_beneath(root_, *place).error(), ENOENT);
  const Descriptor closed(-1);
  EXPECT_EQ(location_beneath(root_, closed).error(), EBADF);
  EXPECT_EQ(location_beneath(closed, *inside).error(), EBADF);
}

TEST_F(BeneathTest, ThePlacesBeneathTheSystemsRootHaveNoDoubleSlash) {
  const Descriptor top(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
  const auto place = open_beneath(root_, "a", O_PATH);
  ASSERT_TRUE(place);
  const std::string path = std::filesystem::canonical(folder_.path() / "root/a").string();
  EXPECT_EQ(location_beneath(top, *place).value(), path.substr(1));
}

}  // namespace
}  // namespace puna::tools
