// Opens a model's file, reads its header in pieces of bounded size and judges it. Split models: every part is judged.
//
// Owns nothing afterwards: the file is closed before the result is returned.
#pragma once

#include <filesystem>
#include <vector>

#include "engine/gguf_header.h"
#include "puna/engine/weights.h"

namespace puna::engine {

struct ModelFile {
  ModelFacts facts;                          // sizes are sums over the parts
  std::vector<std::filesystem::path> parts;  // the files that hold the tensors, in order; one unless split
  bool has_tensors = false;
};

struct GgufFile {
  GgufHeader header;
  std::vector<std::byte> head;  // as it was given to parse_gguf_header()
  std::uint64_t file_bytes = 0;
};
// Any GGUF's header, judged by itself.   Errors  as Weights::inspect()
[[nodiscard]] Result<GgufFile> read_gguf_file(const std::filesystem::path& file);

// Errors  as Weights::inspect()
[[nodiscard]] Result<ModelFile> read_model_file(const std::filesystem::path& file);

}  // namespace puna::engine
