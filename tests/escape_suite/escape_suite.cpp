// escape_suite [--tier A|B] [--as-user] [--quick]: every row of the list of attempts to leave the sandbox, each in a
// fresh one, each with its control (--quick: without most controls). Prints the table, then one line that sums it up.
//
// Exit status  0  every attempt was refused as it should be, and every control shows that the attempt is a real one
//              1  one was not
//              75 this machine does not have the tier: nothing is proven
//
// The program starts itself again where the sandbox is to be tried: as another user, or in a user namespace in which no
// further one can be made (tier B).
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <fstream>
#include <iostream>
#include <optional>

#include "suite.h"

namespace escape {
namespace {

namespace fs = std::filesystem;
using puna::format_text;
using puna::SandboxTier;

constexpr int kInconclusive = 75;
constexpr uid_t kPlainUser = 64'999;
constexpr const char* kSecret = "canary-secret-4f1c";

struct Wanted {
  SandboxTier tier = SandboxTier::a;
  bool as_user = false;
  bool is_quick = false;
  std::string inside;  // the prepared folder: this is the program that tries
};

[[noreturn]] void give_up(const std::string& why) {
  std::cout << "skipped: " << why << "\nescape suite: inconclusive, nothing is proven\n";
  std::exit(kInconclusive);
}

std::optional<Wanted> read_words(std::span<char*> words) {
  Wanted wanted;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string_view word = words[i];
    const std::string_view next = i + 1 < words.size() ? words[i + 1] : "";
    if (word == "--as-user") {
      wanted.as_user = true;
    } else if (word == "--quick") {
      wanted.is_quick = true;
    } else if (word == "--tier" && (next == "A" || next == "B")) {
      wanted.tier = next == "A" ? SandboxTier::a : SandboxTier::b;
      ++i;
    } else if (word == "--inside" && !next.empty()) {
      wanted.inside = next;
      ++i;
    } else {
      return std::nullopt;
    }
  }
  return wanted;
}

// ---- outside: folders, another user, a namespace ------------------------------------------------------------------

void write(const fs::path& file, std::string_view text, fs::perms mode) {
  std::ofstream(file) << text;
  fs::permissions(file, mode);
}

fs::path program_folder() { return fs::read_symlink("/proc/self/exe").parent_path(); }

// A copy of the probe that makes a user root, and one that gives capabilities; root can make them.
void make_gain(const fs::path& folder) {
  const fs::path gain = folder / "gain";
  fs::create_directory(gain);
  for (const char* name : {"gain_user", "gain_capability", "escape_probe"}) {
    fs::copy_file(program_folder() / "escape_probe", gain / name);
    ::chmod((gain / name).c_str(), 0755);
  }
  // Source: the kernel's linux/capability.h: VFS_CAP_REVISION_2 with the effective bit; bit 13 is CAP_NET_RAW.
  constexpr std::array<std::uint32_t, 5> kCapability{0x02000001, 1U << 13U, 0, 0, 0};
  if (::geteuid() == 0 && ::chmod((gain / "gain_user").c_str(), 04755) == 0 &&
      ::setxattr((gain / "gain_capability").c_str(), "security.capability", kCapability.data(), sizeof kCapability,
                 0) == 0) {
    write(gain / "made-by-root", "", fs::perms::all);
  }
}

fs::path prepare() {
  std::string pattern = "/var/tmp/puna-escape-XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr) {
    give_up("there is no folder to be made in /var/tmp");
  }
  const fs::path folder = pattern;
  for (const char* name : {"bin", "home", "host"}) {
    fs::create_directory(folder / name);
  }
  fs::create_directory(folder / "system");
  fs::permissions(folder, fs::perms::all);
  fs::permissions(folder / "system", fs::perms::all);
  fs::permissions(folder / "host", fs::perms::all);
  fs::copy_file(program_folder() / "escape_probe", folder / "bin" / "escape_probe");
  write(folder / "canary", "canary", fs::perms::owner_all | fs::perms::group_all | fs::perms::others_all);
  write(folder / "shadow", "root:*:", fs::perms::owner_read);  // where the system has none
  make_gain(folder);
  return folder;
}

bool write_whole(const std::string& file, const std::string& text) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_CLOEXEC);
  const bool done = fd >= 0 && ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  ::close(fd);
  return done;
}

// The maps of a child's user namespace, from outside: everything for root, themselves for others.
bool map_users(pid_t child) {
  const std::string folder = format_text("/proc/{}/", child);
  if (::geteuid() != 0) {
    return write_whole(folder + "uid_map", format_text("{0} {0} 1", ::geteuid())) &&
           write_whole(folder + "setgroups", "deny") &&
           write_whole(folder + "gid_map", format_text("{0} {0} 1", ::getegid()));
  }
  for (const char* kind : {"uid_map", "gid_map"}) {
    std::ifstream own(format_text("/proc/self/{}", kind));
    std::string text;
    std::uint64_t first = 0;
    std::uint64_t outside = 0;
    std::uint64_t count = 0;
    while (own >> first >> outside >> count) {
      text += format_text("{0} {0} {1}\n", first, count);
    }
    if (!write_whole(folder + kind, text)) {
      return false;
    }
  }
  return true;
}

