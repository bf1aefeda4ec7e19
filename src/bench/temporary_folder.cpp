#include "bench/temporary_folder.h"

#include <stdlib.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>

namespace puna::bench {

Result<TemporaryFolder> TemporaryFolder::create() {
  std::error_code code;
  std::string name = (std::filesystem::temp_directory_path(code) / "puna-bench-XXXXXX").string();
  if (code || ::mkdtemp(name.data()) == nullptr) {
    return fail(ErrorCode::io,
                format_text("no folder for temporary files: {}", code ? code.message() : std::strerror(errno)));
  }
  return TemporaryFolder(std::filesystem::path(std::move(name)));
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  if (!path_.empty()) {
    std::filesystem::remove_all(path_, ignored);
  }
}

}  // namespace puna::bench
