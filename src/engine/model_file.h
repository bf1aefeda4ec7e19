// Opens a model's file, reads its header in pieces of bounded size and judges it. Split models: every part is judged.
//
// Owns nothing afterwards: the file is closed before the result is returned.
#pragma once

#include <filesystem>
#include <vector>

#include "puna/engine/weights.h"

namespace puna::engine {

struct ModelFile {
  ModelFacts facts;                          // sizes are sums over the parts
  std::vector<std::filesystem::path> parts;  // the files that hold the tensors, in order; one unless split
  bool has_tensors = false;
};

// Errors  as Weights::inspect()
[[nodiscard]] Result<ModelFile> read_model_file(const std::filesystem::path& file);

}  // namespace puna::engine
