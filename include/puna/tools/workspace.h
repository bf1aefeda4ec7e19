// A folder that tools may read and change, and nothing beyond it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "puna/tools.h"

namespace puna {

// Names that write() refuses anywhere on a path, in any case of letters, also when nothing of that name exists: what
// they hold is obeyed later, by git, an editor, a shell or Puna itself.
[[nodiscard]] std::span<const std::string_view> protected_names() noexcept;

// Paths are relative to the folder and resolved by the kernel as in FileRoot; another mount inside it (a bind mount,
// /proc) is outside of it.
//
// Thread  any; writes of one process or of several do not disturb each other: each file is replaced as a whole.
class Workspace : public FileRoot {
 public:
  // protected_paths  files or folders that must not be written beside protected_names(), whether they exist or not: the
  //                  policy file, Puna's own state. Relative ones are relative to the folder; others may lie anywhere.
  // Errors  as FileRoot::open
  [[nodiscard]] static Result<std::shared_ptr<const Workspace>> open(
      const std::filesystem::path& folder, const std::vector<std::filesystem::path>& protected_paths = {});

  // As FileRoot::read, for files that need not be text.
  [[nodiscard]] virtual Result<std::string> read_bytes(std::string_view path, std::size_t bytes_max) const = 0;

  // Where the path leads now: without links, "." and "..". What does not exist lies in the deepest folder that does.
  // Errors  those of read, without what is said of kinds of files
  [[nodiscard]] virtual Result<std::string> locate(std::string_view path) const = 0;

  struct Write {
    std::string_view content;
    bool make_folders = false;  // missing folders of the path, too
    // The file is there and holds exactly this, else nothing is written. Also seen: a change in the last moment.
    std::optional<std::string_view> expected;
  };
  enum class Written : bool { replaced, created };
  // Makes or replaces a regular file: a new file is written beside it, synced, and takes its name at once, so that a
  // reader sees the old text or the new one. Permission bits and, where the system allows it, the owner stay; other
  // hard links keep the old text. A link at the end of the path is not followed but refused.
  //
  // Errors  invalid_argument  the path leaves the folder, is protected or not a regular file; the file changed
  // meanwhile
  //         not_found         a folder of the path, or the expected file;   io   disk full, no permission
  //         After an error the file is as it was; folders that were made stay.
  [[nodiscard]] virtual Result<Written> write(std::string_view path, const Write& how) const = 0;

  struct Found {
    std::string path;  // relative to the workspace, as bytes
    bool is_folder = false;
    bool is_link = false;  // not followed
  };
  struct Walked {
    std::size_t entries = 0;
    std::size_t git_folders = 0;  // named .git: shown, not entered
    std::size_t links = 0;        // to files or folders: shown, not followed
    std::size_t unreadable = 0;   // folders that could not be read, or of more than kWalkEntriesMax entries
    bool is_whole = true;         // else it was stopped: by visit, stop, kWalkEntriesMax or kWalkDepthMax
  };
  // Visits everything beneath a folder, each folder before what is in it, sorted by name.
  // visit  returns whether to go on
  // Errors  not_found, io, invalid_argument  for the folder itself
  [[nodiscard]] virtual Result<Walked> walk(std::string_view folder, const std::function<bool(const Found&)>& visit,
                                            const std::stop_token& stop) const = 0;
};
inline constexpr std::size_t kWalkEntriesMax = 50'000;
inline constexpr int kWalkDepthMax = 40;

}  // namespace puna
