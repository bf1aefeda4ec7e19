// visit_page against servers that lie, drip, explode and lead astray.
#include <gtest/gtest.h>

#include <mutex>

#include "net/test_client.h"
#include "net/test_server.h"
#include "puna/tools/web.h"

namespace puna {
namespace {

using net::answer;
using net::loopback_client;
using net::Peer;
using net::TestServer;

ToolResult visit(const std::string& url, const HttpClient& client = loopback_client()) {
  return make_visit_page(client)->run(Json::object({{"url", url}}), {});
}
ToolResult visit_answer(const std::string& headers, const std::string& body) {
  const TestServer server(answer("200 OK", headers, body));
  return visit(server.url());
}

TEST(VisitPage, ShowsAPageAsMarkdownWithItsTitle) {
  const ToolResult got =
      visit_answer("Content-Type: text/html\r\n", "<title>Leopard</title><h1>Leopard</h1><p>Runs at <b>58</b> km/h.");
  EXPECT_FALSE(got.is_error);
  EXPECT_EQ(got.content, "Title: Leopard\n\n# Leopard\n\nRuns at 58 km/h.");
}

TEST(VisitPage, TextStaysAsItIsAndOtherKindsAreRefusedByTheirHead) {
  EXPECT_EQ(visit_answer("Content-Type: text/plain\r\n", "<b>not html</b>\n  x").content, "<b>not html</b>\n  x");
  EXPECT_EQ(visit_answer("Content-Type: application/ld+json\r\n", "{\"a\": 1}").content, "{\"a\": 1}");
  EXPECT_EQ(visit_answer("", "  <p>sniffed").content, "sniffed");
  EXPECT_EQ(visit_answer("", "plain").content, "plain");
  EXPECT_EQ(visit_answer("Content-Type: text/html\r\n", "").content, "(the page has no text)");
  const TestServer endless([](Peer& peer, const std::string& /*request*/) {
    if (peer.send("HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\n\r\n%PDF")) {
      while (peer.pause(std::chrono::milliseconds(20)) && peer.send(std::string(10'000, 'x'))) {
      }
    }
  });
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_TRUE(visit(endless.url()).content.ends_with(" is not text but application/pdf"));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));  // its body was not waited for
  const ToolResult disguised = visit_answer("Content-Type: text/plain\r\n", std::string("MZ\0\0", 4));
  EXPECT_TRUE(disguised.is_error);
  EXPECT_TRUE(disguised.content.ends_with(" is not text")) << disguised.content;
}

TEST(VisitPage, ShowsAtMostFortyThousandCharactersAndSaysThatThereIsMore) {
  std::string html;
  for (int i = 0; i < 60'000; ++i) {
    html += "é ";
  }
  const ToolResult got = visit_answer("Content-Type: text/html; charset=utf-8\r\n", html);
  const std::string note = "\n\n[cut: the page has more]";
  ASSERT_TRUE(got.content.ends_with(note));
  const std::string shown = got.content.substr(0, got.content.size() - note.size());
  EXPECT_TRUE(utf8::is_valid(shown));
  EXPECT_EQ(shown.size(), 60'000U);  // 20,000 of two bytes, 20,000 spaces
  EXPECT_FALSE(visit_answer("Content-Type: text/plain\r\n", std::string(40'000, 'x')).content.ends_with(note));
  EXPECT_TRUE(visit_answer("Content-Type: text/plain\r\n", std::string(40'001, 'x')).content.ends_with(note));
}

TEST(VisitPage, AnEndlessPageIsReadToItsLimit) {
  const TestServer server([](Peer& peer, const std::string& /*request*/) {
    if (peer.send("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>begin</p>")) {
      while (peer.send("<p>" + std::string(60'000, 'x'))) {
      }
    }
  });
  const ToolResult got = visit(server.url());
  EXPECT_FALSE(got.is_error);
  EXPECT_TRUE(got.content.starts_with("begin\n\nxxx"));
  EXPECT_TRUE(got.content.ends_with("[cut: the page has more]"));
}

TEST(VisitPage, ALyingCharsetGivesReplacementsAndALyingLengthAnError) {
  EXPECT_EQ(visit_answer("Content-Type: text/html; charset=utf-8\r\n", "caf\xe9").content, "caf\xef\xbf\xbd");
  EXPECT_EQ(visit_answer("Content-Type: text/html; charset=utf-16\r\n", "<p>ascii").is_error, false);
  EXPECT_EQ(visit_answer("Content-Type: text/html\r\n", "<meta charset=windows-1251>\xef\xf0").content, "пр");
  const TestServer longer("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 100\r\n\r\nshort");
  EXPECT_TRUE(visit(longer.url()).is_error);
  const TestServer shorter("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\nshort and more");
  EXPECT_EQ(visit(shorter.url()).content, "short");
  const TestServer two(
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 9\r\nContent-Type: text/html\r\n\r\nshort and");
  EXPECT_TRUE(visit(two.url()).is_error);
}

TEST(VisitPage, StatusesAndLoopsAreErrorsThatSayWhat) {
  const TestServer absent(answer("404 Not Found", "", "<p>no"));
  EXPECT_EQ(visit(absent.url("/a?key=secret")).content,
            "error: " + absent.url("/a") + ": the server answered with status 404");
  const TestServer loop(
      [](Peer& peer, const std::string& /*request*/) { peer.send(answer("302 Found", "Location: /\r\n", "")); });
  const ToolResult looped = visit(loop.url());
  EXPECT_TRUE(looped.is_error);
  EXPECT_NE(looped.content.find("more than 10 redirects"), std::string::npos) << looped.content;
  EXPECT_EQ(loop.requests().size(), 11U);
}

TEST(VisitPage, OnlyPublicAddressesAreVisitedWhateverTheyAreWrittenAs) {
  const TestServer inner(answer("200 OK", "Content-Type: text/plain\r\n", "inner"));
  const HttpClient client{AddressPolicy::public_only()};
  const std::string port = ":" + std::to_string(inner.port()) + "/";
  for (const std::string& url : {inner.url(),
                                 inner.url("/", "localhost"),
                                 "http://2130706433" + port,
                                 "http://0x7f000001" + port,
                                 "http://0177.0.0.1" + port,
                                 "http://127.1" + port,
                                 "http://0.0.0.0" + port,
                                 "http://[::]" + port,
                                 "http://[::1]" + port,
                                 "http://[::ffff:127.0.0.1]" + port,
                                 "http://[64:ff9b::7f00:1]" + port,
                                 std::string("http://169.254.169.254/latest/meta-data/"),
                                 std::string("http://metadata.google.internal/"),
                                 std::string("http://100.64.0.1/"),
                                 std::string("http://[fd00:ec2::254]/"),
                                 std::string("http://10.0.0.1./"),
                                 std::string("http://user@10.0.0.1/"),
                                 "http://1２7.0.0.1" + port,
                                 std::string("file:///etc/passwd"),
                                 std::string("gopher://127.0.0.1/"),
                                 std::string("/etc/passwd"),
                                 std::string("http://127.0.0.1\0.example.org/", 30),
                                 std::string(),
                                 std::string("http://a b/")}) {
    const ToolResult got = visit(url, client);
    EXPECT_TRUE(got.is_error) << url;
    EXPECT_TRUE(utf8::is_valid(got.content)) << url;
  }
  EXPECT_TRUE(inner.requests().empty());
}

class OneAnswerEach final : public Resolver {
 public:
  explicit OneAnswerEach(std::vector<std::string> answers) : answers_(std::move(answers)) {}
  [[nodiscard]] Result<std::vector<IpAddress>> resolve(const std::string& /*host*/, std::chrono::milliseconds /*time*/,
                                                       std::stop_token /*stop*/) const override {
    const std::lock_guard lock(mutex_);
    return std::vector{*IpAddress::parse(answers_.at(asked_++))};
  }

 private:
  std::vector<std::string> answers_;
  mutable std::mutex mutex_;
  mutable std::size_t asked_ = 0;
};

// The name's address and port are allowed at first; where it redirects to, the same name is a port that is not.
TEST(VisitPage, ANameThatMovesToAPrivateAddressIsNotFollowedThere) {
  const TestServer inner(answer("200 OK", "Content-Type: text/plain\r\n", "inner"));
  const TestServer outer(answer("302 Found", "Location: http://moves.example" + inner.url().substr(16) + "\r\n", ""));
  AddressPolicy policy = AddressPolicy::public_only();
  ASSERT_TRUE(policy.grant("127.0.0.1:" + std::to_string(outer.port())));
  const auto resolver = std::make_shared<OneAnswerEach>(std::vector<std::string>{"127.0.0.1", "127.0.0.1"});
  const ToolResult got =
      visit("http://moves.example:" + std::to_string(outer.port()) + "/", HttpClient(policy, resolver));
  EXPECT_TRUE(got.is_error);
  EXPECT_NE(got.content.find("loopback"), std::string::npos) << got.content;
  EXPECT_EQ(outer.requests().size(), 1U);
  EXPECT_TRUE(inner.requests().empty());
}

TEST(VisitPage, AnglesAroundAnAddressAreNoPartOfIt) {
  const TestServer server(answer("200 OK", "Content-Type: text/plain\r\n", "x"));
  EXPECT_EQ(visit(" <" + server.url() + ">\n").content, "x");
}

TEST(VisitPage, StopsWhenTold) {
  const TestServer silent([](Peer& peer, const std::string& /*request*/) { peer.pause(std::chrono::seconds(30)); });
  std::stop_source stop;
  std::jthread stopper([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    stop.request_stop();
  });
  const auto begin = std::chrono::steady_clock::now();
  const ToolResult got =
      make_visit_page(loopback_client())->run(Json::object({{"url", silent.url()}}), stop.get_token());
  EXPECT_TRUE(got.is_error);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(2));
}

}  // namespace
}  // namespace puna
