// The restart: once, with the variable set, and never again. Each case is a child process, because it replaces itself.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "puna/engine.h"

namespace puna {
namespace {

// Runs restart_with_passive_wait() in a child and returns the exit status of whatever the child became. The program it
// becomes is this test program, which reports through the disabled test below.
int restarted(const char* policy, const char* guard) {
  const pid_t child = ::fork();
  if (child == 0) {
    policy == nullptr ? ::unsetenv("OMP_WAIT_POLICY") : ::setenv("OMP_WAIT_POLICY", policy, 1);
    guard == nullptr ? ::unsetenv("PUNA_RESTARTED") : ::setenv("PUNA_RESTARTED", guard, 1);
    std::string name = "engine_test";
    std::string filter = "--gtest_filter=PassiveWaitChild.*";
    std::string disabled = "--gtest_also_run_disabled_tests";
    std::string quiet = "--gtest_brief=1";
    char* arguments[] = {name.data(), filter.data(), disabled.data(), quiet.data(), nullptr};
    restart_with_passive_wait(arguments);
    ::_exit(7);  // it returned: no restart
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(PassiveWait, TheProgramRestartsOnceWithThePolicySet) { EXPECT_EQ(restarted(nullptr, nullptr), 42); }

TEST(PassiveWait, APolicyOfTheUsersIsLeftAlone) {
  EXPECT_EQ(restarted("active", nullptr), 7);
  EXPECT_EQ(restarted("passive", nullptr), 7);
}

TEST(PassiveWait, AProgramThatRestartedOnceNeverDoesSoAgain) { EXPECT_EQ(restarted(nullptr, "1"), 7); }

// Not a test: what the child becomes.
TEST(PassiveWaitChild, DISABLED_ReportsItsEnvironment) {
  const char* policy = std::getenv("OMP_WAIT_POLICY");
  char name[] = "engine_test";
  char* arguments[] = {name, nullptr};
  restart_with_passive_wait(arguments);  // must return now
  std::_Exit(policy != nullptr && std::string(policy) == "passive" ? 42 : 43);
}

}  // namespace
}  // namespace puna
