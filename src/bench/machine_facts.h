// What the header of a run says: the machine, the library, the model.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "puna/bench.h"
#include "puna/engine/weights.h"

namespace puna::bench {

// FNV-1a of a file's bytes, as 16 hexadecimal digits: tells models apart, protects from nothing.
// Errors  io
[[nodiscard]] Result<std::string> file_hash(const std::filesystem::path& file);

// The processor's name and those of its flags that decide how fast matrices are multiplied, from /proc/cpuinfo. Pure.
struct CpuFacts {
  std::string name;
  std::vector<std::string> flags;
};
[[nodiscard]] CpuFacts parse_cpuinfo(std::string_view text);

// Errors  as file_hash()
[[nodiscard]] Result<Json> header_of(const BenchOptions& options, int rounds, const ModelFacts& model);

}  // namespace puna::bench
