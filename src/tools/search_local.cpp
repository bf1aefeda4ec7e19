// A folder of texts as a search engine: read once, beneath the folder only, into an index in memory.
#include <algorithm>
#include <utility>

#include "puna/tools/web.h"
#include "tools/fact_index.h"
#include "tools/plain_text.h"

namespace puna {
namespace {

constexpr std::size_t kFilesMax = 4'096;
constexpr std::size_t kSearchedBytesMax = 1'048'576;
constexpr std::size_t kAllBytesMax = 67'108'864;
constexpr std::size_t kDepthMax = 16;

class LocalSearch final : public SearchEngine {
 public:
  LocalSearch(std::unique_ptr<tools::FactIndex> index, SearchedTexts texts) : index_(std::move(index)), texts_(texts) {}
  [[nodiscard]] ToolTraits traits() const override {
    return {.reads_private = texts_ == SearchedTexts::of_the_user, .subject_argument = "query"};
  }
  [[nodiscard]] Result<std::vector<SearchHit>> search(std::string_view query, std::size_t hits_max,
                                                      std::stop_token stop) override {
    if (tools::search_words(query).empty()) {
      return fail(ErrorCode::invalid_argument, "the query has no words", "write a few words to search for");
    }
    return index_->search(query, hits_max, stop);
  }

 private:
  std::unique_ptr<tools::FactIndex> index_;
  SearchedTexts texts_;
};

// Collects the paths of texts below a folder of the root, in order.
Result<void> collect(const FileRoot& root, const std::string& folder, std::size_t depth,
                     std::vector<std::string>& paths) {
  PUNA_TRY(const std::vector<FileRoot::Entry> entries, root.list(folder));
  for (const FileRoot::Entry& entry : entries) {
    const std::string path = folder.empty() ? entry.name : folder + "/" + entry.name;
    if (entry.name.starts_with('.')) {
      continue;
    }
    if (entry.is_folder) {
      if (depth < kDepthMax) {
        PUNA_TRY_VOID(collect(root, path, depth + 1, paths));
      }
    } else if (path.ends_with(".md") || path.ends_with(".txt")) {
      paths.push_back(path);
    }
    if (paths.size() > kFilesMax) {
      return fail(ErrorCode::limit, format_text("the folder to search has more than {} texts", kFilesMax));
    }
  }
  return {};
}

// "Pont des Arts" as in a link: "pont-des-arts".
std::string slug(std::string_view title) {
  std::string result;
  for (const char c : title) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80;
    if (plain || (c >= 'A' && c <= 'Z')) {
      result += plain ? c : static_cast<char>(c + 32);
    } else if (!result.empty() && !result.ends_with('-')) {
      result += '-';
    }
  }
  while (result.ends_with('-')) {
    result.pop_back();
  }
  return result;
}

Result<void> add_text(tools::FactIndex& index, const std::string& path, std::string_view text) {
  SearchHit entry{.title = path.substr(path.rfind('/') + 1), .address = path, .snippet = {}};
  const auto add = [&]() -> Result<void> {
    entry.snippet = tools::collapsed(entry.snippet);
    return entry.snippet.empty() ? Result<void>() : index.add(entry);
  };
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1);
    const std::string_view line = text.substr(0, end + 1);
    if (line.starts_with("# ")) {
      PUNA_TRY_VOID(add());
      entry.title = tools::collapsed(line.substr(2));
      entry.address = path + "#" + slug(entry.title);
      entry.snippet.clear();
    } else {
      entry.snippet += line;
    }
    text.remove_prefix(end + 1);
  }
  return add();
}

}  // namespace

Result<std::unique_ptr<SearchEngine>> open_local_search(const std::filesystem::path& folder, SearchedTexts texts) {
  PUNA_TRY(const std::shared_ptr<const FileRoot> root, FileRoot::open(folder));
  PUNA_TRY(std::unique_ptr<tools::FactIndex> index, tools::FactIndex::open());
  std::vector<std::string> paths;
  PUNA_TRY_VOID(collect(*root, "", 0, paths));
  std::size_t bytes = 0;
  for (const std::string& path : paths) {
    const auto text = root->read(path, kSearchedBytesMax);
    if (!text) {
      continue;  // too large, not text, or gone: the others can still be searched
    }
    bytes += text->size();
    if (bytes > kAllBytesMax) {
      return fail(ErrorCode::limit, format_text("the texts to search have more than {} bytes", kAllBytesMax));
    }
    PUNA_TRY_VOID(add_text(*index, path, *text));
  }
  return std::make_unique<LocalSearch>(std::move(index), texts);
}

}  // namespace puna
