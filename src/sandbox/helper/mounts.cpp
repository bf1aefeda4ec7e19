// Mounts by descriptor: the workspace, the sized tmpfs, the names that stay read-only.
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

#include "sandbox/helper/job.h"

namespace puna::sandbox {
namespace {

constexpr const char* kScratch = "/.scratch";
constexpr const char* kWorkspace = "/workspace";
constexpr std::size_t kPathBytes = 512;

bool set_attributes(int tree, unsigned flags, kernel::MountAttributes attributes) {
  return ::syscall(kernel::kMountSetattr, tree, "", kernel::kAtEmptyPath | flags, &attributes, sizeof attributes) == 0;
}

int clone_tree(int folder) {
  return static_cast<int>(
      ::syscall(kernel::kOpenTree, folder, "",
                kernel::kAtEmptyPath | kernel::kAtRecursive | kernel::kOpenTreeClone | kernel::kOpenTreeCloexec));
}

bool write_file(const char* path, const char* text) {
  const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
  const auto size = static_cast<ssize_t>(std::strlen(text));
  const bool written = fd >= 0 && ::write(fd, text, std::strlen(text)) == size;
  if (fd >= 0) {
    ::close(fd);
  }
  return written;
}

// A user namespace that maps the owner of the workspace to the run's user; -1 where the system has none. Nobody lives
// in it: the process that made it is gone when this returns.
int owner_map(const Plan& plan, const struct stat& owner) {
  const auto child = static_cast<pid_t>(
      ::syscall(SYS_clone, static_cast<unsigned long>(CLONE_NEWUSER | SIGCHLD), nullptr, nullptr, nullptr, nullptr));
  if (child < 0) {
    return -1;
  }
  if (child == 0) {
    for (;;) {
      ::pause();
    }
  }
  char path[64];
  char map[64];
  std::snprintf(path, sizeof path, "/proc/%d/uid_map", child);
  std::snprintf(map, sizeof map, "%u %u 1", owner.st_uid, plan.user);
  bool mapped = write_file(path, map);
  std::snprintf(path, sizeof path, "/proc/%d/gid_map", child);
  std::snprintf(map, sizeof map, "%u %u 1", owner.st_gid, plan.group);
  mapped = mapped && write_file(path, map);
  std::snprintf(path, sizeof path, "/proc/%d/ns/user", child);
  const int space = mapped ? ::open(path, O_RDONLY | O_CLOEXEC) : -1;
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  return space;
}

// size and number of files bound every writable place together: they are folders of one file system.
bool mount_scratch(const Job& job) {
  const Plan& plan = job.plan();
  char options[160];
  if (job.without(kLayerSize)) {
    std::snprintf(options, sizeof options, "mode=0755,uid=%u,gid=%u", plan.user, plan.group);
  } else {
    std::snprintf(options, sizeof options, "mode=0755,uid=%u,gid=%u,size=%llu,nr_inodes=%u", plan.user, plan.group,
                  static_cast<unsigned long long>(plan.scratch_bytes), plan.scratch_files);
  }
  return ::mount("tmpfs", kScratch, "tmpfs", MS_NOSUID | MS_NODEV, options) == 0;
}

bool place_scratch(const Plan& plan, const char* name, const char* where) {
  char path[kPathBytes];
  std::snprintf(path, sizeof path, "%s/%s", kScratch, name);
  return ::mkdir(path, 0755) == 0 && ::chown(path, plan.user, plan.group) == 0 &&
         ::mount(path, where, nullptr, MS_BIND, nullptr) == 0;
}

bool place_workspace(const Plan& plan) {
  if (plan.workspace_inode == 0) {
    return place_scratch(plan, "workspace", kWorkspace);
  }
  if (plan.workspace_tree != 0 &&
      ::syscall(kernel::kMoveMount, kTreeFd, "", AT_FDCWD, kWorkspace, kernel::kMoveFromEmptyPath) != 0) {
    return false;
  }
  struct stat status{};
  if (::stat(kWorkspace, &status) != 0) {
    return false;
  }
  if (status.st_dev != plan.workspace_device || status.st_ino != plan.workspace_inode) {
    errno = ESTALE;  // the path led to another folder by the time it was bound
    return false;
  }
  return true;
}

// Mounts a name of the workspace over itself: a mount cannot be renamed or removed. Never follows a link.
bool pin(int workspace, const char* name, bool read_only) {
  const int at = kernel::open_beneath(workspace, name, O_PATH | O_CLOEXEC | O_NOFOLLOW);
  if (at < 0) {
    return false;
  }
  const int tree = clone_tree(at);
  const std::uint64_t set = kernel::kMountNosuid | kernel::kMountNodev | (read_only ? kernel::kMountReadOnly : 0);
  const bool pinned =
      tree >= 0 && set_attributes(tree, kernel::kAtRecursive, {.set = set}) &&
      ::syscall(kernel::kMoveMount, tree, "", at, "", kernel::kMoveFromEmptyPath | kernel::kMoveToEmptyPath) == 0;
  const int error = errno;
  ::close(tree);
  ::close(at);
  errno = error;
  return pinned;
}

// "+name" is pinned and stays writable (a folder above a protected name), "-name" becomes read-only.
bool protect_names(Job& job) {
  if (!job.step(Step::protect)) {
    return false;
  }
  if (job.without(kLayerProtect) || job.plan().protected_count == 0) {
    return true;
  }
  const int workspace = ::open(kWorkspace, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (workspace < 0) {
    return false;
  }
  const bool done =
      job.strings(Part::guarded).each([&](const char* name) { return pin(workspace, name + 1, name[0] == '-'); });
  const int error = errno;
  ::close(workspace);
  errno = error;
  return done;
}

}  // namespace

bool make_workspace_tree(Job& job) {
  if (!job.step(Step::workspace_tree)) {
    return false;
  }
  struct stat owner{};
  int tree = clone_tree(kWorkspaceFd);
  if (tree < 0 || ::fstat(kWorkspaceFd, &owner) != 0 ||
      !set_attributes(tree, kernel::kAtRecursive, {.set = kernel::kMountNosuid | kernel::kMountNodev})) {
    return false;
  }
  // Where the system cannot map owners, the folder's own permissions decide; the report says whether it is writable.
  const int space = owner_map(job.plan(), owner);
  if (space >= 0) {
    (void)set_attributes(tree, 0, {.set = kernel::kMountIdMap, .user_namespace = static_cast<std::uint64_t>(space)});
    ::close(space);
  }
  return ::dup2(tree, kTreeFd) == kTreeFd;  // without close-on-exec: it goes through bubblewrap
}

bool make_mounts(Job& job) {
  if (job.without(kLayerNamespaces) || job.plan().namespaces == 0) {
    return true;
  }
  const Plan& plan = job.plan();
  ::umask(022);
  if (!job.step(Step::scratch) || !mount_scratch(job) || !place_scratch(plan, "tmp", "/tmp") ||
      !place_scratch(plan, "home", "/home/agent") || !place_scratch(plan, "shm", "/dev/shm")) {
    return false;
  }
  if (!job.step(Step::workspace) || !place_workspace(plan)) {
    return false;
  }
  return ::umount2(kScratch, MNT_DETACH) == 0 && protect_names(job);
}

}  // namespace puna::sandbox
