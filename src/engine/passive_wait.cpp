// The one restart of the program. Reads and writes the environment: the only place below cli that does, because the
// OpenMP runtime has no other switch and the door says so.
#include <unistd.h>

#include <cstdlib>

#include "puna/engine.h"

namespace puna {

void restart_with_passive_wait(char** argv) {
  constexpr const char* kPolicy = "OMP_WAIT_POLICY";
  constexpr const char* kGuard =
      "PUNA_RESTARTED";  // set by the first call; a loop is impossible whatever clears kPolicy
  if (std::getenv(kPolicy) != nullptr || std::getenv(kGuard) != nullptr) {
    return;
  }
  if (::setenv(kPolicy, "passive", 1) != 0 || ::setenv(kGuard, "1", 1) != 0) {
    return;
  }
  ::execv("/proc/self/exe", argv);
  // No such file on this system, or no right to run it: go on with the runtime's own policy.
  ::unsetenv(kPolicy);
  ::unsetenv(kGuard);
}

}  // namespace puna
