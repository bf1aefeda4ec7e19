// puna serve --detach, puna status, puna stop.
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fstream>
#include <iterator>
#include <thread>

#include "cli/commands.h"
#include "cli/serve_state.h"

namespace puna::cli {
namespace {

// This program's own words, without the one that brought it here.
std::vector<std::string> words_without_detach() {
  std::ifstream in("/proc/self/cmdline", std::ios::binary);
  const std::string all(std::istreambuf_iterator<char>(in), {});
  std::vector<std::string> words;
  for (std::size_t at = 0; at < all.size();) {
    const std::size_t end = std::min(all.find('\0', at), all.size());
    if (std::string word = all.substr(at, end - at); word != "--detach") {
      words.push_back(std::move(word));
    }
    at = end + 1;
  }
  return words;
}

// A process of its own session, whose output goes to the log.
Result<pid_t> start(const std::vector<std::string>& words, const std::string& log) {
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (const std::string& word : words) {
    arguments.push_back(const_cast<char*>(word.c_str()));  // posix_spawn changes none of them
  }
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
  posix_spawnattr_t how;
  posix_spawnattr_init(&how);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&how, &none);
  posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK);
  pid_t pid = 0;
  const int problem = ::posix_spawn(&pid, "/proc/self/exe", &files, &how, arguments.data(), environ);
  posix_spawnattr_destroy(&how);
  posix_spawn_file_actions_destroy(&files);
  if (problem != 0) {
    return fail(ErrorCode::io, format_text("the server cannot be started: {}", std::strerror(problem)));
  }
  return pid;
}

void show(Console& console, const RunningServer& server) {
  console.out(format_text("{}  process {}  {}\n", server.url, server.pid, server.model));
}

}  // namespace

Result<int> detach_command(Console& console, Interrupt& interrupt) {
  const std::filesystem::path folder = servers_folder();
  std::error_code code;
  std::filesystem::create_directories(folder, code);
  if (folder.empty() || code) {
    return fail(ErrorCode::io, "there is no state folder to write to", "set XDG_STATE_HOME or HOME");
  }
  const std::string log = (folder / format_text("{}.log", ::getpid())).string();
  PUNA_TRY(const pid_t pid, start(words_without_detach(), log));
  const Interrupt::Scope scope(interrupt);
  while (true) {
    for (const RunningServer& server : running_servers()) {
      if (server.pid == pid) {
        show(console, server);
        console.err(format_text("log    {}\n", log), Style::dim);
        return 0;
      }
    }
    int status = 0;
    if (::waitpid(pid, &status, WNOHANG) == pid) {
      PUNA_TRY(const std::string said, read_text_file(log, 1U << 20U));
      console.err(said);
      return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
    }
    if (scope.token().stop_requested()) {
      ::kill(pid, SIGTERM);  // our own child, not yet waited for: the number is still its
      return fail(ErrorCode::cancelled, "asked to stop while the server was starting");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

Result<int> status_command(Console& console) {
  const std::vector<RunningServer> servers = running_servers();
  for (const RunningServer& server : servers) {
    show(console, server);
  }
  if (servers.empty()) {
    console.err("no server of yours runs here\n");
  }
  return servers.empty() ? 1 : 0;
}

Result<int> stop_command(Console& console, const Options& options) {
  std::vector<RunningServer> servers = running_servers();
  if (options.serve.port != 0) {
    const std::string end = format_text(":{}", options.serve.port);
    std::erase_if(servers, [&end](const RunningServer& server) { return !server.url.ends_with(end); });
  }
  if (servers.empty()) {
    return fail(ErrorCode::not_found, "no such server of yours runs here", "puna status lists them");
  }
  if (servers.size() > 1) {
    return fail(ErrorCode::invalid_argument, format_text("{} servers run here", servers.size()),
                "name one with --port; puna status lists them");
  }
  PUNA_TRY_VOID(end_server(servers.front(), std::chrono::seconds(options.serve.drain_seconds)));
  console.out(format_text("{} has ended\n", servers.front().url));
  return 0;
}

}  // namespace puna::cli