void become_user() {
  if (::geteuid() == 0 && (::setgroups(0, nullptr) != 0 || ::setresgid(kPlainUser, kPlainUser, kPlainUser) != 0 ||
                           ::setresuid(kPlainUser, kPlainUser, kPlainUser) != 0)) {
    give_up(format_text("user {} cannot be taken on", kPlainUser));
  }
  ::prctl(PR_SET_DUMPABLE, 1);  // as a program that this user had started
}

// In the child: the place where the sandbox is to be tried, then this program again.
[[noreturn]] void enter(const Wanted& wanted, const fs::path& folder, int mapped) {
  if (wanted.tier == SandboxTier::b) {
    char byte = 0;
    if (::unshare(CLONE_NEWUSER) != 0 || ::write(mapped, &byte, 1) != 1 || ::read(mapped, &byte, 1) != 1 ||
        !write_whole("/proc/sys/user/max_user_namespaces", "0")) {
      give_up(format_text("no user namespace without further ones can be made: {}", std::strerror(errno)));
    }
  }
  if (wanted.as_user) {
    become_user();
  }
  ::close(mapped);
  ::setenv("PUNA_ESCAPE_SECRET", kSecret, 1);
  const std::string self = fs::read_symlink("/proc/self/exe");
  const char* tier = wanted.tier == SandboxTier::a ? "A" : "B";
  const char* last = wanted.is_quick ? "--quick" : nullptr;
  ::execl(self.c_str(), self.c_str(), "--inside", folder.c_str(), "--tier", tier, last, static_cast<char*>(nullptr));
  give_up("the suite cannot be started again");
}

int start(const Wanted& wanted) {
  const fs::path folder = prepare();
  std::array<int, 2> pair{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) != 0) {
    give_up("no socket pair");
  }
  std::cout.flush();
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(pair[0]);
    enter(wanted, folder, pair[1]);
  }
  ::close(pair[1]);
  char byte = 0;
  if (wanted.tier == SandboxTier::b && ::read(pair[0], &byte, 1) == 1 && map_users(child)) {
    (void)!::write(pair[0], &byte, 1);
  }
  ::shutdown(pair[0], SHUT_RDWR);
  int status = 0;
  ::waitpid(child, &status, 0);
  std::error_code ignored;
  fs::remove_all(folder, ignored);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

// ---- inside -------------------------------------------------------------------------------------------------------

int listener(int family, const sockaddr* address, socklen_t size, int type) {
  const int fd = ::socket(family, type | SOCK_CLOEXEC, 0);
  if (fd < 0 || ::bind(fd, address, size) != 0 || (type == SOCK_STREAM && ::listen(fd, 16) != 0)) {
    give_up(format_text("no socket to be found: {}", std::strerror(errno)));
  }
  return fd;
}

int unix_listener(const std::string& name, bool is_abstract, int type) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path + (is_abstract ? 1 : 0), name.c_str(), name.size());
  const std::size_t size = offsetof(sockaddr_un, sun_path) + name.size() + 1;
  const int fd = listener(AF_UNIX, reinterpret_cast<const sockaddr*>(&address),
                          static_cast<socklen_t>(is_abstract ? size : size - 1), type);
  if (!is_abstract) {
    ::chmod(name.c_str(), 0777);
  }
  return fd;
}

std::string first_device() {
  for (const char* name : {"/dev/nvidia0", "/dev/dri/renderD128", "/dev/fuse", "/dev/loop0"}) {
    if (fs::exists(name)) {
      return name;
    }
  }
  return "/dev/kmsg";
}

