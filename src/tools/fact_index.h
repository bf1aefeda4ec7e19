// A full-text index in memory, ranked by BM25. SQLite stays behind this file.
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "puna/tools/web.h"

namespace puna::tools {

// Thread  one at a time.
class FactIndex {
 public:
  // Errors  internal  SQLite cannot make it (no memory, or built without FTS5)
  [[nodiscard]] static Result<std::unique_ptr<FactIndex>> open();
  virtual ~FactIndex() = default;

  // Errors  internal
  [[nodiscard]] virtual Result<void> add(const SearchHit& entry) = 0;  // its snippet is the whole text
  // Entries with any of the words, those with rare ones and with words in the title first. No text is an error of
  // syntax: only letters and digits count.
  // Errors  cancelled, internal
  [[nodiscard]] virtual Result<std::vector<SearchHit>> search(std::string_view query, std::size_t hits_max,
                                                              const std::stop_token& stop) = 0;
};

// The words of a query, each once; without "the", "how" and their kind where others are left.
[[nodiscard]] std::vector<std::string> search_words(std::string_view query);

}  // namespace puna::tools
