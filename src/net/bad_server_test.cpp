// The client against servers that misbehave: each ends with its own error, in time and within its limits.
#include <gtest/gtest.h>

#include <array>
#include <future>

#include "net/test_client.h"
#include "net/test_server.h"
#include "puna/net.h"

namespace puna {
namespace {

using net::answer;
using net::loopback_client;
using net::Peer;
using net::TestServer;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

struct Ended {
  ErrorCode code;
  std::string message;
  std::chrono::milliseconds time;
};
// A request that must fail.
Ended failure(const std::string& url, const HttpLimits& limits, const std::stop_token& stop = {}) {
  const auto begin = Clock::now();
  const auto got = loopback_client().fetch({.url = url, .limits = limits}, stop);
  const auto time = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin);
  EXPECT_FALSE(got) << "status " << got->head.status << ", " << got->body.size() << " bytes";
  return got ? Ended{ErrorCode::internal, "no error", time} : Ended{got.error().code, got.error().message, time};
}

// Deflate with fixed codes (RFC 1951): a literal 'a', then `repeats` matches of 258 bytes one byte back, in 13 bits
// each.
std::string gzip_of(std::size_t repeats) {
  std::string bytes("\x1f\x8b\x08\0\0\0\0\0\0\x03", 10);
  unsigned held = 0;
  unsigned count = 0;
  const auto put = [&](unsigned value, unsigned bits) {
    held |= value << count;
    for (count += bits; count >= 8; count -= 8) {
      bytes += static_cast<char>(held & 0xffU);
      held >>= 8U;
    }
  };
  const auto put_code = [&](unsigned code, unsigned bits) {  // Huffman codes begin with their highest bit
    for (unsigned i = bits; i-- > 0;) {
      put((code >> i) & 1U, 1);
    }
  };
  put(1, 1);
  put(1, 2);
  put_code(0x30 + 'a', 8);
  for (std::size_t i = 0; i < repeats; ++i) {
    put_code(0xc5, 8);  // length 258
    put_code(0, 5);     // distance 1
  }
  put_code(0, 7);
  put(0, count == 0 ? 0 : 8 - count);
  std::uint32_t crc = 0xffffffffU;
  const std::size_t size = 1 + repeats * 258;
  for (std::size_t i = 0; i < size; ++i) {
    crc ^= 'a';
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc >> 1U) ^ (0xedb88320U & (0U - (crc & 1U)));
    }
  }
  crc = ~crc;
  for (const std::uint32_t word : {crc, static_cast<std::uint32_t>(size)}) {
    for (unsigned shift = 0; shift < 32; shift += 8) {
      bytes += static_cast<char>((word >> shift) & 0xffU);
    }
  }
  return bytes;
}
// 64 MiB of 'a', and a short text; made with brotli 1.2's encoder at quality 11, window 24.
const std::string kBrotliBomb(
    "\xcf\xff\xff\x7f\xf8\x25\xc2\xe2\xb1\x40\x20\xf7\xfe\x9f\xff\xff\xff\xf0\x4b\x00\xc4\x61\x01\x80\xee\xfd\x3f"
    "\xff\xff\xff\xe1\x97\x00\x88\xc3\x22\x00\xdd\xfb\xff\xfc\xff\xff\xc7\x2f\x01\x10\x87\x05\x00\xba\xf7\xff",
    53);
const std::string kBrotliText(
    "\x0f\x08\x80"
    "brotli says hello"
    "\x03",
    21);

