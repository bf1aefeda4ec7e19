#include "bench/mask_cases.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>

namespace puna::bench {

Result<Json> read_mask_case(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return Json::parse(std::string(std::istreambuf_iterator<char>(in), {}));
}

Result<std::vector<std::filesystem::path>> mask_cases_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (auto entry = std::filesystem::directory_iterator(folder, error);
       !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    if (entry->path().extension() == ".json") {
      files.push_back(entry->path());
    }
  }
  if (error || files.empty()) {
    return fail(ErrorCode::not_found, format_text("'{}' has no cases (*.json)", folder.string()),
                "give a folder of MaskBench cases with --data");
  }
  std::ranges::sort(files);
  return files;
}

}  // namespace puna::bench
