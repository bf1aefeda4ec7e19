// The files of MaskBench.
#pragma once

#include <filesystem>
#include <vector>

#include "puna/base.h"

namespace puna::bench {

// {"schema": ..., "tests": [{"data": ..., "valid": true}, ...]}
// Errors  as Json::parse()
[[nodiscard]] Result<Json> read_mask_case(const std::filesystem::path& file);

// Errors  not_found  no folder, or no *.json in it
[[nodiscard]] Result<std::vector<std::filesystem::path>> mask_cases_in(const std::filesystem::path& folder);

}  // namespace puna::bench
