// Answers for always: what they are kept under, and the file that nobody else may have written.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <iterator>
#include <set>

#include "puna/tools/permission.h"
#include "tools/call_facts.h"
#include "tools/test_folder.h"

namespace puna {
namespace {

TEST(CallHash, IsOfTheCallAndNotOfItsSpelling) {
  const auto hash = [](std::string_view json, std::string_view tool = "t", std::string_view project = "/p") {
    return tools::call_hash(project, {.id = "any", .name = std::string(tool), .arguments = Json::parse(json).value()});
  };
  EXPECT_EQ(hash(R"({"a":1,"b":{"c":[1,2],"d":"x"}})"), hash(R"({ "b": {"d":"x","c":[1.0,2]}, "a": 1 })"));
  EXPECT_EQ(hash(R"({"a":"\u0041"})"), hash(R"({"a":"A"})"));
  std::set<std::string> seen;
  for (const char* json : {R"({})", R"([])", R"({"a":1})", R"({"a":2})", R"({"a":"1"})", R"({"a":1.5})",
                           R"({"a":true})", R"({"a":null})", R"({"a":[1]})", R"({"a":[[1]]})", R"({"a":[1,1]})",
                           R"({"a":{"b":1}})", R"({"a":{},"b":1})", R"({"b":1})", R"({"a":"","b":""})",
                           R"({"a":"\",\"b\":\""})", R"({"a":"\\"})", R"({"a":18446744073709551615})", R"({"a":-1})"}) {
    EXPECT_TRUE(seen.insert(hash(json)).second) << json;
  }
  EXPECT_TRUE(seen.insert(hash("{}", "u")).second);
  EXPECT_TRUE(seen.insert(hash("{}", "t", "/q")).second);
  // Strings that are not UTF-8 are not all the same.
  EXPECT_NE(tools::canonical_text(Json("\xff")), tools::canonical_text(Json("\xfe")));
}

// ---- answers for always, in a file --------------------------------------------------------------------------------

class ApprovalsTest : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directory(project_);
    std::filesystem::create_directory(folder_.path() / "other");
  }
  [[nodiscard]] std::filesystem::path only_file() const { return std::filesystem::directory_iterator(state_)->path(); }

  tools::TestFolder folder_;
  const std::filesystem::path project_ = folder_.path() / "project";
  const std::filesystem::path state_ = folder_.path() / "state/approvals";
  const Json key_ = Json::object({{"tool", "write"}, {"paths", Json::array({"a"})}});
};

TEST_F(ApprovalsTest, AreKeptForOneProjectByName) {
  {
    const auto approvals = Approvals::open(state_, project_);
    ASSERT_TRUE(approvals) << approvals.error().message;
    EXPECT_FALSE((*approvals)->holds(key_));
    ASSERT_TRUE((*approvals)->add(key_));
    EXPECT_TRUE((*approvals)->holds(key_));
  }
  EXPECT_TRUE(Approvals::open(state_, project_ / "." / ".." / "project").value()->holds(key_));
  EXPECT_FALSE(Approvals::open(state_, folder_.path() / "other").value()->holds(key_));
  struct stat facts{};
  ASSERT_EQ(::stat(only_file().c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600U);
  ASSERT_EQ(::stat(state_.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0700U);
}

TEST_F(ApprovalsTest, TwoAtOnceLoseNothing) {
  const auto one = Approvals::open(state_, project_).value();
  const auto other = Approvals::open(state_, project_).value();
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE((i % 2 == 0 ? one : other)->add(Json(i)));
  }
  const auto all = Approvals::open(state_, project_).value();
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(all->holds(Json(i))) << i;
  }
}

TEST_F(ApprovalsTest, WhatOthersMayHaveWrittenIsRefused) {
  ASSERT_TRUE(Approvals::open(state_, project_).value()->add(key_));
  const auto code = [&] {
    const auto opened = Approvals::open(state_, project_);
    return opened ? std::nullopt : std::optional(opened.error().code);
  };
  ASSERT_EQ(::chmod(only_file().c_str(), 0620), 0);
  EXPECT_EQ(code(), ErrorCode::invalid_argument);
  ASSERT_EQ(::chmod(only_file().c_str(), 0602), 0);
  EXPECT_EQ(code(), ErrorCode::invalid_argument);
  ASSERT_EQ(::chmod(only_file().c_str(), 0644), 0);
  EXPECT_EQ(code(), std::nullopt);
  ASSERT_EQ(::chmod(state_.c_str(), 0777), 0);
  EXPECT_EQ(code(), ErrorCode::invalid_argument);
  ASSERT_EQ(::chmod(state_.c_str(), 0700), 0);
  if (::geteuid() == 0) {
    ASSERT_EQ(::chown(only_file().c_str(), 65'534, 65'534), 0);
    EXPECT_EQ(code(), ErrorCode::invalid_argument);
  }
}

TEST_F(ApprovalsTest, ADamagedFileIsRefusedAndALinkIsNotFollowed) {
  ASSERT_TRUE(Approvals::open(state_, project_).value()->add(key_));
  const std::filesystem::path file = only_file();
  std::ifstream in(file);
  const std::string whole{std::istreambuf_iterator<char>(in), {}};
  for (std::size_t size = 0; size < whole.size() - 2; ++size) {
    std::ofstream(file, std::ios::trunc) << whole.substr(0, size);
    ASSERT_FALSE(Approvals::open(state_, project_)) << size;
  }
  for (const char* text : {"{\"version\":2}", "[]", "{\"version\":1,\"project\":\"/x\",\"approvals\":[]}",
                           "{\"version\":1,\"approvals\":{}}"}) {
    std::ofstream(file, std::ios::trunc) << text;
    EXPECT_EQ(Approvals::open(state_, project_).error().code, ErrorCode::corrupt) << text;
  }
  std::ofstream(folder_.path() / "elsewhere") << whole;
  std::filesystem::remove(file);
  std::filesystem::create_symlink(folder_.path() / "elsewhere", file);
  EXPECT_FALSE(Approvals::open(state_, project_));
  EXPECT_EQ(Approvals::open(state_, folder_.path() / "gone").error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace puna
