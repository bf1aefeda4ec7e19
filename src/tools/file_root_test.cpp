// Rules of a FileRoot: what lies beneath is readable, and there is no way out. The escapes are those that broke other
// tools.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdio>

#include "puna/tools.h"
#include "tools/test_folder.h"

namespace puna {
namespace {

using tools::kCanary;
using tools::TestFolder;
namespace fs = std::filesystem;

constexpr std::size_t kBytesMax = 100'000;

// root/notes.txt, root/docs/inner.txt; beside it outside/secret.txt.
class FileRootTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_.write("root/notes.txt", "hello\n");
    folder_.write("root/docs/inner.txt", "inner\n");
    folder_.write("outside/secret.txt", kCanary);
    auto root = FileRoot::open(folder_.path() / "root");
    if (!root && root.error().code == ErrorCode::unavailable) {
      GTEST_SKIP() << root.error().message;
    }
    ASSERT_TRUE(root) << root.error().message;
    root_ = *root;
  }

  [[nodiscard]] Result<std::string> read(std::string_view path) const { return root_->read(path, kBytesMax); }
  void expect_refused(std::string_view path, ErrorCode code, std::string_view message) const {
    const auto content = read(path);
    ASSERT_FALSE(content) << path << " gave: " << *content;
    EXPECT_EQ(content.error().code, code) << content.error().message;
    EXPECT_EQ(content.error().message, message);
  }
  // Neither reading nor listing tells anything about it.
  void expect_no_way(std::string_view path) const {
    const auto content = read(path);
    ASSERT_FALSE(content) << path << " gave: " << *content;
    EXPECT_EQ(content.error().code, ErrorCode::invalid_argument) << path << ": " << content.error().message;
    EXPECT_FALSE(root_->list(path)) << path;
  }

  TestFolder folder_;
  std::shared_ptr<const FileRoot> root_;
};

TEST_F(FileRootTest, ReadsWhatLiesBeneath) {
  EXPECT_EQ(read("notes.txt").value(), "hello\n");
  EXPECT_EQ(read("docs/inner.txt").value(), "inner\n");
  EXPECT_EQ(read("./docs/../notes.txt").value(), "hello\n");
  folder_.write("root/empty", "");
  EXPECT_EQ(read("empty").value(), "");
}

TEST_F(FileRootTest, ListsFoldersSortedWithAMark) {
  folder_.write("root/a.txt", "");
  const auto entries = root_->list(".").value();
  ASSERT_EQ(entries.size(), 3U);
  EXPECT_EQ(entries[0].name, "a.txt");
  EXPECT_EQ(entries[1].name, "docs");
  EXPECT_TRUE(entries[1].is_folder);
  EXPECT_EQ(entries[2].name, "notes.txt");
  EXPECT_FALSE(entries[2].is_folder);
  EXPECT_EQ(root_->list("").value().size(), 3U);
  EXPECT_EQ(root_->list("docs/").value().size(), 1U);
}

TEST_F(FileRootTest, DotDotAbsoluteAndLinksThatLeadOutAreNoWay) {
  folder_.link("root/relative", "../outside");
  folder_.link("root/absolute", folder_.path() / "outside");
  folder_.link("root/file", "../outside/secret.txt");
  folder_.link("root/docs/up", "../..");
  folder_.link("root/chain", "docs/up");
  const std::string absolute = (folder_.path() / "outside/secret.txt").string();
  for (const std::string& path :
       {std::string("../outside/secret.txt"), std::string("docs/../../outside/secret.txt"), std::string(".."), absolute,
        std::string("/"), std::string("/etc/passwd"), std::string("//etc/passwd"), std::string("relative/secret.txt"),
        std::string("relative"), std::string("absolute/secret.txt"), std::string("file"),
        std::string("docs/up/outside/secret.txt"), std::string("chain/outside/secret.txt"),
        std::string("notes.txt/../../outside/secret.txt")}) {
    const auto content = read(path);
    ASSERT_FALSE(content) << path << " gave: " << *content;
    EXPECT_TRUE(content.error().code == ErrorCode::invalid_argument || content.error().code == ErrorCode::not_found);
    EXPECT_FALSE(root_->list(path)) << path;
  }
  expect_refused("../outside/secret.txt", ErrorCode::invalid_argument,
                 "the path leaves the folder: ../outside/secret.txt");
}

