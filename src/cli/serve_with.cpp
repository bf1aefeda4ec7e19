// See serve_with.h.
// Source: llama-server --help (0.7.0).
#include "cli/serve_with.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "cli/commands.h"
#include "cli/servers.h"
#include "puna/model/forwarding_model.h"
#include "puna/model/remote_model.h"

namespace puna::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kLook{50};      // between two looks whether it is healthy
constexpr milliseconds kToEnd{5'000};  // after SIGTERM
constexpr int kNoProgram = 127;
constexpr int kTries = 3;  // another program may take the port in between
constexpr std::size_t kLinesShown = 8;
constexpr std::size_t kLogBytesShown = 4'096;

// 0: none can be had.
std::uint16_t free_port() {
  const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* any = reinterpret_cast<sockaddr*>(&address);
  const bool is_bound = ::bind(probe, any, size) == 0 && ::getsockname(probe, any, &size) == 0;
  ::close(probe);
  return is_bound ? ntohs(address.sin_port) : 0;
}

std::vector<std::string> words_of(const Options& options, const std::string& file, std::uint16_t port) {
  std::vector<std::string> words{options.server.serve_with, "-m", file, "--host", "127.0.0.1", "--port",
                                 std::to_string(port)};
  const auto add = [&words](std::string_view flag, int value, int otherwise) {
    if (value != otherwise) {
      words.emplace_back(flag);
      words.push_back(std::to_string(value));
    }
  };
  add("-c", options.engine.window_tokens, 0);
  add("-t", options.engine.threads, 0);
  add("-tb", options.engine.threads_batch, 0);
  add("-ngl", options.gpu_layers, -1);
  if (!options.mmproj_file.empty()) {
    words.insert(words.end(), {"--mmproj", options.mmproj_file});
  }
  for (const std::string& device : options.devices) {
    words.insert(words.end(), {"--device", device});
  }
  return words;
}

// A child process with a log that has no name.
class Child {
 public:
  explicit Child(std::vector<std::string> words) : log_(std::tmpfile()) {
    std::vector<char*> argv;
    argv.reserve(words.size() + 1);
    for (std::string& word : words) {
      argv.push_back(word.data());
    }
    argv.push_back(nullptr);
    const int output = log_ == nullptr ? STDERR_FILENO : ::fileno(log_);
    const pid_t parent = ::getpid();
    pid_ = ::fork();
    if (pid_ == 0) {
      run(argv.data(), output, parent);
    }
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    end();
    if (log_ != nullptr) {
      static_cast<void>(std::fclose(log_));
    }
  }

  // Its status, once: after that it counts as ended.
  [[nodiscard]] std::optional<int> ended() {
    int status = 0;
    if (pid_ > 0 && ::waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = -1;
      return status;
    }
    return pid_ > 0 ? std::optional<int>() : -1;
  }
  [[nodiscard]] std::string last_lines() const {
    std::string text(kLogBytesShown, '\0');
    const off_t size = log_ == nullptr ? 0 : ::lseek(::fileno(log_), 0, SEEK_END);
    const off_t from = std::max<off_t>(0, size - static_cast<off_t>(kLogBytesShown));
    const ssize_t count = log_ == nullptr ? 0 : ::pread(::fileno(log_), text.data(), text.size(), from);
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(0, count)));
    std::size_t start = text.size();
    for (std::size_t lines = 0; lines <= kLinesShown && start != std::string::npos && start > 0; ++lines) {
      start = text.rfind('\n', start - 1);
    }
    return utf8::sanitize(start == std::string::npos || start == 0 ? text : text.substr(start + 1));
  }

 private:
  // In the child, between fork and exec.
  [[noreturn]] static void run(char** argv, int output, pid_t parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) {
      ::_exit(1);
    }
    ::setsid();  // Ctrl-C is for us: we end it
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::dup2(::open("/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO);
    ::dup2(output, STDOUT_FILENO);
    ::dup2(output, STDERR_FILENO);
    ::execvp(argv[0], argv);
    ::_exit(kNoProgram);
  }
  void end() {
    if (pid_ <= 0) {
      return;
    }
    ::kill(pid_, SIGTERM);
    const auto deadline = steady_clock::now() + kToEnd;
    while (!ended()) {
      if (steady_clock::now() > deadline) {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
        pid_ = -1;
        return;
      }
      std::this_thread::sleep_for(kLook);
    }
  }

  std::FILE* log_;
  pid_t pid_ = -1;
};

// The model of a server that lives as long as it.
class OwnServer final : public ForwardingModel {
 public:
  OwnServer(std::unique_ptr<Child> child, std::unique_ptr<Model> model)
      : ForwardingModel(*model), child_(std::move(child)), model_(std::move(model)) {}

 private:
  std::unique_ptr<Child> child_;
  std::unique_ptr<Model> model_;  // ends first
};

Error ended_early(const Options& options, int status, const Child& child) {
  const std::string& program = options.server.serve_with;
  if (WIFEXITED(status) && WEXITSTATUS(status) == kNoProgram) {
    return {.code = ErrorCode::not_found,
            .message = format_text("there is no program '{}' here", program),
            .hint = "install llama.cpp's server, or give its path: --serve-with /path/to/llama-server"};
  }
  return {.code = ErrorCode::unavailable,
          .message = format_text("{} ended while it started; its last lines:\n{}", program, child.last_lines()),
          .hint = "puna show FILE says whether the file is a model"};
}

// Waits until it is healthy, or has ended, or Ctrl-C.
Result<void> wait_until_healthy(const Options& remote, Interrupt& interrupt, Child& child) {
  const Interrupt::Scope scope(interrupt);
  while (!RemoteModel::open({.urls = remote.server.urls, .times = {.loading = kLook}, .retries = {.attempts_max = 1}},
                            scope.token())) {
    if (scope.token().stop_requested()) {
      return fail(ErrorCode::cancelled, "asked to stop while the server was starting");
    }
    if (const std::optional<int> status = child.ended()) {
      return std::unexpected(ended_early(remote, *status, child));
    }
    std::this_thread::sleep_for(kLook);
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Model>> serve_with(Console& console, const Options& options, Interrupt& interrupt) {
  PUNA_TRY(const std::filesystem::path file, model_file(options));
  PUNA_TRY_VOID(Weights::inspect(file));
  console.err(format_text("start  {} on {}\n", options.server.serve_with, file.filename().string()), Style::dim);
  for (int i = 1;; ++i) {
    const std::uint16_t port = free_port();
    Options remote = options;
    remote.server.urls = {format_text("http://127.0.0.1:{}", port)};
    auto child = std::make_unique<Child>(words_of(options, file.string(), port));
    auto healthy = wait_until_healthy(remote, interrupt, *child);
    if (healthy) {
      PUNA_TRY(std::unique_ptr<Model> model, open_servers(console, remote, interrupt));
      return std::make_unique<OwnServer>(std::move(child), std::move(model));
    }
    if (i == kTries || !child->last_lines().contains("bind")) {  // else the port was taken in between
      return std::unexpected(std::move(healthy).error());
    }
  }
}

}  // namespace puna::cli
