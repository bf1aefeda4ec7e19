// Tests only: where the outside reference data is. It is not part of the project; tests that need it say so and skip.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/test_rounds.h"
#include "source_folder.h"

namespace puna::testing {

inline std::optional<std::filesystem::path> oracle(std::string_view name) {
  const char* folder = std::getenv("PUNA_ORACLES");
  const std::filesystem::path root =
      folder != nullptr ? std::filesystem::path(folder) : std::filesystem::path(PUNA_SOURCE_DIR) / "../shared/oracles";
  std::error_code problem;
  return std::filesystem::is_directory(root / name, problem) ? std::optional(root / name) : std::nullopt;
}

// The files of a folder by name: all of them, or every tenth under a sanitizer.
inline std::vector<std::filesystem::path> oracle_files(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.is_regular_file()) {
      files.push_back(entry.path());
    }
  }
  std::ranges::sort(files);
  std::vector<std::filesystem::path> chosen;
  for (std::size_t i = 0; i < files.size(); i += test::stride()) {
    chosen.push_back(files[i]);
  }
  return chosen;
}

inline std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace puna::testing
