// The client against servers that answer as they should: what is sent, what comes back, where redirects may lead.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <mutex>

#include "net/test_client.h"
#include "net/test_server.h"
#include "puna/net.h"

namespace puna {
namespace {

using net::answer;
using net::loopback;
using net::loopback_client;
using net::Peer;
using net::TestServer;

// Answers from a list, the last one again and again, and counts what it was asked.
class ScriptedResolver final : public Resolver {
 public:
  explicit ScriptedResolver(std::vector<std::vector<std::string>> answers) : answers_(std::move(answers)) {}
  [[nodiscard]] Result<std::vector<IpAddress>> resolve(const std::string& /*host*/, std::chrono::milliseconds /*time*/,
                                                       std::stop_token /*stop*/) const override {
    const std::lock_guard lock(mutex_);
    std::vector<IpAddress> addresses;
    for (const std::string& text : answers_.at(std::min(asked_, answers_.size() - 1))) {
      addresses.push_back(*IpAddress::parse(text));
    }
    ++asked_;
    return addresses;
  }
  [[nodiscard]] std::size_t asked() const { return asked_; }

 private:
  std::vector<std::vector<std::string>> answers_;
  mutable std::mutex mutex_;
  mutable std::size_t asked_ = 0;
};

TEST(HttpClient, SendsWhatItWasGivenAndNothingFromItsSurroundings) {
  for (const char* name : {"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"}) {
    ::setenv(name, "http://127.0.0.1:1", 1);
  }
  const TestServer server(answer("200 OK", "X-A: 1\r\nx-a: 2\r\nSet-Cookie: id=1\r\n", "hello"));
  const auto got =
      loopback_client().fetch({.url = server.url("/p?q=1"), .headers = {{"Accept", "text/html"}, {"X-Empty", ""}}});
  for (const char* name : {"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"}) {
    ::unsetenv(name);
  }
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->head.status, 200);
  EXPECT_EQ(got->body, "hello");
  EXPECT_EQ(got->head.header("X-a"), "1");
  EXPECT_EQ(got->head.header("absent"), "");
  EXPECT_EQ(got->head.url.text, server.url("/p?q=1"));
  ASSERT_TRUE(loopback_client().fetch({.url = server.url("/")}));  // the cookie of the first answer is not sent
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[0], "GET /p?q=1 HTTP/1.1\r\nHost: " + server.host() +
                             "\r\nUser-Agent: puna\r\nAccept-Encoding: gzip, deflate, br\r\nAccept: text/html\r\n"
                             "X-Empty:\r\n\r\n");
  EXPECT_EQ(requests[1].find("Cookie"), std::string::npos);
}

TEST(HttpClient, SendsBodiesOfEveryMethodExactly) {
  const TestServer server(answer("201 Created", "", ""));
  std::string body = "{\"a\": 1}";
  body += std::string("\0\r\n\xff", 4);
  body.resize(2'000'000, 'x');  // curl would ask before it sends as much
  for (const char* method : {"POST", "PUT", "DELETE", "PATCH"}) {
    const auto got = loopback_client().fetch(
        {.method = method, .url = server.url(), .headers = {{"Content-Type", "application/json"}}, .body = body});
    ASSERT_TRUE(got) << got.error().message;
    EXPECT_EQ(got->head.status, 201);
    const std::string request = server.requests().back();
    EXPECT_TRUE(request.starts_with(std::string(method) + " / HTTP/1.1\r\n"));
    EXPECT_TRUE(request.ends_with("\r\n\r\n" + body));
    EXPECT_NE(request.find("Content-Length: 2000000\r\n"), std::string::npos);
    EXPECT_EQ(request.find("Expect"), std::string::npos);
  }
  ASSERT_TRUE(loopback_client().fetch({.method = "POST", .url = server.url()}));
  EXPECT_NE(server.requests().back().find("Content-Length: 0\r\n"), std::string::npos);
  EXPECT_EQ(server.requests().back().find("Content-Type"), std::string::npos);
}

