// See workspace.h. The root's descriptor is the only thing that is opened by a path of the machine.
#include "puna/tools/workspace.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <ranges>
#include <thread>
#include <utility>

#include "tools/atomic_file.h"
#include "tools/folder_access.h"
#include "tools/observation.h"
#include "tools/protection.h"

namespace puna {
namespace {

using tools::Descriptor;
using tools::open_beneath;
using tools::Wanted;

// "a/b/c" -> "a/b" and "c".
std::pair<std::string_view, std::string_view> split(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::pair(std::string_view(), path)
                                         : std::pair(path.substr(0, slash), path.substr(slash + 1));
}

std::string joined(std::string_view folder, std::string_view name) {
  return folder.empty() || folder == "." ? std::string(name) : format_text("{}/{}", folder, name);
}

class FolderWorkspace final : public Workspace {
 public:
  FolderWorkspace(Descriptor root, tools::Protection protection)
      : root_(std::move(root)), protection_(std::move(protection)) {}

  [[nodiscard]] Result<std::vector<Entry>> list(std::string_view path) const override {
    return tools::list_beneath(root_, path);
  }
  [[nodiscard]] Result<std::string> read(std::string_view path, std::size_t bytes_max) const override {
    PUNA_TRY(std::string content, tools::read_beneath(root_, path, bytes_max));
    PUNA_TRY_VOID(tools::check_text(content, path));
    return content;
  }
  [[nodiscard]] Result<std::string> read_bytes(std::string_view path, std::size_t bytes_max) const override {
    return tools::read_beneath(root_, path, bytes_max);
  }

  [[nodiscard]] Result<std::string> locate(std::string_view path) const override {
    std::string_view known = path;
    auto place = open_beneath(root_, known, O_PATH);
    while (!place && place.error() == ENOENT && !known.empty()) {  // every round takes a component away
      known = split(known).first;
      place = open_beneath(root_, known, O_PATH);
    }
    if (!place) {
      return std::unexpected(tools::refusal(place.error(), path, Wanted::file));
    }
    const std::string_view rest = path.substr(known.size() + (known.empty() || known.size() == path.size() ? 0 : 1));
    if (const std::string whole = "/" + std::string(rest) + "/"; whole.contains("/../") || whole.contains("/./")) {
      return std::unexpected(tools::refusal(ENOENT, path, Wanted::folder));  // through a folder that is not there
    }
    auto location = tools::location_beneath(root_, *place);
    if (!location) {
      return std::unexpected(tools::refusal(location.error(), path, Wanted::file));
    }
    for (const auto part : std::views::split(rest, '/')) {
      if (!part.empty()) {
        location = joined(*location, std::string_view(part));
      }
    }
    return *location;
  }

  [[nodiscard]] Result<Written> write(std::string_view path, const Write& how) const override {
    const auto [parent, last] = split(path);
    if (last.empty() || last == "." || last == ".." || last.contains('\0')) {
      return fail(ErrorCode::invalid_argument, "not the path of a file: " + tools::shown(path));
    }
    if (path.starts_with('/')) {  // split() would take it for a file of the folder
      return std::unexpected(tools::refusal(EXDEV, path, Wanted::file));
    }
    const std::string name(last);
    PUNA_TRY(const Descriptor folder, open_folder(parent, path, how.make_folders));
    PUNA_TRY_VOID(protection_.check(root_, folder, name));
    PUNA_TRY(const std::optional<struct stat> old, old_file(folder, name, path));
    if (!old && how.expected) {
      return std::unexpected(tools::refusal(ENOENT, path, Wanted::file));
    }
    auto made = tools::NewFile::create(folder, how.content, old);
    if (!made) {
      return std::unexpected(tools::io_error("write", path, made.error()));
    }
    if (!lock(folder)) {
      return std::unexpected(tools::io_error("write", path, EBUSY));
    }
    PUNA_TRY_VOID(protection_.check(root_, folder, name));  // the folder may have been moved meanwhile
    const int reason = how.expected ? made->publish_over(name, *how.expected)
                       : old        ? made->publish(name)
                                    : made->publish_as_new(name);
    if (reason == ESTALE || reason == EEXIST || reason == EISDIR) {
      return fail(ErrorCode::invalid_argument, "the file was changed by somebody else meanwhile: " + tools::shown(path),
                  "read it again");
    }
    if (reason != 0) {
      return std::unexpected(tools::io_error("write", path, reason));
    }
    return old ? Written::replaced : Written::created;
  }

  [[nodiscard]] Result<Walked> walk(std::string_view folder, const std::function<bool(const Found&)>& visit,
                                    const std::stop_token& stop) const override {
    PUNA_TRY(const auto entries, tools::entries_beneath(root_, folder, kWalkEntriesMax));
    Walked walked;
    visit_all(folder, entries, {.walked = walked, .visit = visit, .stop = stop}, 1);
    return walked;
  }

