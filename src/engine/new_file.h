// A file that appears whole or not at all: written under a temporary name in the same folder, then renamed.
//
// Owns the temporary file; it is removed unless finish() succeeded. Not forced to the disk: after a loss of power the
// file may be short, and who reads it has to notice.
#pragma once

#include <filesystem>
#include <string_view>
#include <utility>

#include "engine/file_calls.h"
#include "puna/base/error.h"

namespace puna::engine {

class NewFile {
 public:
  // Errors  not_found  no such folder;  io  the folder cannot be written to
  [[nodiscard]] static Result<NewFile> create(std::filesystem::path file, const FileCalls& calls = FileCalls::system());

  NewFile(NewFile&& other) noexcept
      : calls_(other.calls_),
        file_(std::move(other.file_)),
        temporary_(std::exchange(other.temporary_, {})),
        descriptor_(std::exchange(other.descriptor_, -1)) {}
  NewFile& operator=(NewFile&&) = delete;
  ~NewFile();

  // Errors  io  full, too large or taken away; the message names the file
  [[nodiscard]] Result<void> write(std::string_view bytes);
  // Gives the file its name, replacing one that has it. Call once, last.
  // Errors  io  as write(), or the name is a folder's
  [[nodiscard]] Result<void> finish();

 private:
  NewFile(const FileCalls& calls, std::filesystem::path file, std::filesystem::path temporary, int descriptor)
      : calls_(calls), file_(std::move(file)), temporary_(std::move(temporary)), descriptor_(descriptor) {}

  const FileCalls& calls_;
  std::filesystem::path file_;
  std::filesystem::path temporary_;  // empty once it has its name
  int descriptor_;
};

}  // namespace puna::engine
