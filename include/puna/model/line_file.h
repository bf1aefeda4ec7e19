// A file of lines, written as it grows. Owns the descriptor.
//
// Invariant: the file holds whole lines. A line goes out in one write(); when the disk takes only a part of it, the
// part is cut off again, and if even that fails nothing more is written. A kill can cut the last line between two pages
// of the file: go_on() takes such a part away. Mode 0600; nothing is synced.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "puna/base.h"

namespace puna {

class LineFile {
 public:
  // Creates or truncates.  Errors  not_found  its folder;  io  no permission, a folder, a pipe
  [[nodiscard]] static Result<LineFile> create(const std::filesystem::path& file);
  // Creates, or goes on behind the last whole line.  Errors  those of create()
  [[nodiscard]] static Result<LineFile> go_on(const std::filesystem::path& file);
  LineFile(LineFile&& other) noexcept;
  LineFile& operator=(LineFile&&) = delete;
  ~LineFile();

  // A text without a line's end.  Errors  io  (disk full); what was appended before is whole
  // Thread  one caller at a time.
  [[nodiscard]] Result<void> append(std::string_view text);
  // Lines that were there, and those appended.
  [[nodiscard]] std::size_t lines() const { return lines_; }

 private:
  LineFile(int number, std::string name) : number_(number), name_(std::move(name)) {}
  [[nodiscard]] static Result<LineFile> open(const std::filesystem::path& file, bool keeps);
  [[nodiscard]] bool find_end();

  int number_;
  std::string name_;
  off_t bytes_ = 0;  // of whole lines
  std::size_t lines_ = 0;
  bool broken_ = false;
};

}  // namespace puna
