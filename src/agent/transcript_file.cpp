// A transcript on disk, written as it grows. Owns the descriptor.
//
// Invariant: the file holds whole lines. A line goes out in one write(); when the disk takes only a part of it, the
// part is cut off again, and if even that fails nothing more is written.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "puna/agent.h"

namespace puna {
namespace {

constexpr int kInterruptionsMax = 100;

std::string system_text(int reason) { return std::generic_category().message(reason); }

class OpenFile {
 public:
  explicit OpenFile(int number) : number_(number) {}
  OpenFile(OpenFile&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  OpenFile& operator=(OpenFile&&) = delete;
  ~OpenFile() {
    if (number_ >= 0) {
      ::close(number_);
    }
  }
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

class AppendedFile final : public TranscriptFile {
 public:
  AppendedFile(OpenFile file, std::string name) : file_(std::move(file)), name_(std::move(name)) {}

  [[nodiscard]] Result<void> append(const Message& message) override {
    if (broken_) {
      return fail(ErrorCode::io, format_text("{} ends in half a line after an earlier failure", name_));
    }
    const std::string line = to_json(message).dump() + '\n';
    ssize_t written = -1;
    for (int tries = 0; tries < kInterruptionsMax && written < 0; ++tries) {
      written = ::write(file_.number(), line.data(), line.size());
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
      broken_ = ::ftruncate(file_.number(), bytes_) != 0;
    }
    return fail(ErrorCode::io, format_text("cannot write {}: {}", name_, system_text(reason)),
                "free space on the disk, or leave the transcript out");
  }

 private:
  const OpenFile file_;
  const std::string name_;
  off_t bytes_ = 0;  // of whole lines
  bool broken_ = false;
};

}  // namespace

Result<std::unique_ptr<TranscriptFile>> TranscriptFile::create(const std::filesystem::path& file) {
  const std::string name = printable(utf8::sanitize(file.string()));
  // O_NONBLOCK: a pipe that nobody reads must not hang the run.
  constexpr int kFlags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
  OpenFile opened(::open(file.c_str(), kFlags, S_IRUSR | S_IWUSR));
  if (opened.number() < 0) {
    const int reason = errno;
    return fail(reason == ENOENT ? ErrorCode::not_found : ErrorCode::io,
                format_text("cannot create {}: {}", name, system_text(reason)));
  }
  struct stat facts{};
  if (::fstat(opened.number(), &facts) != 0) {
    const int reason = errno;
    return fail(ErrorCode::io, format_text("cannot create {}: {}", name, system_text(reason)));
  }
  if (S_ISREG(facts.st_mode)) {
    // A file that was there before keeps its mode otherwise, and conversations are nobody else's business.
    if (::fchmod(opened.number(), S_IRUSR | S_IWUSR) != 0 || ::ftruncate(opened.number(), 0) != 0) {
      const int reason = errno;
      return fail(ErrorCode::io, format_text("cannot create {}: {}", name, system_text(reason)));
    }
  } else if (!S_ISCHR(facts.st_mode)) {
    return fail(ErrorCode::io, format_text("cannot create {}: it is neither a file nor a terminal", name));
  }
  return std::make_unique<AppendedFile>(std::move(opened), name);
}

}  // namespace puna
