// Results that are too large for the model's window: the whole goes to a file, which the file tools read in pieces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "puna/tools.h"
#include "puna/tools/workspace.h"

namespace puna {

// The folder under which the file tools see such files: ".puna-results/3fa9c1d20b64e175.txt".
inline constexpr std::string_view kResultFolderName = ".puna-results";
// Lines of such a file have at most so many bytes, so that `read` shows all of them.
inline constexpr std::size_t kResultLineBytesMax = 400;
inline constexpr int kResultDaysMax = 30;

// Thread  any.
class ResultFolder {
 public:
  // A private folder that is gone with this object.  Errors  io  no folder can be made
  [[nodiscard]] static Result<std::shared_ptr<const ResultFolder>> temporary();
  // A folder that stays; made, for its owner alone, where it is missing. Files that nobody kept again for
  // kResultDaysMax are removed.  Errors  io, not_found
  [[nodiscard]] static Result<std::shared_ptr<const ResultFolder>> open(const std::filesystem::path& folder);
  ResultFolder(const ResultFolder&) = delete;
  ResultFolder& operator=(const ResultFolder&) = delete;
  ~ResultFolder();

  // Keeps a text and returns the path that file tools know it by. The name is made of the text: the same text is one
  // file. JSON on few lines is indented and longer lines are broken; else the file holds the text, as valid UTF-8.
  // Errors  io
  [[nodiscard]] Result<std::string> keep(std::string_view text) const;

  // The files of a workspace, and these beside them: they can be read and searched, not changed. A folder of the
  // workspace that has their folder's name is hidden by it.
  [[nodiscard]] std::shared_ptr<const Workspace> beside(std::shared_ptr<const Workspace> workspace) const;

 private:
  ResultFolder(std::filesystem::path folder, std::shared_ptr<const Workspace> files, bool is_temporary)
      : folder_(std::move(folder)), files_(std::move(files)), is_temporary_(is_temporary) {}

  const std::filesystem::path folder_;
  const std::shared_ptr<const Workspace> files_;
  const bool is_temporary_;
};

// How many bytes of one result a window of so many tokens has room for: about a third of it, at most
// kObservationBytesMax.
[[nodiscard]] std::size_t result_bytes_for(std::int64_t window_tokens) noexcept;

}  // namespace puna
