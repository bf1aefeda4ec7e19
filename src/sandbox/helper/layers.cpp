// The layers that a process puts on itself, in the order of Step.
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "sandbox/helper/job.h"

namespace puna::sandbox {
namespace {

template <class Resource>
bool limit(Resource resource, std::uint64_t soft, std::uint64_t hard) {
  const rlimit limits{.rlim_cur = soft, .rlim_max = hard};
  return ::setrlimit(resource, &limits) == 0;
}

// An absolute path, or one beneath the workspace, where no link is followed.
int open_rule(const char* path) {
  if (path[0] == '/') {
    return ::open(path, O_PATH | O_CLOEXEC);
  }
  return path[0] == '.' && path[1] == '\0' ? ::fcntl(kWorkspaceFd, F_DUPFD_CLOEXEC, kFirstFreeFd)
                                           : kernel::open_beneath(kWorkspaceFd, path, O_PATH | O_CLOEXEC | O_NOFOLLOW);
}

// A path that is not there, or that the run's user cannot reach, is no rule: nothing is allowed below it.
bool allow(int ruleset, const char* path, std::uint64_t rights) {
  const int fd = open_rule(path);
  if (fd < 0) {
    return errno == ENOENT || errno == ENOTDIR || errno == EACCES || errno == ELOOP;
  }
  struct stat status{};
  constexpr std::uint64_t kOfFiles = kernel::kMayExecute | kernel::kMayWriteFile | kernel::kMayReadFile |
                                     kernel::kMayTruncate | kernel::kMayIoctlDevice;
  if (::fstat(fd, &status) != 0) {
    return false;
  }
  const kernel::LandlockPath rule{.rights = S_ISDIR(status.st_mode) ? rights : rights & kOfFiles, .folder = fd};
  const bool added = ::syscall(kernel::kLandlockAdd, ruleset, kernel::kLandlockPathRule, &rule, 0) == 0;
  ::close(fd);
  return added;
}

kernel::LandlockRuleset handled_by(int abi) {
  kernel::LandlockRuleset rules{.file_rights = kernel::kAllRights};
  if (abi >= 4) {
    rules.network_rights = kernel::kNetworkRights;
  }
  if (abi >= 5) {
    rules.file_rights |= kernel::kMayIoctlDevice;
  }
  if (abi >= 6) {
    rules.scopes = kernel::kScopes;
  }
  return rules;
}

bool add_rules(const Job& job, int ruleset) {
  constexpr std::uint64_t kRead = kernel::kMayReadFile | kernel::kMayReadFolder | kernel::kMayExecute;
  constexpr std::uint64_t kWrite = kernel::kAllRights & ~(kernel::kMayMakeChar | kernel::kMayMakeBlock);
  constexpr std::uint64_t kDevice = kernel::kMayReadFile | kernel::kMayWriteFile;
  const auto allow_each = [&](Part part, std::uint64_t rights) {
    return job.strings(part).each([&](const char* path) { return allow(ruleset, path, rights); });
  };
  return allow_each(Part::readable, kRead) && allow_each(Part::writable, kWrite) && allow_each(Part::device, kDevice);
}

}  // namespace

bool apply_limits(Job& job) {
  if (!job.step(Step::limits)) {
    return false;
  }
  const Plan& plan = job.plan();
  static_cast<void>(::nice(static_cast<int>(plan.niceness)));  // before RLIMIT_NICE; never refused
  // Dumps are off even in a test without limits: they would lie about on the machine.
  return limit(RLIMIT_CORE, 0, 0) &&
         (job.without(kLayerLimits) ||
          (limit(RLIMIT_CPU, plan.cpu_seconds, plan.cpu_seconds + 1) &&
           limit(RLIMIT_AS, plan.memory_bytes, plan.memory_bytes) &&
           limit(RLIMIT_FSIZE, plan.file_bytes, plan.file_bytes) &&
           limit(RLIMIT_NOFILE, plan.descriptors, plan.descriptors) && limit(RLIMIT_MEMLOCK, 0, 0) &&
           limit(RLIMIT_MSGQUEUE, 0, 0) && limit(RLIMIT_NICE, 0, 0) && limit(RLIMIT_RTPRIO, 0, 0) &&
           limit(RLIMIT_NPROC, plan.processes, plan.processes)));
}

bool change_user(Job& job) {
  if (!job.step(Step::user)) {
    return false;
  }
  const Plan& plan = job.plan();
  if (plan.change_user != 0 && !job.without(kLayerUser)) {
    if (::setgroups(0, nullptr) != 0 || ::setresgid(plan.group, plan.group, plan.group) != 0 ||
        ::setresuid(plan.user, plan.user, plan.user) != 0) {
      return false;
    }
  }
  if (!job.without(kLayerUser) && (::getuid() == 0 || ::geteuid() == 0)) {
    errno = EPERM;
    return false;
  }
  return ::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0;  // a change of user forgets it
}

bool drop_capabilities(Job& job) {
  if (!job.step(Step::capabilities) || job.without(kLayerUser)) {
    return job.without(kLayerUser);
  }
  ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  for (int capability = 0; capability < 64; ++capability) {
    ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);  // refused where there is nothing to drop with
  }
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  __user_cap_data_struct data[2] = {};
  if (::syscall(SYS_capset, &header, data) != 0 || ::syscall(SYS_capget, &header, data) != 0) {
    return false;
  }
  for (const __user_cap_data_struct& half : data) {
    if ((half.effective | half.permitted | half.inheritable) != 0) {
      errno = EPERM;
      return false;
    }
  }
  return true;
}

bool apply_landlock(Job& job) {
  if (!job.step(Step::landlock)) {
    return false;
  }
  if (job.without(kLayerLandlock)) {
    return true;
  }
  const int abi = kernel::landlock_abi();
  if (abi == 0 && job.plan().namespaces != 0) {
    return true;  // in namespaces it is a second wall; the library's probe says that it is missing
  }
  if (abi < 4) {
    errno = EOPNOTSUPP;
    return false;
  }
  const kernel::LandlockRuleset rules = handled_by(abi);
  const long ruleset = ::syscall(kernel::kLandlockCreate, &rules, sizeof rules, 0);
  if (ruleset < 0) {
    return false;
  }
  const bool done = add_rules(job, static_cast<int>(ruleset)) &&
                    ::syscall(kernel::kLandlockRestrict, static_cast<int>(ruleset), 0) == 0;
  const int error = errno;
  ::close(static_cast<int>(ruleset));
  errno = error;
  return done;
}

bool apply_filter(Job& job) {
  if (!job.step(Step::filter)) {
    return false;
  }
  if (job.without(kLayerFilter)) {
    return true;
  }
  struct stat status{};
  if (::fstat(kFilterFd, &status) != 0) {
    return false;
  }
  const auto bytes = static_cast<std::size_t>(status.st_size);
  void* memory = bytes == 0 ? MAP_FAILED : ::mmap(nullptr, bytes, PROT_READ, MAP_PRIVATE, kFilterFd, 0);
  if (memory == MAP_FAILED) {
    return false;
  }
  const sock_fprog program{.len = static_cast<unsigned short>(bytes / sizeof(sock_filter)),
                           .filter = static_cast<sock_filter*>(memory)};
  const bool loaded = ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
  ::munmap(memory, bytes);
  return loaded;
}

}  // namespace puna::sandbox
