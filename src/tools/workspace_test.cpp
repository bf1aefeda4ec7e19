// Rules of a Workspace: what lies beneath can be written, at once and as a whole, and nothing else can. The escapes are
// those that broke other tools.
#include "puna/tools/workspace.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <iterator>
#include <thread>

#include "tools/test_folder.h"

namespace puna {
namespace {

using tools::kCanary;
using tools::TestFolder;
namespace fs = std::filesystem;

// root/notes.txt, root/docs/inner.txt; beside it outside/secret.txt.
class WorkspaceTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_.write("root/notes.txt", "hello\n");
    folder_.write("root/docs/inner.txt", "inner\n");
    folder_.write("outside/secret.txt", kCanary);
    open();
  }
  void open(const std::vector<fs::path>& protected_paths = {}) {
    auto workspace = Workspace::open(folder_.path() / "root", protected_paths);
    if (!workspace && workspace.error().code == ErrorCode::unavailable) {
      GTEST_SKIP() << workspace.error().message;
    }
    ASSERT_TRUE(workspace) << workspace.error().message;
    workspace_ = *workspace;
  }

  [[nodiscard]] Result<Workspace::Written> write(std::string_view path, std::string_view content = "new\n") const {
    return workspace_->write(path, {.content = content, .make_folders = true, .expected = {}});
  }
  void expect_refused(std::string_view path, ErrorCode code, std::string_view message) const {
    const auto written = write(path);
    ASSERT_FALSE(written) << path << " was written";
    EXPECT_EQ(written.error().code, code) << written.error().message;
    EXPECT_EQ(written.error().message, message);
  }
  void expect_protected(std::string_view path) const {
    const auto written = write(path);
    ASSERT_FALSE(written) << path << " was written";
    EXPECT_TRUE(written.error().message.starts_with("protected")) << path << ": " << written.error().message;
  }
  [[nodiscard]] std::string text(const fs::path& name) const {
    std::ifstream file(folder_.path() / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  // Every name in root, deep, sorted: what a refused write must not change.
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(folder_.path())) {
      found.push_back(entry.path().lexically_relative(folder_.path()).string());
    }
    std::ranges::sort(found);
    return found;
  }

  TestFolder folder_;
  std::shared_ptr<const Workspace> workspace_;
};

TEST_F(WorkspaceTest, AFileIsMadeAndReplacedAndNothingElseAppears) {
  EXPECT_EQ(write("made.txt").value(), Workspace::Written::created);
  EXPECT_EQ(write("made.txt", "again\n").value(), Workspace::Written::replaced);
  EXPECT_EQ(text("root/made.txt"), "again\n");
  EXPECT_EQ(write("docs/../docs/./new.txt").value(), Workspace::Written::created);
  EXPECT_EQ(write("empty", "").value(), Workspace::Written::created);
  EXPECT_EQ(names(),
            (std::vector<std::string>{"outside", "outside/secret.txt", "root", "root/docs", "root/docs/inner.txt",
                                      "root/docs/new.txt", "root/empty", "root/made.txt", "root/notes.txt"}));
}

TEST_F(WorkspaceTest, FoldersAreMadeOnlyWhenAskedFor) {
  const auto written = workspace_->write("a/b/c.txt", {.content = "x", .expected = {}});
  EXPECT_EQ(written.error().message, "no such folder: a/b");
  EXPECT_FALSE(fs::exists(folder_.path() / "root/a"));
  EXPECT_TRUE(write("a//b/./c.txt", "x"));
  EXPECT_EQ(text("root/a/b/c.txt"), "x");
  EXPECT_TRUE(write("a/x/../y/z.txt", "y"));  // x is made on the way, as a shell would need it
  EXPECT_EQ(text("root/a/y/z.txt"), "y");
}

