// Requests out of bytes: what is one, what is none, and that it does not matter how the bytes come.
#include "server/http_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "puna/base.h"

namespace puna::server {
namespace {

using State = RequestReader::State;

constexpr ReaderLimits kLimits{.head_bytes = 1'000, .headers = 10, .body_bytes = 100};

std::string shown(const RequestReader& reader) {
  return reader.state() == State::bad ? format_text("{}", reader.problem().status)
                                      : format_text("state {}", static_cast<int>(reader.state()));
}

int status_for(std::string_view bytes) {
  RequestReader reader(kLimits);
  reader.feed(bytes);
  return reader.state() == State::bad ? reader.problem().status : reader.state() == State::done ? 200 : 0;
}

TEST(HttpReader, ReadsARequestWithABody) {
  RequestReader reader(kLimits);
  const std::string_view text =
      "POST /v1/x?after=3 HTTP/1.1\r\nHost: a\r\nX-Two:  b \r\nContent-Length: 3\r\n\r\nabcGET";
  EXPECT_EQ(reader.feed(text), text.size() - 3);
  ASSERT_EQ(reader.state(), State::done);
  const HttpRequestIn request = reader.take();
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.path, "/v1/x");
  EXPECT_EQ(request.query, "after=3");
  EXPECT_EQ(request.header("x-two"), "b");
  EXPECT_EQ(request.body, "abc");
  EXPECT_TRUE(request.keep_alive);
  EXPECT_EQ(reader.state(), State::empty);
}

TEST(HttpReader, JoinsChunksAndDropsTrailers) {
  RequestReader reader(kLimits);
  reader.feed("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n2\r\nde\r\n0\r\nX: y\r\n\r\n");
  ASSERT_EQ(reader.state(), State::done) << shown(reader);
  EXPECT_EQ(reader.take().body, "abcde");
}

TEST(HttpReader, ReadsTheSameWhereverTheBytesAreCut) {
  for (const std::string_view text :
       {std::string_view("GET /health HTTP/1.1\r\nHost: a\r\n\r\n"),
        std::string_view("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"),
        std::string_view("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"),
        std::string_view("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
        std::string_view("GET / HTTP/1.1\r\nbad header\r\n\r\n")}) {
    RequestReader whole(kLimits);
    whole.feed(text);
    for (std::size_t cut = 1; cut < text.size(); ++cut) {
      RequestReader reader(kLimits);
      std::size_t used = reader.feed(text.substr(0, cut));
      used += used == cut ? reader.feed(text.substr(cut)) : 0;
      ASSERT_EQ(shown(reader), shown(whole)) << text << " cut at " << cut;
    }
    RequestReader reader(kLimits);
    for (const char c : text) {
      reader.feed(std::string_view(&c, 1));
    }
    ASSERT_EQ(shown(reader), shown(whole)) << text;
    if (whole.state() == State::done) {
      EXPECT_EQ(reader.take().body, whole.take().body);
    }
  }
}

TEST(HttpReader, RefusesWhatTwoReadersCouldUnderstandDifferently) {
  struct Case {
    std::string_view text;
    int status;
  };
  const Case cases[] = {
      {"POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400},
      {"POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nContent-Length: 3, 3\r\n\r\nabc", 400},
      {"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nContent-Length: +3\r\n\r\nabc", 400},
      {"POST / HTTP/1.1\r\nContent-Length: 0x3\r\n\r\nabc", 400},
      {"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nContent-Length: 101\r\n\r\n", 413},
      {"POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501},
      {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n", 400},
      {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\nabc", 400},
      {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n", 400},
      {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n", 413},
      {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1ffffffff\r\n", 400},
      {"POST / HTTP/1.1\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\na", 415},
      {"POST / HTTP/1.1\r\nExpect: a miracle\r\n\r\n", 417},
      {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400},
      {"GET  / HTTP/1.1\r\n\r\n", 400},
      {"GET / HTTP/2.0\r\n\r\n", 505},
      {"GET /\r\n\r\n", 400},
      {"GET http://a/ HTTP/1.1\r\n\r\n", 400},
      {"GET * HTTP/1.1\r\n\r\n", 400},
      {"GET /\xff HTTP/1.1\r\n\r\n", 400},
      {"G\tT / HTTP/1.1\r\n\r\n", 400},
      {"\x16\x03\x01\x02\r\n\r\n", 400},
  };
  for (const auto& [text, status] : cases) {
    EXPECT_EQ(status_for(text), status) << printable(text);
  }
  EXPECT_EQ(status_for(std::string("GET / HTTP/1.1\r\nX: a") + '\0' + "b\r\n\r\n"), 400);
}

TEST(HttpReader, BoundsTheHead) {
  EXPECT_EQ(status_for("GET / HTTP/1.1\r\nX: " + std::string(2'000, 'a')), 431);
  std::string many = "GET / HTTP/1.1\r\n";
  for (int i = 0; i < 11; ++i) {
    many += "a: b\r\n";
  }
  EXPECT_EQ(status_for(many + "\r\n"), 431);
  EXPECT_EQ(status_for("GET /" + std::string(900, 'a') + " HTTP/1.1\r\n\r\n"), 200);
  // To the byte, however it comes.
  for (const std::size_t size : {999U, 1'000U, 1'001U, 1'003U, 1'004U, 1'005U}) {
    const std::string text = "GET /" + std::string(size - 18, 'a') + " HTTP/1.1\r\n\r\n";
    ASSERT_EQ(text.size(), size);
    RequestReader reader(kLimits);
    for (const char c : text) {
      reader.feed(std::string_view(&c, 1));
    }
    EXPECT_EQ(status_for(text), size <= 1'000 ? 200 : 431) << size;
    EXPECT_EQ(reader.state() == State::done, size <= 1'000) << size;
  }
}

TEST(HttpReader, KnowsWhetherTheConnectionStays) {
  const auto stays = [](std::string_view text) {
    RequestReader reader(kLimits);
    reader.feed(text);
    EXPECT_EQ(reader.state(), State::done);
    return reader.take().keep_alive;
  };
  EXPECT_TRUE(stays("GET / HTTP/1.1\r\n\r\n"));
  EXPECT_FALSE(stays("GET / HTTP/1.1\r\nConnection: Close\r\n\r\n"));
  EXPECT_FALSE(stays("GET / HTTP/1.1\r\nConnection: x, close\r\n\r\n"));
  EXPECT_FALSE(stays("GET / HTTP/1.0\r\n\r\n"));
  EXPECT_TRUE(stays("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
}

}  // namespace
}  // namespace puna::server