TEST(HttpClient, AHeadHasNoBodyAndEveryStatusIsAnAnswer) {
  const TestServer head("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
  const auto got = loopback_client().fetch({.method = "HEAD", .url = head.url()});
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->body, "");
  const TestServer absent(answer("404 Not Found", "", "no"));
  const auto missing = loopback_client().fetch({.url = absent.url()});
  ASSERT_TRUE(missing);
  EXPECT_EQ(missing->head.status, 404);
  EXPECT_EQ(missing->body, "no");
}

TEST(HttpClient, InterimAnswersAndTrailersAreNoHead) {
  const TestServer server(
      "HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Late: 1\r\n\r\n"
      "3\r\nabc\r\n0\r\nX-Trailer: 1\r\n\r\n");
  const auto got = loopback_client().fetch({.url = server.url()});
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->body, "abc");
  EXPECT_EQ(got->head.header("X-Early"), "");
  EXPECT_EQ(got->head.header("X-Late"), "1");
  EXPECT_EQ(got->head.header("X-Trailer"), "");
}

TEST(HttpClient, RequestsThatWouldSayMoreThanTheySeemToAreRefusedUnsent) {
  const TestServer server(answer("200 OK", "", ""));
  const std::vector<HttpRequest> requests{
      {.method = "get", .url = server.url()},
      {.method = "GET / HTTP/1.1\r\nX:", .url = server.url()},
      {.method = "CONNECT", .url = server.url()},
      {.method = "GET", .url = server.url(), .body = "x"},
      {.url = server.url(), .headers = {{"X", "a\r\nY: b"}}},
      {.url = server.url(), .headers = {{"X", std::string("a\0b", 3)}}},
      {.url = server.url(), .headers = {{"X: y\r\nZ", "a"}}},
      {.url = server.url(), .headers = {{"", "a"}}},
      {.url = server.url(), .headers = {{"Host", "example.org"}}},
      {.method = "POST", .url = server.url(), .headers = {{"content-LENGTH", "3"}}},
      {.method = "POST", .url = server.url(), .headers = {{"Transfer-Encoding", "chunked"}}},
      {.url = "file:///etc/passwd"}};
  for (const HttpRequest& request : requests) {
    const auto got = loopback_client().fetch(request);
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, ErrorCode::invalid_argument) << got.error().message;
  }
  EXPECT_TRUE(server.requests().empty());
}

TEST(HttpClient, FollowsRedirectsItselfAndTellsWhereItEnded) {
  const TestServer server([](Peer& peer, const std::string& request) {
    if (request.find(" /end") != std::string::npos) {
      peer.send(answer("200 OK", "", request.substr(0, 4)));
    } else {
      peer.send(answer("302 Found", "Location: ../end?x=1\r\n", "not read"));
    }
  });
  const auto got = loopback_client().fetch({.url = server.url("/a/b")});
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->body, "GET ");
  EXPECT_EQ(got->head.url.text, server.url("/end?x=1"));
  const auto posted = loopback_client().fetch(
      {.method = "POST", .url = server.url("/a/b"), .headers = {{"Content-Type", "text/x"}}, .body = "secret"});
  ASSERT_TRUE(posted);
  EXPECT_EQ(posted->body, "GET ");
  EXPECT_EQ(server.requests().back().find("secret"), std::string::npos);
  EXPECT_EQ(server.requests().back().find("Content-Type"), std::string::npos);
}

TEST(HttpClient, TenRedirectsAreFollowedAndTheEleventhIsNot) {
  for (const int length : {10, 11, 20}) {
    const TestServer server([length](Peer& peer, const std::string& request) {
      const int number = std::stoi(request.substr(5));
      peer.send(number == length
                    ? answer("200 OK", "", "end")
                    : answer("307 Temporary Redirect", "Location: /" + std::to_string(number + 1) + "\r\n", ""));
    });
    const auto got = loopback_client().fetch({.url = server.url("/0")});
    ASSERT_EQ(got.has_value(), length == 10) << length;
    EXPECT_EQ(server.requests().size(), 11U);
    if (!got) {
      EXPECT_EQ(got.error().code, ErrorCode::limit);
      EXPECT_NE(got.error().message.find("more than 10 redirects"), std::string::npos) << got.error().message;
    }
  }
}

