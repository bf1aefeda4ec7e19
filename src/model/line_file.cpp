#include "puna/model/line_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace puna {
namespace {

constexpr int kInterruptionsMax = 100;

std::string reason_text(int reason) { return std::generic_category().message(reason); }

constexpr mode_t kOwnersAlone = S_IRUSR | S_IWUSR;

}  // namespace

LineFile::LineFile(LineFile&& other) noexcept
    : number_(std::exchange(other.number_, -1)),
      name_(std::move(other.name_)),
      bytes_(other.bytes_),
      lines_(other.lines_),
      broken_(other.broken_) {}

LineFile::~LineFile() {
  if (number_ >= 0) {
    ::close(number_);
  }
}

Result<LineFile> LineFile::create(const std::filesystem::path& file) { return open(file, false); }

Result<LineFile> LineFile::go_on(const std::filesystem::path& file) { return open(file, true); }

// Counts whole lines, and where the last one ends. Only files: a terminal has none.
bool LineFile::find_end() {
  std::array<char, 65'536> block{};
  off_t at = 0;
  for (ssize_t got = 0; (got = ::pread(number_, block.data(), block.size(), at)) != 0; at += got) {
    if (got < 0) {
      return false;
    }
    const std::string_view text(block.data(), static_cast<std::size_t>(got));
    lines_ += static_cast<std::size_t>(std::ranges::count(text, '\n'));
    if (const std::size_t last = text.rfind('\n'); last != std::string_view::npos) {
      bytes_ = at + static_cast<off_t>(last) + 1;
    }
  }
  return true;
}

Result<LineFile> LineFile::open(const std::filesystem::path& file, bool keeps) {
  const std::string name = printable(utf8::sanitize(file.string()));
  // O_NONBLOCK: a pipe that nobody reads must not hang the run.
  const int flags = (keeps ? O_RDWR : O_WRONLY) | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
  LineFile opened(::open(file.c_str(), flags, kOwnersAlone), name);
  const auto refused = [&name](int reason) {
    return fail(reason == ENOENT ? ErrorCode::not_found : ErrorCode::io,
                format_text("cannot create {}: {}", name, reason_text(reason)));
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
    if ((keeps && !opened.find_end()) || ::fchmod(opened.number_, kOwnersAlone) != 0 ||
        ::ftruncate(opened.number_, opened.bytes_) != 0) {
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
    ++lines_;
    return {};
  }
  if (written > 0) {
    broken_ = ::ftruncate(number_, bytes_) != 0;
  }
  return fail(ErrorCode::io, format_text("cannot write {}: {}", name_, reason_text(reason)), "free space on the disk");
}

}  // namespace puna
