// A folder that may be read, and nothing beyond it. Every access goes path -> open_beneath() -> descriptor, and all
// that is asked of a file afterwards is asked of the descriptor, never again of the path.
//
// Owns the folder's descriptor: the root stays the same folder when it is renamed.
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "puna/tools.h"
#include "tools/beneath.h"
#include "tools/observation.h"

namespace puna {
namespace {

using tools::Descriptor;
using tools::open_beneath;
using tools::shown;

constexpr std::size_t kEntriesMax = 2'000;

enum class Wanted : bool { file, folder };

std::string system_text(int reason) { return std::generic_category().message(reason); }

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
      return {.code = ErrorCode::io, .message = format_text("cannot open {}: {}", name, system_text(reason))};
  }
}

std::unexpected<Error> io_error(std::string_view path) {
  const int reason = errno;
  return fail(ErrorCode::io, format_text("cannot read {}: {}", shown(path), system_text(reason)));
}

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};
using OpenFolder = std::unique_ptr<DIR, CloseFolder>;

class BeneathRoot final : public FileRoot {
 public:
  explicit BeneathRoot(Descriptor folder) : folder_(std::move(folder)) {}

  [[nodiscard]] Result<std::vector<Entry>> list(std::string_view path) const override {
    auto opened = open_beneath(folder_, path, O_RDONLY | O_DIRECTORY | O_NONBLOCK);
    if (!opened) {
      return std::unexpected(refusal(opened.error(), path, Wanted::folder));
    }
    const OpenFolder folder(::fdopendir(opened->number()));
    if (folder == nullptr) {
      return io_error(path);
    }
    (void)opened->release();  // the DIR owns it now
    std::vector<Entry> entries;
    while (true) {  // at most kEntriesMax rounds, and the two that every folder has
      errno = 0;
      const dirent* item = ::readdir(folder.get());
      if (item == nullptr) {
        break;
      }
      const std::string_view name = item->d_name;
      if (name == "." || name == "..") {
        continue;
      }
      if (entries.size() >= kEntriesMax) {
        return fail(ErrorCode::limit, format_text("the folder has more than {} entries: {}", kEntriesMax, shown(path)));
      }
      entries.push_back({.name = std::string(name), .is_folder = is_folder(path, *item)});
    }
    if (errno != 0) {
      return io_error(path);
    }
    std::ranges::sort(entries, {}, &Entry::name);
    for (Entry& entry : entries) {
      entry.name = shown_name(entry.name);
    }
    return entries;
  }

  [[nodiscard]] Result<std::string> read(std::string_view path, std::size_t bytes_max) const override {
    PUNA_TRY(const Descriptor file, open_regular(path, bytes_max));
    std::string content;
    // The size that fstat told says nothing about a file that grows or a file of /proc: the bytes read decide.
    std::array<char, 65'536> chunk;
    while (content.size() <= bytes_max) {  // every round adds at least one byte
      const ssize_t got = ::read(file.number(), chunk.data(), std::min(chunk.size(), bytes_max + 1 - content.size()));
      if (got < 0) {
        return io_error(path);
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
    if (content.find('\0') != std::string::npos || !utf8::is_valid(content)) {
      return fail(ErrorCode::invalid_argument, "not text: " + shown(path));
    }
    return content;
  }

 private:
  // A descriptor that cannot hang and is a regular file of at most bytes_max bytes, as far as its size can be known.
  [[nodiscard]] Result<Descriptor> open_regular(std::string_view path, std::size_t bytes_max) const {
    // First a descriptor that opens nothing: opening a device can already do something (a watchdog, a tape).
    auto place = open_beneath(folder_, path, O_PATH);
    if (!place) {
      return std::unexpected(refusal(place.error(), path, Wanted::file));
    }
    PUNA_TRY_VOID(check_regular(*place, path, bytes_max));
    auto file = open_beneath(folder_, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    if (!file) {
      return std::unexpected(refusal(file.error(), path, Wanted::file));
    }
    PUNA_TRY_VOID(check_regular(*file, path, bytes_max));  // the name may mean another file by now
    return std::move(*file);
  }

  static Result<void> check_regular(const Descriptor& file, std::string_view path, std::size_t bytes_max) {
    struct stat facts{};
    if (::fstat(file.number(), &facts) != 0) {
      return io_error(path);
    }
    if (S_ISDIR(facts.st_mode)) {
      return fail(ErrorCode::invalid_argument, "a folder, not a file: " + shown(path));
    }
    if (!S_ISREG(facts.st_mode)) {
      return fail(ErrorCode::invalid_argument, "not a regular file: " + shown(path));
    }
    if (std::cmp_greater(facts.st_size, bytes_max)) {
      return fail(ErrorCode::limit, format_text("the file is too large: {} ({} bytes; at most {})", shown(path),
                                                facts.st_size, bytes_max));
    }
    return {};
  }

  // Also true for a link that leads to a folder beneath the root: it can be listed.
  [[nodiscard]] bool is_folder(std::string_view path, const dirent& item) const {
    if (item.d_type != DT_LNK && item.d_type != DT_UNKNOWN) {
      return item.d_type == DT_DIR;
    }
    const std::string_view parent = path.empty() ? "." : path;
    const auto place = open_beneath(folder_, format_text("{}/{}", parent, item.d_name), O_PATH | O_DIRECTORY);
    return place.has_value();
  }

  // Names are bytes; a name with a line break in it must not look like two entries. (Not by shown(): names stay whole.)
  static std::string shown_name(std::string_view name) {
    std::string clean = utf8::sanitize(name);
    for (char& c : clean) {
      if (static_cast<unsigned char>(c) < 0x20 || c == '\x7f') {
        c = '?';
      }
    }
    return clean;
  }

  Descriptor folder_;
};

}  // namespace

Result<std::shared_ptr<const FileRoot>> FileRoot::open(const std::filesystem::path& folder) {
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
  return std::make_shared<const BeneathRoot>(std::move(root));
}

}  // namespace puna