TEST(HttpClient, ARedirectToWhereItMayNotGoIsRefused) {
  const TestServer inner(answer("200 OK", "", "inner"));
  for (const std::string& target :
       {std::string("http://10.0.0.1/"), std::string("http://169.254.169.254/latest/meta-data/"),
        std::string("http://0x7f.2.0.1:1/"), std::string("file:///etc/passwd"), std::string("gopher://127.0.0.1/_x"),
        std::string("http://localhost:1/"), std::string("//metadata.google.internal/"), std::string("http://[::1]/"),
        std::string("http://u:p@127.0.0.1/"), inner.url("/", "localhost")}) {
    const TestServer server(answer("302 Found", "Location: " + target + "\r\n", ""));
    AddressPolicy policy = AddressPolicy::public_only();
    ASSERT_TRUE(policy.grant(server.host()));  // this host and port only
    const auto got = HttpClient(policy).fetch({.url = server.url()});
    ASSERT_FALSE(got) << target;
    EXPECT_EQ(got.error().code, ErrorCode::invalid_argument) << target << ": " << got.error().message;
  }
  EXPECT_TRUE(inner.requests().empty());
}

TEST(HttpClient, SecretsStayWithTheirOrigin) {
  const TestServer other([](Peer& peer, const std::string& request) {
    peer.send(request.find(" /back") != std::string::npos ? answer("200 OK", "", "end") : answer("500 no", "", ""));
  });
  const TestServer server([&](Peer& peer, const std::string& request) {
    peer.send(request.find(" /start") != std::string::npos
                  ? answer("302 Found", "Location: /same\r\n", "")
                  : answer("302 Found", "Location: " + other.url("/back") + "\r\n", ""));
  });
  const auto got = loopback_client().fetch(
      {.url = server.url("/start"),
       .headers = {
           {"X-Key", Secret("k-123")}, {"Authorization", "Bearer t-456"}, {"Cookie", "c-789"}, {"X-Plain", "p"}}});
  ASSERT_TRUE(got) << got.error().message;
  for (const std::string& request : server.requests()) {
    EXPECT_NE(request.find("X-Key: k-123"), std::string::npos);
    EXPECT_NE(request.find("Bearer t-456"), std::string::npos);
  }
  const auto there = other.requests();
  ASSERT_EQ(there.size(), 1U);
  EXPECT_NE(there[0].find("X-Plain: p"), std::string::npos);
  for (const char* secret : {"k-123", "t-456", "c-789"}) {
    EXPECT_EQ(there[0].find(secret), std::string::npos);
  }
}

TEST(HttpClient, ABodyIsNotCarriedToAnotherHost) {
  const TestServer other(answer("200 OK", "", ""));
  const TestServer server(answer("307 Temporary Redirect", "Location: " + other.url() + "\r\n", ""));
  const auto got = loopback_client().fetch({.method = "POST", .url = server.url(), .body = "private"});
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, ErrorCode::invalid_argument);
  EXPECT_TRUE(other.requests().empty());
}

TEST(HttpClient, ResolvesOnceAndConnectsToWhatItChecked) {
  const TestServer server(answer("200 OK", "", "here"));
  const auto resolver = std::make_shared<ScriptedResolver>(std::vector<std::vector<std::string>>{{"127.0.0.1"}});
  const auto got = HttpClient(loopback(), resolver).fetch({.url = server.url("/", "name.example")});
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(resolver->asked(), 1U);
  EXPECT_NE(server.requests()[0].find("Host: name.example:"), std::string::npos);
}

