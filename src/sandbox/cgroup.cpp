// Source: the kernel's Documentation/admin-guide/cgroup-v2.rst. Version 1 is not used: its controllers are apart.
#include "sandbox/cgroup.h"

#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>
#include <system_error>
#include <utility>

#include "puna/base.h"

namespace puna::sandbox {
namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& file) {
  const std::ifstream stream(file);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

bool write(const fs::path& file, const std::string& text) {
  const Descriptor fd(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
  return fd && ::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

// Children get controllers only where the parent hands them down; entering one needs the right to leave the parent.
bool can_have_children(const fs::path& folder) {
  const std::string controllers = read(folder / "cgroup.subtree_control");
  return (controllers.contains("memory") || controllers.contains("pids")) && ::access(folder.c_str(), W_OK) == 0 &&
         ::access((folder / "cgroup.procs").c_str(), W_OK) == 0;
}

}  // namespace

std::vector<fs::path> cgroup_roots() {
  std::string own;
  std::istringstream lines(read("/proc/self/cgroup"));
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("0::/")) {
      own = line.substr(4);
    }
  }
  std::vector<fs::path> roots;
  for (const char* mount : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"}) {
    std::error_code error;
    if (!fs::exists(fs::path(mount) / "cgroup.procs", error)) {
      continue;
    }
    const fs::path folder = fs::path(mount) / own;
    for (const fs::path& candidate : {folder, folder.parent_path()}) {
      if (candidate.string().starts_with(mount) && can_have_children(candidate)) {
        roots.push_back(candidate);
      }
    }
  }
  return roots;
}

Cgroup::Cgroup(Cgroup&& other) noexcept
    : folder_(std::exchange(other.folder_, {})), entrance_(std::move(other.entrance_)) {}

Cgroup& Cgroup::operator=(Cgroup&& other) noexcept {
  std::swap(folder_, other.folder_);
  std::swap(entrance_, other.entrance_);
  return *this;
}

Cgroup Cgroup::make(const std::vector<fs::path>& roots, std::uint64_t memory_bytes, std::uint32_t processes) {
  for (const fs::path& root : roots) {
    const fs::path folder = root / format_text("puna-run-{}-{:x}", ::getpid(), Random::entropy());
    std::error_code error;
    if (!fs::create_directory(folder, error)) {
      continue;
    }
    Cgroup group;
    group.folder_ = folder;
    const bool has_memory = write(folder / "memory.max", std::to_string(memory_bytes));
    write(folder / "memory.swap.max", "0");
    write(folder / "memory.oom.group", "1");
    const bool has_processes = write(folder / "pids.max", std::to_string(processes + 4));  // bubblewrap's and ours
    group.entrance_ = Descriptor(::open((folder / "cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC));
    if ((has_memory || has_processes) && group.entrance_) {
      return group;
    }
  }
  return {};
}

bool Cgroup::ran_out_of_memory() const {
  if (folder_.empty()) {
    return false;
  }
  std::istringstream words(read(folder_ / "memory.events"));
  std::string name;
  std::uint64_t count = 0;
  while (words >> name >> count) {
    if (name == "oom_kill" && count > 0) {
      return true;
    }
  }
  return false;
}

Cgroup::~Cgroup() {
  if (!folder_.empty()) {
    ::rmdir(folder_.c_str());
  }
}

}  // namespace puna::sandbox
