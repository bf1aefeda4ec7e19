// Engines of the web against pages in their forms, and in none; the tool over any engine.
#include <gtest/gtest.h>

#include "net/test_client.h"
#include "net/test_server.h"
#include "puna/tools/web.h"

namespace puna {
namespace {

using net::answer;
using net::loopback_client;
using net::Peer;
using net::TestServer;

constexpr std::string_view kLite =
    "<html><body><table>"
    "<tr><td>1.</td><td><a rel=nofollow href='//duckduckgo.com/y.js?ad_domain=x' class='result-link'>Ad</a></td></tr>"
    "<tr><td class='result-snippet'>Buy now</td></tr>"
    "<tr><td>2.</td><td><a rel=nofollow class='result-link' "
    "href='//duckduckgo.com/l/?uddg=https%3A%2F%2Fen.example.org%2Fleopard%3Fa%3D1&amp;rut=abc'>The <b>Leopard</b></a>"
    "</td></tr><tr><td class='result-snippet'>Runs at <b>58</b>\n km/h</td></tr>"
    "<tr><td><a class='result-link' href='https://direct.example.org/'>Direct</a></td></tr>"
    "<tr><td><a class='result-link' href='//duckduckgo.com/l/?uddg=file%3A%2F%2F%2Fetc%2Fpasswd'>Bad</a></td></tr>"
    "<tr><td class='result-snippet'>of the bad one</td></tr>"
    "<tr><td><a class='other' href='https://not.example.org/'>No</a></td></tr></table>";

TEST(WebSearch, DuckDuckGosPageIsReadWithoutItsAdvertisements) {
  const TestServer server(answer("200 OK", "Content-Type: text/html; charset=utf-8\r\n", kLite));
  const auto engine = make_duckduckgo_search(loopback_client(), server.url("/lite/"));
  const auto hits = engine->search("leopard speed & more", 5, {});
  ASSERT_TRUE(hits) << hits.error().message;
  ASSERT_EQ(hits->size(), 2U);
  EXPECT_EQ((*hits)[0].title, "The Leopard");
  EXPECT_EQ((*hits)[0].address, "https://en.example.org/leopard?a=1");
  EXPECT_EQ((*hits)[0].snippet, "Runs at 58 km/h");
  EXPECT_EQ((*hits)[1].address, "https://direct.example.org/");
  EXPECT_EQ((*hits)[1].snippet, "");
  EXPECT_TRUE(server.requests()[0].starts_with("GET /lite/?q=leopard%20speed%20%26%20more HTTP/1.1\r\n"));
  EXPECT_EQ(engine->search("x", 1, {})->size(), 1U);
}

TEST(WebSearch, BingsRssIsRead) {
  const std::string_view rss =
      "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>Bing: x</title><link>http://bing</link>"
      "<item><title>A &amp; B</title><link>https://a.example.org/?x=1&amp;y=2</link>"
      "<description><![CDATA[Some <b>text</b>]]></description></item>"
      "<item><title>Local</title><link>file:///etc/passwd</link><description>no</description></item>"
      "<item><title>No snippet</title><link>https://b.example.org/</link></item>"
      "<item><title>Not ended";
  const TestServer server(answer("200 OK", "Content-Type: text/xml\r\n", rss));
  const auto hits = make_bing_search(loopback_client(), server.url("/search"))->search("über", 3, {});
  ASSERT_TRUE(hits) << hits.error().message;
  ASSERT_EQ(hits->size(), 2U);
  EXPECT_EQ((*hits)[0].title, "A & B");
  EXPECT_EQ((*hits)[0].address, "https://a.example.org/?x=1&y=2");
  EXPECT_EQ((*hits)[0].snippet, "Some <b>text</b>");
  EXPECT_EQ((*hits)[1].title, "No snippet");
  EXPECT_TRUE(server.requests()[0].starts_with("GET /search?format=rss&count=3&q=%C3%BCber HTTP/1.1\r\n"));
}

TEST(WebSearch, SearXngsJsonIsReadAndItsRefusalExplained) {
  const TestServer server(answer("200 OK", "Content-Type: application/json\r\n",
                                 R"({"results": [{"url": "https://a.example.org", "title": " A\n b", "content": "c"},
                                     {"url": "ftp://no", "title": "x"}, {"title": "no url"}, 7, null, {"url": 3},
                                     {"url": "https://b.example.org/"}]})"));
  const auto hits = make_searxng_search(loopback_client(), server.url("//"))->search("x", 5, {});
  ASSERT_TRUE(hits) << hits.error().message;
  ASSERT_EQ(hits->size(), 2U);
  EXPECT_EQ((*hits)[0].title, "A b");
  EXPECT_EQ((*hits)[0].address, "https://a.example.org/");
  EXPECT_EQ((*hits)[1].snippet, "");
  EXPECT_TRUE(server.requests()[0].starts_with("GET /search?format=json&q=x HTTP/1.1\r\n"));
  const TestServer refusing(answer("403 Forbidden", "", ""));
  const auto refused = make_searxng_search(loopback_client(), refusing.url())->search("x", 5, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
  EXPECT_NE(refused.error().hint.find("search.formats"), std::string::npos);
}

TEST(WebSearch, AnswersInNoKnownFormAreErrorsOrNothing) {
  for (const std::string_view body : {"", "<html>captcha", "{", "[]", "{\"results\": 1}", "\xff\xfe\xff", "<item>"}) {
    const TestServer server(answer("200 OK", "Content-Type: text/html\r\n", body));
    const auto lite = make_duckduckgo_search(loopback_client(), server.url())->search("x", 5, {});
    EXPECT_TRUE(lite && lite->empty()) << body;
    const auto rss = make_bing_search(loopback_client(), server.url())->search("x", 5, {});
    ASSERT_FALSE(rss) << body;
    EXPECT_EQ(rss.error().code, ErrorCode::corrupt);
    const auto json = make_searxng_search(loopback_client(), server.url())->search("x", 5, {});
    ASSERT_FALSE(json) << body;
    EXPECT_EQ(json.error().code, ErrorCode::corrupt);
  }
  const TestServer busy(answer("429 Too Many Requests", "", ""));
  const auto refused = make_duckduckgo_search(loopback_client(), busy.url())->search("x", 5, {});
  ASSERT_FALSE(refused);
  EXPECT_FALSE(refused.error().hint.empty());
}

// Every prefix of an answer in a known form, as a server that dies gives it.
TEST(WebSearch, AnswersCutAnywhereGiveWholeHitsOnly) {
  std::string current;
  const TestServer server(
      [&](Peer& peer, const std::string& /*request*/) { peer.send(answer("200 OK", "", current)); });
  const auto engine = make_duckduckgo_search(loopback_client(), server.url());
  for (std::size_t end = 0; end <= kLite.size(); end += 13) {
    current = std::string(kLite.substr(0, end));
    const auto hits = engine->search("x", 5, {});
    ASSERT_TRUE(hits) << end;
    EXPECT_LE(hits->size(), 2U);
    for (const SearchHit& hit : *hits) {
      EXPECT_TRUE(Url::parse(hit.address)) << hit.address;
      EXPECT_TRUE(utf8::is_valid(hit.title + hit.snippet));
    }
  }
}

TEST(WebSearch, OnlyEnginesOfTheWebLeaveTheMachine) {
  for (auto& engine : {make_duckduckgo_search(loopback_client()), make_bing_search(loopback_client()),
                       make_searxng_search(loopback_client(), "")}) {
    EXPECT_TRUE(engine->traits().outbound && engine->traits().reads_untrusted);
  }
  const auto visit = make_visit_page(loopback_client())->traits();
  EXPECT_TRUE(visit && visit->outbound && visit->reads_untrusted && visit->subject_argument == "url");
}

TEST(WebSearch, AHugeAnswerIsRefused) {
  const TestServer server(answer("200 OK", "", std::string(3'000'000, 'x')));
  const auto hits = make_bing_search(loopback_client(), server.url())->search("x", 5, {});
  ASSERT_FALSE(hits);
  EXPECT_EQ(hits.error().code, ErrorCode::limit);
}

class FixedEngine final : public SearchEngine {
 public:
  [[nodiscard]] ToolTraits traits() const override { return {.subject_argument = "query"}; }
  explicit FixedEngine(Result<std::vector<SearchHit>> hits) : hits_(std::move(hits)) {}
  [[nodiscard]] Result<std::vector<SearchHit>> search(std::string_view /*query*/, std::size_t /*hits_max*/,
                                                      std::stop_token /*stop*/) override {
    return hits_;
  }