TEST(HttpClient, OneRefusedAddressRefusesTheHost) {
  const TestServer server(answer("200 OK", "", "here"));
  for (const auto& addresses : std::vector<std::vector<std::string>>{
           {"127.0.0.1", "10.0.0.1"}, {"10.0.0.1", "127.0.0.1"}, {"127.0.0.1", "8.8.8.8", "::1"}}) {
    const auto resolver = std::make_shared<ScriptedResolver>(std::vector<std::vector<std::string>>{addresses});
    const auto got = HttpClient(loopback(), resolver).fetch({.url = server.url("/", "name.example")});
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, ErrorCode::invalid_argument);
  }
  EXPECT_TRUE(server.requests().empty());
}

TEST(HttpClient, ANameThatMovesAfterItsFirstAnswerIsCheckedAgain) {
  const TestServer server(answer("302 Found", "Location: /again\r\n", ""));
  const auto moving =
      std::make_shared<ScriptedResolver>(std::vector<std::vector<std::string>>{{"127.0.0.1"}, {"10.0.0.1"}});
  const auto got = HttpClient(loopback(), moving).fetch({.url = server.url("/", "rebind.example")});
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, ErrorCode::invalid_argument);
  EXPECT_NE(got.error().message.find("10.0.0.1"), std::string::npos);
  EXPECT_EQ(moving->asked(), 2U);
  EXPECT_EQ(server.requests().size(), 1U);

  // An allowed address first, then that of the server: the second answer is never asked for, nor connected to.
  AddressPolicy strict = AddressPolicy::public_only();
  ASSERT_TRUE(strict.grant("127.0.0.2"));
  const auto rebinding =
      std::make_shared<ScriptedResolver>(std::vector<std::vector<std::string>>{{"127.0.0.2"}, {"127.0.0.1"}});
  const auto first = HttpClient(strict, rebinding).fetch({.url = server.url("/", "rebind.example")});
  ASSERT_FALSE(first);
  EXPECT_EQ(first.error().code, ErrorCode::unavailable) << "nobody listens at 127.0.0.2";
  EXPECT_EQ(rebinding->asked(), 1U);
  const auto second = HttpClient(strict, rebinding).fetch({.url = server.url("/", "rebind.example")});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST(HttpClient, StreamsPiecesAsTheyComeAndStopsWhenTold) {
  const TestServer server([](Peer& peer, const std::string& /*request*/) {
    peer.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; peer.send("5\r\nabcde\r\n") && i < 1'000; ++i) {
      peer.pause(std::chrono::milliseconds(10));
    }
  });
  class Receiver final : public HttpReceiver {
   public:
    [[nodiscard]] Flow on_head(const HttpHead& head) override {
      type = head.header("content-type");
      return Flow::go_on;
    }
    [[nodiscard]] Flow on_body(std::string_view bytes) override {
      body += bytes;
      ++pieces;
      return body.size() >= 25 ? Flow::stop : Flow::go_on;
    }
    std::string type;
    std::string body;
    int pieces = 0;
  } receiver;
  const auto head = loopback_client().stream({.url = server.url()}, receiver);
  ASSERT_TRUE(head) << head.error().message;
  EXPECT_EQ(receiver.type, "text/event-stream");
  EXPECT_GE(receiver.body.size(), 25U);
  EXPECT_GE(receiver.pieces, 3);
}

TEST(HttpClient, AThrowingReceiverIsAnErrorAndAStoppingHeadIsNot) {
  const TestServer server(answer("200 OK", "", "body"));
  class Thrower final : public HttpReceiver {
   public:
    [[nodiscard]] Flow on_body(std::string_view /*bytes*/) override { throw std::runtime_error("mine"); }
  } thrower;
  const auto thrown = loopback_client().stream({.url = server.url()}, thrower);
  ASSERT_FALSE(thrown);
  EXPECT_EQ(thrown.error().code, ErrorCode::internal);
  EXPECT_EQ(thrown.error().message, "mine");
  class HeadOnly final : public HttpReceiver {
   public:
    [[nodiscard]] Flow on_head(const HttpHead& /*head*/) override { return Flow::stop; }
    [[nodiscard]] Flow on_body(std::string_view /*bytes*/) override {
      ADD_FAILURE() << "a body after the end";
      return Flow::stop;
    }
  } head_only;
  const auto head = loopback_client().stream({.url = server.url()}, head_only);
  ASSERT_TRUE(head);
  EXPECT_EQ(head->status, 200);
}

