// RemoteModel against servers that misbehave: each way has its own end, and what had come is not lost.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "model/test_chat_server.h"

namespace puna {
namespace {

using namespace std::chrono_literals;
using model::ChatServer;
using model::end_event;
using model::error_page;
using model::good_stream;
using model::Heard;
using model::json_of;
using model::kDone;
using model::kStreamHead;
using model::open_at;
using model::options_for;
using model::request_of;
using model::text_event;
using model::usage_event;
using model::Waits;

Result<Reply> asked(const ChatServer& server, EventSink& events = EventSink::none(), Waits* waits = nullptr) {
  return open_at({server.url()}, waits)->ask(request_of("Hi"), events);
}

// How often the server was asked, and the error.
struct Failure {
  Error error;
  std::size_t questions = 0;
  std::vector<std::chrono::milliseconds> waits;
};
Failure failure_at(const std::string& bytes) {
  const ChatServer server(bytes);
  Waits waits;
  const auto reply = asked(server, EventSink::none(), &waits);
  EXPECT_FALSE(reply);
  return {.error = reply ? Error{} : reply.error(), .questions = server.bodies().size(), .waits = waits.times};
}

TEST(BadChatServer, ALooseStreamIsReadAsAStrictOne) {
  std::string strict = text_event("Yes,") + text_event(" à bientôt") + end_event("stop") + usage_event(30, 5, 20);
  std::string returns = strict;
  std::string both = strict;
  for (std::size_t at = 0; (at = returns.find('\n', at)) != std::string::npos; ++at) {
    returns[at] = '\r';
  }
  for (std::size_t at = 0; (at = both.find('\n', at)) != std::string::npos; at += 2) {
    both.replace(at, 1, "\r\n");
  }
  const std::string json_head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n";
  const std::string no_head = "HTTP/1.1 200 OK\r\n\r\n";
  const std::string whole = R"(
      {"choices": [{"index": 0, "message": {"role": "assistant", "content": "Yes, à bientôt"}, "finish_reason": "stop"}],
       "usage": {"prompt_tokens": 30, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 20}}})";
  const std::string events(kStreamHead);
  for (const std::string& bytes :
       {events + strict + std::string(kDone), events + strict, events + returns + "data: [DONE]\r\r", events + both,
        events + "\xef\xbb\xbf" + strict, events + ": ping\n\n:\n" + strict + ": ping\n\n" + std::string(kDone),
        events + "id: 3\nretry: 10\n" + strict + std::string(kDone) + "data: {rubbish behind the end\n\n",
        events + strict.substr(0, strict.size() - 1), no_head + strict, no_head + whole, json_head + whole}) {
    const ChatServer server(bytes);
    Heard heard;
    const auto reply = asked(server, heard);
    ASSERT_TRUE(reply) << bytes << reply.error().message;
    EXPECT_EQ(reply->message.content, "Yes, à bientôt") << bytes;
    EXPECT_EQ(heard.text, reply->message.content);
    EXPECT_EQ(reply->usage.output_tokens, 5) << bytes;
    EXPECT_EQ(reply->usage.cached_tokens, 20) << bytes;
    EXPECT_FALSE(reply->lost) << bytes;
    EXPECT_EQ(heard.notices, std::vector<std::string>{});
  }
}

TEST(BadChatServer, AStreamMayBeCutIntoAnyPieces) {
  const std::string stream =
      text_event("é\xf0\x9f\x8c\x8a") + end_event("stop") + usage_event(3, 1) + std::string(kDone);
  for (const std::size_t step : {1U, 2U, 3U, 50U}) {
    const ChatServer server([&](net::Peer& peer, const Json& /*body*/, int /*number*/) {
      peer.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
      for (std::size_t at = 0; at < stream.size(); at += step) {
        const std::string piece = stream.substr(at, step);
        peer.send(std::string(1, "0123456789abcdef"[piece.size() / 16]) +
                  std::string(1, "0123456789abcdef"[piece.size() % 16]) + "\r\n" + piece + "\r\n");
      }
      peer.send("0\r\n\r\n");
    });
    const auto reply = asked(server);
    ASSERT_TRUE(reply) << reply.error().message;
    EXPECT_EQ(reply->message.content, "é\xf0\x9f\x8c\x8a") << step;
  }
}

TEST(BadChatServer, BytesThatAreNoCharactersBecomeTheReplacementAndHarmNothingElse) {
  const ChatServer server(std::string(kStreamHead) +
                          "data: {\"choices\": [{\"delta\": {\"content\": \"a\xc3\"}}]}\n\n" +
                          "data: {\"choices\": [{\"delta\": {\"content\": \"\xa9z\"}}]}\n\n" + end_event("stop"));
  Heard heard;
  const auto reply = asked(server, heard);
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(reply->message.content, "a\xef\xbf\xbd\xef\xbf\xbdz");
  EXPECT_TRUE(utf8::is_valid(heard.text));
}

