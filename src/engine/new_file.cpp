// open, write, close, rename; every step's failure is reported.
#include "engine/new_file.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "puna/base/format.h"
#include "puna/base/seam.h"

namespace puna::engine {
namespace {

std::unexpected<Error> cannot_write(const std::filesystem::path& file, int error) {
  return fail(ErrorCode::io, format_text("cannot write {}: {}", file.string(), std::strerror(error)),
              "check the free space and the permissions");
}

}  // namespace

Result<NewFile> NewFile::create(std::filesystem::path file, const FileCalls& calls) {
  std::filesystem::path temporary = file;
  temporary += format_text(".{:016x}.partial", Random::entropy());
  const int descriptor = calls.create(temporary.c_str());
  if (descriptor < 0) {
    const int error = errno;
    const std::filesystem::path folder = file.has_parent_path() ? file.parent_path() : ".";
    return fail(error == ENOENT || error == ENOTDIR ? ErrorCode::not_found : ErrorCode::io,
                format_text("cannot make {} in the folder {}: {}", file.filename().string(), folder.string(),
                            std::strerror(error)),
                "give a folder that exists and that you may write to");
  }
  return NewFile(calls, std::move(file), std::move(temporary), descriptor);
}

NewFile::~NewFile() {
  if (descriptor_ >= 0) {
    static_cast<void>(calls_.close(descriptor_));
  }
  if (!temporary_.empty()) {
    ::unlink(temporary_.c_str());
  }
}

Result<void> NewFile::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = calls_.write(descriptor_, bytes);
    if (written < 0 && errno == EINTR) {
      continue;
    }
    if (written <= 0) {
      return cannot_write(file_, written < 0 ? errno : ENOSPC);
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Result<void> NewFile::finish() {
  // Some file systems say only here that the disk is full.
  if (calls_.close(std::exchange(descriptor_, -1)) != 0) {
    return cannot_write(file_, errno);
  }
  if (calls_.rename(temporary_.c_str(), file_.c_str()) != 0) {
    return cannot_write(file_, errno);
  }
  temporary_.clear();
  return {};
}

}  // namespace puna::engine
