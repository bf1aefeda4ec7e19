// fork, exec, kill, wait. Between fork and exec only calls that are safe after fork in a process with threads.
#include "bench/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>

namespace puna::bench {
namespace {

struct Pipe {
  int read = -1;
  int write = -1;

  [[nodiscard]] static Result<Pipe> open() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
      return fail(ErrorCode::io, format_text("no pipe: {}", std::strerror(errno)));
    }
    return Pipe{.read = ends[0], .write = ends[1]};
  }
  void close_read() { close(read); }
  void close_write() { close(write); }

 private:
  static void close(int& end) {
    if (end >= 0) {
      ::close(std::exchange(end, -1));
    }
  }
};

// In the child: gone when the parent is, default signals. Kills itself when the parent died before it could ask.
void tie_to_parent(pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) {
    ::kill(::getpid(), SIGKILL);
  }
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
}

// In the child. Returns only when the program could not be started; errno says why.
void exec(char* const* argv, int out) {
  const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(out >= 0 ? out : nothing, STDOUT_FILENO);
  ::dup2(nothing, STDERR_FILENO);
  ::execvp(argv[0], argv);
}

}  // namespace

Result<ChildProcess> ChildProcess::start(const std::vector<std::string>& arguments, Output output) {
  std::vector<std::string> copies = arguments;
  std::vector<char*> argv;
  for (std::string& argument : copies) {
    argv.push_back(argument.data());
  }
  argv.push_back(nullptr);
  PUNA_TRY(Pipe failure, Pipe::open());  // closed by a successful exec; otherwise carries errno
  Pipe out;
  if (output == Output::kept) {
    auto opened = Pipe::open();
    if (!opened) {
      failure.close_read();
      failure.close_write();
      return std::unexpected(std::move(opened).error());
    }
    out = *opened;
  }
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid == 0) {
    tie_to_parent(parent);
    exec(argv.data(), out.write);
    const int why = errno;
    static_cast<void>(!::write(failure.write, &why, sizeof why));
    ::kill(::getpid(), SIGKILL);
  }
  failure.close_write();
  out.close_write();
  int why = pid < 0 ? errno : 0;
  static_cast<void>(!::read(failure.read, &why, sizeof why));
  failure.close_read();
  ChildProcess child(pid, out.read);
  if (pid < 0 || why != 0) {
    return fail(why == ENOENT ? ErrorCode::not_found : ErrorCode::io,
                format_text("'{}' cannot be started: {}", arguments.front(), std::strerror(why)));
  }
  return child;
}

Result<ChildProcess> ChildProcess::start_busy(int niceness) {
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid == 0) {
    tie_to_parent(parent);
    static_cast<void>(::nice(niceness));
    for (volatile unsigned counter = 0;;) {
      counter = counter + 1;
    }
  }
  if (pid < 0) {
    return fail(ErrorCode::io, format_text("no busy process: {}", std::strerror(errno)));
  }
  return ChildProcess(pid, -1);
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), out_(std::exchange(other.out_, -1)) {}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  if (this != &other) {
    end();
    pid_ = std::exchange(other.pid_, -1);
    out_ = std::exchange(other.out_, -1);
  }
  return *this;
}

ChildProcess::~ChildProcess() { end(); }

void ChildProcess::end() noexcept {
  if (out_ >= 0) {
    ::close(std::exchange(out_, -1));
  }
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
  }
}

bool ChildProcess::running() {
  siginfo_t info{};
  // WNOWAIT: it stays to be waited for by end().
  return pid_ > 0 && ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid == 0;
}

// Source: proc(5): the name in parentheses may hold anything; after it, fields 14 and 15 are utime and stime.
std::optional<long> parse_process_ticks(std::string_view text) {
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string_view::npos) {
    return std::nullopt;
  }
  constexpr int kUserField = 14;
  constexpr int kSystemField = 15;
  long ticks = 0;
  int field = 2;  // the name's
  const char* at = text.data() + name_end + 1;
  const char* end = text.data() + text.size();
  while (field < kSystemField) {
    while (at != end && *at == ' ') {
      ++at;
    }
    const char* word = at;
    while (at != end && *at != ' ') {
      ++at;
    }
    ++field;
    if (field >= kUserField) {
      long value = 0;
      if (std::from_chars(word, at, value).ec != std::errc{}) {
        return std::nullopt;
      }
      ticks += value;
    }
  }
  return ticks;
}

Result<double> ChildProcess::cpu_seconds() const {
  std::ifstream file(format_text("/proc/{}/stat", pid_));
  const std::string text(std::istreambuf_iterator<char>(file), {});
  const auto ticks = parse_process_ticks(text);
  if (!ticks) {
    return fail(ErrorCode::unavailable, format_text("the child process {} has no times: it has ended", pid_));
  }
  return static_cast<double>(*ticks) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

Result<std::string> ChildProcess::finish(const std::stop_token& stop) {
  PUNA_CHECK(out_ >= 0, "finish() reads an output that is kept");
  constexpr int kPollMs = 100;
  std::string text;
  std::array<char, 4096> block{};
  for (;;) {
    if (stop.stop_requested()) {
      return fail(ErrorCode::cancelled, "the benchmark was stopped");
    }
    pollfd ready{.fd = out_, .events = POLLIN, .revents = 0};
    if (::poll(&ready, 1, kPollMs) <= 0) {
      continue;
    }
    const ssize_t got = ::read(out_, block.data(), block.size());
    if (got == 0 || (got < 0 && errno != EINTR)) {
      break;
    }
    text.append(block.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  }
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    return fail(ErrorCode::unavailable, format_text("the child process ended with status {}", status));
  }
  return text;
}

}  // namespace puna::bench
