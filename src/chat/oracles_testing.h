// Tests only: where the outside reference data is. It is not part of the project; tests that need it say so and skip.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

#include "source_folder.h"

namespace puna::testing {

inline std::optional<std::filesystem::path> oracle(std::string_view name) {
  const char* folder = std::getenv("PUNA_ORACLES");
  const std::filesystem::path root =
      folder != nullptr ? std::filesystem::path(folder) : std::filesystem::path(PUNA_SOURCE_DIR) / "../shared/oracles";
  std::error_code problem;
  return std::filesystem::is_directory(root / name, problem) ? std::optional(root / name) : std::nullopt;
}

inline std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace puna::testing
