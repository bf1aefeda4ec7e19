#include "sandbox/supervised.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include "sandbox/plan_file.h"

namespace puna::sandbox {
namespace {

constexpr std::uint32_t kNobody = 65534;
constexpr std::uint32_t kFirstRunUser = 0x7000'0000;

// As root, each run has a user of its own, so that nothing else has its rights and its processes can be counted and
// killed by user. Containers that have no such numbers get "nobody".
std::uint32_t user_of_run(bool is_root) {
  if (!is_root) {
    return ::geteuid();
  }
  std::ifstream map("/proc/self/uid_map");
  std::uint64_t inside = 0;
  std::uint64_t outside = 0;
  std::uint64_t count = 0;
  while (map >> inside >> outside >> count) {
    if (inside <= kFirstRunUser && inside + count > kFirstRunUser + 0x100'0000ULL) {
      return kFirstRunUser + static_cast<std::uint32_t>(Random::entropy() % 0x100'0000);
    }
  }
  return kNobody;
}

// posix_spawn makes no copy of this process: threads and memory of the engine are never forked.
class Spawn {
 public:
  Spawn() {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigset_t all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    ::posix_spawnattr_setpgroup(&attributes_, 0);  // Ctrl-C at the terminal is the caller's business
  }
  Spawn(const Spawn&) = delete;
  Spawn& operator=(const Spawn&) = delete;
  ~Spawn() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }

  // Descriptors in the order of their numbers in the child; -1 = closed there. Errors  io
  Result<pid_t> start(const std::string& program, std::span<const int> descriptors, char* const* environment) {
    // Numbers above all targets first, so that no dup2 overwrites a source that is still needed.
    std::vector<Descriptor> copies;
    for (int target = 0; target < static_cast<int>(descriptors.size()); ++target) {
      const int source = descriptors[static_cast<std::size_t>(target)];
      if (source < 0) {
        ::posix_spawn_file_actions_addclose(&actions_, target);
        continue;
      }
      copies.emplace_back(::fcntl(source, F_DUPFD_CLOEXEC, 64));
      if (!copies.back()) {
        return fail(ErrorCode::io, format_text("no descriptor for the sandbox: {}", std::strerror(errno)));
      }
      ::posix_spawn_file_actions_adddup2(&actions_, copies.back().get(), target);
    }
    ::posix_spawn_file_actions_addclosefrom_np(&actions_, static_cast<int>(descriptors.size()));
    std::array<char*, 2> words{const_cast<char*>(kHelperName), nullptr};
    pid_t pid = -1;
    const int error = ::posix_spawn(&pid, program.c_str(), &actions_, &attributes_, words.data(), environment);
    if (error != 0) {
      return fail(ErrorCode::unavailable,
                  format_text("the sandbox's helper '{}' cannot be started: {}", program, std::strerror(error)));
    }
    return pid;
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

Result<std::pair<Descriptor, Descriptor>> control_pair() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return fail(ErrorCode::io, format_text("no socket pair: {}", std::strerror(errno)));
  }
  return std::pair(Descriptor(ends[0]), Descriptor(ends[1]));
}

}  // namespace

Result<Supervised> Supervised::start(const Setup& setup, const SandboxCommand& command, const Stdio& stdio) {
  Supervised run;
  const bool namespaces = setup.probe.tier == SandboxTier::a;
  const std::uint32_t user = user_of_run(setup.is_root);
  SandboxWorkspace workspace = command.workspace;
  if (!namespaces) {
    PUNA_TRY(run.scratch_, TemporaryFolder::make(user, setup.is_root));
    if (workspace.folder.empty()) {
      workspace = {.folder = run.scratch_.path(), .writable = workspace.writable, .guarded = {}};
    }
  }
  OpenWorkspace nothing;
  if (!workspace.folder.empty()) {
    PUNA_TRY(auto held, HeldWorkspace::open(workspace, namespaces));
    run.workspace_.emplace(std::move(held));
  }
  const OpenWorkspace& open = run.workspace_ ? run.workspace_->get() : nothing;
  run.cgroup_ = Cgroup::make(setup.cgroup_roots, command.limits.memory_bytes, command.limits.processes);
  PUNA_TRY(const auto plan, make_plan(setup, setup.probe.tier, command, open, run.scratch_.path(), user));
  PUNA_TRY(auto control, control_pair());
  const std::array<int, kFirstFreeFd> descriptors{
      stdio.in,   stdio.out,          stdio.err,         control.second.get(),
      plan.get(), setup.filter.get(), open.folder.get(), run.cgroup_.entrance()};
  std::array<char*, 1> nobody{nullptr};
  const bool inherits = (setup.faults.left_out & kLayerEnvironment) != 0;
  PUNA_TRY(run.helper_, Spawn().start(setup.helper.string(), descriptors, inherits ? environ : nobody.data()));
  run.control_ = std::move(control.first);
  ::fcntl(run.control_.get(), F_SETFL, O_NONBLOCK);
  return run;
}

Supervised::Supervised(Supervised&& other) noexcept
    : scratch_(std::move(other.scratch_)),
      workspace_(std::move(other.workspace_)),
      cgroup_(std::move(other.cgroup_)),
      control_(std::move(other.control_)),
      helper_(std::exchange(other.helper_, -1)),
      started_(std::exchange(other.started_, {})),
      ended_(std::exchange(other.ended_, {})),
      failed_(std::exchange(other.failed_, {})),
      is_gone_(std::exchange(other.is_gone_, true)) {
  other.workspace_.reset();
}

Supervised::~Supervised() {
  if (helper_ <= 0) {
    return;
  }
  // The end of the control socket tells the helper to kill everything; it ends when nobody is left.
  control_.reset();
  while (::waitpid(helper_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

void Supervised::take_reports() {
  Report report;
  for (;;) {
    const ssize_t got = ::recv(control_.get(), &report, sizeof report, 0);
    // ECONNRESET comes once, before what is still to be read: the helper ended without taking the last word from here.
    if (got < 0 && (errno == EINTR || errno == ECONNRESET)) {
      continue;
    }
    if (got != static_cast<ssize_t>(sizeof report)) {
      is_gone_ = is_gone_ || got == 0 || (got < 0 && errno != EAGAIN);
      return;
    }
    switch (static_cast<ReportKind>(report.kind)) {
      case ReportKind::failed:
        failed_ = report;
        break;
      case ReportKind::started:
        started_ = report;
        break;
      case ReportKind::ended:
        ended_ = report;
        break;
    }
  }
}

void Supervised::kill() { (void)::send(control_.get(), "k", 1, MSG_NOSIGNAL); }

std::optional<Error> Supervised::problem(const SandboxCommand& command, std::string_view said) const {
  if (ended_) {
    if (static_cast<Step>(ended_->step) == Step::execute) {
      return Error{.code = ended_->error == ENOENT ? ErrorCode::not_found : ErrorCode::unavailable,
                   .message = format_text("'{}' cannot be executed in the sandbox: {}", command.arguments.front(),
                                          std::strerror(ended_->error)),
                   .hint = "programs are looked for in the sandbox's read-only system and in the workspace"};
    }
    return std::nullopt;
  }
  if (failed_) {
    const std::string why = failed_->error != 0 ? std::string(std::strerror(failed_->error))
                            : said.empty()      ? std::string("it ended before it said why")
                                                : printable(utf8::sanitize(said));
    return Error{.code = ErrorCode::unavailable,
                 .message = format_text("the sandbox could not be set up, at '{}': {}",
                                        name_of(static_cast<Step>(failed_->step)), why),
                 .hint = "nothing was run; `puna doctor` shows the layers"};
  }
  return Error{.code = ErrorCode::unavailable,
               .message = "the sandbox's helper ended without a word",
               .hint = "it may have been killed from outside; the program is dead"};
}

std::string_view name_of(Step step) {
  constexpr std::array<std::string_view, static_cast<std::size_t>(Step::count)> kNames{
      "none",           "plan",         "supervise",       "session",           "cgroup",
      "workspace tree", "namespaces",   "temporary files", "workspace",         "guarded names",
      "limits",         "user",         "capabilities",    "no new privileges", "start",
      "landlock",       "system calls", "execute"};
  const auto at = static_cast<std::size_t>(step);
  return at < kNames.size() ? kNames[at] : "unknown";
}

}  // namespace puna::sandbox
