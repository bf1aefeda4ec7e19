#include "tools/child_program.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <map>
#include <thread>
#include <utility>

#include "puna/sandbox.h"
#include "tools/observation.h"

namespace puna::tools {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

void close_now(int& descriptor) {
  if (descriptor >= 0) {
    ::close(std::exchange(descriptor, -1));
  }
}

struct Pipe {
  int reading = -1;
  int writing = -1;
  Pipe() = default;
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    close_now(reading);
    close_now(writing);
  }
  bool open() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
      return false;
    }
    reading = ends[0];
    writing = ends[1];
    return true;
  }
};

bool set_non_blocking(int descriptor) { return ::fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0; }

struct SpawnSettings {
  posix_spawn_file_actions_t actions{};
  posix_spawnattr_t attributes{};
  SpawnSettings() {
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
  // Three streams, no other descriptor, no blocked or ignored signal, a session of its own.
  bool set(const Pipe& in, const Pipe& out, const Pipe& err, const std::filesystem::path& folder) {
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    constexpr auto kFlags = POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    return posix_spawn_file_actions_adddup2(&actions, in.reading, 0) == 0 &&
           posix_spawn_file_actions_adddup2(&actions, out.writing, 1) == 0 &&
           posix_spawn_file_actions_adddup2(&actions, err.writing, 2) == 0 &&
           posix_spawn_file_actions_addclosefrom_np(&actions, 3) == 0 &&
           (folder.empty() || posix_spawn_file_actions_addchdir_np(&actions, folder.c_str()) == 0) &&
           posix_spawnattr_setsigmask(&attributes, &none) == 0 &&
           posix_spawnattr_setsigdefault(&attributes, &all) == 0 && posix_spawnattr_setflags(&attributes, kFlags) == 0;
  }
};

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (std::string& text : texts) {
    all.push_back(text.data());
  }
  all.push_back(nullptr);
  return all;
}

std::vector<std::string> environment_of(const McpProgram& program, std::map<std::string, std::string> variables) {
  for (const auto& [name, value] : program.environment) {
    variables[name] = value.reveal();
  }
  std::vector<std::string> lines;
  for (const auto& [name, value] : variables) {
    lines.push_back(name);
    lines.back() += '=';
    lines.back() += value;
  }
  return lines;
}

}  // namespace

ChildProgram::ChildProgram(ChildProgram&& other) noexcept
    : process_(std::exchange(other.process_, -1)),
      input_(std::exchange(other.input_, -1)),
      output_(std::exchange(other.output_, -1)),
      errors_(std::exchange(other.errors_, -1)),
      grace_(other.grace_) {}

ChildProgram& ChildProgram::operator=(ChildProgram&& other) noexcept {
  std::swap(process_, other.process_);
  std::swap(input_, other.input_);
  std::swap(output_, other.output_);
  std::swap(errors_, other.errors_);
  std::swap(grace_, other.grace_);
  return *this;
}

Result<ChildProgram> ChildProgram::start(const McpProgram& program,
                                         const std::map<std::string, std::string>& environment, milliseconds grace) {
  Pipe in;
  Pipe out;
  Pipe err;
  SpawnSettings settings;
  if (!in.open() || !out.open() || !err.open() || !settings.set(in, out, err, program.folder)) {
    return fail(ErrorCode::unavailable, format_text("no pipe to a program: {}", std::strerror(errno)));
  }
  std::vector<std::string> words{program.command};
  words.insert(words.end(), program.arguments.begin(), program.arguments.end());
  std::vector<std::string> variables = environment_of(program, environment);
  ChildProgram child;
  child.grace_ = grace;
  const int failed = ::posix_spawnp(&child.process_, program.command.c_str(), &settings.actions, &settings.attributes,
                                    pointers(words).data(), pointers(variables).data());
  if (failed != 0) {
    child.process_ = -1;
    return fail(failed == ENOENT ? ErrorCode::not_found : ErrorCode::unavailable,
                format_text("'{}' cannot be started{}: {}", shown(program.command),
                            program.folder.empty() ? "" : " in '" + shown(program.folder.string()) + "'",
                            std::strerror(failed)),
                failed == ENOENT ? "install it, or write its whole path" : "");
  }
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(child.process_), ::getpriority(PRIO_PROCESS, 0) + kToolNiceness);
  child.input_ = std::exchange(in.writing, -1);
  child.output_ = std::exchange(out.reading, -1);
  child.errors_ = std::exchange(err.reading, -1);
  if (!set_non_blocking(child.input_) || !set_non_blocking(child.output_) || !set_non_blocking(child.errors_)) {
    return fail(ErrorCode::unavailable, "a pipe to a program cannot be used");
  }
  return child;
}

// A closed pipe shall be an error of this call and no signal, whatever the process does about SIGPIPE.
Result<std::size_t> ChildProgram::write(std::string_view bytes) {
  sigset_t pipe_signal;
  sigset_t before;
  sigset_t pending;
  sigemptyset(&pipe_signal);
  sigaddset(&pipe_signal, SIGPIPE);
  sigpending(&pending);
  const bool was_pending = sigismember(&pending, SIGPIPE) == 1;
  pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
  const ssize_t count = ::write(input_, bytes.data(), bytes.size());
  const int error = errno;
  if (count < 0 && error == EPIPE && !was_pending) {
    const timespec now{};
    sigtimedwait(&pipe_signal, nullptr, &now);
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (count >= 0) {
    return static_cast<std::size_t>(count);
  }
  if (error == EAGAIN || error == EINTR) {
    return 0;
  }
  return fail(ErrorCode::unavailable, "it does not read its input any more");
}

bool ChildProgram::read(int stream, std::string& bytes) {
  std::array<char, 65'536> piece{};
  const ssize_t count = ::read(stream, piece.data(), piece.size());
  if (count > 0) {
    bytes.append(piece.data(), static_cast<std::size_t>(count));
  }
  return count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR));
}

bool ChildProgram::has_ended(std::string& how) const {
  siginfo_t info{};
  if (process_ < 0 || ::waitid(P_PID, static_cast<id_t>(process_), &info, WEXITED | WNOHANG | WNOWAIT) != 0) {
    how = "it is gone";
    return true;
  }
  if (info.si_pid == 0) {
    return false;
  }
  how = format_text("{} {}", info.si_code == CLD_EXITED ? "exit status" : "signal", info.si_status);
  return true;
}

bool ChildProgram::waits_for_end() const {
  const auto end = steady_clock::now() + grace_;
  std::string how;
  std::string ignored;
  while (!has_ended(how)) {
    if (steady_clock::now() >= end) {
      return false;
    }
    std::this_thread::sleep_for(milliseconds(5));
    (void)read(output_, ignored);
    (void)read(errors_, ignored);
    ignored.clear();
  }
  return true;
}

// The group is told to end while its leader's number is still taken: nobody else can be hit.
void ChildProgram::end() {
  if (process_ < 0) {
    return;
  }
  close_now(input_);
  if (!waits_for_end()) {
    ::kill(-process_, SIGTERM);
    (void)waits_for_end();
  }
  ::kill(-process_, SIGKILL);
  while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
  }
  process_ = -1;
  close_now(output_);
  close_now(errors_);
}

}  // namespace puna::tools