TEST(BadChatServer, WhatHadComeIsKeptAndFlaggedWhereverTheStreamDies) {
  const std::string stream = std::string(kStreamHead) + text_event("one ") + text_event("two ");
  const std::string error = R"(data: {"error": {"message": "the slot burnt down", "code": 500}})"
                            "\n\n";
  for (const auto& [end, why] :
       std::vector<std::pair<std::string, std::string>>{{"", "ended before its end"},
                                                        {"data: {\"choi", "no JSON"},
                                                        {error, "the slot burnt down"},
                                                        {"data: rubbish\n\n", "no JSON"},
                                                        {"data: [1]\n\n", "instead of an answer"}}) {
    const ChatServer server(stream + end);
    Heard heard;
    const auto reply = asked(server, heard);
    ASSERT_TRUE(reply) << reply.error().message;
    EXPECT_EQ(reply->message.content, "one two ") << end;
    EXPECT_EQ(heard.text, "one two ");
    ASSERT_TRUE(reply->lost) << end;
    EXPECT_EQ(reply->lost->code, ErrorCode::unavailable);
    EXPECT_TRUE(reply->lost->message.contains("broke off after 8 bytes")) << reply->lost->message;
    EXPECT_TRUE(reply->lost->message.contains(why)) << reply->lost->message;
    EXPECT_EQ(server.bodies().size(), 1U) << "what was seen is not asked again";
  }
}

TEST(BadChatServer, AConnectionThatBreaksBehindTheEndBrokeNothing) {
  const ChatServer server("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 99999\r\n\r\n" +
                          text_event("yes") + end_event("stop") + usage_event(3, 1));
  const auto reply = asked(server);
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_FALSE(reply->lost);
  EXPECT_EQ(reply->message.content, "yes");
}

TEST(BadChatServer, RefusalsAreErrorsOfTheirKindAndAreAskedAgainOnlyWhereThatMayHelp) {
  struct Case {
    std::string bytes;
    ErrorCode code;
    std::string_view words;
    bool again;
  };
  const std::string events(kStreamHead);
  for (const Case& one : std::vector<Case>{
           {error_page("400 Bad Request", "no such field"), ErrorCode::invalid_argument, "no such field", false},
           {error_page("422 Unprocessable", "bad"), ErrorCode::invalid_argument, "refuses the request", false},
           {error_page("403 Forbidden", "no"), ErrorCode::invalid_argument, "refuses the key", false},
           {error_page("404 Not Found", "model 'x' not found"), ErrorCode::not_found, "model 'x'", false},
           {error_page("500 Internal", "oops"), ErrorCode::unavailable, "the server failed", false},
           {error_page("429 Too Many", "slow down"), ErrorCode::unavailable, "fewer requests", true},
           {error_page("502 Bad Gateway", "x"), ErrorCode::unavailable, "not ready", true},
           {error_page("503 Unavailable", "all slots are busy"), ErrorCode::unavailable, "busy", true},
           {net::answer("504 Gateway Timeout", "", "<html>\x1b[2J</html>"), ErrorCode::unavailable, "<html>\\x1b",
            true},
           {net::answer("400 Bad", "", R"({"error": "plain"})"), ErrorCode::invalid_argument, "plain", false},
           {net::answer("400 Bad", "", R"({"detail": "fast"})"), ErrorCode::invalid_argument, "fast", false},
           {net::answer("400 Bad", "", ""), ErrorCode::invalid_argument, "status 400", false},
           {events + "data: {\"error\": {\"message\": \"busy\", \"code\": 503}}\n\n", ErrorCode::unavailable, "busy",
            true},
           {events + "data: {\"error\": {\"message\": \"bad\", \"code\": 400}}\n\n", ErrorCode::invalid_argument, "bad",
            false},
           {model::json_page(json_of(R"({"error": {"message": "inside of 200"}})")), ErrorCode::unavailable,
            "inside of 200", false},
           {events, ErrorCode::unavailable, "ended before its end", true},
           {"", ErrorCode::unavailable, "", true},
           {"rubbish", ErrorCode::corrupt, "", false},
           {events + "data: not json\n\n", ErrorCode::corrupt, "no JSON", false},
           {net::answer("200 OK", "", "<html>"), ErrorCode::unavailable, "ended before", true}}) {
    const Failure failure = failure_at(one.bytes);
    EXPECT_EQ(failure.error.code, one.code) << one.bytes << ": " << failure.error.message;
    EXPECT_TRUE(failure.error.message.contains(one.words)) << failure.error.message;
    EXPECT_FALSE(failure.error.message.contains('\x1b'));
    EXPECT_EQ(failure.questions, one.again ? 4U : 1U) << one.bytes;
    EXPECT_EQ(failure.waits.size(), one.again ? 3U : 0U) << one.bytes;
  }
}

