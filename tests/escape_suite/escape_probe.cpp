// One row of attempts, made from inside the sandbox: escape_probe NUMBER. Prints "name=RESULT" for each attempt, where
// RESULT is "ok" (it succeeded), an errno or a signal by name. What it needs to know comes through the environment.
#include <linux/capability.h>
#include <sys/syscall.h>

#include "attempts.h"

namespace {

// Started from a set-user-id file, or one with capabilities: has it worked?
int gained() {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  __user_cap_data_struct data[2] = {};
  const bool has_capability = ::syscall(SYS_capget, &header, data) == 0 && (data[0].effective | data[1].effective) != 0;
  return ::geteuid() != ::getuid() || has_capability ? 0 : EPERM;
}

}  // namespace

int main(int count, char** words) {
  if (count != 2) {
    return 2;
  }
  if (std::strcmp(words[1], "--gained") == 0) {
    return gained();
  }
  ::signal(SIGXFSZ, SIG_IGN);
  const int row = std::atoi(words[1]);
  return escape::attempt_files(row) || escape::attempt_processes(row) || escape::attempt_kernel(row) ||
                 escape::attempt_network(row) || escape::attempt_limits(row)
             ? 0
             : 2;
}
