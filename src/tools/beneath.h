// The one place where a path that a model wrote becomes a descriptor. The kernel resolves it, in one call, and refuses
// every way out of the folder: "..", absolute paths, links that lead outside, other mounts and the magic links of
// /proc. Nothing here looks at a path's text to judge it, so there is no check that a rename could outrun.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace puna::tools {

// Owns an open file descriptor.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor();

  [[nodiscard]] int number() const { return number_; }
  // Gives the descriptor away; the caller closes it.
  [[nodiscard]] int release() { return std::exchange(number_, -1); }

 private:
  int number_;
};

// Opens `path` ("" = the folder itself) beneath the folder with open(2) flags; O_CLOEXEC is added.
//
// Returns   the descriptor, or an errno value: EXDEV when the path leaves the folder or its mount, ELOOP for a magic
//           link or a loop, EINVAL for a NUL byte, ENAMETOOLONG, ENOSYS when the kernel has no openat2, else as
//           open(2).
// Thread    any.
// Source    openat2(2): RESOLVE_BENEATH, RESOLVE_NO_MAGICLINKS, RESOLVE_NO_XDEV; EAGAIN asks to try again.
[[nodiscard]] std::expected<Descriptor, int> open_beneath(const Descriptor& folder, std::string_view path, int flags);

// Where an open file or folder lies now, as the kernel knows it: a path relative to `folder` without links, "." and
// "..", empty for the folder itself.
//
// Returns   an errno value otherwise: EXDEV when it lies outside (it was moved), ENOENT when it was deleted,
//           ENAMETOOLONG, or that of readlink(2) where /proc is not mounted.
// Thread    any.
[[nodiscard]] std::expected<std::string, int> location_beneath(const Descriptor& folder, const Descriptor& place);

}  // namespace puna::tools
