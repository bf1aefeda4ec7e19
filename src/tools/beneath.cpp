// See beneath.h. glibc has no wrapper for openat2 before 2.43, hence the raw call.
#include "tools/beneath.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstdint>

#ifdef __linux__
#include <linux/openat2.h>
#include <sys/syscall.h>
#endif

namespace puna::tools {
namespace {

// The whole path of an open file; ENOENT when it has no name any more.
std::expected<std::string, int> name_of(const Descriptor& place) {
  struct stat facts{};
  if (::fstat(place.number(), &facts) != 0) {
    return std::unexpected(errno);
  }
  if (facts.st_nlink == 0) {
    return std::unexpected(ENOENT);
  }
  std::array<char, PATH_MAX> text;
  const ssize_t length =
      ::readlink(("/proc/self/fd/" + std::to_string(place.number())).c_str(), text.data(), text.size());
  if (length < 0) {
    return std::unexpected(errno);
  }
  if (static_cast<std::size_t>(length) == text.size()) {  // perhaps cut
    return std::unexpected(ENAMETOOLONG);
  }
  return std::string(text.data(), static_cast<std::size_t>(length));
}

}  // namespace

Descriptor::~Descriptor() {
  if (number_ >= 0) {
    ::close(number_);
  }
}

std::expected<Descriptor, int> open_beneath(const Descriptor& folder, std::string_view path, int flags) {
  if (path.find('\0') != std::string_view::npos) {  // the kernel would read only what stands before it
    return std::unexpected(EINVAL);
  }
  if (path.size() >= PATH_MAX) {
    return std::unexpected(ENAMETOOLONG);
  }
#ifdef __linux__
  constexpr int kTriesMax = 32;
  const std::string terminated(path.empty() ? "." : path);
  struct open_how how{};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;
  int reason = EAGAIN;
  for (int tries = 0; tries < kTriesMax; ++tries) {  // EAGAIN: a rename ran beside the walk
    const long number = ::syscall(SYS_openat2, folder.number(), terminated.c_str(), &how, sizeof(how));
    if (number >= 0) {
      return Descriptor(static_cast<int>(number));
    }
    reason = errno;
    if (reason != EAGAIN && reason != EINTR) {
      break;
    }
  }
  return std::unexpected(reason);
#else
  (void)folder;
  (void)flags;
  return std::unexpected(ENOSYS);
#endif
}

std::expected<std::string, int> location_beneath(const Descriptor& folder, const Descriptor& place) {
  auto root = name_of(folder);
  auto path = name_of(place);
  if (!root || !path) {
    return std::unexpected(root ? path.error() : root.error());
  }
  if (*path == *root) {
    return std::string();
  }
  if (*root != "/") {
    *root += '/';
  }
  if (!path->starts_with(*root)) {
    return std::unexpected(EXDEV);
  }
  return path->substr(root->size());
}

}  // namespace puna::tools