TEST(BadChatServer, AnOverflowIsALimitWithBothSizesWhoeverSaysIt) {
  const Failure ours = failure_at(
      model::json_page(json_of(R"({"error": {"code": 400, "message": "request exceeds the available context size",
                            "type": "exceed_context_size_error", "n_prompt_tokens": 3009, "n_ctx": 1024}})"),
                       "400 Bad Request"));
  EXPECT_EQ(ours.error.code, ErrorCode::limit);
  EXPECT_TRUE(ours.error.message.contains("3009") && ours.error.message.contains("1024")) << ours.error.message;
  for (const std::string_view words : {"This model's maximum context length is 4096 tokens, you asked for 5000",
                                       "the request exceeds the context window of 4096"}) {
    const Failure theirs = failure_at(error_page("400 Bad Request", words));
    EXPECT_EQ(theirs.error.code, ErrorCode::limit) << words;
    EXPECT_TRUE(theirs.error.message.contains("4096")) << theirs.error.message;
  }
  EXPECT_EQ(failure_at(error_page("400 Bad", "too", "", "context_length_exceeded")).error.code, ErrorCode::limit);
}

TEST(BadChatServer, AStopWhileTheServerIsSilentIsCancelledAndClosesTheConnection) {
  std::stop_source stop;
  std::atomic<bool> closed = false;
  const ChatServer server([&](net::Peer& peer, const Json& /*body*/, int /*number*/) {
    peer.send(std::string(kStreamHead) + text_event("one"));
    stop.request_stop();
    while (peer.pause(5ms) && peer.send(": ping\n\n")) {
    }
    closed = true;
  });
  const auto model = open_at({server.url()});
  const auto reply = model->ask(request_of("Hi"), EventSink::none(), stop.get_token());
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, ErrorCode::cancelled);
  while (!closed) {
    std::this_thread::sleep_for(1ms);
  }
}

TEST(BadChatServer, SilenceHasItsOwnErrorBeforeAndBehindTheFirstByte) {
  const auto silent_after = [](std::string_view bytes, std::chrono::milliseconds first_byte,
                               std::chrono::milliseconds idle) {
    const ChatServer server([&](net::Peer& peer, const Json& /*body*/, int /*number*/) {
      peer.send(bytes);
      peer.pause(60s);
    });
    RemoteModelOptions options = options_for({server.url()});
    options.times.first_byte = first_byte;
    options.times.idle = idle;
    options.retries.attempts_max = 2;
    const auto model = RemoteModel::open(options);
    EXPECT_TRUE(model);
    return (*model)->ask(request_of("Hi"), EventSink::none());
  };
  for (const std::string_view bytes : {std::string_view(), kStreamHead}) {
    const auto mute = silent_after(bytes, 200ms, 50s);
    ASSERT_FALSE(mute);
    EXPECT_EQ(mute.error().code, ErrorCode::unavailable);
    EXPECT_TRUE(mute.error().message.contains("nothing came for 200 ms")) << mute.error().message;
    EXPECT_TRUE(mute.error().message.contains("2 attempts")) << mute.error().message;
  }
  const auto begun = silent_after(std::string(kStreamHead) + text_event("one"), 50s, 200ms);
  ASSERT_TRUE(begun) << begun.error().message;
  ASSERT_TRUE(begun->lost);
  EXPECT_TRUE(begun->lost->message.contains("nothing came for 200 ms")) << begun->lost->message;
  EXPECT_EQ(begun->message.content, "one");
}

TEST(BadChatServer, ALineWithoutEndIsBounded) {
  const ChatServer server([](net::Peer& peer, const Json& /*body*/, int /*number*/) {
    const std::string block(1'000'000, 'x');
    peer.send(std::string(kStreamHead) + "data: ");
    for (int i = 0; i < 100 && peer.send(block); ++i) {
    }
  });
  const auto reply = asked(server);
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, ErrorCode::corrupt);
  EXPECT_TRUE(reply.error().message.contains("more than")) << reply.error().message;
}

TEST(BadChatServer, WhatCannotBeAskedIsRefusedBeforeItIsSent) {
  const ChatServer server(good_stream());
  const auto model = open_at({server.url()});
  const ToolSpec tool{.name = "bell", .description = "Rings.", .parameters = {}};
  std::vector<Request> requests(8, request_of("Hi"));
  requests[0].format = format::Pattern{"(?=a)a+"};
  requests[1].format = format::Gbnf{.text = "root ::= nothing"};
  requests[2].tool_choice = ToolChoice::required;
  requests[3].tools = {tool};
  requests[3].tool_choice = ToolChoice::named("gong");
  requests[4].sampling.seed = 1ULL << 40U;
  requests[5].stop = {""};
  requests[6].tools = {{.name = "two words", .description = "", .parameters = {}}};
  requests[7].tokens_max = -1;
  for (const Request& request : requests) {
    const auto reply = model->ask(request, EventSink::none());
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().code, ErrorCode::invalid_argument) << reply.error().message;
  }
  RemoteModelOptions options = options_for({server.url()});
  options.parameters = json_of(R"({"grammar": "root ::= \"a\""})");
  Request calling = request_of("Hi");
  calling.tools = {tool};
  const auto both = (*RemoteModel::open(options))->ask(calling, EventSink::none());
  ASSERT_FALSE(both);
  EXPECT_TRUE(both.error().message.contains("this one may call tools")) << both.error().message;
  EXPECT_TRUE(server.bodies().empty());
}

}  // namespace
}  // namespace puna
