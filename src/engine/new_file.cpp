// open, write, close, rename; every step's failure is reported.
#include "engine/new_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <format>

#include "puna/base/seam.h"

namespace puna::engine {
namespace {

std::unexpected<Error> cannot_write(const std::filesystem::path& file, int error) {
  return fail(ErrorCode::io, std::format("cannot write {}: {}", file.string(), std::strerror(error)),
              "check the free space and the permissions");
}

}  // namespace

Result<NewFile> NewFile::create(std::filesystem::path file) {
  std::filesystem::path temporary = file;
  temporary += std::format(".{:016x}.partial", Random::entropy());
  const int descriptor = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (descriptor < 0) {
    const int error = errno;
    const std::filesystem::path folder = file.has_parent_path() ? file.parent_path() : ".";
    return fail(error == ENOENT || error == ENOTDIR ? ErrorCode::not_found : ErrorCode::io,
                std::format("cannot make {} in the folder {}: {}", file.filename().string(), folder.string(),
                            std::strerror(error)),
                "give a folder that exists and that you may write to");
  }
  return NewFile(std::move(file), std::move(temporary), descriptor);
}

NewFile::~NewFile() {
  if (descriptor_ >= 0) {
    ::close(descriptor_);
  }
  if (!temporary_.empty()) {
    ::unlink(temporary_.c_str());
  }
}

Result<void> NewFile::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
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
  if (::close(std::exchange(descriptor_, -1)) != 0) {
    return cannot_write(file_, errno);
  }
  if (std::rename(temporary_.c_str(), file_.c_str()) != 0) {
    return cannot_write(file_, errno);
  }
  temporary_.clear();
  return {};
}

}  // namespace puna::engine