 private:
  // Until the descriptor is closed. Without it a change that is taken back could take another's with it.
  [[nodiscard]] static bool lock(const Descriptor& folder) {
    constexpr int kTriesMax = 1'000;
    for (int tries = 0; tries < kTriesMax; ++tries) {
      if (::flock(folder.number(), LOCK_EX | LOCK_NB) == 0) {
        return true;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return false;
  }

  // What write() puts the file into. Each folder that is missing is made inside of one that is open.
  [[nodiscard]] Result<Descriptor> open_folder(std::string_view parent, std::string_view path, bool make) const {
    auto folder = open_beneath(root_, parent, O_RDONLY | O_DIRECTORY);
    for (std::size_t end = 0; make && !folder && folder.error() == ENOENT && end < parent.size();) {
      end = std::min(parent.find('/', end + 1), parent.size());
      const auto [above, name] = split(parent.substr(0, end));
      if (name.empty()) {  // "//"
        continue;
      }
      auto inside = open_beneath(root_, above, O_RDONLY | O_DIRECTORY);
      if (!inside) {
        return std::unexpected(tools::refusal(inside.error(), path, Wanted::folder));
      }
      PUNA_TRY_VOID(make_folder(*inside, std::string(name), path));
      folder = open_beneath(root_, parent, O_RDONLY | O_DIRECTORY);
    }
    if (!folder) {
      return std::unexpected(tools::refusal(folder.error(), parent, Wanted::folder));
    }
    return std::move(*folder);
  }

  [[nodiscard]] Result<void> make_folder(const Descriptor& inside, const std::string& name,
                                         std::string_view path) const {
    struct stat facts{};
    if (::fstatat(inside.number(), name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) == 0) {
      return {};  // also a link: the kernel judges it when it is gone through
    }
    PUNA_TRY_VOID(protection_.check(root_, inside, name));
    if (::mkdirat(inside.number(), name.c_str(), 0777) != 0 && errno != EEXIST) {
      return std::unexpected(tools::io_error("make a folder for", path, errno));
    }
    return {};
  }

  // Nothing when the name is free.
  [[nodiscard]] static Result<std::optional<struct stat>> old_file(const Descriptor& folder, const std::string& name,
                                                                   std::string_view path) {
    struct stat facts{};
    if (::fstatat(folder.number(), name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno == ENOENT) {
        return std::nullopt;
      }
      return std::unexpected(tools::refusal(errno, path, Wanted::file));
    }
    if (S_ISLNK(facts.st_mode)) {
      return fail(ErrorCode::invalid_argument, "a link, which is not written through: " + tools::shown(path));
    }
    if (!S_ISREG(facts.st_mode)) {
      return fail(ErrorCode::invalid_argument,
                  (S_ISDIR(facts.st_mode) ? "a folder, not a file: " : "not a regular file: ") + tools::shown(path));
    }
    return facts;
  }

  struct Walk {
    Walked& walked;
    const std::function<bool(const Found&)>& visit;
    const std::stop_token& stop;
  };
  // Returns whether to go on.
  bool visit_all(std::string_view folder, const std::vector<tools::RawEntry>& entries, const Walk& walk,
                 int depth) const {
    for (const tools::RawEntry& entry : entries) {
      if (walk.stop.stop_requested() || walk.walked.entries == kWalkEntriesMax) {
        return walk.walked.is_whole = false;
      }
      ++walk.walked.entries;
      const Found found = look_at(joined(folder, entry.name), entry.type);
      walk.walked.links += found.is_link ? 1 : 0;
      if (!walk.visit(found)) {
        return walk.walked.is_whole = false;
      }
      if (found.is_folder && !enter(found, entry.name, walk, depth)) {
        return false;
      }
    }
    return true;
  }

  bool enter(const Found& folder, std::string_view name, const Walk& walk, int depth) const {
    if (name == ".git") {
      ++walk.walked.git_folders;
      return true;
    }
    if (depth == kWalkDepthMax) {
      walk.walked.is_whole = false;
      return true;
    }
    const auto entries = tools::entries_beneath(root_, folder.path, kWalkEntriesMax, O_NOFOLLOW);
    if (!entries) {
      ++walk.walked.unreadable;
      return true;
    }
    return visit_all(folder.path, *entries, walk, depth + 1);
  }

  [[nodiscard]] Found look_at(std::string path, unsigned char type) const {
    if (type == DT_UNKNOWN) {
      struct stat facts{};
      const auto place = open_beneath(root_, path, O_PATH | O_NOFOLLOW);
      if (place && ::fstat(place->number(), &facts) == 0) {
        type = S_ISDIR(facts.st_mode) ? DT_DIR : S_ISLNK(facts.st_mode) ? DT_LNK : DT_REG;
      }
    }
    return {.path = std::move(path), .is_folder = type == DT_DIR, .is_link = type == DT_LNK};
  }

  Descriptor root_;
  tools::Protection protection_;
};

}  // namespace

Result<std::shared_ptr<const Workspace>> Workspace::open(const std::filesystem::path& folder,
                                                         const std::vector<std::filesystem::path>& protected_paths) {
  PUNA_TRY(Descriptor root, tools::open_root(folder));
  tools::Protection protection(root, folder, protected_paths);
  return std::make_shared<const FolderWorkspace>(std::move(root), std::move(protection));
}

}  // namespace puna
