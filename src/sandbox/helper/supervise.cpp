// Outside of the sandbox: starts it, waits, and leaves nobody behind. Every process of the run is this one's child, or
// becomes it when its parent dies (a child subreaper), so "no child left" means that everything is dead.
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>

#include "sandbox/helper/job.h"

namespace puna::sandbox {
namespace {

constexpr int kPollMs = 1;  // between two looks for survivors

struct Run {
  pid_t child = -1;
  int status_pipe = -1;
  bool child_ended = false;
  int child_status = 0;
  bool has_started = false;
  bool has_status = false;  // the namespace's first process told it exactly
  int status = 0;
  Report failure{};
  unsigned swept = 0;
};

// In the child: what lies before the layers. Returns only on failure, which it reports.
int enter(Job& job) {
  if (!job.step(Step::session) || ::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 ||
      (!job.without(kLayerSession) && ::setsid() < 0)) {
    job.report_failure(kStatusFd);
    return 1;
  }
  if (!job.without(kLayerDescriptors)) {
    ::close(kControlFd);
  }
  if (::fcntl(kCgroupFd, F_GETFD) >= 0) {
    if (!job.step(Step::cgroup) || ::write(kCgroupFd, "0", 1) != 1) {
      job.report_failure(kStatusFd);
      return 1;
    }
    ::close(kCgroupFd);
  }
  if (job.plan().namespaces == 0 || job.without(kLayerNamespaces)) {
    return confine_and_run(job);
  }
  if (job.plan().workspace_tree != 0 && !make_workspace_tree(job)) {
    job.report_failure(kStatusFd);
    return 1;
  }
  char** words = job.list(Part::bwrap);
  char* nothing[] = {nullptr};
  if (words != nullptr && job.step(Step::namespaces)) {
    ::execve(words[0], words, job.without(kLayerEnvironment) ? environ : nothing);
  }
  job.report_failure(kStatusFd);
  return 1;
}

// All processes of the run's own user, in one call that no fork can outrun.
void kill_user(const Plan& plan) {
  const pid_t killer = ::fork();
  if (killer == 0) {
    if (::setresuid(plan.user, plan.user, plan.user) == 0) {
      ::kill(-1, SIGKILL);
    }
    ::raise(SIGKILL);
  }
  if (killer > 0) {
    ::waitpid(killer, nullptr, 0);
  }
}

int open_children() {
  char path[64];
  std::snprintf(path, sizeof path, "/proc/self/task/%d/children", ::getpid());
  return ::open(path, O_RDONLY | O_CLOEXEC);
}

// With its process group, which a chain of processes that fork and end does not outrun: the kernel lets no fork past a
// signal to the group.
bool kill_child(pid_t pid) {
  const pid_t group = ::getpgid(pid);
  if (group > 1 && group != ::getpgrp()) {
    (void)::kill(-group, SIGKILL);
  }
  return ::kill(pid, SIGKILL) == 0;
}

unsigned kill_children() {
  const int fd = open_children();
  unsigned killed = 0;
  char text[4096];
  const ssize_t got = fd < 0 ? -1 : ::read(fd, text, sizeof text - 1);
  if (fd >= 0) {
    ::close(fd);
  }
  if (got <= 0) {
    return 0;
  }
  text[got] = '\0';
  char* at = text;
  for (;;) {
    char* end = nullptr;
    const long pid = std::strtol(at, &end, 10);
    if (end == at) {
      return killed;
    }
    at = end;
    // The last number may be cut; a wrong one is nobody's that this process may not kill, so it is not used.
    if (*end != '\0' && pid > 1) {
      killed += kill_child(static_cast<pid_t>(pid)) ? 1U : 0U;
    }
  }
}

void take_report(Run& run, const Job& job) {
  Report report;
  while (::read(run.status_pipe, &report, sizeof report) == static_cast<ssize_t>(sizeof report)) {
    switch (static_cast<ReportKind>(report.kind)) {
      case ReportKind::started:
        run.has_started = true;
        job.report(kControlFd, report);
        break;
      case ReportKind::failed:
        run.failure = report;
        break;
      case ReportKind::ended:
        run.has_status = true;
        run.status = report.status;
        break;
    }
  }
}

// Reaps what has ended; false when there is no child any more.
bool reap_some(Run& run) {
  for (;;) {
    int status = 0;
    const pid_t ended = ::waitpid(-1, &status, WNOHANG);
    if (ended == 0) {
      return true;
    }
    if (ended < 0) {
      return errno == EINTR;
    }
    if (ended == run.child) {
      run.child_ended = true;
      run.child_status = status;
    } else {
      ++run.swept;
    }
  }
}

void kill_everything(Run& run, const Plan& plan) {
  if (plan.change_user != 0 && plan.user != 65534) {
    kill_user(plan);
  }
  while (reap_some(run)) {
    if (!run.child_ended) {
      ::kill(run.child, SIGKILL);
    }
    kill_children();
    (void)::poll(nullptr, 0, kPollMs);
  }
}

// Until the program has ended or the library wants it dead.
void wait_for_end(Run& run, const Job& job) {
  sigset_t child_signal;
  ::sigemptyset(&child_signal);
  while (!run.child_ended) {
    pollfd wanted[2] = {{.fd = kControlFd, .events = POLLIN, .revents = 0},
                        {.fd = run.status_pipe, .events = POLLIN, .revents = 0}};
    const int ready = ::ppoll(wanted, 2, nullptr, &child_signal);  // SIGCHLD interrupts it
    if (ready > 0 && wanted[0].revents != 0) {
      return;
    }
    if (ready > 0 && wanted[1].revents != 0) {
      take_report(run, job);
      if (run.has_status) {
        return;
      }
      if ((wanted[1].revents & POLLHUP) != 0) {
        ::close(run.status_pipe);  // executed: only the process itself says more
        run.status_pipe = -1;
      }
    }
    if (!reap_some(run)) {
      return;
    }
  }
}

void report_end(const Run& run, const Job& job) {
  if (!run.has_started) {
    Report failure = run.failure;
    if (failure.kind == 0) {  // bubblewrap, or a kill, before anything could be said
      failure.kind = static_cast<std::uint32_t>(ReportKind::failed);
      failure.step = static_cast<std::uint32_t>(job.plan().namespaces != 0 ? Step::namespaces : Step::session);
      failure.status = run.child_status;
    }
    job.report(kControlFd, failure);
    return;
  }
  Report ended;
  ended.kind = static_cast<std::uint32_t>(ReportKind::ended);
  ended.step = run.failure.step;
  ended.error = run.failure.error;
  ended.swept = run.swept;
  // Without namespaces the child is the program. In them only its parent's word counts; a tree that was killed has
  // none.
  const bool is_program = job.plan().namespaces == 0 || job.without(kLayerNamespaces);
  ended.status = run.has_status ? run.status : is_program ? run.child_status : SIGKILL;
  rusage usage{};
  ::getrusage(RUSAGE_CHILDREN, &usage);
  ended.cpu_microseconds = static_cast<std::uint64_t>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1'000'000U +
                           static_cast<std::uint64_t>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
  job.report(kControlFd, ended);
}

void on_child(int) {}

// A pipe whose ends lie above the numbers that mean something.
bool open_pipe(int (&pipe)[2]) {
  if (::pipe2(pipe, O_CLOEXEC) != 0) {
    return false;
  }
  for (int& end : pipe) {
    const int low = end;
    end = ::fcntl(low, F_DUPFD_CLOEXEC, kTreeFd + 1);
    ::close(low);
  }
  return pipe[0] >= 0 && pipe[1] >= 0;
}

bool become_supervisor(Job& job, int (&pipe)[2]) {
  if (!job.step(Step::supervise) || ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0 ||
      ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 || !open_pipe(pipe)) {
    return false;
  }
  const int children = open_children();
  if (children < 0) {
    return false;  // survivors could not be found
  }
  ::close(children);
  ::signal(SIGPIPE, SIG_IGN);
  struct sigaction action{};
  action.sa_handler = on_child;
  sigset_t blocked;
  ::sigemptyset(&blocked);
  ::sigaddset(&blocked, SIGCHLD);
  return ::sigaction(SIGCHLD, &action, nullptr) == 0 && ::sigprocmask(SIG_BLOCK, &blocked, nullptr) == 0;
}

}  // namespace

int supervise(Job& job) {
  int pipe[2] = {-1, -1};
  Run run;
  if (!become_supervisor(job, pipe)) {
    job.report_failure(kControlFd);
    return 1;
  }
  run.child = ::fork();
  if (run.child < 0) {
    job.report_failure(kControlFd);
    return 1;
  }
  if (run.child == 0) {
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::signal(SIGPIPE, SIG_DFL);
    ::signal(SIGCHLD, SIG_DFL);
    return ::dup2(pipe[1], kStatusFd) == kStatusFd ? enter(job) : 1;
  }
  ::close(pipe[1]);
  ::fcntl(pipe[0], F_SETFL, O_NONBLOCK);
  run.status_pipe = pipe[0];
  for (const int fd : {0, 1, 2, kFilterFd, kWorkspaceFd, kCgroupFd}) {
    ::close(fd);
  }
  wait_for_end(run, job);
  kill_everything(run, job.plan());
  if (run.status_pipe >= 0) {
    take_report(run, job);
  }
  report_end(run, job);
  return 0;
}

}  // namespace puna::sandbox
