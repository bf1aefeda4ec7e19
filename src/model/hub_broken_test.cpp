// Pulling over connections that break, from servers that lie and refuse, onto a disk that is full.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <csignal>
#include <stop_token>
#include <thread>

#include "model/test_hub.h"

namespace puna::model {
namespace {

namespace fs = std::filesystem;

const std::string kBytes = random_bytes(200'000, 5);

fs::path partial_of(const HubFolder& folder, const std::string& content) {
  return folder.path / "hub/models--me--tiny-GGUF/blobs" / (sha256_hex(content) + ".incomplete");
}
Result<HubModel> pull_from(const HubServer& server, const HubFolder& folder, int attempts_max = 4) {
  HubOptions options = hub_options(server, folder);
  options.retries.attempts_max = attempts_max;
  return open_test_hub(options).pull(hub_name("me/tiny-GGUF"));
}
// The first bytes of an answer, then the connection ends.
bool send_cut(net::Peer& peer, const std::string& answer, std::size_t bytes) {
  peer.send(std::string_view(answer).substr(0, bytes));
  return true;
}

TEST(BrokenHub, CutsAtAnyPlaceEndInTheExactFile) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    const HubFolder folder;
    const std::string content = random_bytes(1 + 17'000 * seed, seed);
    HubServer server({{"tiny-Q8_0.gguf", content}});
    auto random = std::make_shared<Random>(seed);
    server.set_store([random](net::Peer& peer, const HubRequest& request, const std::string& all) {
      std::string answer = HubServer::file_answer(request, all);
      if (random->next() % 4 == 0) {  // Range is passed over
        answer = net::answer("200 OK", "", all);
      }
      return random->next() % 5 != 0 && send_cut(peer, answer, random->next() % (answer.size() + 1));
    });
    const auto model = pull_from(server, folder, 40);
    ASSERT_TRUE(model) << seed << ": " << why(model);
    EXPECT_EQ(content_of(model->file), content) << seed;
    EXPECT_FALSE(fs::exists(partial_of(folder, content)));
  }
}

TEST(BrokenHub, ATransferGoesOnFromItsLastByte) {
  const HubFolder folder;
  HubServer server({{"tiny-Q8_0.gguf", kBytes}});
  server.set_store([](net::Peer& peer, const HubRequest& request, const std::string& all) {
    const std::string answer = HubServer::file_answer(request, all);
    return !request.has_range && send_cut(peer, answer, answer.size() - 50'000);
  });
  const auto model = pull_from(server, folder);
  ASSERT_TRUE(model) << why(model);
  EXPECT_EQ(model->bytes_fetched, kBytes.size());
  ASSERT_EQ(server.store_requests().size(), 2U);
  EXPECT_TRUE(server.store_requests()[1].contains("Range: bytes=150000-\r\n")) << server.store_requests()[1];
}

TEST(BrokenHub, AConnectionThatStallsIsTakenForBroken) {
  const HubFolder folder;
  HubServer server({{"tiny-Q8_0.gguf", kBytes}});
  server.set_store([](net::Peer& peer, const HubRequest& request, const std::string& all) {
    if (!request.has_range) {
      send_cut(peer, HubServer::file_answer(request, all), 100'000);
      peer.pause(std::chrono::milliseconds(60'000));
    }
    return !request.has_range;
  });
  HubOptions options = hub_options(server, folder);
  options.retries.attempts_max = 50;  // a busy machine may stall longer than this, too
  options.idle = std::chrono::milliseconds(300);
  const auto model = open_test_hub(options).pull(hub_name("me/tiny-GGUF"));
  ASSERT_TRUE(model) << why(model);
  EXPECT_EQ(content_of(model->file), kBytes);
}

TEST(BrokenHub, AServerThatPassesOverRangesIsReadFromItsBeginning) {
  const HubFolder folder;
  HubServer server({{"tiny-Q8_0.gguf", kBytes}});
  server.set_store([](net::Peer& peer, const HubRequest& request, const std::string& all) {
    const std::string answer = net::answer("200 OK", "", all);
    return send_cut(peer, answer, request.has_range ? answer.size() : answer.size() / 2);
  });
  const auto model = pull_from(server, folder);
  ASSERT_TRUE(model) << why(model);
  EXPECT_EQ(content_of(model->file), kBytes);
  EXPECT_GT(model->bytes_fetched, kBytes.size());
}

TEST(BrokenHub, LiesAboutLengthsAndPlacesNeverDamageTheFile) {
  const std::string tail = kBytes.substr(0, 1'000);
  const std::vector<std::string> lies{
      "HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n" + tail,
      "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n" + tail,
      net::answer("200 OK", "Content-Type: text/html\r\n", "<html>log in first</html>"),
      net::answer("206 Partial Content", "Content-Range: bytes 5-1004/200000\r\n", tail),
      net::answer("206 Partial Content", "Content-Range: bytes 0-999/1000\r\n", tail),
      net::answer("206 Partial Content", "Content-Range: rubbish\r\n", tail),
      net::answer("206 Partial Content", "", tail),
      net::answer("416 Range Not Satisfiable", "Content-Range: bytes */5\r\n", ""),
      net::answer("204 No Content", "", ""),
      "rubbish\r\n\r\n",
      ""};
  for (std::size_t i = 0; i < lies.size(); ++i) {
    const HubFolder folder;
    HubServer server({{"tiny-Q8_0.gguf", kBytes}});
    auto asked = std::make_shared<std::atomic<int>>(0);
    server.set_store([&lies, i, asked](net::Peer& peer, const HubRequest&, const std::string&) {
      return ++*asked == 1 && send_cut(peer, lies[i], lies[i].size());
    });
    const auto model = pull_from(server, folder);
    if (lies[i].starts_with("HTTP/1.1 204")) {  // no answer that a store of files has
      EXPECT_TRUE(model || model.error().code == ErrorCode::corrupt) << why(model);
      continue;
    }
    ASSERT_TRUE(model) << i << ": " << why(model);
    EXPECT_EQ(content_of(model->file), kBytes) << i;
  }
}

TEST(BrokenHub, TooManyBytesAreNotTaken) {
  const HubFolder folder;
  HubServer server({{"tiny-Q8_0.gguf", kBytes}});
  server.set_store([](net::Peer& peer, const HubRequest&, const std::string& all) {
    return peer.send("HTTP/1.1 200 OK\r\n\r\n" + all + std::string(100'000, 'x'));
  });
  const auto model = pull_from(server, folder);
  ASSERT_TRUE(model) << why(model);
  EXPECT_EQ(content_of(model->file), kBytes);
}

TEST(BrokenHub, AnotherHashDeletesWhatCameAndSaysSo) {
  const HubFolder folder;
  HubServer server({{"tiny-Q8_0.gguf", kBytes}});
  server.set_store([](net::Peer& peer, const HubRequest&, const std::string& all) {
    std::string other = all;
    other[1'234] ^= 1;
    return peer.send(net::answer("200 OK", "", other));
  });
  const auto model = pull_from(server, folder);
  EXPECT_EQ(code_of(model), ErrorCode::corrupt);
  EXPECT_TRUE(why(model).contains(sha256_hex(kBytes))) << why(model);
  EXPECT_TRUE(why(model).contains("it was deleted")) << why(model);
  EXPECT_TRUE(fs::is_empty(partial_of(folder, kBytes).parent_path()));
  EXPECT_FALSE(fs::exists(folder.path / "hub/models--me--tiny-GGUF/snapshots"));
}

TEST(BrokenHub, ADamagedPartialFileIsFoundOutAndTheNextPullIsWhole) {
  const HubFolder folder;
  const HubServer server({{"tiny-Q8_0.gguf", kBytes}});
  write_file(partial_of(folder, kBytes), std::string(1'000, 'z'));
  EXPECT_EQ(code_of(pull_from(server, folder)), ErrorCode::corrupt);
  EXPECT_TRUE(pull_from(server, folder));
  const HubFolder other;
  write_file(partial_of(other, kBytes), kBytes + "more than there is");
  const auto model = pull_from(server, other);
  ASSERT_TRUE(model) << why(model);
  EXPECT_EQ(content_of(model->file), kBytes);
}

TEST(BrokenHub, GivesUpAfterItsAttemptsAndKeepsWhatCame) {
  const HubFolder folder;
  HubServer server({{"tiny-Q8_0.gguf", kBytes}});
  server.set_store([](net::Peer& peer, const HubRequest& request, const std::string& all) {
    const std::string answer = HubServer::file_answer(request, all);
    return send_cut(peer, answer, request.has_range ? 20 : 100'000);
  });
  const auto model = pull_from(server, folder);
  EXPECT_EQ(code_of(model), ErrorCode::unavailable);
  EXPECT_TRUE(why(model).contains("(4 attempts)")) << why(model);
  EXPECT_EQ(server.store_requests().size(), 4U);
  EXPECT_GT(fs::file_size(partial_of(folder, kBytes)), 90'000U);
  server.set_store({});
  const auto rest = pull_from(server, folder);
  ASSERT_TRUE(rest) << why(rest);
  EXPECT_LT(rest->bytes_fetched, 110'000U);
  EXPECT_EQ(content_of(rest->file), kBytes);
}

TEST(BrokenHub, RefusalsSayWhatToDo) {
  struct Row {
    const char* status;
    const char* headers;
    ErrorCode code;
    const char* words;
    std::size_t requests;
  };
  const std::vector<Row> rows{
      {"401 Unauthorized", "X-Error-Code: GatedRepo\r\n", ErrorCode::invalid_argument, "HF_TOKEN", 1},
      {"403 Forbidden", "", ErrorCode::invalid_argument, "gated or private", 1},
      {"401 Unauthorized", "X-Error-Code: RepoNotFound\r\n", ErrorCode::not_found, "check the spelling", 1},
      {"404 Not Found", "", ErrorCode::not_found, "no model repository me/tiny-GGUF", 1},
      {"429 Too Many Requests", "Retry-After: 0\r\n", ErrorCode::unavailable, "fewer requests", 4},
      {"500 Internal Server Error", "", ErrorCode::unavailable, "the hub failed (status 500) (4 attempts)", 4},
      {"418 I'm a teapot", "", ErrorCode::corrupt, "status 418", 1}};
  for (const Row& row : rows) {
    const HubFolder folder;
    HubServer server({{"tiny-Q8_0.gguf", "abc"}});
    server.set_hub([&row](net::Peer& peer, const HubRequest&, const std::string&) {
      return peer.send(net::answer(row.status, row.headers, "no"));
    });
    const auto model = pull_from(server, folder);
    EXPECT_EQ(code_of(model), row.code) << row.status;
    EXPECT_TRUE(why(model).contains(row.words)) << why(model);
    EXPECT_FALSE(why(model).contains("hf_secret"));
    EXPECT_EQ(server.hub_requests().size(), row.requests) << row.status;
    EXPECT_FALSE(fs::exists(folder.path / "hub/models--me--tiny-GGUF/blobs"));
  }
}

TEST(BrokenHub, ABusyHubIsAskedAgain) {
  const HubFolder folder;
  HubServer server({{"tiny-Q8_0.gguf", "abc"}});
  auto asked = std::make_shared<std::atomic<int>>(0);
  const auto busy_first = [asked](net::Peer& peer, const HubRequest&, const std::string&) {
    return ++*asked % 2 == 1 && peer.send(net::answer("429 Too Many Requests", "Retry-After: 0\r\n", ""));
  };
  server.set_hub(busy_first);
  const auto model = pull_from(server, folder);
  ASSERT_TRUE(model) << why(model);
  EXPECT_EQ(server.hub_requests().size(), 4U);
}

TEST(BrokenHub, ARedirectDoesNotLeadToAnAddressOfThisNetwork) {
  const HubFolder folder;
  HubServer server({{"tiny-Q8_0.gguf", "abc"}});
  server.set_hub([](net::Peer& peer, const HubRequest& request, const std::string&) {
    return request.path.contains("/resolve/") &&
           peer.send(net::answer("302 Found", "Location: http://169.254.169.254/latest/meta-data\r\n", ""));
  });
  const auto model = pull_from(server, folder);
  EXPECT_EQ(code_of(model), ErrorCode::invalid_argument);
  EXPECT_TRUE(why(model).contains("169.254.169.254")) << why(model);
}

TEST(BrokenHub, AStopKeepsWhatCameAndTheNextPullGoesOn) {
  const HubFolder folder;
  HubServer server({{"tiny-Q8_0.gguf", kBytes}});
  server.set_store([](net::Peer& peer, const HubRequest& request, const std::string& all) {
    if (request.has_range) {
      return false;
    }
    const std::string answer = HubServer::file_answer(request, all);
    send_cut(peer, answer, answer.size() - 50'000);
    peer.pause(std::chrono::milliseconds(30'000));  // the connection stays open
    return true;
  });
  std::stop_source source;
  HubOptions options = hub_options(server, folder);
  options.idle = std::chrono::milliseconds(60'000);
  const std::jthread stopper([&] {
    while (!source.stop_requested()) {
      std::error_code ignored;
      if (fs::file_size(partial_of(folder, kBytes), ignored) == 150'000) {
        source.request_stop();
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  });
  EXPECT_EQ(code_of(open_test_hub(options).pull(hub_name("me/tiny-GGUF"), source.get_token())), ErrorCode::cancelled);
  EXPECT_EQ(fs::file_size(partial_of(folder, kBytes)), 150'000U);
  const auto rest = pull_from(server, folder);
  ASSERT_TRUE(rest) << why(rest);
  EXPECT_EQ(rest->bytes_fetched, 50'000U);
}

TEST(BrokenHub, ADiskThatIsFullInTheMiddleKeepsWhatFits) {
  const HubFolder folder;
  const HubServer server({{"tiny-Q8_0.gguf", kBytes}});
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  auto* const handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit small = before;
  small.rlim_cur = 120'000;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto model = pull_from(server, folder);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(code_of(model), ErrorCode::io);
  EXPECT_TRUE(why(model).contains("pulling again goes on from there")) << why(model);
  EXPECT_EQ(fs::file_size(partial_of(folder, kBytes)), 120'000U);
  const auto rest = pull_from(server, folder);
  ASSERT_TRUE(rest) << why(rest);
  EXPECT_EQ(rest->bytes_fetched, 80'000U);
}

}  // namespace
}  // namespace puna::model
