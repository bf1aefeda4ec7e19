// What file and web tools are given by models that are wrong, led astray or curious: each case by its name, with the
// refusal that the model reads. Beside them stand those that need a server or a second process: BadServer, HttpClient,
// FileRoot and Workspace tests.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "net/test_server.h"
#include "puna/tools.h"
#include "puna/tools/files.h"
#include "puna/tools/web.h"
#include "tools/test_folder.h"

namespace puna {
namespace {

using tools::TestFolder;

constexpr std::string_view kOutsideText = "canary of the outside";

template <class Case>
std::string case_name(const ::testing::TestParamInfo<Case>& one) {
  return one.param.name;
}

struct BadPath {
  std::string name;
  std::string path;
  std::string says;          // what reading it says
  std::string written_says;  // empty: writing it is no mistake
};

void PrintTo(const BadPath& bad, std::ostream* out) { *out << bad.name; }

class FileToolInput : public ::testing::TestWithParam<BadPath> {
 protected:
  void SetUp() override {
    folder_.write("root/inside.txt", "inside\n");
    folder_.write("root/.git/config", "[core]\n");
    folder_.write("root/docs/plan.md", "x\n");
    folder_.write("root/nul.bin", std::string_view("ab\0cd", 5));
    folder_.write("root/latin1.txt", "caf\xe9\n");
    folder_.write("outside/secret.txt", kOutsideText);
    folder_.link("root/link", "../outside/secret.txt");
    folder_.link("root/dangling", "../outside/absent.txt");
    folder_.link("root/loop", "loop");
    folder_.link("root/self", "/proc/self/root");
    folder_.link("root/fd", "/proc/self/fd");
    ASSERT_EQ(::mkfifo((folder_.path() / "root/pipe").c_str(), 0600), 0);
    folder_.link("root/device", "/dev/zero");
    folder_.write("root/sparse", "x");
    std::error_code failed;
    std::filesystem::resize_file(folder_.path() / "root/sparse", std::uintmax_t{1} << 40, failed);
    if (failed) {  // what the file system allows
      std::filesystem::resize_file(folder_.path() / "root/sparse", std::uintmax_t{1} << 33);
    }
    auto workspace = Workspace::open(folder_.path() / "root");
    if (!workspace) {
      GTEST_SKIP() << workspace.error().message;
    }
    const std::shared_ptr<const Workspace> root = *std::move(workspace);
    for (auto make : {make_read, make_write, make_edit, make_grep}) {
      ASSERT_TRUE(box_.add(make(root)));
    }
    ASSERT_TRUE(box_.add(make_read_file(root)));
  }
  std::string call(std::string tool, std::initializer_list<Json::Member> arguments) {
    const ToolResult result = box_.run({.id = "1", .name = std::move(tool), .arguments = Json::object(arguments)});
    EXPECT_TRUE(result.is_error) << result.content;
    EXPECT_TRUE(utf8::is_valid(result.content));
    EXPECT_FALSE(result.content.contains(kOutsideText)) << result.content;
    return result.content;
  }
  [[nodiscard]] std::string outside() const {
    std::ifstream file(folder_.path() / "outside/secret.txt");
    return {std::istreambuf_iterator<char>(file), {}};
  }

  TestFolder folder_;
  Toolbox box_;
};

TEST_P(FileToolInput, IsRefusedByItsReason) {
  const BadPath& bad = GetParam();
  EXPECT_PRED_FORMAT2(testing::IsSubstring, bad.says, call("read", {{"path", bad.path}}));
  EXPECT_PRED_FORMAT2(testing::IsSubstring, bad.says, call("read_file", {{"path", bad.path}}));
  EXPECT_PRED_FORMAT2(testing::IsSubstring, bad.says,
                      call("edit", {{"path", bad.path}, {"old_text", "a"}, {"new_text", "b"}}));
  if (!bad.written_says.empty()) {
    EXPECT_PRED_FORMAT2(testing::IsSubstring, bad.written_says, call("write", {{"path", bad.path}, {"content", "@@"}}));
  }
  EXPECT_EQ(outside(), kOutsideText);
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "outside/absent.txt"));
}