TEST(HttpClient, ServesManyThreadsAtOnce) {
  const TestServer server([](Peer& peer, const std::string& request) {
    peer.send(answer("200 OK", "", request.substr(4, request.find(' ', 4) - 4)));
  });
  const HttpClient shared = loopback_client();
  std::atomic<int> right{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&, i] {
        for (int k = 0; k < 10; ++k) {
          const std::string path = "/" + std::to_string(i * 100 + k);
          const auto got = shared.fetch({.url = server.url(path)});
          right += got && got->body == path ? 1 : 0;
        }
      });
    }
  }
  EXPECT_EQ(right, 80);
}

TEST(HttpClient, MessagesDoNotRepeatQueries) {
  const auto got = loopback_client().fetch({.url = "http://10.0.0.1/?token=hush"});
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().message.find("hush"), std::string::npos);
  const TestServer server("rubbish");
  const auto broken = loopback_client().fetch({.url = server.url("/x?token=hush")});
  ASSERT_FALSE(broken);
  EXPECT_NE(broken.error().message.find("/x"), std::string::npos);
  EXPECT_EQ(broken.error().message.find("hush"), std::string::npos);
}

// Stops at the redirect that a test names, if any.
class RedirectStopper final : public HttpReceiver {
 public:
  explicit RedirectStopper(std::size_t last) : last_(last) {}
  [[nodiscard]] Flow on_redirect(const HttpHead& head) override {
    seen.emplace_back(head.header("location"));
    return seen.size() == last_ ? Flow::stop : Flow::go_on;
  }
  [[nodiscard]] Flow on_body(std::string_view bytes) override {
    body += bytes;
    return Flow::go_on;
  }
  std::vector<std::string> seen;
  std::string body;

 private:
  std::size_t last_;
};

TEST(HttpClient, ARedirectThatTheReceiverStopsAtIsTheAnswer) {
  const TestServer server([](Peer& peer, const std::string& request) {
    const bool is_first = request.contains(" /first ");
    peer.send(
        request.contains(" /end ")
            ? answer("200 OK", "", "the end")
            : answer("302 Found", is_first ? "Location: /second\r\nX-Size: 5\r\n" : "Location: /end\r\n", "gone"));
  });
  RedirectStopper first(1);
  const auto stopped = loopback_client().stream({.method = "HEAD", .url = server.url("/first")}, first);
  ASSERT_TRUE(stopped) << stopped.error().message;
  EXPECT_EQ(stopped->status, 302);
  EXPECT_EQ(stopped->header("x-size"), "5");
  EXPECT_EQ(first.body, "");
  EXPECT_EQ(server.requests().size(), 1U);
  RedirectStopper none(0);
  const auto whole = loopback_client().stream({.url = server.url("/first")}, none);
  ASSERT_TRUE(whole) << whole.error().message;
  EXPECT_EQ(none.seen, (std::vector<std::string>{"/second", "/end"}));
  EXPECT_EQ(none.body, "the end");
}

TEST(HttpClient, AFileInPartsIsAskedForAsItIsAlsoBehindARedirect) {
  const TestServer server([](Peer& peer, const std::string& request) {
    peer.send(request.contains(" /a ") ? answer("302 Found", "Location: /b\r\n", "")
                                       : answer("206 Partial Content", "Content-Range: bytes 3-4/5\r\n", "de"));
  });
  const auto got = loopback_client().fetch(
      {.url = server.url("/a"), .headers = {{"Range", "bytes=3-"}}, .may_be_compressed = false});
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->body, "de");
  for (const std::string& request : server.requests()) {
    EXPECT_TRUE(request.contains("Accept-Encoding: identity\r\n")) << request;
    EXPECT_TRUE(request.contains("Range: bytes=3-\r\n")) << request;
  }
}

}  // namespace
}  // namespace puna
