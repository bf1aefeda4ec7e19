// A file that takes its name only when it is whole.
#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>
#include <string_view>

#include "puna/base.h"
#include "tools/beneath.h"

namespace puna::tools {

// A file beside the one that it will be: written and synced, without that one's name. Removed with this unless it was
// published. Borrows the folder.
class NewFile {
 public:
  // like  the file that it will replace: permission bits, and the owner where the system allows it; else mode_if_new
  //       (less what the process' umask takes).
  // Errors  an errno value: ENOSPC, EACCES, ...
  [[nodiscard]] static std::expected<NewFile, int> create(const Descriptor& folder, std::string_view content,
                                                          const std::optional<struct stat>& like,
                                                          mode_t mode_if_new = 0666);
  NewFile(NewFile&& other) noexcept : folder_(other.folder_), name_(std::exchange(other.name_, {})) {}
  NewFile& operator=(NewFile&&) = delete;
  ~NewFile();

  // Takes a name that must be free. EEXIST otherwise.
  [[nodiscard]] int publish_as_new(const std::string& name);
  // Takes the name from whatever file has it.
  [[nodiscard]] int publish(const std::string& name);
  // Takes the name if the file that has it holds exactly this. ESTALE otherwise: then it is as it was.
  [[nodiscard]] int publish_over(const std::string& name, std::string_view expected);

 private:
  NewFile(const Descriptor& folder, std::string name) : folder_(&folder), name_(std::move(name)) {}
  [[nodiscard]] int done();

  const Descriptor* folder_;
  std::string name_;  // empty once it was published
};

}  // namespace puna::tools