TEST_F(FileRootTest, MagicLinksOfProcAreNoWay) {
  const auto proc = FileRoot::open("/proc");
  if (!proc) {
    GTEST_SKIP() << "no /proc: " << proc.error().message;
  }
  const int open_folder = ::open(folder_.path().c_str(), O_RDONLY | O_DIRECTORY);
  ASSERT_GE(open_folder, 0);
  for (const std::string& path : {std::string("self/root/etc/passwd"), std::string("self/cwd/x"),
                                  format_text("self/fd/{}/outside/secret.txt", open_folder),
                                  format_text("self/fd/{}", open_folder), std::string("thread-self/root")}) {
    EXPECT_FALSE((*proc)->read(path, kBytesMax)) << path;
    EXPECT_FALSE((*proc)->list(path)) << path;
  }
  ::close(open_folder);
  // From beneath an ordinary root, a link into /proc is a way out like any other.
  folder_.link("root/self", "/proc/self/root");
  expect_no_way("self");
  expect_no_way("self/etc");
}

TEST_F(FileRootTest, ALinkThatStaysInsideIsFollowed) {
  folder_.link("root/alias.txt", "docs/inner.txt");
  folder_.link("root/docs/back", "../docs");
  EXPECT_EQ(read("alias.txt").value(), "inner\n");
  EXPECT_EQ(read("docs/back/inner.txt").value(), "inner\n");
  const auto entries = root_->list("docs").value();
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].name, "back");
  EXPECT_TRUE(entries[0].is_folder);
}

TEST_F(FileRootTest, LinksInAListAreFoldersOnlyWhenTheyCanBeListed) {
  folder_.link("root/out", "../outside");
  folder_.link("root/nowhere", "missing");
  folder_.link("root/loop", "loop");
  for (const auto& entry : root_->list("").value()) {
    EXPECT_EQ(entry.is_folder, entry.name == "docs") << entry.name;
  }
  expect_no_way("loop");
}

TEST_F(FileRootTest, WhatIsMissingIsSaidPlainly) {
  expect_refused("notez.txt", ErrorCode::not_found, "no such file: notez.txt");
  expect_refused("docs/none/x", ErrorCode::not_found, "no such file: docs/none/x");
  expect_refused("notes.txt/x", ErrorCode::not_found, "no such file: notes.txt/x");
  expect_refused("notes.txt ", ErrorCode::not_found, "no such file: notes.txt ");
  EXPECT_EQ(root_->list("none").error().message, "no such folder: none");
  EXPECT_EQ(root_->list("none").error().code, ErrorCode::not_found);
  EXPECT_EQ(root_->list("notes.txt").error().message, "not a folder: notes.txt");
}

