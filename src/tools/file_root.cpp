// A folder that may be read, and nothing beyond it.
//
// Owns the folder's descriptor: the root stays the same folder when it is renamed.
#include "puna/tools.h"
#include "tools/folder_access.h"

namespace puna {
namespace {

class BeneathRoot final : public FileRoot {
 public:
  explicit BeneathRoot(tools::Descriptor folder) : folder_(std::move(folder)) {}

  [[nodiscard]] Result<std::vector<Entry>> list(std::string_view path) const override {
    return tools::list_beneath(folder_, path);
  }
  [[nodiscard]] Result<std::string> read(std::string_view path, std::size_t bytes_max) const override {
    PUNA_TRY(std::string content, tools::read_beneath(folder_, path, bytes_max));
    PUNA_TRY_VOID(tools::check_text(content, path));
    return content;
  }

 private:
  tools::Descriptor folder_;
};

}  // namespace

Result<std::shared_ptr<const FileRoot>> FileRoot::open(const std::filesystem::path& folder) {
  PUNA_TRY(tools::Descriptor root, tools::open_root(folder));
  return std::make_shared<const BeneathRoot>(std::move(root));
}

}  // namespace puna
