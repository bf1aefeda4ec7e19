// Test support: where the files outside the sources are.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include "source_folder.h"

namespace puna::engine::test {

// The model for tests of real inference: PUNA_TEST_MODEL, or the project's demo model.
inline std::filesystem::path model_path() {
  const char* given = std::getenv("PUNA_TEST_MODEL");
  return given != nullptr ? std::filesystem::path(given)
                          : std::filesystem::path(PUNA_SOURCE_DIR) / "models/demo/puna-demo-Q8_0.gguf";
}

// "demo", or the name of a published vocabulary in the oracles folder.
inline std::filesystem::path vocabulary_path(const std::string& name) {
  if (name == "demo") {
    return model_path();
  }
  const char* oracles = std::getenv("PUNA_ORACLES");
  const std::filesystem::path folder = oracles != nullptr
                                           ? std::filesystem::path(oracles)
                                           : std::filesystem::path(PUNA_SOURCE_DIR) / "../shared/oracles";
  return folder / "vocab" / ("ggml-vocab-" + name + ".gguf");
}

}  // namespace puna::engine::test