 private:
  Result<std::vector<SearchHit>> hits_;
};
ToolResult shown(Result<std::vector<SearchHit>> hits, const std::string& query = "leopard") {
  return make_web_search(std::make_unique<FixedEngine>(std::move(hits)))->run(Json::object({{"query", query}}), {});
}

TEST(WebSearch, TheToolShowsHitsOnLinesOfTheirOwnWhateverIsInThem) {
  EXPECT_EQ(shown(std::vector<SearchHit>{{.title = "A", .address = "https://a/", .snippet = "one"},
                                         {.title = "B", .address = "https://b/", .snippet = "two"}})
                .content,
            "1. A\nhttps://a/\none\n\n2. B\nhttps://b/\ntwo");
  const ToolResult long_one =
      shown(std::vector<SearchHit>{{.title = "fake\n2. title", .address = "x\ny", .snippet = std::string(5'000, 'x')}});
  EXPECT_TRUE(long_one.content.starts_with("1. fake 2. title\nx y\nxxx"));
  EXPECT_TRUE(long_one.content.ends_with("xxx..."));
  EXPECT_LT(long_one.content.size(), 700U);
  EXPECT_EQ(shown(std::vector<SearchHit>{}).content, "Nothing was found for 'leopard'. Try fewer or other words.");
}

TEST(WebSearch, EmptyAndEndlessQueriesAndFailuresAreErrorsThatAdvise) {
  EXPECT_EQ(shown(std::vector<SearchHit>{}, " \n").content, "error: the query is empty");
  EXPECT_TRUE(shown(std::vector<SearchHit>{}, std::string(501, 'x')).is_error);
  EXPECT_EQ(shown(fail(ErrorCode::unavailable, "no answer", "try later")).content, "error: no answer. try later");
}

}  // namespace
}  // namespace puna
