// What the parts of the probe share.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>

namespace escape {

// The value of an environment variable of the suite; empty when it is not set.
inline std::string given(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}
inline pid_t given_pid(const char* name) { return std::atoi(given(name).c_str()); }

inline void print(const char* name, const char* result) {
  std::printf("%s=%s\n", name, result);
  std::fflush(stdout);
}
// A call's result: below 0 = refused, with errno.
inline void tell(const char* name, long result) { print(name, result >= 0 ? "ok" : strerrorname_np(errno)); }
inline void tell_error(const char* name, int error) { print(name, error == 0 ? "ok" : strerrorname_np(error)); }

inline void try_open(const char* name, const std::string& path, int flags) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC, 0600);
  tell(name, fd);
  if (fd >= 0) {
    ::close(fd);
  }
}

// In a child, because it may be killed: its result, or the signal that ended it.
inline void tell_child(const char* name, const std::function<long()>& call) {
  const pid_t child = ::fork();
  if (child == 0) {
    const long result = call();
    ::_exit(result >= 0 ? 0 : errno);
  }
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child) {
    print(name, "no-child");
  } else if (WIFSIGNALED(status)) {
    print(name, (std::string("SIG") + sigabbrev_np(WTERMSIG(status))).c_str());
  } else {
    tell_error(name, WEXITSTATUS(status));
  }
}

// Each does the rows that it knows, and says whether this was one.
bool attempt_files(int row);
bool attempt_processes(int row);
bool attempt_kernel(int row);
bool attempt_network(int row);
bool attempt_limits(int row);

}  // namespace escape
