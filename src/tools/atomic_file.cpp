// See atomic_file.h. Each function of the class returns 0 or an errno value.
#include "tools/atomic_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "tools/folder_access.h"

namespace puna::tools {
namespace {

constexpr int kNameTriesMax = 8;
constexpr mode_t kPermissionBits = 0777;  // a file that runs as somebody else is not made by a tool

int write_all(int file, std::string_view content) {
  while (!content.empty()) {  // every round writes at least one byte
    const ssize_t wrote = ::write(file, content.data(), content.size());
    if (wrote < 0 && errno != EINTR) {
      return errno;
    }
    content.remove_prefix(wrote < 0 ? 0 : static_cast<std::size_t>(wrote));
  }
  return 0;
}

int fill(int file, std::string_view content, const std::optional<struct stat>& like) {
  if (const int reason = write_all(file, content); reason != 0) {
    return reason;
  }
  if (like) {
    struct stat mine{};
    if (::fstat(file, &mine) == 0 && (mine.st_uid != like->st_uid || mine.st_gid != like->st_gid)) {
      (void)::fchown(file, like->st_uid, like->st_gid);  // only root may: others own what they wrote
    }
    if (::fchmod(file, like->st_mode & kPermissionBits) != 0) {
      return errno;
    }
  }
  return ::fsync(file) == 0 ? 0 : errno;
}

bool holds(const Descriptor& folder, const std::string& name, std::string_view expected) {
  struct stat facts{};
  if (::fstatat(folder.number(), name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(facts.st_mode)) {
    return false;
  }
  const auto content = read_beneath(folder, name, expected.size());
  return content && *content == expected;
}

}  // namespace

std::expected<NewFile, int> NewFile::create(const Descriptor& folder, std::string_view content,
                                            const std::optional<struct stat>& like, mode_t mode_if_new) {
  for (int tries = 0; tries < kNameTriesMax; ++tries) {
    const std::string name = format_text(".puna-{:016x}", Random::entropy());
    const mode_t mode = like ? 0600 : mode_if_new;
    const Descriptor file(
        ::openat(folder.number(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
    if (file.number() < 0 && errno == EEXIST) {
      continue;
    }
    if (file.number() < 0) {
      return std::unexpected(errno);
    }
    NewFile made(folder, name);
    if (const int reason = fill(file.number(), content, like); reason != 0) {
      return std::unexpected(reason);
    }
    return made;
  }
  return std::unexpected(EEXIST);
}

NewFile::~NewFile() {
  if (!name_.empty()) {
    ::unlinkat(folder_->number(), name_.c_str(), 0);
  }
}

// The name itself must outlive a loss of power, too.
int NewFile::done() {
  name_.clear();
  return ::fsync(folder_->number()) == 0 ? 0 : errno;
}

int NewFile::publish_as_new(const std::string& name) {
  const int folder = folder_->number();
  if (::renameat2(folder, name_.c_str(), folder, name.c_str(), RENAME_NOREPLACE) == 0) {
    return done();
  }
  if (errno != EINVAL || ::linkat(folder, name_.c_str(), folder, name.c_str(), 0) != 0) {  // EINVAL: not on this system
    return errno;
  }
  ::unlinkat(folder, name_.c_str(), 0);
  return done();
}

int NewFile::publish(const std::string& name) {
  return ::renameat(folder_->number(), name_.c_str(), folder_->number(), name.c_str()) == 0 ? done() : errno;
}

int NewFile::publish_over(const std::string& name, std::string_view expected) {
  const int folder = folder_->number();
  if (::renameat2(folder, name_.c_str(), folder, name.c_str(), RENAME_EXCHANGE) != 0) {
    if (errno != EINVAL) {
      return errno == ENOENT ? ESTALE : errno;
    }
    return holds(*folder_, name, expected) ? publish(name) : ESTALE;  // as near as this file system allows
  }
  // Under our name lies now what had the other one: nobody else can have changed it since we looked at it.
  if (!holds(*folder_, name_, expected)) {
    if (::renameat2(folder, name_.c_str(), folder, name.c_str(), RENAME_EXCHANGE) != 0) {
      name_.clear();  // the other file is under it: better two files than none
    }
    return ESTALE;
  }
  ::unlinkat(folder, name_.c_str(), 0);
  return done();
}

}  // namespace puna::tools
