// Engines of the web: what is asked, and where hits stand in the answers.
//
// Sources of the forms: DuckDuckGo's lite page (a table: a.result-link, then td.result-snippet; links lead through
// /l/?uddg=), RSS 2.0 as Bing answers to format=rss, SearXNG's documented search API.
#include <optional>
#include <utility>

#include "puna/tools/web.h"
#include "tools/charset.h"
#include "tools/html_document.h"
#include "tools/plain_text.h"

namespace puna {
namespace {

constexpr std::size_t kEngineAnswerBytesMax = 2'097'152;

// What engines of the web have in common.
class WebEngine : public SearchEngine {
 public:
  [[nodiscard]] ToolTraits traits() const override {
    return {.reads_untrusted = true, .outbound = true, .subject_argument = "query"};
  }
};

Result<HttpResponse> ask(const HttpClient& client, const std::string& url, std::string_view accept,
                         const std::stop_token& stop) {
  HttpRequest request{.url = url,
                      .headers = {{"User-Agent", "Mozilla/5.0 (compatible; puna)"}, {"Accept", std::string(accept)}}};
  request.limits.body_bytes = kEngineAnswerBytesMax;
  PUNA_TRY(HttpResponse response, client.fetch(request, stop));
  if (response.head.status != 200) {
    return fail(
        ErrorCode::unavailable,
        format_text("{}: the search engine answered with status {}", response.head.url.shown(), response.head.status),
        response.head.status == 403 || response.head.status == 202 || response.head.status == 429
            ? "it refuses programs, or this many questions: choose another engine or wait"
            : "");
  }
  return response;
}

std::string text_of(const HttpResponse& response, bool is_html) {
  return tools::decoded_text(response.body, response.head.header("content-type"), is_html);
}

// Only what visit_page could open.
std::optional<std::string> web_address(const Url& from, std::string_view link) {
  auto url = from.resolve(link);
  return url ? std::optional(std::move(url->text)) : std::nullopt;
}

class DuckDuckGo final : public WebEngine {
 public:
  DuckDuckGo(HttpClient client, std::string address) : client_(std::move(client)), address_(std::move(address)) {}

  [[nodiscard]] Result<std::vector<SearchHit>> search(std::string_view query, std::size_t hits_max,
                                                      std::stop_token stop) override {
    PUNA_TRY(const HttpResponse response,
             ask(client_, format_text("{}?q={}", address_, percent_encoded(query)), "text/html", stop));
    PUNA_TRY(const tools::HtmlDocument page, tools::HtmlDocument::parse(text_of(response, true), stop));
    std::vector<SearchHit> hits;
    bool is_open = false;  // the last hit has no snippet yet
    const tools::HtmlNode root = page.root();
    for (tools::HtmlNode node = root; node; node = node.next_within(root)) {
      if (node.tag() == "a" && node.has_class("result-link")) {
        auto address = target(response.head.url, node.attribute("href").value_or(""));
        is_open = address.has_value();
        if (is_open && hits.size() == hits_max) {
          break;
        }
        if (is_open) {
          hits.push_back({.title = tools::collapsed(node.whole_text()), .address = *std::move(address), .snippet = {}});
        }
      } else if (is_open && node.tag() == "td" && node.has_class("result-snippet")) {
        hits.back().snippet = tools::collapsed(node.whole_text());
        is_open = false;
      }
    }
    return hits;
  }

 private:
  // Nothing for advertisements, which lead through /y.js.
  static std::optional<std::string> target(const Url& page, std::string_view link) {
    const auto url = page.resolve(link);
    if (!url) {
      return std::nullopt;
    }
    const bool is_own =
        url->host == "duckduckgo.com" || url->host.ends_with(".duckduckgo.com") || url->host == page.host;
    if (!is_own) {
      return url->text;
    }
    const std::size_t at = url->path == "/l/" ? url->text.find("uddg=") : std::string::npos;
    if (at == std::string::npos) {
      return std::nullopt;
    }
    const std::string_view value = std::string_view(url->text).substr(at + 5);
    auto inner = Url::parse(percent_decoded(value.substr(0, value.find('&'))));
    return inner ? std::optional(std::move(inner->text)) : std::nullopt;
  }

