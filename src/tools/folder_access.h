// Reading beneath a folder: every access goes path -> open_beneath() -> descriptor, and all that is asked of a file
// afterwards is asked of the descriptor, never again of the path. What FileRoot and Workspace share.
#pragma once

#include <dirent.h>

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "puna/tools.h"
#include "tools/beneath.h"

namespace puna::tools {

enum class Wanted : bool { file, folder };
// An errno value of open_beneath() as an error that names the path.
[[nodiscard]] Error refusal(int reason, std::string_view path, Wanted wanted);
[[nodiscard]] Error io_error(std::string_view what, std::string_view path, int reason);  // "cannot <what> <path>: ..."

// Errors  not_found, io  the folder cannot be opened;  unavailable  the kernel has no openat2
[[nodiscard]] Result<Descriptor> open_root(const std::filesystem::path& folder);

// Names as they are, without "." and "..", sorted.
// Errors  not_found, io, invalid_argument (not a folder), limit (more than entries_max)
struct RawEntry {
  std::string name;
  unsigned char type = DT_UNKNOWN;
};
[[nodiscard]] Result<std::vector<RawEntry>> entries_beneath(const Descriptor& root, std::string_view path,
                                                            std::size_t entries_max, int more_flags = 0);

// FileRoot::list.
[[nodiscard]] Result<std::vector<FileRoot::Entry>> list_beneath(const Descriptor& root, std::string_view path);

// The bytes of a regular file. Never waits for a pipe or a device, which are refused unopened.
// Errors  not_found, io, invalid_argument (leaves the root, not a regular file), limit (over bytes_max)
[[nodiscard]] Result<std::string> read_beneath(const Descriptor& root, std::string_view path, std::size_t bytes_max);
// Errors  invalid_argument  NUL bytes, or not UTF-8
[[nodiscard]] Result<void> check_text(std::string_view content, std::string_view path);

// A name or path as one line of a list shows it: valid UTF-8 without control characters.
[[nodiscard]] std::string shown_name(std::string_view name);

}  // namespace puna::tools