const std::string kLeaves = "the path leaves the folder";
INSTANTIATE_TEST_SUITE_P(
    Paths, FileToolInput,
    ::testing::Values(
        BadPath{"dot_dot", "../outside/secret.txt", kLeaves, kLeaves},
        BadPath{"dot_dot_behind_a_folder", "docs/../../outside/secret.txt", kLeaves, kLeaves},
        BadPath{"absolute", "/etc/passwd", kLeaves, kLeaves},
        BadPath{"nul", std::string("inside.txt\0.png", 15), "not a path", "not the path of a file"},
        BadPath{"name_of_4096_bytes", std::string(4'096, 'a'), "the path is too long", "the path is too long"},
        BadPath{"path_of_4096_bytes", std::string(4'096, '/') + "etc/passwd", "the path is too long", kLeaves},
        BadPath{"trailing_space", "inside.txt ", "no such", ""}, BadPath{"other_case", "INSIDE.txt", "no such", ""},
        BadPath{"protected_in_other_case", ".GIT/config", "no such", "no such folder"},
        BadPath{"protected_file_in_other_case", "agents.MD", "no such", "protected"},
        BadPath{"symlink", "link", kLeaves, "a link"}, BadPath{"symlink_to_nothing", "dangling", kLeaves, "a link"},
        BadPath{"symlink_loop", "loop", "link", "a link"},
        BadPath{"proc_self_root", "self/etc/passwd", kLeaves, kLeaves},
        BadPath{"proc_self_fd", "fd/0", kLeaves, kLeaves},
        BadPath{"fifo", "pipe", "not a regular file: pipe", "not a regular file: pipe"},
        BadPath{"device", "device", kLeaves, "a link"}, BadPath{"sparse_1_tib", "sparse", "too large", ""},
        BadPath{"binary", "nul.bin", "not text", ""}, BadPath{"invalid_utf8", "latin1.txt", "not text", ""}),
    case_name<BadPath>);

struct BadUrl {
  std::string name;
  std::string url;  // {} is a port at which somebody waits
  std::string says;
};
void PrintTo(const BadUrl& bad, std::ostream* out) { *out << bad.name; }

class WebToolInput : public ::testing::TestWithParam<BadUrl> {};

TEST_P(WebToolInput, IsRefusedByItsReasonAndNobodyIsAsked) {
  const net::TestServer inner(net::answer("200 OK", "Content-Type: text/plain\r\n", kOutsideText));
  std::string url = GetParam().url;
  if (const std::size_t at = url.find("{}"); at != std::string::npos) {
    url.replace(at, 2, std::to_string(inner.port()));
  }
  const auto page = make_visit_page(HttpClient{AddressPolicy::public_only()});
  const ToolResult got = page->run(Json::object({{"url", url}}), {});
  EXPECT_TRUE(got.is_error);
  EXPECT_TRUE(utf8::is_valid(got.content));
  EXPECT_PRED_FORMAT2(testing::IsSubstring, GetParam().says, got.content);
  EXPECT_FALSE(got.content.contains(kOutsideText));
  EXPECT_TRUE(inner.requests().empty());
}

INSTANTIATE_TEST_SUITE_P(
    Addresses, WebToolInput,
    ::testing::Values(
        BadUrl{"decimal", "http://2130706433:{}/", "loopback"}, BadUrl{"octal", "http://0177.0.0.1:{}/", "loopback"},
        BadUrl{"hexadecimal", "http://0x7f000001:{}/", "loopback"}, BadUrl{"two_parts", "http://127.1:{}/", "loopback"},
        BadUrl{"all_zero", "http://0.0.0.0:{}/", "unspecified"},
        BadUrl{"all_zero_v6", "http://[::]:{}/", "unspecified"},
        BadUrl{"mapped", "http://[::ffff:127.0.0.1]:{}/", "loopback"},
        BadUrl{"nat64", "http://[64:ff9b::7f00:1]:{}/", "loopback"},
        BadUrl{"unique_local", "http://[fd12:3456::1]/", "private"},
        BadUrl{"metadata_v6", "http://[fd00:ec2::254]/", "cloud metadata"},
        BadUrl{"link_local", "http://169.254.7.7/", "link-local"},
        BadUrl{"metadata", "http://169.254.169.254/latest/meta-data/", "cloud metadata"},
        BadUrl{"link_local_v6", "http://[fe80::1]/", "link-local"},
        BadUrl{"carrier_nat", "http://100.64.0.1/", "shared (behind a provider's NAT)"},
        BadUrl{"metadata_name", "http://metadata.google.internal/", "a cloud's metadata service"},
        BadUrl{"localhost", "http://localhost:{}/", "not a public host name"},
        BadUrl{"user_info", "http://example.org@127.0.0.1:{}/", "a user name or password in it is refused"},
        BadUrl{"trailing_dot", "http://127.0.0.1.:{}/", "loopback"},
        BadUrl{"trailing_dot_name", "http://localhost.:{}/", "not a public host name"},
        BadUrl{"full_width_digits", "http://1２7.0.0.1:{}/", "loopback"},
        BadUrl{"circled_digits", "http://①②⑦.⓪.⓪.①:{}/", "loopback"},
        BadUrl{"nul_in_host", std::string("http://127.0.0.1\0.example.org/", 30), "control characters are refused"},
        BadUrl{"file_scheme", "file:///etc/passwd", "http"},
        BadUrl{"gopher_scheme", "gopher://127.0.0.1:{}/_x", "http"},
        BadUrl{"no_scheme", "/etc/passwd", "only absolute addresses"}),
    case_name<BadUrl>);

TEST(WebToolRedirects, ToAPrivateAddressIsRefusedAndTheTwentiethOfAChainIsNotAsked) {
  const net::TestServer inner(net::answer("200 OK", "Content-Type: text/plain\r\n", kOutsideText));
  const net::TestServer outer([&](net::Peer& peer, const std::string& request) {
    const std::string to = request.starts_with("GET /chain") ? "/chain" : inner.url();
    peer.send(net::answer("302 Found", "Location: " + to + "\r\n", ""));
  });
  AddressPolicy policy = AddressPolicy::public_only();
  ASSERT_TRUE(policy.grant("127.0.0.1:" + std::to_string(outer.port())));
  const auto page = make_visit_page(HttpClient{policy});
  const ToolResult led = page->run(Json::object({{"url", outer.url()}}), {});
  EXPECT_TRUE(led.is_error);
  EXPECT_PRED_FORMAT2(testing::IsSubstring, "loopback", led.content);
  EXPECT_TRUE(inner.requests().empty());
  const std::size_t before = outer.requests().size();
  const ToolResult chain = page->run(Json::object({{"url", outer.url("/chain")}}), {});
  EXPECT_TRUE(chain.is_error);
  EXPECT_PRED_FORMAT2(testing::IsSubstring, "more than 10 redirects", chain.content);
  EXPECT_EQ(outer.requests().size() - before, 11U);
}

// A built-in tool says so when it is given what it does not have; a stranger's tool gets it as its schema allows.
TEST(ToolArguments, OnesThatABuiltInToolDoesNotHaveAreRefusedWithTheNearest) {
  Toolbox box;
  ASSERT_TRUE(box.add(make_calculator()));
  ASSERT_TRUE(box.add(make_user_input(nullptr)));
  const auto call = [&](std::string tool, const Json& arguments) {
    return box.run({.id = "1", .name = std::move(tool), .arguments = arguments}).content;
  };
  EXPECT_EQ(call("calculator", Json::object({{"expresion", "1+1"}})),
            "error: 'expresion' is no argument of calculator; did you mean expression? Arguments: expression");
  EXPECT_EQ(call("calculator", Json::object({{"expression", "1+1"}, {"zoom", 3}})),
            "error: 'zoom' is no argument of calculator. Arguments: expression");
  EXPECT_EQ(call("calculator", Json::object({{"expression", "1+1"}})), "2");
  EXPECT_TRUE(
      call("user_input", Json::object({{"question", "?"}, {"a\n\xff", 1}})).contains("is no argument of user_input"));
}

}  // namespace
}  // namespace puna
