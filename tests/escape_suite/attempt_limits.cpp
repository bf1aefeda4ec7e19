// Taking more than is given, and living longer.
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <string>
#include <vector>

#include "attempts.h"

namespace escape {
namespace {

constexpr std::size_t kMebibyte = 1U << 20U;

// 64 files of 1 MiB: over the sized tmpfs, below every other limit.
void fill(const std::string& folder) {
  const std::string block(kMebibyte, 'x');
  std::vector<std::string> names;
  bool failed = false;
  for (int i = 0; i < 64 && !failed; ++i) {
    names.push_back(folder + "/puna-escape-" + std::to_string(i));
    const int fd = ::open(names.back().c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    failed = fd < 0 || ::write(fd, block.data(), block.size()) != static_cast<ssize_t>(block.size());
    if (failed && fd >= 0) {
      failed = ::write(fd, block.data(), block.size()) < 0;  // a short write says why with the next one
    }
    if (failed) {
      tell("fill", -1);
    }
    ::close(fd);
  }
  for (const std::string& name : names) {
    ::unlink(name.c_str());
  }
  if (!failed) {
    tell("fill", 0);
  }
}

void many_files() {
  std::vector<std::string> names;
  int error = 0;
  for (int i = 0; i < 4000 && error == 0; ++i) {
    names.push_back(given("TMPDIR") + "/tiny-" + std::to_string(i));
    const int fd = ::open(names.back().c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    error = fd < 0 ? errno : 0;
    ::close(fd);
  }
  for (const std::string& name : names) {
    ::unlink(name.c_str());
  }
  print("files", error == 0 ? "unlimited" : strerrorname_np(error));
}

void raise_limits() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_max = 512;
  limit.rlim_cur = 512;
  tell("descriptors", ::setrlimit(RLIMIT_NOFILE, &limit));
  tell("nice", ::setpriority(PRIO_PROCESS, 0, -5));
}

void take_memory() {
  constexpr std::size_t kBytes = 600U << 20U;
  void* memory = ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  tell("map", memory == MAP_FAILED ? -1 : 0);
}

void fork_often() {
  std::vector<pid_t> children;
  int error = 0;
  for (int i = 0; i < 100 && error == 0; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      for (;;) {
        ::pause();
      }
    }
    error = child < 0 ? errno : 0;
    if (child > 0) {
      children.push_back(child);
    }
  }
  tell_error("fork", error);  // the children are left to the supervisor
}

void open_many() {
  int error = 0;
  for (int i = 0; i < 500 && error == 0; ++i) {
    error = ::open("/dev/null", O_RDONLY | O_CLOEXEC) < 0 ? errno : 0;
  }
  tell_error("open", error);
}

// A daemon by the book, which beats a file for ever; its parent sleeps on, deaf to SIGTERM.
[[noreturn]] void outlive() {
  ::signal(SIGTERM, SIG_IGN);
  ::signal(SIGHUP, SIG_IGN);
  if (::fork() == 0) {
    ::setsid();
    if (::fork() == 0) {
      for (int fd = 0; fd < 64; ++fd) {
        ::close(fd);
      }
      while (::access("stop", F_OK) != 0) {
        const int beat = ::open("beat", O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0666);
        [[maybe_unused]] const ssize_t written = ::write(beat, "x", 1);
        ::close(beat);
        ::usleep(5000);
      }
    }
    ::_exit(0);
  }
  for (;;) {
    ::pause();
  }
}

// Forks and ends, for ever: no list of processes is ever up to date.
[[noreturn]] void run_away() {
  while (::access("stop", F_OK) != 0) {
    const pid_t child = ::fork();
    if (child > 0) {
      ::_exit(0);
    }
    const int beat = ::open("beat", O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0666);
    [[maybe_unused]] const ssize_t written = ::write(beat, "x", 1);
    ::close(beat);
  }
  ::_exit(0);
}

}  // namespace

bool attempt_limits(int row) {
  switch (row) {
    case 11:
      fill("/dev/shm");
      return true;
    case 44:
      raise_limits();
      return true;
    case 45:
      take_memory();
      return true;
    case 46:
      fork_often();
      return true;
    case 47: {
      const int fd = ::open("large", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
      tell("large", ::pwrite(fd, "x", 1, 65L << 20U));
      ::close(fd);
      ::unlink("large");
      many_files();
      return true;
    }
    case 48:
      open_many();
      return true;
    case 49:  // a stream without lines: terminal escapes, half characters, zeros
      for (;;) {
        static const std::string junk = [] {
          std::string text;
          while (text.size() < kMebibyte) {
            text += std::string("\x1b]0;owned\x07\xff\xfe\0\xc3", 13);
          }
          return text;
        }();
        if (::write(1, junk.data(), junk.size()) < 0) {
          return true;
        }
      }
    case 50:
      outlive();
    case 150:
      if (::fork() == 0) {
        run_away();
      }
      for (;;) {
        ::pause();
      }
    case 51:
      ::raise(SIGSTOP);
      return true;
    case 151:
      for (volatile unsigned i = 0;; i = i + 1) {
      }
    default:
      return false;
  }
}

}  // namespace escape