Surroundings look_around(const Wanted& wanted) {
  const fs::path folder = wanted.inside;
  sockaddr_in loopback{};
  loopback.sin_family = AF_INET;
  loopback.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int tcp = listener(AF_INET, reinterpret_cast<const sockaddr*>(&loopback), sizeof loopback, SOCK_STREAM);
  socklen_t size = sizeof loopback;
  ::getsockname(tcp, reinterpret_cast<sockaddr*>(&loopback), &size);
  const std::string abstract = folder.filename().string();
  unix_listener(abstract, true, SOCK_STREAM);
  unix_listener((folder / "stream.sock").string(), false, SOCK_STREAM);
  unix_listener((folder / "datagram.sock").string(), false, SOCK_DGRAM);
  return {.folder = folder,
          .is_user = ::geteuid() != 0,
          .is_nested = ::geteuid() == 0 && wanted.tier == SandboxTier::b,
          .no_new_privs = ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1,
          .is_quick = wanted.is_quick,
          .environment = {{"CANARY", (folder / "canary").string()},
                          {"SHADOW", fs::exists("/etc/shadow") ? "/etc/shadow" : (folder / "shadow").string()},
                          {"HOST_PID", std::to_string(::getpid())},
                          {"HOST_HOME", (folder / "home").string()},
                          {"SYSTEM_A", "/usr"},
                          {"SYSTEM_B", "/etc"},
                          {"SYSTEM_C", "/"},
                          {"SYSTEM_D", (folder / "system").string()},
                          {"HOST_PORT", std::to_string(ntohs(loopback.sin_port))},
                          {"HOST_ABSTRACT", abstract},
                          {"HOST_SOCKET", (folder / "stream.sock").string()},
                          {"HOST_DATAGRAM", (folder / "datagram.sock").string()},
                          {"HOST_DEVICE", "/dev/kmsg"},
                          {"GPU_DEVICE", first_device()}}};
}

Boxes open_boxes(const Surroundings& around, SandboxTier tier) {
  puna::SandboxOptions options{.tier_max = tier, .readable = {around.folder / "bin", around.folder / "system"}};
  auto product = puna::Sandbox::open(options);
  options.helper = program_folder() / (std::string(puna::sandbox::kHelperName) + "-faults");
  auto faulty = puna::Sandbox::open(options);
  if (!product || !faulty) {
    give_up(!product ? product.error().message : faulty.error().message);
  }
  if (product->probe().tier != tier) {
    give_up(format_text("there is no tier {} here: {}", name_of(tier), product->probe().problem));
  }
  return {.product = *std::move(product), .faulty = *std::move(faulty)};
}

struct Counts {
  std::array<int, 5> of{};
  void add(Verdict verdict) { ++of[static_cast<std::size_t>(verdict)]; }
  [[nodiscard]] int operator[](Verdict verdict) const { return of[static_cast<std::size_t>(verdict)]; }
};

void print(int number, std::string_view attempt, const RowResult& result) {
  constexpr std::array<std::string_view, 5> kWords{"refused", "ESCAPED", "NO CONTROL", "skipped", "documented"};
  std::cout << format_text("{:>2}  {:<11} {:<52} {}\n", number, kWords[static_cast<std::size_t>(result.verdict)],
                           attempt, result.found);
  if (!result.control.empty()) {
    std::cout << format_text("{:>16}control: {}\n", "", result.control);
  }
  std::cout.flush();
}

int try_all(const Wanted& wanted) {
  const Surroundings around = look_around(wanted);
  Boxes boxes = open_boxes(around, wanted.tier);
  // By number, so that the table reads as the list does.
  std::map<int, std::pair<const char*, std::function<RowResult()>>> all;
  for (const Row& row : rows()) {
    all[row.number] = {row.attempt, [&] { return try_row(row, around, boxes); }};
  }
  for (const auto* list : {&process_rows(), &python_rows()}) {
    for (const SpecialRow& row : *list) {
      all[row.number] = {row.attempt, [&] { return row.attempt_it(around, boxes); }};
    }
  }
  Counts counts;
  int uncontrolled = 0;
  const auto begin = std::chrono::steady_clock::now();
  for (const auto& [number, row] : all) {
    const RowResult result = row.second();
    counts.add(result.verdict);
    uncontrolled += result.verdict == Verdict::refused && !result.is_controlled ? 1 : 0;
    print(number, row.first, result);
  }
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - begin);
  const std::string controls =
      wanted.is_quick ? "most controls left out"
                      : format_text("{} without a working control, {} whose control this caller cannot have",
                                    counts[Verdict::control_failed], uncontrolled);
  std::cout << format_text(
      "escape suite, tier {} as {}: {} rows, {} refused, {} escaped, {}, {} skipped, {} documented, {} s\n",
      name_of(wanted.tier), around.is_user ? "a user" : "root", all.size(), counts[Verdict::refused],
      counts[Verdict::escaped], controls, counts[Verdict::skipped], counts[Verdict::documented], seconds.count());
  const bool met = all.size() == 60 && counts[Verdict::refused] == 59 && counts[Verdict::documented] == 1;
  return met ? 0 : 1;
}

}  // namespace
}  // namespace escape

int main(int count, char** words) {
  const auto wanted = escape::read_words(std::span(words, static_cast<std::size_t>(count)));
  if (!wanted) {
    std::cerr << "escape_suite [--tier A|B] [--as-user] [--quick]\n";
    return 2;
  }
  return wanted->inside.empty() ? escape::start(*wanted) : escape::try_all(*wanted);
}
