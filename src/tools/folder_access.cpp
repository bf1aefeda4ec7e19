// See folder_access.h.
#include "tools/folder_access.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <system_error>
#include <utility>

#include "tools/observation.h"

namespace puna::tools {
namespace {

constexpr std::size_t kEntriesMax = 2'000;

std::string system_text(int reason) { return std::generic_category().message(reason); }

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};
using OpenFolder = std::unique_ptr<DIR, CloseFolder>;

Result<void> check_regular(const Descriptor& file, std::string_view path, std::size_t bytes_max) {
  struct stat facts{};
  if (::fstat(file.number(), &facts) != 0) {
    return std::unexpected(io_error("read", path, errno));
  }
  if (S_ISDIR(facts.st_mode)) {
    return fail(ErrorCode::invalid_argument, "a folder, not a file: " + shown(path));
  }
  if (!S_ISREG(facts.st_mode)) {
    return fail(ErrorCode::invalid_argument, "not a regular file: " + shown(path));
  }
  if (std::cmp_greater(facts.st_size, bytes_max)) {
    return fail(ErrorCode::limit,
                format_text("the file is too large: {} ({} bytes; at most {})", shown(path), facts.st_size, bytes_max));
  }
  return {};
}

// A descriptor that cannot hang and is a regular file of at most bytes_max bytes, as far as its size can be known.
Result<Descriptor> open_regular(const Descriptor& root, std::string_view path, std::size_t bytes_max) {
  // First a descriptor that opens nothing: opening a device can already do something (a watchdog, a tape).
  auto place = open_beneath(root, path, O_PATH);
  if (!place) {
    return std::unexpected(refusal(place.error(), path, Wanted::file));
  }
  PUNA_TRY_VOID(check_regular(*place, path, bytes_max));
  auto file = open_beneath(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (!file) {
    return std::unexpected(refusal(file.error(), path, Wanted::file));
  }
  PUNA_TRY_VOID(check_regular(*file, path, bytes_max));  // the name may mean another file by now
  return std::move(*file);
}

// Also true for a link that leads to a folder beneath the root: it can be listed.
bool is_folder(const Descriptor& root, std::string_view path, const RawEntry& item) {
  if (item.type != DT_LNK && item.type != DT_UNKNOWN) {
    return item.type == DT_DIR;
  }
  const std::string_view parent = path.empty() ? "." : path;
  return open_beneath(root, format_text("{}/{}", parent, item.name), O_PATH | O_DIRECTORY).has_value();
}

}  // namespace

Error io_error(std::string_view what, std::string_view path, int reason) {
  return {.code = ErrorCode::io, .message = format_text("cannot {} {}: {}", what, shown(path), system_text(reason))};
}

Error refusal(int reason, std::string_view path, Wanted wanted) {
  const std::string name = shown(path);
  switch (reason) {
    case ENOENT:
      return {.code = ErrorCode::not_found,
              .message = format_text("no such {}: {}", wanted == Wanted::file ? "file" : "folder", name)};
    case ENOTDIR:
      return wanted == Wanted::folder ? Error{.code = ErrorCode::invalid_argument, .message = "not a folder: " + name}
                                      : Error{.code = ErrorCode::not_found, .message = "no such file: " + name};
    case EXDEV:
      return {.code = ErrorCode::invalid_argument, .message = "the path leaves the folder: " + name};
    case ELOOP:
      return {.code = ErrorCode::invalid_argument, .message = "the path has a link that is not followed: " + name};
    case EINVAL:
    case EILSEQ:
      return {.code = ErrorCode::invalid_argument, .message = "not a path: " + name};
    case ENAMETOOLONG:
      return {.code = ErrorCode::invalid_argument, .message = "the path is too long: " + name};
    default:
      return io_error("open", path, reason);
  }
}

Result<Descriptor> open_root(const std::filesystem::path& folder) {
  const std::string name = shown(folder.string());
  const int number = ::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (number < 0) {
    const int reason = errno;
    return fail(reason == ENOENT ? ErrorCode::not_found : ErrorCode::io,
                format_text("cannot open the folder {}: {}", name, system_text(reason)));
  }
  Descriptor root(number);
  if (auto probe = open_beneath(root, "", O_PATH); !probe) {
    return fail(ErrorCode::unavailable,
                format_text("files of {} cannot be read safely: openat2 says {}", name, system_text(probe.error())),
                "file tools need Linux 5.6 or newer, and a container that allows openat2");
  }
  return root;
}

Result<std::vector<RawEntry>> entries_beneath(const Descriptor& root, std::string_view path, std::size_t entries_max,
                                              int more_flags) {
  auto opened = open_beneath(root, path, O_RDONLY | O_DIRECTORY | O_NONBLOCK | more_flags);
  if (!opened) {
    return std::unexpected(refusal(opened.error(), path, Wanted::folder));
  }
  const OpenFolder folder(::fdopendir(opened->number()));
  if (folder == nullptr) {
    return std::unexpected(io_error("read", path, errno));
  }
  (void)opened->release();  // the DIR owns it now
  std::vector<RawEntry> entries;
  while (true) {  // at most entries_max rounds, and the two that every folder has
    errno = 0;
    const dirent* item = ::readdir(folder.get());
    if (item == nullptr) {
      break;
    }
    const std::string_view name = item->d_name;
    if (name == "." || name == "..") {
      continue;
    }
    if (entries.size() >= entries_max) {
      return fail(ErrorCode::limit, format_text("the folder has more than {} entries: {}", entries_max, shown(path)));
    }
    entries.push_back({.name = std::string(name), .type = item->d_type});
  }
  if (errno != 0) {
    return std::unexpected(io_error("read", path, errno));
  }
  std::ranges::sort(entries, {}, &RawEntry::name);
  return entries;
}

Result<std::vector<FileRoot::Entry>> list_beneath(const Descriptor& root, std::string_view path) {
  PUNA_TRY(const std::vector<RawEntry> found, entries_beneath(root, path, kEntriesMax));
  std::vector<FileRoot::Entry> entries;
  entries.reserve(found.size());
  for (const RawEntry& item : found) {
    entries.push_back({.name = shown_name(item.name), .is_folder = is_folder(root, path, item)});
  }
  return entries;
}

Result<std::string> read_beneath(const Descriptor& root, std::string_view path, std::size_t bytes_max) {
  PUNA_TRY(const Descriptor file, open_regular(root, path, bytes_max));
  std::string content;
  // The size that fstat told says nothing about a file that grows or a file of /proc: the bytes read decide.
  std::array<char, 65'536> chunk;
  while (content.size() <= bytes_max) {  // every round adds at least one byte
    const ssize_t got = ::read(file.number(), chunk.data(), std::min(chunk.size(), bytes_max + 1 - content.size()));
    if (got < 0) {
      return std::unexpected(io_error("read", path, errno));
    }
    if (got == 0) {
      break;
    }
    content.append(chunk.data(), static_cast<std::size_t>(got));
  }
  if (content.size() > bytes_max) {
    return fail(ErrorCode::limit,
                format_text("the file is too large: {} (more than {} bytes)", shown(path), bytes_max));
  }
  return content;
}

Result<void> check_text(std::string_view content, std::string_view path) {
  if (content.find('\0') != std::string_view::npos || !utf8::is_valid(content)) {
    return fail(ErrorCode::invalid_argument, "not text: " + shown(path));
  }
  return {};
}

// Names are bytes; a name with a line break in it must not look like two entries. (Not by shown(): names stay whole.)
std::string shown_name(std::string_view name) {
  std::string clean = utf8::sanitize(name);
  for (char& c : clean) {
    if (static_cast<unsigned char>(c) < 0x20 || c == '\x7f') {
      c = '?';
    }
  }
  return clean;
}

}  // namespace puna::tools
