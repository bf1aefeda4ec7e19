// An allow-list: what interpreters, compilers and shell tools use. Kernel features with a history of holes, other
// processes, other users, the clock, mounts and the network are not on it.
#include "sandbox/filter.h"

#include <linux/fs.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <string>

#include "sandbox/memory_file.h"

namespace puna::sandbox {
namespace {

// Names that this architecture or this library does not have are passed over: what is not allowed is refused.
constexpr auto kAllowed = std::to_array<const char*>({
    // files by name and by descriptor
    "access",
    "faccessat",
    "faccessat2",
    "open",
    "openat",
    "openat2",
    "creat",
    "close",
    "close_range",
    "read",
    "readv",
    "pread64",
    "preadv",
    "preadv2",
    "write",
    "writev",
    "pwrite64",
    "pwritev",
    "pwritev2",
    "lseek",
    "_llseek",
    "stat",
    "lstat",
    "fstat",
    "newfstatat",
    "fstatat64",
    "statx",
    "stat64",
    "lstat64",
    "fstat64",
    "statfs",
    "fstatfs",
    "statfs64",
    "fstatfs64",
    "readlink",
    "readlinkat",
    "getdents",
    "getdents64",
    "getcwd",
    "chdir",
    "fchdir",
    "mkdir",
    "mkdirat",
    "rmdir",
    "unlink",
    "unlinkat",
    "rename",
    "renameat",
    "renameat2",
    "link",
    "linkat",
    "symlink",
    "symlinkat",
    "chmod",
    "fchmod",
    "fchmodat",
    "fchmodat2",
    "chown",
    "fchown",
    "lchown",
    "fchownat",
    "truncate",
    "ftruncate",
    "truncate64",
    "ftruncate64",
    "fallocate",
    "utime",
    "utimes",
    "futimesat",
    "utimensat",
    "umask",
    "dup",
    "dup2",
    "dup3",
    "pipe",
    "pipe2",
    "fcntl",
    "fcntl64",
    "flock",
    "fsync",
    "fdatasync",
    "sync_file_range",
    "fadvise64",
    "readahead",
    "sendfile",
    "sendfile64",
    "splice",
    "tee",
    "vmsplice",
    "copy_file_range",
    "memfd_create",
    "inotify_init",
    "inotify_init1",
    "inotify_add_watch",
    "inotify_rm_watch",
    "getxattr",
    "lgetxattr",
    "fgetxattr",
    "listxattr",
    "llistxattr",
    "flistxattr",
    "cachestat",
    // waiting
    "poll",
    "ppoll",
    "select",
    "_newselect",
    "pselect6",
    "epoll_create",
    "epoll_create1",
    "epoll_ctl",
    "epoll_ctl_old",
    "epoll_wait",
    "epoll_wait_old",
    "epoll_pwait",
    "epoll_pwait2",
    "eventfd",
    "eventfd2",
    "signalfd",
    "signalfd4",
    "timerfd_create",
    "timerfd_settime",
    "timerfd_gettime",
    "pause",
    "nanosleep",
    "clock_nanosleep",
    // memory
    "brk",
    "mmap",
    "mmap2",
    "munmap",
    "mremap",
    "mprotect",
    "madvise",
    "msync",
    "mincore",
    "mlock",
    "mlock2",
    "munlock",
    "mlockall",
    "munlockall",
    "membarrier",
    "pkey_alloc",
    "pkey_free",
    "pkey_mprotect",
    "get_mempolicy",
    "map_shadow_stack",
    // processes and threads of its own
    "fork",
    "vfork",
    "execve",
    "execveat",
    "exit",
    "exit_group",
    "wait4",
    "waitid",
    "waitpid",
    "getpid",
    "getppid",
    "gettid",
    "getpgid",
    "setpgid",
    "getpgrp",
    "getsid",
    "setsid",
    "set_tid_address",
    "set_robust_list",
    "get_robust_list",
    "futex",
    "futex_waitv",
    "futex_wake",
    "futex_wait",
    "futex_requeue",
    "rseq",
    "arch_prctl",
    "set_thread_area",
    "get_thread_area",
    "prctl",
    "sched_yield",
    "sched_getaffinity",
    "sched_getparam",
    "sched_getscheduler",
    "sched_getattr",
    "sched_get_priority_max",
    "sched_get_priority_min",
    "sched_rr_get_interval",
    "getpriority",
    "getcpu",
    "getrlimit",
    "ugetrlimit",
    "setrlimit",
    "getrusage",
    "times",
    "pidfd_open",
    "pidfd_send_signal",
    // signals
    "kill",
    "tkill",
    "tgkill",
    "rt_sigaction",
    "rt_sigprocmask",
    "rt_sigpending",
    "rt_sigtimedwait",
    "rt_sigqueueinfo",
    "rt_tgsigqueueinfo",
    "rt_sigreturn",
    "rt_sigsuspend",
    "sigaltstack",
    "sigreturn",
    "restart_syscall",
    // who and where it is
    "getuid",
    "getgid",
    "geteuid",
    "getegid",
    "getresuid",
    "getresgid",
    "getgroups",
    "capget",
    "uname",
    "sysinfo",
    "getrandom",
    // time
    "time",
    "gettimeofday",
    "clock_gettime",
    "clock_getres",
    "getitimer",
    "setitimer",
    "alarm",
    "timer_create",
    "timer_settime",
    "timer_gettime",
    "timer_getoverrun",
    "timer_delete",
    // a socket pair, which is all that socket() and socketpair() can make below
    "sendto",
    "sendmsg",
    "sendmmsg",
    "recvfrom",
    "recvmsg",
    "recvmmsg",
    "shutdown",
    "getsockname",
    "getpeername",
    "getsockopt",
    "setsockopt",
});

constexpr std::uint64_t kNewNamespaces =
    CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;
constexpr std::uint64_t kLow = 0xFFFFFFFF;          // what the kernel looks at in an int
constexpr std::uint64_t kSocketType = 0xF;          // without SOCK_CLOEXEC and SOCK_NONBLOCK
constexpr std::uint64_t kPersonality = 0xFFFFFFFF;  // asks, changes nothing

class Builder {
 public:
  explicit Builder(scmp_filter_ctx context) : context_(context) {}

