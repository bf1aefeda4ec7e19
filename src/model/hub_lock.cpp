// See hub_lock.h.
#include "model/hub_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>

#include "model/patience.h"

namespace puna::model {
namespace {

constexpr std::chrono::milliseconds kLockPoll{100};
constexpr mode_t kLockMode = 0666;  // less the umask, as the other programs make it

// Whether the name still leads to what was locked: another program may have deleted the file in between.
bool is_still_named(int descriptor, const std::filesystem::path& file) {
  struct stat mine{};
  struct stat named{};
  return ::fstat(descriptor, &mine) == 0 && ::stat(file.c_str(), &named) == 0 && mine.st_dev == named.st_dev &&
         mine.st_ino == named.st_ino;
}

}  // namespace

Result<FileLock> FileLock::try_take(const std::filesystem::path& file) {
  std::error_code code;
  std::filesystem::create_directories(file.parent_path(), code);
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kLockMode);
  if (descriptor < 0) {
    return fail(ErrorCode::io, format_text("cannot make the lock {}: {}", file.string(), std::strerror(errno)),
                "the cache must be a folder that you may write to; HF_HUB_CACHE names another");
  }
  FileLock lock(descriptor);
  const int reason = ::flock(descriptor, LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
  if (reason != 0 && reason != EWOULDBLOCK) {
    return fail(ErrorCode::io, format_text("cannot lock {}: {}", file.string(), std::strerror(reason)));
  }
  if (reason == EWOULDBLOCK || !is_still_named(descriptor, file)) {
    return fail(ErrorCode::unavailable, format_text("{} is locked by another program", file.string()));
  }
  return lock;
}

Result<FileLock> FileLock::take(const std::filesystem::path& file, const std::function<void()>& waiting,
                                const std::stop_token& stop) {
  for (bool is_told = false;; is_told = true) {
    auto lock = try_take(file);
    if (lock || lock.error().code != ErrorCode::unavailable) {
      return lock;
    }
    if (!is_told) {
      waiting();
    }
    if (!stoppable_sleep(kLockPoll, stop)) {
      return fail(ErrorCode::cancelled, "stopped while another program fetched the file");
    }
  }
}

FileLock::~FileLock() {
  if (descriptor_ >= 0) {
    ::close(descriptor_);
  }
}

}  // namespace puna::model
