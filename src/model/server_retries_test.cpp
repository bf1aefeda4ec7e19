// Which questions are asked again, after what wait, and where: nothing here waits for time to pass.
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <set>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "model/test_chat_server.h"

namespace puna {
namespace {

using namespace std::chrono_literals;
using model::ChatServer;
using model::error_page;
using model::good_stream;
using model::Heard;
using model::open_at;
using model::options_for;
using model::request_of;
using model::Waits;

Result<Reply> asked(const ChatServer& server, Waits& waits) {
  return open_at({server.url()}, &waits)->ask(request_of("Hi"), EventSink::none());
}

TEST(ServerRetries, WaitsDoubleWithJitterAndAreTheSameForTheSameSeed) {
  const ChatServer server(error_page("503 Unavailable", "busy"));
  const auto waits_of = [&](std::uint64_t seed) {
    Waits waits;
    RemoteModelOptions options = options_for({server.url()}, &waits);
    options.retries = {.attempts_max = 6, .first_wait = 1'000ms, .waits_max = 1'000'000ms, .seed = seed};
    EXPECT_FALSE((*RemoteModel::open(options))->ask(request_of("Hi"), EventSink::none()));
    return waits.times;
  };
  const auto first = waits_of(1);
  ASSERT_EQ(first.size(), 5U);
  EXPECT_EQ(first, waits_of(1));
  EXPECT_NE(first, waits_of(2));
  for (std::size_t i = 0; i < first.size(); ++i) {
    const auto most = 1'000ms * (1 << i);
    EXPECT_GE(first[i], most / 2) << i;
    EXPECT_LE(first[i], most) << i;
  }
}

TEST(ServerRetries, TheServersOwnWaitIsKeptToWithinTheBudget) {
  for (const auto& [after, waits_expected] : std::vector<std::pair<std::string, std::size_t>>{
           {"7", 3U}, {"50", 2U}, {"1000", 0U}, {"soon", 3U}, {"Wed, 21 Oct 2026 07:28:00 GMT", 3U}, {"-4", 3U}}) {
    const ChatServer server(error_page("429 Too Many", "slow down", "Retry-After: " + after + "\r\n"));
    Waits waits;
    const auto reply = asked(server, waits);
    ASSERT_FALSE(reply);
    EXPECT_EQ(waits.times.size(), waits_expected) << after;
    for (const auto time : waits.times) {
      EXPECT_GE(time.count(), after == "7" ? 7'000 : after == "50" ? 50'000 : 1) << after;
    }
    EXPECT_EQ(reply.error().message.contains("waited for"), waits_expected < 3) << reply.error().message;
  }
}

TEST(ServerRetries, ABusyServerThatRecoversAnswersAndSaysOnceThatItWasBusy) {
  const ChatServer server([](net::Peer& peer, const Json& /*body*/, int number) {
    peer.send(number % 3 == 0 ? good_stream() : error_page("503 Unavailable", "all slots are busy"));
  });
  Waits waits;
  const auto model = open_at({server.url()}, &waits);
  Heard heard;
  for (int i = 0; i < 2; ++i) {
    const auto reply = model->ask(request_of("Hi"), heard);
    ASSERT_TRUE(reply) << reply.error().message;
    EXPECT_EQ(reply->message.content, "yes");
  }
  EXPECT_EQ(waits.times.size(), 4U);
  ASSERT_EQ(heard.notices.size(), 1U);
  EXPECT_TRUE(heard.notices[0].contains("busy")) << heard.notices[0];
}

TEST(ServerRetries, AStopWhileItWaitsIsCancelled) {
  const ChatServer server(error_page("503 Unavailable", "busy"));
  std::stop_source stop;
  Waits waits{.times = {}, .then = [&] { stop.request_stop(); }};
  const auto model = open_at({server.url()}, &waits);
  const auto reply = model->ask(request_of("Hi"), EventSink::none(), stop.get_token());
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, ErrorCode::cancelled);
  EXPECT_EQ(server.bodies().size(), 1U);
}

TEST(ServerRetries, OfSeveralServersTheOneThatAnswersIsTakenAndKept) {
  const ChatServer dead(
      [](net::Peer& peer, const Json& /*body*/, int /*number*/) { peer.send(error_page("503 Unavailable", "busy")); });
  const ChatServer live(good_stream());
  Waits waits;
  const auto model = open_at({dead.url(), live.url()}, &waits);
  for (int i = 0; i < 3; ++i) {
    const auto reply = model->ask(request_of("Hi"), EventSink::none());
    ASSERT_TRUE(reply) << reply.error().message;
  }
  EXPECT_EQ(dead.bodies().size(), 1U);
  EXPECT_EQ(live.bodies().size(), 3U);
  EXPECT_TRUE(waits.times.empty()) << "another server is gone to at once";
}

TEST(ServerRetries, AServerThatIsNotThereIsLeftOutUnlessAllAre) {
  const ChatServer live(good_stream());
  std::string gone;
  {
    const ChatServer server(good_stream());
    gone = server.url();
  }
  RemoteModelOptions options = options_for({gone, live.url(), live.url("/v1")});
  std::vector<std::string> progress;
  options.progress = [&](std::string_view text) { progress.emplace_back(text); };
  const auto model = RemoteModel::open(options);
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ((*model)->servers().size(), 1U) << "the same address twice is one server";
  ASSERT_EQ(progress.size(), 1U);
  EXPECT_TRUE(progress[0].contains(gone)) << progress[0];
  options.urls = {gone, gone + "/v1"};
  EXPECT_FALSE(RemoteModel::open(options));
}

TEST(ServerRetries, ConversationsAreSpreadAndEachStaysWhereItsPrefixIs) {
  std::array<ChatServer, 2> servers{ChatServer(good_stream()), ChatServer(good_stream())};
  const auto model = open_at({servers[0].url(), servers[1].url()});
  constexpr int kAgents = 6;
  for (int turn = 0; turn < 3; ++turn) {
    for (int agent = 0; agent < kAgents; ++agent) {
      Request request = request_of("task " + std::to_string(agent));
      for (int past = 0; past < turn; ++past) {
        request.messages.push_back({.role = Role::assistant, .content = "yes"});
        request.messages.push_back({.role = Role::user, .content = "more"});
      }
      request.agent = AgentId{1};  // as agents that nobody numbered
      ASSERT_TRUE(model->ask(request, EventSink::none()));
    }
  }
  for (const ChatServer& server : servers) {
    const std::vector<Json> bodies = server.bodies();
    EXPECT_EQ(bodies.size(), 3U * kAgents / 2);
    std::set<std::string> tasks;
    for (const Json& body : bodies) {
      tasks.insert(std::string(body.find("messages")->as_array()[0].text_or("content")));
    }
    EXPECT_EQ(tasks.size(), kAgents / 2) << "three turns of each";
  }
}

}  // namespace
}  // namespace puna