TEST(BadServer, CompressedBodiesAreReadAndBombsAreNot) {
  const TestServer gzip(answer("200 OK", "Content-Encoding: gzip\r\n", gzip_of(10)));
  const auto small = loopback_client().fetch({.url = gzip.url()});
  ASSERT_TRUE(small) << small.error().message;
  EXPECT_EQ(small->body, std::string(2'581, 'a'));
  const TestServer brotli(answer("200 OK", "Content-Encoding: br\r\n", kBrotliText));
  const auto text = loopback_client().fetch({.url = brotli.url()});
  ASSERT_TRUE(text) << text.error().message;
  EXPECT_EQ(text->body, "brotli says hello");

  const std::string bomb = gzip_of(200'000);  // 325 KB for 51.6 MB
  ASSERT_LT(bomb.size(), 330'000U);
  for (const std::string& all : {answer("200 OK", "Content-Encoding: gzip\r\n", bomb),
                                 answer("200 OK", "Content-Encoding: br\r\n", kBrotliBomb)}) {
    const TestServer server(all);
    const Ended ended = failure(server.url(), {.body_bytes = 1'000'000});
    EXPECT_EQ(ended.code, ErrorCode::limit) << ended.message;
    EXPECT_NE(ended.message.find("longer than 1000000 bytes"), std::string::npos);
    EXPECT_LT(ended.time, 2s);
  }
}

TEST(BadServer, EncodingsThatAreNotWhatTheyClaimAreCorrupt) {
  for (const char* encoding : {"gzip", "br", "deflate", "rot13", "gzip, gzip, gzip, gzip, gzip, gzip, gzip, gzip"}) {
    const TestServer server(
        answer("200 OK", std::string("Content-Encoding: ") + encoding + "\r\n", std::string(40, '\xff')));
    const Ended ended = failure(server.url(), {});
    EXPECT_EQ(ended.code, ErrorCode::corrupt) << encoding << ": " << ended.message;
  }
}

TEST(BadServer, AnInfiniteBodyEndsAtTheLimit) {
  const TestServer server([](Peer& peer, const std::string& /*request*/) {
    peer.send("HTTP/1.1 200 OK\r\n\r\n");
    while (peer.send(std::string(65'536, 'x'))) {
    }
  });
  const Ended ended = failure(server.url(), {.body_bytes = 3'000'000});
  EXPECT_EQ(ended.code, ErrorCode::limit) << ended.message;
}

TEST(BadServer, ABodyOfExactlyTheLimitIsWhole) {
  const TestServer server(answer("200 OK", "", std::string(50'000, 'x')));
  EXPECT_TRUE(loopback_client().fetch({.url = server.url(), .limits = {.body_bytes = 50'000}}));
  EXPECT_EQ(failure(server.url(), {.body_bytes = 49'999}).code, ErrorCode::limit);
}

TEST(BadServer, AFloodOfHeadersEndsAtTheLimit) {
  const TestServer server([](Peer& peer, const std::string& /*request*/) {
    peer.send("HTTP/1.1 200 OK\r\n");
    while (peer.send("X-Header: " + std::string(1'000, 'y') + "\r\n")) {
    }
  });
  const Ended ended = failure(server.url(), {});
  EXPECT_EQ(ended.code, ErrorCode::limit) << ended.message;
  const TestServer interim([](Peer& peer, const std::string& /*request*/) {
    while (peer.send("HTTP/1.1 103 Early Hints\r\nX: " + std::string(1'000, 'y') + "\r\n\r\n")) {
    }
  });
  EXPECT_EQ(failure(interim.url(), {}).code, ErrorCode::limit);
  const TestServer one_line([](Peer& peer, const std::string& /*request*/) {
    peer.send("HTTP/1.1 200 OK\r\nX: ");
    while (peer.send(std::string(10'000, 'y'))) {
    }
  });
  EXPECT_EQ(failure(one_line.url(), {}).code, ErrorCode::limit);
  const TestServer trailers([](Peer& peer, const std::string& /*request*/) {
    peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n");
    while (peer.send("X-Trailer: " + std::string(1'000, 'y') + "\r\n")) {
    }
  });
  EXPECT_EQ(failure(trailers.url(), {}).code, ErrorCode::limit);
}

TEST(BadServer, ASlowDripEndsAtTheTotalTimeAndSilenceAtTheIdleTime) {
  const TestServer drip([](Peer& peer, const std::string& /*request*/) {
    peer.send("HTTP/1.1 200 OK\r\n\r\n");
    while (peer.send("x") && peer.pause(30ms)) {
    }
  });
  const Ended dripped = failure(drip.url(), {.total = 500ms, .idle = 300ms});
  EXPECT_EQ(dripped.code, ErrorCode::unavailable);
  EXPECT_NE(dripped.message.find("no whole answer within 500 ms"), std::string::npos) << dripped.message;
  EXPECT_GE(dripped.time, 500ms);
  EXPECT_LT(dripped.time, 750ms);

  const TestServer silent([](Peer& peer, const std::string& /*request*/) {
    peer.send("HTTP/1.1 200 OK\r\n\r\nx");
    peer.pause(20s);
  });
  const Ended idle = failure(silent.url(), {.total = 10s, .idle = 300ms});
  EXPECT_EQ(idle.code, ErrorCode::unavailable);
  EXPECT_NE(idle.message.find("nothing came for 300 ms"), std::string::npos) << idle.message;
  EXPECT_LT(idle.time, 600ms);

  const TestServer mute([](Peer& peer, const std::string& /*request*/) { peer.pause(20s); });
  EXPECT_LT(failure(mute.url(), {.total = 10s, .idle = 300ms}).time, 600ms);
  const TestServer slow_head([](Peer& peer, const std::string& /*request*/) {
    while (peer.send("H") && peer.pause(30ms)) {
    }
  });
  EXPECT_LT(failure(slow_head.url(), {.total = 500ms, .idle = 10s}).time, 750ms);
}

TEST(BadServer, TheFirstByteOfTheBodyMayTakeItsOwnTime) {
  const HttpLimits limits{.total = 10s, .idle = 100ms, .first_byte = 300ms};
  for (const auto& [sent, time] :
       {std::pair("HTTP/1.1 200 OK\r\n\r\n", "300 ms"), {"HTTP/1.1 200 OK\r\n\r\na", "100 ms"}}) {
    const TestServer server([sent](Peer& peer, const std::string& /*request*/) {
      peer.send(sent);
      peer.pause(5s);
    });
    const Ended ended = failure(server.url(), limits);
    EXPECT_EQ(ended.code, ErrorCode::unavailable);
    EXPECT_NE(ended.message.find(std::string("nothing came for ") + time), std::string::npos) << ended.message;
  }
}

TEST(BadServer, AllRedirectsTogetherHaveOneTotalTime) {
  const TestServer server([](Peer& peer, const std::string& /*request*/) {
    peer.pause(150ms);
    peer.send(answer("302 Found", "Location: /next\r\n", ""));
  });
  const Ended ended = failure(server.url(), {.total = 500ms});
  EXPECT_EQ(ended.code, ErrorCode::unavailable);
  EXPECT_LT(ended.time, 750ms);
  EXPECT_LE(server.requests().size(), 4U);
}

TEST(BadServer, StoppingReturnsAtOnceWhereverTheRequestIs) {
  const TestServer silent([](Peer& peer, const std::string& /*request*/) {
    peer.send("HTTP/1.1 200 OK\r\n\r\nx");
    peer.pause(20s);
  });
  const TestServer mute([](Peer& peer, const std::string& /*request*/) { peer.pause(20s); });
  for (const TestServer* server : {&silent, &mute}) {
    std::stop_source source;
    Clock::time_point asked;
    std::jthread stopper([&] {
      std::this_thread::sleep_for(200ms);
      asked = Clock::now();
      source.request_stop();
    });
    const Ended ended = failure(server->url(), {}, source.get_token());
    const auto returned = Clock::now();
    stopper.join();
    EXPECT_EQ(ended.code, ErrorCode::cancelled) << ended.message;
    EXPECT_LT(returned - asked, 250ms);
  }
  std::stop_source early;
  early.request_stop();
  EXPECT_EQ(failure(mute.url(), {}, early.get_token()).code, ErrorCode::cancelled);
}

TEST(BadServer, AnswersThatEndTooEarlyAreNotWhole) {
  for (const char* text :
       {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n", ""}) {
    const TestServer server{std::string(text)};
    const Ended ended = failure(server.url(), {});
    EXPECT_EQ(ended.code, ErrorCode::unavailable) << text << ": " << ended.message;
    EXPECT_LT(ended.time, 2s);
  }
}

TEST(BadServer, MoreThanTheContentLengthIsNotRead) {
  const TestServer server("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcHTTP/1.1 200 OK\r\n\r\nforged");
  const auto got = loopback_client().fetch({.url = server.url()});
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->body, "abc");
}

TEST(BadServer, WhatIsNotHttpIsAnError) {
  for (const char* text :
       {"SSH-2.0-OpenSSH_9.9\r\n", "HTTP/1.1 200 OK\r\nX: 1\r\n", "<html>old</html>", "HTTP/9.9 200 OK\r\n\r\n",
        "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "\x16\x03\x01\x02\x00"}) {
    const TestServer server{std::string(text)};
    const Ended ended = failure(server.url(), {});
    EXPECT_TRUE(ended.code == ErrorCode::corrupt || ended.code == ErrorCode::unavailable)
        << text << ": " << ended.message;
  }
}

TEST(BadServer, NoServerAndNoTlsAreUnavailableAndNoHostIsNotFound) {
  std::uint16_t port = 0;
  {
    const TestServer gone(answer("200 OK", "", ""));
    port = gone.port();
  }
  EXPECT_EQ(failure("http://127.0.0.1:" + std::to_string(port) + "/", {}).code, ErrorCode::unavailable);
  const TestServer plain([](Peer& peer, const std::string& /*request*/) { peer.send("not TLS"); });
  const Ended no_tls = failure("https://127.0.0.1:" + std::to_string(plain.port()) + "/", {.total = 2s});
  EXPECT_EQ(no_tls.code, ErrorCode::unavailable) << no_tls.message;
  class Nobody final : public Resolver {
   public:
    [[nodiscard]] Result<std::vector<IpAddress>> resolve(const std::string& host, std::chrono::milliseconds /*time*/,
                                                         std::stop_token /*stop*/) const override {
      return fail(ErrorCode::not_found, "the host '" + host + "' was not found");
    }
  };
  const auto got =
      HttpClient(AddressPolicy::public_only(), std::make_shared<Nobody>()).fetch({.url = "http://a.example/"});
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, ErrorCode::not_found);
}

TEST(Resolver, KnowsThisMachineAndLeavesWhenToldTo) {
  const auto resolver = Resolver::system();
  const auto here = resolver->resolve("localhost", 5s, {});
  ASSERT_TRUE(here) << here.error().message;
  for (const IpAddress& address : *here) {
    EXPECT_EQ(kind_of(address), AddressKind::loopback) << address.to_text();
  }
  std::stop_source source;
  source.request_stop();
  const auto begin = Clock::now();
  const auto stopped = resolver->resolve("no-such-host.invalid", 20s, source.get_token());
  EXPECT_FALSE(stopped);
  EXPECT_LT(Clock::now() - begin, 250ms);
}

}  // namespace
}  // namespace puna