TEST_F(WorkspaceTest, PermissionBitsStayAndNewFilesObeyTheUmask) {
  const fs::path notes = folder_.path() / "root/notes.txt";
  ASSERT_EQ(::chmod(notes.c_str(), 04751), 0);
  ASSERT_TRUE(write("notes.txt"));
  struct stat facts{};
  ASSERT_EQ(::stat(notes.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 07777, 0751U);  // but for the bit that makes it run as its owner
  const mode_t before = ::umask(027);
  ASSERT_TRUE(write("fresh.txt"));
  ::umask(before);
  ASSERT_EQ(::stat((folder_.path() / "root/fresh.txt").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0640U);
}

TEST_F(WorkspaceTest, NoPathLeadsOut) {
  folder_.link("root/relative", "../outside");
  folder_.link("root/absolute", folder_.path() / "outside");
  folder_.link("root/docs/up", "../..");
  folder_.link("root/self", "/proc/self/root");
  const std::vector<std::string> before = names();
  const int open_folder = ::open((folder_.path() / "outside").c_str(), O_RDONLY | O_DIRECTORY);
  for (const std::string& path :
       {std::string("../outside/secret.txt"), std::string("docs/../../outside/new.txt"), std::string("/etc/puna-test"),
        std::string("//etc/puna-test"), (folder_.path() / "outside/secret.txt").string(),
        std::string("relative/secret.txt"), std::string("absolute/new.txt"), std::string("docs/up/outside/secret.txt"),
        std::string("self/tmp/puna-test"), format_text("/proc/self/fd/{}/secret.txt", open_folder),
        std::string("missing/../../outside/new.txt"), std::string("relative/deep/new.txt")}) {
    const auto written = write(path);
    ASSERT_FALSE(written) << path;
    EXPECT_EQ(written.error().code, ErrorCode::invalid_argument) << path << ": " << written.error().message;
    EXPECT_FALSE(workspace_->locate(path)) << path;
  }
  ::close(open_folder);
  EXPECT_EQ(text("outside/secret.txt"), kCanary);
  std::vector<std::string> after = names();
  std::erase(after, "root/missing");  // asked for, and beneath
  EXPECT_EQ(after, before);
  expect_refused("../outside/secret.txt", ErrorCode::invalid_argument, "the path leaves the folder: ../outside");
}

TEST_F(WorkspaceTest, AnotherMountIsOutside) {
  const auto system = Workspace::open("/");
  ASSERT_TRUE(system);
  EXPECT_EQ((*system)->read("proc/version", 1'000).error().message, "the path leaves the folder: proc/version");
  EXPECT_EQ((*system)->write("proc/puna-test", {.content = "x", .expected = {}}).error().code,
            ErrorCode::invalid_argument);
}

TEST_F(WorkspaceTest, ABindMountIsOutside) {
  fs::create_directory(folder_.path() / "root/mounted");
  const pid_t child = ::fork();
  if (child == 0) {  // mounts of its own, which end with it
    const std::string from = (folder_.path() / "outside").string();
    const std::string to = (folder_.path() / "root/mounted").string();
    if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount(from.c_str(), to.c_str(), nullptr, MS_BIND, nullptr) != 0) {
      ::_exit(77);
    }
    const bool there = fs::exists(to + "/secret.txt");
    const auto inside = Workspace::open(folder_.path() / "root").value();
    const auto read = inside->read("mounted/secret.txt", 1'000);
    const auto written = inside->write("mounted/secret.txt", {.content = "x", .expected = {}});
    ::_exit(there && !read && !written && text("outside/secret.txt") == kCanary ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
    GTEST_SKIP() << "this user may not mount";
  }
  EXPECT_EQ(status, 0);
}

TEST_F(WorkspaceTest, OddPathsAreRefused) {
  using namespace std::string_view_literals;
  expect_refused("", ErrorCode::invalid_argument, "not the path of a file: ");
  expect_refused(".", ErrorCode::invalid_argument, "not the path of a file: .");
  expect_refused("docs/", ErrorCode::invalid_argument, "not the path of a file: docs/");
  expect_refused("docs/..", ErrorCode::invalid_argument, "not the path of a file: docs/..");
  expect_refused("/new", ErrorCode::invalid_argument, "the path leaves the folder: /new");
  expect_refused("//new", ErrorCode::invalid_argument, "the path leaves the folder: //new");
  expect_refused("notes.txt\0.png"sv, ErrorCode::invalid_argument, "not the path of a file: notes.txt?.png");
  expect_refused("do\0cs/x"sv, ErrorCode::invalid_argument, "not a path: do?cs");
  EXPECT_EQ(write(std::string(4'096, 'a')).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(write(std::string(256, 'a')).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(write(std::string(5'000, 'd') + "/x").error().code, ErrorCode::invalid_argument);
  EXPECT_TRUE(utf8::is_valid(write("docs/\xff/..").error().message));
  // Spaces are part of a name: another file, not the same by another spelling.
  EXPECT_EQ(write("notes.txt ", "other").value(), Workspace::Written::created);
  EXPECT_EQ(text("root/notes.txt"), "hello\n");
}

TEST_F(WorkspaceTest, OnlyRegularFilesAreReplaced) {
  ASSERT_EQ(::mkfifo((folder_.path() / "root/pipe").c_str(), 0600), 0);
  folder_.link("root/alias", "notes.txt");
  folder_.link("root/out", "../outside/secret.txt");
  folder_.link("root/dangling", "../outside/not-there");
  expect_refused("pipe", ErrorCode::invalid_argument, "not a regular file: pipe");
  expect_refused("docs", ErrorCode::invalid_argument, "a folder, not a file: docs");
  expect_refused("alias", ErrorCode::invalid_argument, "a link, which is not written through: alias");
  expect_refused("out", ErrorCode::invalid_argument, "a link, which is not written through: out");
  expect_refused("dangling", ErrorCode::invalid_argument, "a link, which is not written through: dangling");
  expect_refused("notes.txt/x", ErrorCode::invalid_argument, "not a folder: notes.txt");
  const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = (folder_.path() / "root/socket").string();
  ASSERT_LT(path.size(), sizeof(address.sun_path));
  path.copy(address.sun_path, path.size());
  ASSERT_EQ(::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  expect_refused("socket", ErrorCode::invalid_argument, "not a regular file: socket");
  ::close(listener);
  if (const auto devices = Workspace::open("/dev")) {
    EXPECT_EQ((*devices)->write("null", {.content = "x", .expected = {}}).error().message, "not a regular file: null");
  }
}

TEST_F(WorkspaceTest, AHardLinkToTheOutsideIsLeftAlone) {
  fs::create_hard_link(folder_.path() / "outside/secret.txt", folder_.path() / "root/twin");
  EXPECT_EQ(write("twin").value(), Workspace::Written::replaced);
  EXPECT_EQ(text("root/twin"), "new\n");
  EXPECT_EQ(text("outside/secret.txt"), kCanary);
}

// ---- protected paths ----------------------------------------------------------------------------------------------

TEST_F(WorkspaceTest, ProtectedNamesAreRefusedAlsoWhenAbsentAndInOtherSpellings) {
  const std::vector<std::string> before = names();
  for (const char* path :
       {".git/hooks/pre-commit", ".git/config", "./.git//hooks/x", ".GIT/hooks/x", ".Git/config", "docs/../.git/config",
        "docs/.git/hooks/x", ".git", "docs/.git", ".puna/policy.toml", "AGENTS.md", "agents.md", "docs/AGENTS.md",
        ".agents/skills/x/SKILL.md", "docs/SKILL.md", ".bashrc", ".vscode/tasks.json", ".mcp.json", ".envrc"}) {
    expect_protected(path);
  }
  EXPECT_EQ(names(), before);
  for (const char* path : {".gitignore", "git/config", "x.git/config", "AGENTS.md.txt", ".github/workflows/a.yml"}) {
    EXPECT_TRUE(write(path)) << path;
  }
}

TEST_F(WorkspaceTest, ProtectedFilesAreRefusedThroughLinks) {
  folder_.write("root/.git/config", "[core]\n");
  folder_.write("root/.git/hooks/pre-commit", "#!/bin/sh\n");
  folder_.link("root/innocent", ".git");
  folder_.link("root/docs/deep", "../.git/hooks");
  open();
  expect_protected("innocent/config");
  expect_protected("innocent/new");
  expect_protected("docs/deep/pre-commit");
  expect_protected("docs/deep/post-commit");
  fs::create_hard_link(folder_.path() / "root/.git/config", folder_.path() / "root/readme");
  fs::create_hard_link(folder_.path() / "root/.git/hooks/pre-commit", folder_.path() / "root/docs/readme");
  expect_protected("readme");
  expect_protected("docs/readme");
  EXPECT_EQ(text("root/.git/config"), "[core]\n");
}

TEST_F(WorkspaceTest, HardLinksOfOtherFilesAreWritten) {
  folder_.write("root/.git/config", "[core]\n");
  folder_.write("root/.git/hooks/pre-commit", "#!/bin/sh\n");
  folder_.write("root/policy.toml", "");
  folder_.write("root/one", "x");
  fs::create_hard_link(folder_.path() / "root/one", folder_.path() / "root/other");
  open({"policy.toml"});
  EXPECT_TRUE(write("other"));
  EXPECT_EQ(text("root/one"), "x");
}

TEST_F(WorkspaceTest, WhatCannotBeLookedThroughIsProtected) {
  for (int i = 0; i <= 10'000; ++i) {
    folder_.write("root/.git/many/" + std::to_string(i), "");
  }
  folder_.write("root/one", "x");
  fs::create_hard_link(folder_.path() / "root/one", folder_.path() / "root/other");
  open();
  expect_protected("other");  // it may be one of those
  EXPECT_TRUE(write("notes.txt"));
}

TEST_F(WorkspaceTest, ARenamedFolderStaysProtected) {
  folder_.write("root/.git/hooks/pre-commit", "#!/bin/sh\n");
  folder_.write("root/.puna/policy.toml", "");
  open();
  fs::rename(folder_.path() / "root/.git", folder_.path() / "root/plain");
  fs::rename(folder_.path() / "root/.puna", folder_.path() / "root/docs/config");
  expect_protected("plain/hooks/pre-commit");
  expect_protected("plain/config");
  expect_protected("docs/config/policy.toml");
  EXPECT_TRUE(write("docs/other.txt"));
}

TEST_F(WorkspaceTest, WhatGitTakesForARepositoryIsProtectedByAnyName) {
  folder_.write("root/bare/HEAD", "ref: refs/heads/main\n");
  folder_.write("root/bare/objects/info/packs", "");
  folder_.write("root/bare/refs/heads/main", "");
  expect_protected("bare/config");
  expect_protected("bare/hooks/post-update");
  expect_protected("bare/refs/heads/main");
  // Nor is one made, whichever part comes last.
  ASSERT_TRUE(write("grown/HEAD"));
  ASSERT_TRUE(write("grown/objects/x"));
  expect_protected("grown/refs/heads/main");
  EXPECT_FALSE(fs::exists(folder_.path() / "root/grown/refs"));
  ASSERT_TRUE(write("other/refs/x"));
  ASSERT_TRUE(write("other/objects/x"));
  expect_protected("other/HEAD");
  const auto git = Workspace::open(folder_.path() / "root/bare");
  EXPECT_FALSE((*git)->write("config", {.content = "x", .expected = {}}));
}

TEST_F(WorkspaceTest, PathsOfTheCallerAreProtectedAbsentOrNotAndByTheirFolder) {
  folder_.write("root/conf/policy.toml", "version = 1\n");
  open({"conf/policy.toml", folder_.path() / "root/state", "docs/../later.toml", folder_.path() / "outside/other"});
  expect_protected("conf/policy.toml");
  expect_protected("conf/../conf//policy.toml");
  expect_protected("state");
  expect_protected("state/approvals/x.json");
  expect_protected("later.toml");
  EXPECT_TRUE(write("conf/policy.toml.bak"));
  EXPECT_TRUE(write("stately"));
  fs::create_hard_link(folder_.path() / "root/conf/policy.toml", folder_.path() / "root/twin");
  expect_protected("twin");
}

// ---- changes of others --------------------------------------------------------------------------------------------

TEST_F(WorkspaceTest, AnUnexpectedContentIsNotReplaced) {
  const auto put = [&](std::string_view expected) {
    return workspace_->write("notes.txt", {.content = "mine\n", .expected = expected});
  };
  for (const char* other : {"hell\n", "hello\n\n", "", "hellO\n"}) {
    const auto written = put(other);
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().message, "the file was changed by somebody else meanwhile: notes.txt");
    EXPECT_EQ(text("root/notes.txt"), "hello\n");
  }
  EXPECT_TRUE(put("hello\n"));
  EXPECT_EQ(text("root/notes.txt"), "mine\n");
  EXPECT_EQ(workspace_->write("none", {.content = "x", .expected = ""}).error().code, ErrorCode::not_found);
  EXPECT_EQ(names().size(), 6U);  // no file of ours is left behind
}

TEST_F(WorkspaceTest, OfManyWritersThatExpectTheSameExactlyOneWins) {
  folder_.write("root/count", "0");
  constexpr int kRounds = 200;
  std::atomic<int> added = 0;
  const auto count_up = [&] {
    for (int i = 0; i < kRounds; ++i) {
      const auto old = workspace_->read("count", 100);
      if (old && workspace_->write("count", {.content = std::to_string(std::stoi(*old) + 1), .expected = *old})) {
        ++added;
      }
    }
  };
  {
    const std::jthread one(count_up);
    const std::jthread other(count_up);
  }
  // No addition was lost: an exchange that came too late was taken back or refused.
  EXPECT_EQ(text("root/count"), std::to_string(added.load()));
  EXPECT_GE(added, kRounds);
}

TEST_F(WorkspaceTest, AReaderSeesTheOldTextOrTheNewOne) {
  const std::string a(200'000, 'a');
  const std::string b(200'000, 'b');
  ASSERT_TRUE(write("big", a));
  std::jthread writer([&](const std::stop_token& stop) {
    for (int i = 0; !stop.stop_requested(); ++i) {
      EXPECT_TRUE(write("big", i % 2 == 0 ? b : a));
    }
  });
  for (int i = 0; i < 300; ++i) {
    const std::string seen = text("root/big");
    ASSERT_TRUE(seen == a || seen == b) << seen.size();
  }
}

TEST(Workspace, ARenameRaceNeverWritesOutside) {
  tools::SwappingFolder swapping;
  const auto workspace = Workspace::open(swapping.folder().path() / "root");
  if (!workspace) {
    GTEST_SKIP() << workspace.error().message;
  }
  int written = 0;
  int refused = 0;
  const int met = swapping.race(10'000, [&] {
    const int round = written + refused;
    const auto result = (*workspace)
                            ->write("place/secret.txt",
                                    {.content = std::to_string(round), .make_folders = round % 2 == 0, .expected = {}});
    ++(result ? written : refused);
    // A walk that every try met a rename in gives up.
    EXPECT_TRUE(result || result.error().code == ErrorCode::invalid_argument ||
                result.error().message.ends_with(": Resource temporarily unavailable"))
        << result.error().message;
    if (round % 100 == 0) {
      ASSERT_EQ(swapping.outside(), kCanary);
    }
  });
  EXPECT_EQ(swapping.outside(), kCanary);
  EXPECT_EQ(std::distance(fs::directory_iterator(swapping.folder().path() / "outside"), {}), 1);
  EXPECT_EQ(written + refused, 10'000);
  EXPECT_GT(written, 1'000);
  EXPECT_GT(refused, 1'000);
  RecordProperty("met", met);
  RecordProperty("written", written);
  RecordProperty("refused", refused);
}

TEST_F(WorkspaceTest, AFolderThatIsMovedOutIsNotWrittenInto) {
  // The folder itself goes out and in again: what was opened inside must not be filled outside.
  fs::create_directory(folder_.path() / "root/place");
  const std::string in = (folder_.path() / "root/place").string();
  const std::string out = (folder_.path() / "outside/place").string();
  fs::rename(in, out);
  folder_.link("root/place", "../outside/place");
  EXPECT_FALSE(write("place/x"));
  EXPECT_TRUE(fs::is_empty(out));
}

TEST_F(WorkspaceTest, AFolderWithoutPermissionIsAnIoError) {
  constexpr uid_t kNobody = 65'534;
  const bool is_root = ::geteuid() == 0;
  ASSERT_EQ(::chmod((folder_.path() / "root").c_str(), 0555), 0);
  ASSERT_EQ(::chmod(folder_.path().c_str(), 0755), 0);
  if (is_root && ::seteuid(kNobody) != 0) {
    GTEST_SKIP() << "root may write everything, and cannot become somebody else here";
  }
  const auto written = write("new.txt");
  const auto made = write("a/new.txt");
  if (is_root) {
    ASSERT_EQ(::seteuid(0), 0);
  }
  ASSERT_EQ(::chmod((folder_.path() / "root").c_str(), 0755), 0);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().message, "cannot write new.txt: Permission denied");
  EXPECT_EQ(made.error().message, "cannot make a folder for a/new.txt: Permission denied");
}

// ---- where things are ---------------------------------------------------------------------------------------------

TEST_F(WorkspaceTest, LocateSaysWhereAPathLeads) {
  folder_.link("root/alias", "docs");
  EXPECT_EQ(workspace_->locate("").value(), "");
  EXPECT_EQ(workspace_->locate(".").value(), "");
  EXPECT_EQ(workspace_->locate("notes.txt").value(), "notes.txt");
  EXPECT_EQ(workspace_->locate("./docs//../docs/inner.txt").value(), "docs/inner.txt");
  EXPECT_EQ(workspace_->locate("alias/inner.txt").value(), "docs/inner.txt");
  EXPECT_EQ(workspace_->locate("alias").value(), "docs");
  EXPECT_EQ(workspace_->locate("alias/new/file").value(), "docs/new/file");
  EXPECT_EQ(workspace_->locate("new").value(), "new");
  EXPECT_EQ(workspace_->locate("alias//new//file/").value(), "docs/new/file");  // a rule about docs/new must see it
  EXPECT_EQ(workspace_->locate("new//").value(), "new");
  EXPECT_FALSE(workspace_->locate("new/../../outside"));
  EXPECT_FALSE(workspace_->locate("new/../notes.txt"));
  EXPECT_FALSE(workspace_->locate(".."));
}

TEST_F(WorkspaceTest, AWalkIsSortedAndSaysWhatItLeavesOut) {
  folder_.write("root/.git/config", "");
  folder_.write("root/.hidden/x", "");
  folder_.link("root/alias", "docs");
  folder_.link("root/loop", ".");
  std::vector<std::string> paths;
  const auto walked = workspace_->walk(".", [&](const auto& found) { return paths.push_back(found.path), true; }, {});
  EXPECT_EQ(paths, (std::vector<std::string>{".git", ".hidden", ".hidden/x", "alias", "docs", "docs/inner.txt", "loop",
                                             "notes.txt"}));
  EXPECT_EQ(walked->git_folders, 1U);
  EXPECT_EQ(walked->links, 2U);
  EXPECT_TRUE(walked->is_whole);
  EXPECT_FALSE(workspace_->walk("../outside", [](const auto&) { return true; }, {}));
  EXPECT_FALSE(workspace_->walk("notes.txt", [](const auto&) { return true; }, {}));
}

TEST_F(WorkspaceTest, AWalkIsBounded) {
  std::string deep = "root";
  for (int i = 0; i < kWalkDepthMax + 5; ++i) {
    deep += "/d";
  }
  folder_.write(deep + "/x", "");
  int folders = 0;
  const auto walked = workspace_->walk("", [&](const auto& found) { return folders += found.is_folder, true; }, {});
  EXPECT_EQ(folders, 1 + kWalkDepthMax);  // docs and d, d/d, ...
  EXPECT_FALSE(walked->is_whole);
  std::stop_source stop;
  const auto stopped = workspace_->walk("", [&](const auto&) { return stop.request_stop(); }, stop.get_token());
  EXPECT_EQ(stopped->entries, 1U);
  EXPECT_FALSE(stopped->is_whole);
}

}  // namespace
}  // namespace puna