  // Allowed when every comparison holds.
  template <class... Comparisons>
  void allow(const char* name, Comparisons... comparisons) {
    rule(SCMP_ACT_ALLOW, name, comparisons...);
  }
  void refuse(const char* name, int error) { rule(SCMP_ACT_ERRNO(static_cast<unsigned>(error)), name); }
  [[nodiscard]] bool failed() const { return failed_; }

 private:
  template <class... Comparisons>
  void rule(std::uint32_t action, const char* name, Comparisons... comparisons) {
    const int number = seccomp_syscall_resolve_name(name);
    if (number < 0) {
      return;  // not of this architecture
    }
    const std::array<scmp_arg_cmp, sizeof...(comparisons)> list{comparisons...};
    failed_ = failed_ || seccomp_rule_add_array(context_, action, number, list.size(), list.data()) != 0;
  }

  scmp_filter_ctx context_;
  bool failed_ = false;
};

scmp_arg_cmp equals(unsigned argument, std::uint64_t value) {
  return {.arg = argument, .op = SCMP_CMP_MASKED_EQ, .datum_a = kLow, .datum_b = value};
}

// Calls of which only some uses are harmless.
void add_conditions(Builder& builder) {
#if defined(__s390__) || defined(__CRIS__)
  constexpr unsigned kFlags = 1;
#else
  constexpr unsigned kFlags = 0;
#endif
  builder.allow("clone",
                scmp_arg_cmp{.arg = kFlags, .op = SCMP_CMP_MASKED_EQ, .datum_a = kNewNamespaces, .datum_b = 0});
  builder.refuse("clone3", ENOSYS);  // its flags lie in memory, where a filter cannot look
  // connect, bind, listen and accept are not allowed at all, so that no name in the network or the file system is in
  // reach. A datagram socket would need none of them: its messages carry addresses, in memory.
  for (const char* name : {"socket", "socketpair"}) {
    for (const std::uint64_t type : {SOCK_STREAM, SOCK_SEQPACKET}) {
      builder.allow(name, equals(0, AF_UNIX),
                    scmp_arg_cmp{.arg = 1, .op = SCMP_CMP_MASKED_EQ, .datum_a = kSocketType, .datum_b = type});
    }
  }
  // A list, because the kernel looks at 32 bits of the request, and a rule "all but TIOCSTI" would look at 64.
  for (const std::uint64_t request :
       {std::uint64_t{TCGETS}, std::uint64_t{TCSETS}, std::uint64_t{TCSETSW}, std::uint64_t{TCSETSF},
        std::uint64_t{TIOCGPGRP}, std::uint64_t{TIOCSPGRP}, std::uint64_t{TIOCGWINSZ}, std::uint64_t{FIONREAD},
        std::uint64_t{FIONBIO}, std::uint64_t{FIONCLEX}, std::uint64_t{FIOCLEX}, std::uint64_t{FICLONE},
        std::uint64_t{FICLONERANGE}, std::uint64_t{FS_IOC_GETFLAGS}}) {
    builder.allow("ioctl", equals(1, request));
  }
  builder.allow("personality", equals(0, kPersonality));
  // Other processes of the same user may be strangers (tier B).
  builder.allow("prlimit64", equals(0, 0));
  for (const char* name : {"sched_setaffinity", "sched_setscheduler", "sched_setparam", "sched_setattr"}) {
    builder.allow(name, equals(0, 0));
  }
  builder.allow("setpriority", equals(0, PRIO_PROCESS), equals(1, 0));
}

}  // namespace

Result<Descriptor> make_filter() {
  const std::unique_ptr<void, void (*)(scmp_filter_ctx)> context(seccomp_init(SCMP_ACT_ERRNO(EPERM)), seccomp_release);
  if (!context || seccomp_attr_set(context.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) != 0) {
    return fail(ErrorCode::internal, "libseccomp cannot make a filter");
  }
  // Sorted: a system call is found in some nine comparisons instead of three hundred. Not every version can.
  (void)seccomp_attr_set(context.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2);
  Builder builder(context.get());
  for (const char* name : kAllowed) {
    builder.allow(name);
  }
  add_conditions(builder);
  const Descriptor file(::memfd_create("filter", MFD_CLOEXEC));
  if (builder.failed() || !file || seccomp_export_bpf(context.get(), file.get()) != 0) {
    return fail(ErrorCode::internal, "libseccomp refuses a rule of the sandbox's filter");
  }
  const auto bytes = ::lseek(file.get(), 0, SEEK_END);
  std::string text(static_cast<std::size_t>(std::max<off_t>(bytes, 0)), '\0');
  if (text.empty() || ::pread(file.get(), text.data(), text.size(), 0) != bytes) {
    return fail(ErrorCode::internal, "libseccomp made no filter");
  }
  return memory_file("filter", text);
}

}  // namespace puna::sandbox
