// Tools that look things up: a page as Markdown, and searches in the web or in a folder.
//
// What comes back was written by others: observations of these tools are untrusted, as those of all tools.
#pragma once

#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "puna/base.h"
#include "puna/net.h"
#include "puna/tools.h"

namespace puna {

inline constexpr std::size_t kPageBytesMax = 2'097'152;  // of a page that are read, decompressed
inline constexpr std::size_t kPageCharactersMax = 40'000;

// visit_page, "Read a web page as Markdown.": HTML becomes Markdown, other text stays as it is, everything else is
// refused. At most kPageCharactersMax characters; that a page was cut is said at its end. Which hosts may be reached is
// the client's policy: give it AddressPolicy::public_only(), with what the user granted.
[[nodiscard]] std::unique_ptr<Tool> make_visit_page(HttpClient client);

struct SearchHit {
  std::string title;    // one line
  std::string address;  // a URL; of a local hit "file.md#title"
  std::string snippet;  // one line
};

// Thread  any, one search at a time for each engine.
class SearchEngine {
 public:
  SearchEngine() = default;
  SearchEngine(const SearchEngine&) = delete;
  SearchEngine& operator=(const SearchEngine&) = delete;
  virtual ~SearchEngine() = default;

  [[nodiscard]] virtual ToolTraits traits() const = 0;  // of a search with it; the argument is "query"
  // At most hits_max hits, the best first; none is no error. Valid UTF-8.
  // Errors  invalid_argument  no words to search for, or an address that is not allowed
  //         unavailable, limit, not_found, corrupt, cancelled  as HttpClient
  [[nodiscard]] virtual Result<std::vector<SearchHit>> search(std::string_view query, std::size_t hits_max,
                                                              std::stop_token stop) = 0;
};

// The .md and .txt files below a folder, ranked by BM25 over an index in memory. A file is one entry, or one for each
// "# Title" in it. Links that lead out of the folder are not followed.
// Limits  4,096 files, 1 MiB each (larger ones are left out), 64 MiB together.
// Errors  not_found, io  the folder;  limit  too many files or bytes
enum class SearchedTexts : bool { of_the_user, bundled };  // bundled ones are neither private nor foreign
[[nodiscard]] Result<std::unique_ptr<SearchEngine>> open_local_search(const std::filesystem::path& folder,
                                                                      SearchedTexts texts = SearchedTexts::of_the_user);

// Engines of the web. The address is another one for tests and mirrors only.
[[nodiscard]] std::unique_ptr<SearchEngine> make_duckduckgo_search(
    HttpClient client, std::string address = "https://lite.duckduckgo.com/lite/");
[[nodiscard]] std::unique_ptr<SearchEngine> make_bing_search(HttpClient client,
                                                             std::string address = "https://www.bing.com/search");
// A SearXNG server of the user's, e.g. "http://localhost:8888": its settings must allow the format json.
[[nodiscard]] std::unique_ptr<SearchEngine> make_searxng_search(HttpClient client, std::string address);

// web_search, "Search for facts and web pages.": for each hit its number and title, its address, its snippet.
[[nodiscard]] std::unique_ptr<Tool> make_web_search(std::unique_ptr<SearchEngine> engine, std::size_t hits_max = 5);

}  // namespace puna
