#include "sandbox/plan_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "sandbox/memory_file.h"

namespace puna::sandbox {
namespace {

namespace fs = std::filesystem;

// Programs and libraries. /etc is not among them: it names users and holds secrets.
constexpr auto kSystem =
    std::to_array<std::string_view>({"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"});
constexpr auto kSystemFiles = std::to_array<std::string_view>(
    {"/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/alternatives", "/etc/localtime"});
constexpr auto kDevices =
    std::to_array<std::string_view>({"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"});

// Where Debian's Python keeps what it reads at its start.
std::vector<std::string> python_folders() {
  std::vector<std::string> folders;
  std::error_code error;
  for (fs::directory_iterator at("/etc", error), end; !error && at != end; at.increment(error)) {
    if (at->path().filename().string().starts_with("python3")) {
      folders.push_back(at->path().string());
    }
  }
  return folders;
}

std::vector<std::string> bubblewrap_words(const Setup& setup, const OpenWorkspace& workspace) {
  std::vector<std::string> words{kBubblewrap,     "--unshare-pid",        "--unshare-net",    "--unshare-ipc",
                                 "--unshare-uts", "--unshare-cgroup-try", "--hostname",       "sandbox",
                                 "--as-pid-1",    "--new-session",        "--die-with-parent"};
  const auto add = [&words](std::initializer_list<std::string> more) { words.insert(words.end(), more); };
  if (!setup.is_root) {
    add({"--unshare-user", "--cap-add", "ALL"});  // the helper finishes the mounts, then drops them
  }
  add({"--tmpfs", "/", "--dir", "/usr", "--dir", "/etc", "--dir", "/dev"});
  for (const std::string_view path : kSystem) {
    std::error_code error;
    const std::string name(path);
    if (fs::is_symlink(name, error)) {
      add({"--symlink", fs::read_symlink(name, error).string(), name});
    } else if (fs::is_directory(name, error)) {
      add({"--ro-bind", name, name});
    }
  }
  for (const std::string_view path : kSystemFiles) {
    add({"--ro-bind-try", std::string(path), std::string(path)});
  }
  for (const std::string& path : python_folders()) {
    add({"--ro-bind-try", path, path});
  }
  for (const fs::path& path : setup.options.readable) {
    fs::path parent;
    for (const fs::path& part : path.parent_path()) {
      parent /= part;
      if (parent != "/") {
        add({"--dir", parent.string()});  // made as a mere parent, only its owner could enter it
      }
    }
    add({"--ro-bind", path.string(), path.string()});
  }
  // Not bubblewrap's --dev: with a /dev/pts an ordinary user gets a second user namespace, without rights on the
  // mounts.
  for (const std::string_view path : kDevices) {
    add({"--dev-bind", std::string(path), std::string(path)});
  }
  add({"--symlink", "/proc/self/fd", "/dev/fd", "--dir", "/dev/shm", "--dir", "/tmp", "--dir", "/home", "--dir",
       "/home/agent", "--dir", "/workspace", "--dir", "/.scratch"});
  add(setup.has_proc ? std::initializer_list<std::string>{"--proc", "/proc"}
                     : std::initializer_list<std::string>{"--dir", "/proc"});
  if (workspace.folder && !setup.is_root) {
    add({workspace.writable ? "--bind" : "--ro-bind", workspace.path, "/workspace"});
  }
  add({"--ro-bind", setup.helper.string(), "/.sandbox", "--remount-ro", "/", "--", "/.sandbox", "inner"});
  return words;
}

std::vector<std::string> environment_of(const SandboxCommand& command, const std::string& home,
                                        const std::string& tmp) {
  std::vector<std::pair<std::string, std::string>> all{
      {"PATH", "/usr/local/bin:/usr/bin:/bin"}, {"HOME", home}, {"TMPDIR", tmp}, {"LANG", "C.UTF-8"}};
  for (const auto& [name, value] : command.environment) {
    std::erase_if(all, [&](const auto& one) { return one.first == name; });
    all.emplace_back(name, value);
  }
  std::vector<std::string> list;
  for (const auto& [name, value] : all) {
    list.push_back(name + "=" + value);
  }
  return list;
}

// Without mounts, a name can be kept from being written only by not allowing its folder. So where names are guarded the
// other entries of the workspace are writable, and nothing can be made beside them.
void add_workspace_rights(const OpenWorkspace& workspace, std::vector<std::string>& readable,
                          std::vector<std::string>& writable) {
  readable.emplace_back(".");
  if (!workspace.writable) {
    return;
  }
  if (workspace.guarded.empty()) {
    writable.emplace_back(".");
    return;
  }
  std::error_code error;
  for (fs::directory_iterator at(workspace.path, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    const bool is_guarded = std::ranges::any_of(workspace.guarded, [&](const std::string& guarded) {
      return guarded.substr(1, guarded.find('/') - 1) == name;
    });
    if (!is_guarded && !at->is_symlink(error)) {
      writable.push_back(name);
    }
  }
}

// With the user's other processes, which the kernel counts too.
std::uint64_t processes_of_user(std::uint32_t user) {
  std::uint64_t count = 0;
  std::error_code error;
  for (fs::directory_iterator at("/proc", error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    struct stat status{};
    if (name.find_first_not_of("0123456789") != std::string::npos || ::stat(at->path().c_str(), &status) != 0 ||
        status.st_uid != user) {
      continue;
    }
    std::error_code gone;
    count += static_cast<std::uint64_t>(std::distance(fs::directory_iterator(at->path() / "task", gone), {}));
  }
  return count;
}

void set_limits(Plan& plan, const SandboxLimits& limits) {
  plan.memory_bytes = limits.memory_bytes;
  plan.file_bytes = limits.file_bytes;
  plan.processes = limits.processes;
  plan.descriptors = limits.descriptors;
  plan.niceness = static_cast<std::uint64_t>(std::clamp(limits.niceness, 0, 19));
  plan.cpu_seconds = static_cast<std::uint64_t>(std::max<std::int64_t>(limits.cpu.count(), 1));
  plan.scratch_bytes = limits.scratch_bytes;
  plan.scratch_files = limits.scratch_files;
}

template <class Texts>
std::uint32_t append(std::string& text, const Texts& list) {
  for (const auto& one : list) {
    text += std::string_view(one);
    text += '\0';
  }
  return static_cast<std::uint32_t>(list.size());
}

struct Rights {
  std::vector<std::string> readable;
  std::vector<std::string> writable;
};

Rights rights_of(const Setup& setup, bool namespaces, const OpenWorkspace& workspace, const std::string& scratch) {
  if (namespaces) {
    Rights rights{.readable = {"/"}, .writable = {"/tmp", "/home/agent", "/dev/shm"}};
    if (workspace.writable) {
      rights.writable.emplace_back("/workspace");
    }
    return rights;
  }
  Rights rights{.readable = python_folders(), .writable = {scratch}};
  rights.readable.insert(rights.readable.end(), kSystem.begin(), kSystem.end());
  rights.readable.insert(rights.readable.end(), kSystemFiles.begin(), kSystemFiles.end());
  for (const fs::path& path : setup.options.readable) {
    rights.readable.push_back(path.string());
  }
  add_workspace_rights(workspace, rights.readable, rights.writable);
  return rights;
}

}  // namespace

Result<Descriptor> make_plan(const Setup& setup, SandboxTier tier, const SandboxCommand& command,
                             const OpenWorkspace& workspace, const std::string& scratch, std::uint32_t user) {
  const bool namespaces = tier == SandboxTier::a;
  Plan plan;
  plan.namespaces = namespaces ? 1 : 0;
  plan.change_user = setup.is_root ? 1 : 0;
  plan.workspace_tree = namespaces && setup.is_root && workspace.folder ? 1 : 0;
  plan.user = user;
  plan.group = setup.is_root ? user : ::getegid();
  set_limits(plan, command.limits);
  if (!namespaces && !setup.is_root) {
    plan.processes += processes_of_user(user);
  }
  struct stat status{};
  if (workspace.folder && ::fstat(workspace.folder.get(), &status) == 0) {
    plan.workspace_device = status.st_dev;
    plan.workspace_inode = status.st_ino;
  }
  plan.fail_step = static_cast<std::uint32_t>(setup.faults.fail_step);
  plan.left_out = setup.faults.left_out;

  const Rights rights = rights_of(setup, namespaces, workspace, scratch);
  std::string text;
  plan.bwrap_count = namespaces ? append(text, bubblewrap_words(setup, workspace)) : 0;
  plan.argument_count = append(text, command.arguments);
  plan.environment_count = append(
      text, namespaces ? environment_of(command, "/home/agent", "/tmp") : environment_of(command, scratch, scratch));
  plan.readable_count = append(text, rights.readable);
  plan.device_count = append(text, kDevices);
  plan.writable_count = append(text, rights.writable);
  plan.protected_count = namespaces ? append(text, workspace.guarded) : 0;
  plan.text_bytes = static_cast<std::uint32_t>(text.size());
  return memory_file("plan", std::string(reinterpret_cast<const char*>(&plan), sizeof plan) + text);
}

}  // namespace puna::sandbox
