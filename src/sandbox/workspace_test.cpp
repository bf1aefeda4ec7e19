#include "sandbox/workspace.h"

#include "sandbox/sandbox_testing.h"

namespace puna::sandbox {
namespace {

Result<HeldWorkspace> hold(const OpenFolder& folder, std::vector<std::string> guarded) {
  return HeldWorkspace::open({.folder = folder.path(), .writable = true, .guarded = std::move(guarded)}, true);
}

TEST(Workspace, ANameThatIsMissingIsThereWhileItIsHeldAndGoneAfterwards) {
  const OpenFolder folder;
  {
    const auto held = hold(folder, {".git/hooks/", "settings.json"});
    ASSERT_TRUE(held) << held.error().message;
    EXPECT_TRUE(folder.has(".git")) << "the first missing name is made: nothing can appear beneath it";
    EXPECT_TRUE(folder.has("settings.json"));
    EXPECT_EQ(held->get().guarded, (std::vector<std::string>{"-.git", "-settings.json"}));
  }
  EXPECT_FALSE(folder.has(".git"));
  EXPECT_FALSE(folder.has("settings.json"));
}

TEST(Workspace, ANameThatIsThereStays) {
  const OpenFolder folder;
  folder.write(".git/config", "mine");
  {
    const auto held = hold(folder, {".git/config", ".git/hooks/"});
    ASSERT_TRUE(held) << held.error().message;
    EXPECT_EQ(held->get().guarded, (std::vector<std::string>{"+.git", "-.git/config", "-.git/hooks"}));
  }
  EXPECT_EQ(folder.read(".git/config"), "mine");
  EXPECT_FALSE(folder.has(".git/hooks"));
}

TEST(Workspace, WhatSomebodyElseWroteIntoAMadeNameIsNotRemoved) {
  const OpenFolder folder;
  {
    const auto held = hold(folder, {".agents/", "notes"});
    ASSERT_TRUE(held);
    folder.write(".agents/skill", "x");
    folder.write("notes", "x");
  }
  EXPECT_TRUE(folder.has(".agents/skill"));
  EXPECT_TRUE(folder.has("notes"));
}

TEST(Workspace, TheLastOfSeveralHoldersRemovesWhatWasMade) {
  const OpenFolder folder;
  {
    auto first = hold(folder, {"made/"});
    ASSERT_TRUE(first);
    const auto second = hold(folder, {"made/"});
    ASSERT_TRUE(second);
    {
      const HeldWorkspace gone = std::move(*first);
    }
    EXPECT_TRUE(folder.has("made")) << "the second still needs it";
  }
  EXPECT_TRUE(folder.has("made")) << "it was not the second's, and does no harm";
}

TEST(Workspace, NamesThatLeadElsewhereAreRefused) {
  const OpenFolder folder;
  folder.write("real/file", "x");
  std::filesystem::create_directory_symlink(folder.path() / "real", folder.path() / "link");
  std::filesystem::create_symlink("/etc/passwd", folder.path() / "config");
  for (const char* name :
       {"", "/etc", "..", "../x", "a/../../x", ".", "./", "link/", "link", "link/file", "config", "config/x"}) {
    const auto held = hold(folder, {name});
    ASSERT_FALSE(held) << name;
    EXPECT_EQ(held.error().code, ErrorCode::invalid_argument) << name << ": " << held.error().message;
  }
  EXPECT_FALSE(hold(folder, {std::string("a\0b", 3)}));
}

TEST(Workspace, GuardedNamesAreReadOnlyForPrograms) {
  for (const SandboxTier tier : {SandboxTier::a, SandboxTier::b}) {
    PUNA_SANDBOX_OR_SKIP(box, options_of(tier));
    const OpenFolder folder;
    folder.write(".git/config", "mine");
    folder.write("src/code", "old");
    SandboxCommand command = shell(
        "echo bad > .git/config; mkdir -p .git/hooks; echo bad > .git/hooks/pre-commit; mv .git away; rm -rf .git; "
        "echo bad > .mcp.json; mkdir .puna; echo bad > .puna/policy.toml; echo new > src/code");
    command.workspace = {.folder = folder.path()};
    ASSERT_TRUE(box.run(command));
    EXPECT_EQ(folder.read(".git/config"), "mine") << name_of(tier);
    EXPECT_FALSE(folder.has(".git/hooks")) << name_of(tier);
    EXPECT_FALSE(folder.has(".mcp.json")) << name_of(tier);
    EXPECT_FALSE(folder.has(".puna")) << name_of(tier);
    EXPECT_EQ(folder.read("src/code"), "new\n") << name_of(tier);
  }
}

TEST(Workspace, ATemporaryFolderGoesWithAllThatIsInIt) {
  std::string path;
  {
    const auto folder = TemporaryFolder::make(::geteuid(), false);
    ASSERT_TRUE(folder);
    path = folder->path();
    std::filesystem::create_directories(path + "/a/b");
    std::filesystem::permissions(path + "/a", std::filesystem::perms::none);
    std::filesystem::create_directory_symlink("/usr", path + "/link");
  }
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_TRUE(std::filesystem::exists("/usr/bin"));
}

}  // namespace
}  // namespace puna::sandbox
