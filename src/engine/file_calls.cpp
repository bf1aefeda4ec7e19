// The system calls themselves.
#include "engine/file_calls.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>

namespace puna::engine {

int FileCalls::create(const char* path) const { return ::open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666); }

ssize_t FileCalls::write(int descriptor, std::string_view bytes) const {
  return ::write(descriptor, bytes.data(), bytes.size());
}

int FileCalls::close(int descriptor) const { return ::close(descriptor); }

int FileCalls::rename(const char* from, const char* to) const { return std::rename(from, to); }

const FileCalls& FileCalls::system() {
  static const FileCalls kSystem;
  return kSystem;
}

}  // namespace puna::engine
