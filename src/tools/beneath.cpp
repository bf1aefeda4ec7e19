// See beneath.h. glibc has no wrapper for openat2 before 2.43, hence the raw call.
#include "tools/beneath.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdint>

#ifdef __linux__
#include <linux/openat2.h>
#include <sys/syscall.h>
#endif

namespace puna::tools {

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
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
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

}  // namespace puna::tools
