// What programs may not write, wherever their folder lies.
#include "cli/equipment.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace puna::cli {
namespace {

class SandboxFolder : public ::testing::Test {
 protected:
  void SetUp() override {
    home_ = std::filesystem::weakly_canonical(testing::TempDir()) / ("puna-home-" + std::to_string(::getpid()));
    ::setenv("XDG_CONFIG_HOME", (home_ / "config").c_str(), 1);
    ::setenv("XDG_STATE_HOME", (home_ / "state").c_str(), 1);
    ::setenv("XDG_DATA_HOME", (home_ / "data").c_str(), 1);
  }
  void TearDown() override {
    ::unsetenv("XDG_CONFIG_HOME");
    ::unsetenv("XDG_STATE_HOME");
    ::unsetenv("XDG_DATA_HOME");
  }

  std::filesystem::path home_;
};

TEST_F(SandboxFolder, PunasOwnFoldersAndThePolicyBeneathItAreGuarded) {
  const SandboxWorkspace workspace = sandbox_workspace({.policy_file = (home_ / "rules.toml").string()}, home_);
  EXPECT_TRUE(workspace.writable);
  for (const char* name : {"config/puna/", "state/puna/", "data/puna/", "rules.toml", ".git/hooks/"}) {
    EXPECT_TRUE(std::ranges::contains(workspace.guarded, name)) << name;
  }
}

TEST_F(SandboxFolder, OneThatIsOrLiesInPunasOwnFoldersCannotBeWritten) {
  EXPECT_FALSE(sandbox_workspace({}, home_ / "config/puna").writable);
  EXPECT_FALSE(sandbox_workspace({}, home_ / "state/puna/approvals").writable);
  EXPECT_FALSE(sandbox_workspace({}, home_ / "data/puna").writable) << "sessions";
  EXPECT_TRUE(sandbox_workspace({}, home_ / "work").writable);
  EXPECT_TRUE(sandbox_workspace({}, {}).writable);  // a temporary folder
}

TEST_F(SandboxFolder, AStoreThatWasNamedIsGuardedWithItsLogAndLock) {
  const SandboxWorkspace workspace = sandbox_workspace({.session = {.store = (home_ / "my.db").string()}}, home_);
  for (const char* name : {"my.db", "my.db-wal", "my.db.lock"}) {
    EXPECT_TRUE(std::ranges::contains(workspace.guarded, name)) << name;
  }
}

}  // namespace
}  // namespace puna::cli
