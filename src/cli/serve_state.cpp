// See serve_state.h.
#include "cli/serve_state.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>

#include "cli/equipment.h"

namespace puna::cli {
namespace {

constexpr std::size_t kEntryBytesMax = 65'536;

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::string text;
  for (std::istreambuf_iterator<char> byte(in), end; byte != end && text.size() < kEntryBytesMax; ++byte) {
    text += *byte;
  }
  return text;
}

bool is_own_file(const std::filesystem::path& file) {
  struct stat facts{};
  return ::lstat(file.c_str(), &facts) == 0 && S_ISREG(facts.st_mode) && facts.st_uid == ::geteuid();
}

std::optional<RunningServer> read_entry(const std::filesystem::path& file) {
  const Result<Json> json = Json::parse(text_of(file));
  if (!json || !is_own_file(file)) {
    return std::nullopt;
  }
  const Json* pid = json->find("pid");
  const Json* started = json->find("started");
  if (pid == nullptr || started == nullptr || !pid->is_integer() || !started->is_integer() || pid->as_integer() < 2 ||
      !std::in_range<int>(pid->as_integer())) {
    return std::nullopt;
  }
  return RunningServer{.pid = static_cast<int>(pid->as_integer()),
                       .started = static_cast<std::uint64_t>(started->as_integer()),
                       .url = std::string(json->text_or("url")),
                       .model = std::string(json->text_or("model"))};
}

}  // namespace

std::filesystem::path servers_folder() {
  const std::filesystem::path state = state_folder();
  return state.empty() ? state : state / "servers";
}

std::optional<std::uint64_t> start_of(int pid) {
  const std::string text = text_of(format_text("/proc/{}/stat", pid));
  // The name in parentheses may hold anything; field 22 is counted from behind it.
  std::size_t at = text.rfind(')');
  constexpr int kFieldsBetween = 20;
  for (int i = 0; i < kFieldsBetween && at != std::string::npos; ++i) {
    at = text.find(' ', at + 1);
  }
  std::uint64_t ticks = 0;
  if (at == std::string::npos ||
      std::from_chars(text.data() + at + 1, text.data() + text.size(), ticks).ec != std::errc()) {
    return std::nullopt;
  }
  return ticks;
}

Result<ServerEntry> ServerEntry::write(const std::string& url, const std::string& model) {
  const std::filesystem::path folder = servers_folder();
  if (folder.empty()) {
    return fail(ErrorCode::io, "there is no state folder: neither XDG_STATE_HOME nor HOME is set");
  }
  std::error_code code;
  std::filesystem::create_directories(folder, code);
  if (!code) {
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all, code);
  }
  const int pid = ::getpid();
  std::filesystem::path file = folder / format_text("{}.json", pid);
  const std::filesystem::path unfinished = folder / format_text("{}.new", pid);
  const std::string text =
      Json::object({{"pid", pid}, {"started", start_of(pid).value_or(0)}, {"url", url}, {"model", model}}).dump() +
      "\n";
  const int descriptor = ::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
  const bool is_written = descriptor >= 0 && ::write(descriptor, text.data(), text.size()) == std::ssize(text);
  if (descriptor >= 0) {
    ::close(descriptor);
  }
  if (!is_written || ::rename(unfinished.c_str(), file.c_str()) != 0) {
    return fail(ErrorCode::io, format_text("'{}' cannot be written: {}", file.string(), std::strerror(errno)));
  }
  return ServerEntry(std::move(file));
}

ServerEntry::~ServerEntry() {
  if (!file_.empty()) {
    std::error_code ignored;
    std::filesystem::remove(file_, ignored);
  }
}

std::vector<RunningServer> running_servers() {
  std::vector<RunningServer> servers;
  std::error_code code;
  for (const auto& item : std::filesystem::directory_iterator(servers_folder(), code)) {
    if (item.path().extension() != ".json") {
      continue;
    }
    const std::optional<RunningServer> server = read_entry(item.path());
    if (server && start_of(server->pid) == server->started) {
      servers.push_back(*server);
    } else if (is_own_file(item.path())) {
      std::error_code ignored;
      std::filesystem::remove(item.path(), ignored);
    }
  }
  return servers;
}

Result<void> end_server(const RunningServer& server, std::chrono::milliseconds time_max) {
  // The descriptor stays with one process, whatever becomes of its number; what it is, is looked at afterwards.
  const int process = static_cast<int>(::syscall(SYS_pidfd_open, server.pid, 0));
  if (process < 0 || start_of(server.pid) != server.started) {
    if (process >= 0) {
      ::close(process);
    }
    return fail(ErrorCode::not_found, format_text("process {} is no server any more", server.pid));
  }
  Result<void> ended;
  if (::syscall(SYS_pidfd_send_signal, process, SIGTERM, nullptr, 0) != 0) {
    ended = fail(ErrorCode::io, format_text("process {} cannot be signalled: {}", server.pid, std::strerror(errno)));
  } else {
    pollfd waiting{.fd = process, .events = POLLIN, .revents = 0};
    if (::poll(&waiting, 1, static_cast<int>(time_max.count())) <= 0) {
      ended = fail(ErrorCode::limit, format_text("process {} still finishes what it has after {} s", server.pid,
                                                 std::chrono::duration_cast<std::chrono::seconds>(time_max).count()));
    }
  }
  ::close(process);
  return ended;
}

}  // namespace puna::cli
