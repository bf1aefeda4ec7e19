// Other processes, other users, namespaces.
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include "attempts.h"

namespace escape {
namespace {

// Runs this program again, from a file that makes it more than it should be; "ok" when it has gained something.
void try_gain(const char* name, const char* program) {
  tell_child(name, [program] {
    ::execl(program, program, "--gained", static_cast<char*>(nullptr));
    return -1L;
  });
}

void trace() {
  const pid_t child = ::fork();
  if (child == 0) {
    for (;;) {
      ::pause();
    }
  }
  tell("child", ::ptrace(PTRACE_ATTACH, child, nullptr, nullptr));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  tell("first", ::ptrace(PTRACE_ATTACH, 1, nullptr, nullptr));
}

void read_memory() {
  char from = 'x';
  char to = ' ';
  const iovec here{.iov_base = &to, .iov_len = 1};
  const iovec there{.iov_base = &from, .iov_len = 1};
  tell("itself", ::process_vm_readv(::getpid(), &here, 1, &there, 1, 0));
}

void send_signals() {
  tell("host", ::kill(given_pid("HOST_PID"), SIGCONT));
  // The parent: the namespace's first process, or the supervisor outside.
  tell("parent", ::kill(::getppid() == 0 ? 1 : ::getppid(), SIGCONT));
}

void make_namespaces() {
  tell_child("unshare", [] { return static_cast<long>(::unshare(CLONE_NEWUSER)); });
  tell_child("clone", [] {
    const long child =
        ::syscall(SYS_clone, static_cast<unsigned long>(CLONE_NEWUSER | SIGCHLD), nullptr, nullptr, nullptr, nullptr);
    if (child == 0) {
      ::_exit(0);
    }
    return child;
  });
  tell_child("clone3", [] {
    struct {
      unsigned long long flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
    } arguments{.flags = CLONE_NEWUSER, .exit_signal = SIGCHLD};
    const long child = ::syscall(SYS_clone3, &arguments, sizeof arguments);
    if (child == 0) {
      ::_exit(0);
    }
    return child;
  });
}

}  // namespace

bool attempt_processes(int row) {
  switch (row) {
    case 26:
      tell_child("user", [] { return static_cast<long>(::setuid(0)); });
      tell_child("group", [] { return static_cast<long>(::setgid(0)); });
      return true;
    case 27:
      try_gain("setuid", "./gain_user");
      return true;
    case 28:
      tell("attribute", ::setxattr("no-such-file", "security.capability", "", 0, 0));
      try_gain("capability", "./gain_capability");
      return true;
    case 29:
      trace();
      return true;
    case 30:
      read_memory();
      return true;
    case 31:
      send_signals();
      return true;
    case 32:
      make_namespaces();
      return true;
    case 33:
      tell("setns", ::setns(-1, 0));
      return true;
    default:
      return false;
  }
}

}  // namespace escape