  HttpClient client_;
  std::string address_;
};

// The text of the first <tag> in a piece of XML. Character references are HTML's, which holds all of XML's.
std::string xml_text(std::string_view xml, std::string_view tag, const std::stop_token& stop) {
  const std::size_t begin = xml.find(format_text("<{}>", tag));
  const std::size_t end = xml.find(format_text("</{}>", tag), begin);
  if (begin == std::string_view::npos || end == std::string_view::npos) {
    return {};
  }
  std::string_view text = xml.substr(begin + tag.size() + 2, end - begin - tag.size() - 2);
  if (text.starts_with("<![CDATA[") && text.ends_with("]]>")) {
    return tools::collapsed(text.substr(9, text.size() - 12));
  }
  const auto document = tools::HtmlDocument::parse(text, stop);
  return document ? tools::collapsed(document->root().whole_text()) : "";
}

class Bing final : public WebEngine {
 public:
  Bing(HttpClient client, std::string address) : client_(std::move(client)), address_(std::move(address)) {}

  [[nodiscard]] Result<std::vector<SearchHit>> search(std::string_view query, std::size_t hits_max,
                                                      std::stop_token stop) override {
    const std::string url = format_text("{}?format=rss&count={}&q={}", address_, hits_max, percent_encoded(query));
    PUNA_TRY(const HttpResponse response, ask(client_, url, "application/rss+xml, text/xml", stop));
    const std::string text = text_of(response, false);
    if (!text.contains("<rss")) {
      return fail(ErrorCode::corrupt, format_text("{}: the answer is no RSS", response.head.url.shown()));
    }
    std::vector<SearchHit> hits;
    std::string_view rest = text;
    while (hits.size() < hits_max) {
      const std::size_t begin = rest.find("<item>");
      const std::size_t end = rest.find("</item>", begin);
      if (begin == std::string_view::npos || end == std::string_view::npos) {
        break;
      }
      const std::string_view item = rest.substr(begin, end - begin);
      if (auto address = web_address(response.head.url, xml_text(item, "link", stop))) {
        hits.push_back({.title = xml_text(item, "title", stop),
                        .address = *std::move(address),
                        .snippet = xml_text(item, "description", stop)});
      }
      rest.remove_prefix(end);
    }
    return hits;
  }

 private:
  HttpClient client_;
  std::string address_;
};

class SearXng final : public WebEngine {
 public:
  SearXng(HttpClient client, std::string address) : client_(std::move(client)), address_(std::move(address)) {
    while (address_.ends_with('/')) {
      address_.pop_back();
    }
  }

  [[nodiscard]] Result<std::vector<SearchHit>> search(std::string_view query, std::size_t hits_max,
                                                      std::stop_token stop) override {
    const std::string url = format_text("{}/search?format=json&q={}", address_, percent_encoded(query));
    auto response = ask(client_, url, "application/json", stop);
    if (!response) {
      if (response.error().message.ends_with("status 403")) {
        response.error().hint = "its settings must list json under search.formats";
      }
      return std::unexpected(std::move(response).error());
    }
    const auto answer = Json::parse(text_of(*response, false));
    const Json* results = answer ? answer->find("results") : nullptr;
    if (results == nullptr || !results->is_array()) {
      return fail(ErrorCode::corrupt, format_text("{}: the answer is not SearXNG's JSON", response->head.url.shown()));
    }
    std::vector<SearchHit> hits;
    for (const Json& result : results->as_array()) {
      auto address = web_address(response->head.url, result.text_or("url"));
      if (hits.size() < hits_max && address && !result.text_or("url").empty()) {
        hits.push_back({.title = tools::collapsed(result.text_or("title")),
                        .address = *std::move(address),
                        .snippet = tools::collapsed(result.text_or("content"))});
      }
    }
    return hits;
  }

 private:
  HttpClient client_;
  std::string address_;
};

}  // namespace

std::unique_ptr<SearchEngine> make_duckduckgo_search(HttpClient client, std::string address) {
  return std::make_unique<DuckDuckGo>(std::move(client), std::move(address));
}
std::unique_ptr<SearchEngine> make_bing_search(HttpClient client, std::string address) {
  return std::make_unique<Bing>(std::move(client), std::move(address));
}
std::unique_ptr<SearchEngine> make_searxng_search(HttpClient client, std::string address) {
  return std::make_unique<SearXng>(std::move(client), std::move(address));
}

}  // namespace puna
