// The tool over whatever engine was chosen.
#include <utility>

#include "puna/tools/web.h"
#include "tools/observation.h"
#include "tools/plain_text.h"
#include "tools/text_argument.h"

namespace puna {
namespace {

constexpr std::size_t kQueryBytesMax = 500;
constexpr std::size_t kSnippetBytesMax = 600;

std::string one_line(std::string_view text, std::size_t bytes_max) {
  const std::string line = tools::collapsed(utf8::sanitize(text));
  const std::string_view kept = utf8::truncate(line, bytes_max);
  return std::string(kept) + (kept.size() < line.size() ? "..." : "");
}

class WebSearch final : public Tool {
 public:
  WebSearch(std::unique_ptr<SearchEngine> engine, std::size_t hits_max)
      : engine_(std::move(engine)), hits_max_(hits_max) {
    PUNA_CHECK(engine_ != nullptr, "a search needs an engine");
  }

  [[nodiscard]] const ToolSpec& spec() const override { return spec_; }
  [[nodiscard]] std::optional<ToolTraits> traits() const override { return engine_->traits(); }
  [[nodiscard]] ToolResult run(const Json& arguments, std::stop_token stop) override {
    const std::string query = tools::collapsed(arguments.text_or("query"));
    if (query.size() > kQueryBytesMax) {
      return tool_error(
          format_text("the query has {} bytes; at most {} are searched for", query.size(), kQueryBytesMax));
    }
    const auto hits = query.empty() ? fail(ErrorCode::invalid_argument, "the query is empty")
                                    : engine_->search(query, hits_max_, std::move(stop));
    if (!hits) {
      return tools::error_observation(hits.error());
    }
    if (hits->empty()) {
      return {.content = format_text("Nothing was found for '{}'. Try fewer or other words.", tools::shown(query))};
    }
    std::string text;
    for (std::size_t i = 0; i < hits->size(); ++i) {
      const SearchHit& hit = (*hits)[i];
      text += format_text("{}{}. {}\n{}\n{}\n", i == 0 ? "" : "\n", i + 1, one_line(hit.title, kSnippetBytesMax),
                          one_line(hit.address, kUrlBytesMax), one_line(hit.snippet, kSnippetBytesMax));
    }
    text.pop_back();
    return {.content = std::move(text)};
  }

 private:
  std::unique_ptr<SearchEngine> engine_;
  std::size_t hits_max_;
  const ToolSpec spec_ =
      tools::text_argument_spec("web_search", "Search for facts and web pages.",
                                {.name = "query", .description = "A few words, such as leopard top speed."});
};

}  // namespace

std::unique_ptr<Tool> make_web_search(std::unique_ptr<SearchEngine> engine, std::size_t hits_max) {
  return std::make_unique<WebSearch>(std::move(engine), hits_max);
}

}  // namespace puna
