// What writing a file asks of the operating system, handed in: tests have one that fails. Each returns what the call of
// that name returns, and leaves errno as it does.
#pragma once

#include <sys/types.h>

#include <string_view>

namespace puna::engine {

// Thread  any.
class FileCalls {
 public:
  FileCalls() = default;
  FileCalls(const FileCalls&) = delete;
  FileCalls& operator=(const FileCalls&) = delete;
  virtual ~FileCalls() = default;

  // Opens a file for writing that must not be there yet.
  [[nodiscard]] virtual int create(const char* path) const;
  [[nodiscard]] virtual ssize_t write(int descriptor, std::string_view bytes) const;
  [[nodiscard]] virtual int close(int descriptor) const;
  [[nodiscard]] virtual int rename(const char* from, const char* to) const;

  // The machine's; lives as long as the program.
  [[nodiscard]] static const FileCalls& system();
};

}  // namespace puna::engine
