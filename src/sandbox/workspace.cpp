#include "sandbox/workspace.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "sandbox/helper/kernel.h"

namespace puna::sandbox {
namespace {

namespace fs = std::filesystem;

std::unexpected<Error> refused(const std::string& name, std::string_view why) {
  return fail(ErrorCode::invalid_argument, format_text("the guarded name '{}' {}", name, why),
              "name a file or folder beneath the workspace, with no link on the way");
}

// The folder that `name` is in; name is relative, without links.
Descriptor parent_of(int folder, const std::string& name) {
  const std::size_t slash = name.rfind('/');
  if (slash == std::string::npos) {
    return Descriptor(::fcntl(folder, F_DUPFD_CLOEXEC, 0));
  }
  return Descriptor(kernel::open_beneath(folder, name.substr(0, slash).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
}

std::string last_of(const std::string& name) { return name.substr(name.rfind('/') + 1); }

}  // namespace

Result<HeldWorkspace> HeldWorkspace::open(const SandboxWorkspace& workspace, bool makes_names) {
  HeldWorkspace held;
  held.open_.writable = workspace.writable;
  std::error_code error;
  const fs::path path = fs::canonical(workspace.folder, error);
  Descriptor folder(error ? -1 : ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder) {
    return fail(ErrorCode::not_found,
                format_text("the workspace folder '{}' cannot be opened: {}", workspace.folder.string(),
                            error ? error.message() : std::strerror(errno)));
  }
  if (path == "/") {
    return fail(ErrorCode::invalid_argument, "the workspace is the root folder",
                "name the folder of a project: everything beneath the workspace can be changed");
  }
  held.open_.folder = std::move(folder);
  held.open_.path = path.string();
  held.lock_ = Descriptor(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!held.lock_ || ::flock(held.lock_.get(), LOCK_SH) != 0) {
    return fail(ErrorCode::io,
                format_text("the workspace '{}' cannot be locked: {}", held.open_.path, std::strerror(errno)));
  }
  if (workspace.writable) {
    for (const std::string& name : workspace.guarded) {
      PUNA_TRY_VOID(held.guard(name, makes_names));
    }
  }
  return held;
}

Result<void> HeldWorkspace::guard(const std::string& name, bool makes_names) {
  const fs::path path = fs::path(name).lexically_normal();
  const std::string normal = path.string();
  if (name.empty() || path.is_absolute() || normal.starts_with("..") || normal == "." || normal == "./" ||
      name.contains('\0')) {
    return refused(name, "is not a name beneath the workspace");
  }
  const bool is_folder = normal.ends_with('/');
  const std::string whole = is_folder ? normal.substr(0, normal.size() - 1) : normal;
  bool done = false;
  for (std::size_t end = whole.find('/'); !done; end = whole.find('/', end + 1)) {
    const bool is_last = end == std::string::npos;
    PUNA_TRY_VOID(guard_part(whole.substr(0, end), is_folder || !is_last, is_last, done, makes_names));
  }
  return {};
}

// One name on the way: what is missing is made and guarded itself, so that nothing beneath it can appear.
Result<void> HeldWorkspace::guard_part(const std::string& name, bool is_folder, bool is_last, bool& done,
                                       bool makes_names) {
  done = is_last;
  const Descriptor parent = parent_of(open_.folder.get(), name);
  struct stat status{};
  if (!parent) {
    return refused(name, "leads through a link");
  }
  const std::string last = last_of(name);
  bool exists = ::fstatat(parent.get(), last.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0;
  if (exists && S_ISLNK(status.st_mode)) {
    return refused(name, "is a symbolic link");
  }
  if (!exists && makes_names) {
    const int made = is_folder ? ::mkdirat(parent.get(), last.c_str(), 0755)
                               : ::openat(parent.get(), last.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);
    if (made < 0) {
      return fail(
          ErrorCode::io,
          format_text("the guarded name '{}' cannot be made in '{}': {}", name, open_.path, std::strerror(errno)),
          "make it, or take it out of the guarded names");
    }
    if (!is_folder) {
      ::close(made);
    }
    made_.emplace_back(name, is_folder);
    done = true;
  }
  done = done || !exists || !S_ISDIR(status.st_mode);
  const std::string entry = (done ? "-" : "+") + name;
  if (std::ranges::find(open_.guarded, entry) == open_.guarded.end()) {
    open_.guarded.push_back(entry);
  }
  return {};
}

HeldWorkspace::~HeldWorkspace() {
  // Another run that needs the names holds the lock; it found them there and leaves them, as an empty name does no
  // harm.
  if (made_.empty() || !open_.folder || ::flock(lock_.get(), LOCK_EX | LOCK_NB) != 0) {
    return;
  }
  for (auto made = made_.rbegin(); made != made_.rend(); ++made) {
    const Descriptor parent = parent_of(open_.folder.get(), made->first);
    struct stat status{};
    const std::string last = last_of(made->first);
    if (!parent || ::fstatat(parent.get(), last.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
      continue;
    }
    if (made->second ? S_ISDIR(status.st_mode) : S_ISREG(status.st_mode) && status.st_size == 0) {
      ::unlinkat(parent.get(), last.c_str(), made->second ? AT_REMOVEDIR : 0);
    }
  }
}

TemporaryFolder& TemporaryFolder::operator=(TemporaryFolder&& other) noexcept {
  std::swap(path_, other.path_);
  return *this;
}

Result<TemporaryFolder> TemporaryFolder::make(std::uint32_t user, bool change_owner) {
  std::string path = "/tmp/puna-run-XXXXXX";
  if (::mkdtemp(path.data()) == nullptr) {
    return fail(ErrorCode::io, format_text("no temporary folder in /tmp: {}", std::strerror(errno)));
  }
  TemporaryFolder folder;
  folder.path_ = path;
  if (change_owner && ::chown(path.c_str(), user, user) != 0) {
    return fail(ErrorCode::io,
                format_text("the temporary folder cannot be given to user {}: {}", user, std::strerror(errno)));
  }
  return folder;
}

TemporaryFolder::~TemporaryFolder() {
  if (path_.empty()) {
    return;
  }
  std::error_code error;
  fs::remove_all(path_, error);
  if (error) {  // folders that their owner may not read; links are not followed
    std::error_code skipped;
    for (fs::recursive_directory_iterator at(path_, fs::directory_options::skip_permission_denied, skipped), end;
         !skipped && at != end; at.increment(skipped)) {
      std::error_code one;
      if (at->symlink_status(one).type() == fs::file_type::directory) {
        fs::permissions(at->path(), fs::perms::owner_all, fs::perm_options::add | fs::perm_options::nofollow, one);
      }
    }
    fs::remove_all(path_, error);
  }
}

}  // namespace puna::sandbox
