// What a tool may not write although it lies beneath the workspace: files that are obeyed later.
//
// A place is judged where it really lies (location_beneath), so links and other spellings make no difference; by the
// identity of what was protected when the workspace was opened, so a new name makes none either; and a folder that git
// would take for a repository is protected whatever it is called.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "puna/base.h"
#include "tools/beneath.h"

namespace puna::tools {

class Protection {
 public:
  // Both borrowed only for the call. Paths as of Workspace::open.
  Protection(const Descriptor& root, const std::filesystem::path& folder,
             const std::vector<std::filesystem::path>& paths);

  // Whether a file or folder `name` may be made or replaced in the folder, now.
  // Errors  invalid_argument  protected, or the folder lies outside of the root;  io  that cannot be found out
  [[nodiscard]] Result<void> check(const Descriptor& root, const Descriptor& folder, std::string_view name) const;

 private:
  using Identity = std::pair<dev_t, ino_t>;

  void remember(const Descriptor& root, const std::string& path);
  [[nodiscard]] bool is_protected_path(std::string_view path) const;
  [[nodiscard]] Result<void> check_ancestors(const Descriptor& root, const Descriptor& folder,
                                             std::string_view path) const;
  [[nodiscard]] bool is_protected_file(const Descriptor& root, const Descriptor& folder, const std::string& name) const;

  std::vector<std::string> paths_;  // relative to the root
  std::set<Identity> identities_;   // of what existed when it was made
};

// One component of a path.
[[nodiscard]] bool is_protected_name(std::string_view name);

}  // namespace puna::tools
