// Inside the namespaces (or in their place): every layer, then the program.
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>

#include "sandbox/helper/job.h"

namespace puna::sandbox {
namespace {

bool enter_workspace(const Job& job) {
  const bool mounted = job.plan().namespaces != 0 && !job.without(kLayerNamespaces);
  return mounted ? ::chdir("/workspace") == 0 : ::fchdir(kWorkspaceFd) == 0;
}

// Only what was handed to the program stays open: 0, 1 and 2.
bool close_others(const Job& job) {
  const unsigned first = job.without(kLayerDescriptors) ? kFilterFd : kControlFd;
  return ::syscall(SYS_close_range, first, kStatusFd - 1, 0) == 0 && ::syscall(SYS_close_range, kTreeFd, ~0U, 0) == 0 &&
         ::fcntl(kStatusFd, F_SETFD, FD_CLOEXEC) == 0;
}

bool confine(Job& job) {
  if (!make_mounts(job) || !job.step(Step::workspace)) {
    return false;
  }
  if (!enter_workspace(job)) {
    return false;
  }
  return apply_limits(job) && change_user(job) && drop_capabilities(job) && job.step(Step::no_new_privs) &&
         (job.without(kLayerNoNewPrivs) || ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0) &&
         ::prctl(PR_SET_DUMPABLE, job.without(kLayerDumpable) ? 1 : 0, 0, 0, 0) == 0;
}

// What also holds for the first process of the namespace, in a Landlock domain of its own: the program cannot signal
// it. `gate` is opened when it is done.
bool seal(Job& job, int gate) {
  return apply_landlock(job) && apply_filter(job) && (gate < 0 || ::write(gate, "", 1) == 1) && close_others(job);
}

bool is_let_through(int (&gate)[2]) {
  ::close(gate[1]);
  char byte = 0;
  return ::read(gate[0], &byte, 1) == 1;
}

bool report_started(const Job& job) {
  Report started;
  started.kind = static_cast<std::uint32_t>(ReportKind::started);
  started.flags = ::access(".", W_OK) == 0 ? kWorkspaceWritable : 0;
  return job.report(kStatusFd, started);
}

// Only returns when it failed.
int execute(Job& job, char** arguments, char** environment) {
  if (report_started(job) && job.step(Step::execute)) {
    ::execve(arguments[0], arguments, environment);
  }
  job.report_failure(kStatusFd);
  return 127;
}

// The first process of the namespace: waits for the program, reaps orphans, and takes everything with it.
int reap(const Job& job, pid_t program) {
  for (;;) {
    int status = 0;
    const pid_t ended = ::waitpid(-1, &status, 0);
    if (ended == program) {
      Report report;
      report.kind = static_cast<std::uint32_t>(ReportKind::ended);
      report.status = status;
      return job.report(kStatusFd, report) ? 0 : 1;
    }
    if (ended < 0 && errno != EINTR) {
      return 1;
    }
  }
}

}  // namespace

int confine_and_run(Job& job) {
  char** arguments = job.list(Part::argument);
  char** environment = job.without(kLayerEnvironment) ? environ : job.list(Part::environment);
  if (arguments == nullptr || environment == nullptr || !confine(job)) {
    job.report_failure(kStatusFd);
    return 1;
  }
  const bool is_first = job.plan().namespaces != 0 && ::getpid() == 1;
  pid_t program = 0;
  int gate[2] = {-1, -1};  // the program waits behind it until its parent is sealed
  if (!job.step(Step::start) || (is_first && (::pipe2(gate, O_CLOEXEC) != 0 || (program = ::fork()) < 0))) {
    job.report_failure(kStatusFd);
    return 1;
  }
  if (is_first && program == 0 && !is_let_through(gate)) {
    return 1;
  }
  if (program > 0) {
    for (int fd = 0; fd <= 2; ++fd) {
      ::close(fd);  // the ends of the program's pipes are its own
    }
  }
  if (!seal(job, program > 0 ? gate[1] : -1)) {
    job.report_failure(kStatusFd);
    return 1;
  }
  return program > 0 ? reap(job, program) : execute(job, arguments, environment);
}

}  // namespace puna::sandbox
