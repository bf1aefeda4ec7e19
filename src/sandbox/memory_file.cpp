#include "sandbox/memory_file.h"

#include <fcntl.h>
#include <sys/mman.h>

#include <cerrno>
#include <cstring>

namespace puna::sandbox {

Result<Descriptor> memory_file(const char* name, std::string_view bytes) {
  Descriptor file(::memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
  std::size_t written = 0;
  while (file && written < bytes.size()) {
    const ssize_t got = ::write(file.get(), bytes.data() + written, bytes.size() - written);
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got <= 0) {
      file.reset();
      break;
    }
    written += static_cast<std::size_t>(got);
  }
  if (!file || ::lseek(file.get(), 0, SEEK_SET) != 0 ||
      ::fcntl(file.get(), F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
    return fail(ErrorCode::io, format_text("no memory file for {}: {}", name, std::strerror(errno)));
  }
  return file;
}

}  // namespace puna::sandbox
