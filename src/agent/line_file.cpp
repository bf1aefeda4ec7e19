#include "agent/line_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace puna::agent {
namespace {

constexpr int kInterruptionsMax = 100;

std::string system_text(int reason) { return std::generic_category().message(reason); }

constexpr mode_t kOwnersAlone = S_IRUSR | S_IWUSR;

}  // namespace

LineFile::LineFile(LineFile&& other) noexcept
    : number_(std::exchange(other.number_, -1)),
      name_(std::move(other.name_)),
      bytes_(other.bytes_),
      broken_(other.broken_) {}

LineFile::~LineFile() {
  if (number_ >= 0) {
    ::close(number_);
  }
}

Result<LineFile> LineFile::create(const std::filesystem::path& file) {
  const std::string name = printable(utf8::sanitize(file.string()));
  // O_NONBLOCK: a pipe that nobody reads must not hang the run.
  constexpr int kFlags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
  LineFile opened(::open(file.c_str(), kFlags, kOwnersAlone), name);
  const auto refused = [&name](int reason) {
    return fail(reason == ENOENT ? ErrorCode::not_found : ErrorCode::io,
                format_text("cannot create {}: {}", name, system_text(reason)));
  };
  if (opened.number_ < 0) {
    return refused(errno);
  }
  struct stat facts{};
  if (::fstat(opened.number_, &facts) != 0) {
    return refused(errno);
  }
  if (S_ISREG(facts.st_mode)) {
    // A file that was there before keeps its mode otherwise, and conversations are nobody else's business.
    if (::fchmod(opened.number_, kOwnersAlone) != 0 || ::ftruncate(opened.number_, 0) != 0) {
      return refused(errno);
    }
  } else if (!S_ISCHR(facts.st_mode)) {
    return fail(ErrorCode::io, format_text("cannot create {}: it is neither a file nor a terminal", name));
  }
  return opened;
}

Result<void> LineFile::append(std::string_view text) {
  if (broken_) {
    return fail(ErrorCode::io, format_text("{} ends in half a line after an earlier failure", name_));
  }
  std::string line(text);
  line += '\n';
  ssize_t written = -1;
  for (int tries = 0; tries < kInterruptionsMax && written < 0; ++tries) {
    written = ::write(number_, line.data(), line.size());
    if (written < 0 && errno != EINTR) {
      break;
    }
  }
  const int reason = written < 0 ? errno : ENOSPC;  // a short write to a file means that there is no room for more
  if (std::cmp_equal(written, line.size())) {
    bytes_ += written;
    return {};
  }
  if (written > 0) {
    broken_ = ::ftruncate(number_, bytes_) != 0;
  }
  return fail(ErrorCode::io, format_text("cannot write {}: {}", name_, system_text(reason)), "free space on the disk");
}

}  // namespace puna::agent