TEST_F(FileRootTest, OddPathsAreRefused) {
  using namespace std::string_view_literals;
  expect_refused("notes.txt\0.png"sv, ErrorCode::invalid_argument, "not a path: notes.txt?.png");
  EXPECT_FALSE(root_->list("docs\0x"sv));
  EXPECT_EQ(read(std::string(4'096, 'a')).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(read(std::string(300, 'a')).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(read(std::string(1'000'000, 'a')).error().code, ErrorCode::invalid_argument);
  EXPECT_TRUE(utf8::is_valid(read("\xff\n").error().message));
}

TEST_F(FileRootTest, OnlyRegularFilesAreRead) {
  ASSERT_EQ(::mkfifo((folder_.path() / "root/pipe").c_str(), 0600), 0);
  expect_refused("pipe", ErrorCode::invalid_argument, "not a regular file: pipe");
  expect_refused("docs", ErrorCode::invalid_argument, "a folder, not a file: docs");
  expect_refused("", ErrorCode::invalid_argument, "a folder, not a file: ");

  const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = (folder_.path() / "root/socket").string();
  ASSERT_LT(path.size(), sizeof(address.sun_path));
  path.copy(address.sun_path, path.size());
  ASSERT_EQ(::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  expect_refused("socket", ErrorCode::invalid_argument, "not a regular file: socket");
  ::close(listener);

  const auto devices = FileRoot::open("/dev");
  ASSERT_TRUE(devices);
  EXPECT_EQ((*devices)->read("zero", kBytesMax).error().message, "not a regular file: zero");
}

TEST_F(FileRootTest, OnlyTextIsRead) {
  folder_.write("root/nul.bin", std::string_view("ab\0cd", 5));
  folder_.write("root/latin1.txt", "caf\xe9");
  folder_.write("root/utf8.txt", "caf\u00e9 \U0001F600");
  expect_refused("nul.bin", ErrorCode::invalid_argument, "not text: nul.bin");
  expect_refused("latin1.txt", ErrorCode::invalid_argument, "not text: latin1.txt");
  EXPECT_EQ(read("utf8.txt").value(), "caf\u00e9 \U0001F600");
}

TEST_F(FileRootTest, AFileOfTheLimitIsReadAndOneByteMoreIsNot) {
  folder_.write("root/fits", std::string(kBytesMax, 'x'));
  folder_.write("root/over", std::string(kBytesMax + 1, 'x'));
  EXPECT_EQ(read("fits").value().size(), kBytesMax);
  expect_refused("over", ErrorCode::limit, "the file is too large: over (100001 bytes; at most 100000)");
}

TEST_F(FileRootTest, ASparseFileIsRefusedByItsSize) {
  folder_.write("root/sparse", "x");
  const fs::path sparse = folder_.path() / "root/sparse";
  std::error_code failed;
  fs::resize_file(sparse, std::uintmax_t{1} << 40, failed);  // 1 TiB, or what the file system allows
  if (failed) {
    fs::resize_file(sparse, std::uintmax_t{1} << 33);
  }
  EXPECT_EQ(read("sparse").error().code, ErrorCode::limit);
}

TEST_F(FileRootTest, AFileThatHidesItsSizeIsLimitedByTheBytesRead) {
  const auto proc = FileRoot::open("/proc");
  if (!proc) {
    GTEST_SKIP() << "no /proc";
  }
  // Files of /proc say that they have 0 bytes.
  const std::string path = format_text("{}/status", ::getpid());
  EXPECT_PRED_FORMAT2(testing::IsSubstring, "Name:", (*proc)->read(path, kBytesMax).value());
  EXPECT_EQ((*proc)->read(path, 10).error().message,
            format_text("the file is too large: {} (more than 10 bytes)", path));
}

TEST_F(FileRootTest, AFileThatGrowsWhileItIsReadEndsTheRead) {
  folder_.write("root/growing", "start\n");
  const std::string path = (folder_.path() / "root/growing").string();
  std::jthread writer([&path](const std::stop_token& stop) {
    std::FILE* file = std::fopen(path.c_str(), "a");
    for (int i = 0; i < 200'000 && file != nullptr && !stop.stop_requested(); ++i) {
      std::fputs("another line of text\n", file);
    }
    if (file != nullptr) {
      std::fclose(file);
    }
  });
  for (int i = 0; i < 200; ++i) {
    const auto content = read("growing");
    if (content) {
      EXPECT_LE(content->size(), kBytesMax);
    } else {
      EXPECT_EQ(content.error().code, ErrorCode::limit);
    }
  }
}

TEST_F(FileRootTest, NamesThatAreNotUtf8AreShownCleaned) {
  folder_.write(std::string("root/docs/bad\xff\nname"), "x");
  const auto entries = root_->list("docs");
  ASSERT_TRUE(entries);
  ASSERT_EQ(entries->size(), 2U);
  EXPECT_EQ((*entries)[0].name, "bad\uFFFD?name");
}

TEST_F(FileRootTest, AFolderWithTooManyEntriesIsRefused) {
  for (int i = 0; i < 2'000; ++i) {
    folder_.write(format_text("root/many/{}", i), "");
  }
  EXPECT_EQ(root_->list("many").value().size(), 2'000U);
  folder_.write("root/many/last", "");
  EXPECT_EQ(root_->list("many").error().code, ErrorCode::limit);
}

TEST_F(FileRootTest, AFileWithoutPermissionIsAnIoError) {
  constexpr uid_t kNobody = 65'534;
  folder_.write("root/locked", "x");
  ASSERT_EQ(::chmod((folder_.path() / "root/locked").c_str(), 0), 0);
  const bool is_root = ::geteuid() == 0;
  if (is_root && ::seteuid(kNobody) != 0) {
    GTEST_SKIP() << "root may read everything, and cannot become somebody else here";
  }
  const auto content = read("locked");
  if (is_root) {
    ASSERT_EQ(::seteuid(0), 0);
  }
  ASSERT_FALSE(content);
  EXPECT_EQ(content.error().code, ErrorCode::io);
  EXPECT_EQ(content.error().message, "cannot open locked: Permission denied");
}

TEST(FileRoot, ARenameRaceNeverShowsTheOutside) {
  tools::SwappingFolder swapping;
  const auto root = FileRoot::open(swapping.folder().path() / "root");
  if (!root) {
    GTEST_SKIP() << root.error().message;
  }
  int read = 0;
  int refused = 0;
  const int met = swapping.race(10'000, [&] {
    const auto content = (*root)->read("place/secret.txt", 1'000);
    ++(content ? read : refused);
    EXPECT_EQ(content.value_or("inside\n"), "inside\n");
  });
  EXPECT_EQ(read + refused, 10'000);
  EXPECT_GT(read, 1'000);
  EXPECT_GT(refused, 1'000);
  RecordProperty("met", met);
  RecordProperty("read", read);
  RecordProperty("refused", refused);
}

TEST_F(FileRootTest, TheRootStaysTheSameFolderWhenItIsRenamed) {
  fs::rename(folder_.path() / "root", folder_.path() / "moved");
  folder_.write("root/notes.txt", "an impostor\n");
  EXPECT_EQ(read("notes.txt").value(), "hello\n");
}

TEST(FileRoot, AFolderThatCannotBeOpenedIsAnError) {
  const TestFolder folder;
  folder.write("file", "");
  EXPECT_EQ(FileRoot::open(folder.path() / "none").error().code, ErrorCode::not_found);
  EXPECT_EQ(FileRoot::open(folder.path() / "file").error().code, ErrorCode::io);
}

// ---- the tools over it --------------------------------------------------------------------------------------------

TEST_F(FileRootTest, SpecsAreWhatTheDemoModelWasTrainedOn) {
  const auto list = make_list_files(root_);
  const auto read_tool = make_read_file(root_);
  EXPECT_EQ(list->spec().name, "list_files");
  EXPECT_EQ(list->spec().description, "List the files in a folder.");
  EXPECT_EQ(read_tool->spec().name, "read_file");
  EXPECT_EQ(read_tool->spec().description, "Read a text file.");
  for (const auto& spec : {list->spec(), read_tool->spec()}) {
    EXPECT_EQ(spec.parameters.find("properties")->find("path")->text_or("type"), "string");
    EXPECT_EQ(*spec.parameters.find("required"), Json::array({"path"}));
  }
}

TEST_F(FileRootTest, ListFilesGivesOneEntryALine) {
  const auto tool = make_list_files(root_);
  EXPECT_EQ(tool->run(Json::object({{"path", "."}}), {}), (ToolResult{.content = "docs/\nnotes.txt"}));
  fs::create_directory(folder_.path() / "root/void");
  EXPECT_EQ(tool->run(Json::object({{"path", "void"}}), {}), (ToolResult{.content = "(empty)"}));
  EXPECT_EQ(tool->run(Json::object({{"path", "none"}}), {}),
            (ToolResult{.content = "error: no such folder: none", .is_error = true}));
}

TEST_F(FileRootTest, ReadFileGivesTheTextAsItIs) {
  const auto tool = make_read_file(root_);
  EXPECT_EQ(tool->run(Json::object({{"path", "notes.txt"}}), {}), (ToolResult{.content = "hello\n"}));
  EXPECT_EQ(tool->run(Json::object({{"path", "notez.txt"}}), {}),
            (ToolResult{.content = "error: no such file: notez.txt", .is_error = true}));
}

TEST_F(FileRootTest, ReadFileCutsTheMiddleOfALongFileAndRefusesAHugeOne) {
  folder_.write("root/long.txt", "first" + std::string(100'000, '.') + "last");
  folder_.write("root/huge.txt", std::string(1'048'577, '.'));
  const auto tool = make_read_file(root_);
  const std::string text = tool->run(Json::object({{"path", "long.txt"}}), {}).content;
  EXPECT_LE(text.size(), 32'768U);
  EXPECT_TRUE(text.starts_with("first"));
  EXPECT_TRUE(text.ends_with("last"));
  EXPECT_PRED_FORMAT2(testing::IsSubstring, "bytes left out", text);
  EXPECT_EQ(tool->run(Json::object({{"path", "huge.txt"}}), {}).content,
            "error: the file is too large: huge.txt (1048577 bytes; at most 1048576)");
}

}  // namespace
}  // namespace puna
