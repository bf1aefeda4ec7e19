// A lock that processes of any program share: flock() on a file of its own, as the hub's Python library has it.
//
// The file stays: who deletes it takes the lock away from those who wait for it.
#pragma once

#include <filesystem>
#include <functional>
#include <stop_token>
#include <utility>

#include "puna/base.h"

namespace puna::model {

class FileLock {
 public:
  // Waits; `waiting` is called once if it has to. Makes the folder.
  // Errors  io  the file cannot be made or locked;  cancelled
  [[nodiscard]] static Result<FileLock> take(const std::filesystem::path& file, const std::function<void()>& waiting,
                                             const std::stop_token& stop);
  // Errors  unavailable  somebody has it;  io
  [[nodiscard]] static Result<FileLock> try_take(const std::filesystem::path& file);

  FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock();

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace puna::model
