// Servers that are addresses: both revisions, both forms of an answer, and what such a server can do wrong.
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <thread>

#include "net/test_server.h"
#include "puna/tools/files.h"
#include "puna/tools/mcp.h"

namespace puna {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using net::answer;
using net::Peer;
using net::TestServer;

Json body_of(const std::string& request) {
  auto json = Json::parse(request.substr(request.find("\r\n\r\n") + 4));
  return json ? *std::move(json) : Json();
}
bool has_header(const std::string& request, std::string_view line) {
  return request.find("\r\n" + std::string(line) + "\r\n") != std::string::npos;
}
std::string json_answer(const Json& json, std::string_view status = "200 OK", std::string_view headers = "") {
  return answer(status, "Content-Type: application/json\r\n" + std::string(headers), json.dump());
}
Json result_of(const Json& request, Json result) {
  return Json::object({{"jsonrpc", "2.0"}, {"id", *request.find("id")}, {"result", std::move(result)}});
}
Json error_of(const Json& request, int code, Json data = Json()) {
  return Json::object({{"jsonrpc", "2.0"},
                       {"id", *request.find("id")},
                       {"error", Json::object({{"code", code}, {"message", "no"}, {"data", std::move(data)}})}});
}
Json text_result(std::string_view text) {
  return Json::object({{"content", Json::array({Json::object({{"type", "text"}, {"text", text}})})}});
}
Json tool_list() {
  return *Json::parse(R"({"tools": [
      {"name": "query", "inputSchema": {"type": "object", "properties": {
          "region": {"type": "string", "x-mcp-header": "Region"}, "count": {"type": "integer", "x-mcp-header": "Count"},
          "deep": {"type": "object", "properties": {"on": {"type": "boolean", "x-mcp-header": "On"}}}}}},
      {"name": "bad header", "inputSchema": {"type": "object", "properties": {
          "a": {"type": "array", "items": {"type": "string", "x-mcp-header": "A"}}}}},
      {"name": "größe", "inputSchema": {"type": "object"}}]})");
}

McpServerConfig config(const TestServer& server) {
  return {
      .name = "web",
      .place = McpAddress{.url = server.url("/mcp?key=k"), .headers = {{"Authorization", Secret("Bearer canary")}}}};
}
McpOptions web_options() { return {.start_time = 10s, .call_time = 10s, .grace = 1s}; }

// A server of the newest revision; calls are left to the test.
TestServer::Script modern(const std::function<void(Peer&, const Json&, const std::string&)>& on_call) {
  return [on_call](Peer& peer, const std::string& request) {
    const Json json = body_of(request);
    const std::string_view method = json.text_or("method");
    if (!has_header(request, "MCP-Protocol-Version: 2026-07-28") ||
        !has_header(request, "Mcp-Method: " + std::string(method))) {
      peer.send(json_answer(error_of(json, -32020), "400 Bad Request"));
    } else if (method == "server/discover") {
      peer.send(json_answer(result_of(json, *Json::parse(R"({"supportedVersions": ["2026-07-28"]})"))));
    } else if (method == "tools/list") {
      peer.send(json_answer(result_of(json, tool_list())));
    } else {
      on_call(peer, json, request);
    }
  };
}

TEST(McpAddressServer, ModernRequestsCarryTheirHeadersAndTheirArguments) {
  const TestServer web(modern([](Peer& peer, const Json& json, const std::string& /*request*/) {
    peer.send(json_answer(result_of(json, text_result("fine"))));
  }));
  auto server = McpServer::open(config(web), web_options());
  ASSERT_TRUE(server) << server.error().message;
  EXPECT_EQ((*server)->facts().protocol, "2026-07-28");
  ASSERT_EQ((*server)->tools().size(), 2U);
  ASSERT_EQ((*server)->problems().size(), 1U);
  EXPECT_EQ((*server)->problems()[0], "tool 'bad header' is left out: x-mcp-header stands where it is not allowed");
  const auto got = (*server)->call(
      "query", *Json::parse(R"({"region": "us-west1", "count": -7, "deep": {"on": true}, "other": "x"})"));
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(mcp_observation(*got, Json()).content, "fine");
  const std::string request = web.requests().back();
  for (const char* line : {"Mcp-Name: query", "Mcp-Param-Region: us-west1", "Mcp-Param-Count: -7", "Mcp-Param-On: true",
                           "Accept: application/json, text/event-stream", "Authorization: Bearer canary"}) {
    EXPECT_TRUE(has_header(request, line)) << line;
  }
  const Json sent = body_of(request);
  const Json* meta = sent.find("params")->find("_meta");
  ASSERT_NE(meta, nullptr);
  EXPECT_EQ(meta->text_or("io.modelcontextprotocol/protocolVersion"), "2026-07-28");
  EXPECT_EQ(sent.find("params")->find("arguments")->text_or("other"), "x");
  (void)(*server)->call("größe", Json::object());
  EXPECT_TRUE(has_header(web.requests().back(), "Mcp-Name: =?base64?Z3LDtsOfZQ==?="));
  for (const auto& [value, wanted] :
       std::map<std::string, std::string>{{"Hello, 世界", "=?base64?SGVsbG8sIOS4lueVjA==?="},
                                          {" padded ", "=?base64?IHBhZGRlZCA=?="},
                                          {"line1\nline2", "=?base64?bGluZTEKbGluZTI=?="},
                                          {"=?base64?literal?=", "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?="}}) {
    (void)(*server)->call("query", Json::object({{"region", value}, {"count", Json()}}));
    EXPECT_TRUE(has_header(web.requests().back(), "Mcp-Param-Region: " + wanted)) << value;
    EXPECT_EQ(web.requests().back().find("Mcp-Param-Count"), std::string::npos);
  }
}

TEST(McpAddressServer, AnAnswerMayBeAStreamOfEventsCutAnywhere) {
  std::size_t piece = 1;
  const TestServer web(modern([&](Peer& peer, const Json& json, const std::string& /*request*/) {
    const Json* meta = json.find("params")->find("_meta");
    const Json progress =
        Json::object({{"jsonrpc", "2.0"},
                      {"method", "notifications/progress"},
                      {"params", Json::object({{"progressToken", *meta->find("progressToken")}, {"progress", 0.5}})}});
    const std::string stream =
        ": hello\r\n\r\nevent: message\r\ndata: " + progress.dump() +
        "\r\n\r\nevent: other\ndata: nonsense\n\nid: 7\ndata: " + result_of(json, text_result("streamed")).dump() +
        "\n\n";
    if (peer.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n\r\n")) {
      for (std::size_t at = 0; at < stream.size() && peer.send(stream.substr(at, piece)); at += piece) {
      }
    }
    peer.pause(piece == 1 ? 10s : 0s);  // a stream that stays open after its response does not keep anyone
  }));
  McpOptions with = web_options();
  int steps = 0;
  with.on_progress = [&](const McpProgress& step) { steps += step.done == 0.5 ? 1 : 100; };
  auto server = McpServer::open(config(web), with);
  ASSERT_TRUE(server) << server.error().message;
  for (const std::size_t size : {1, 3, 64, 100'000}) {
    piece = size;
    const auto begin = Clock::now();
    const auto got = (*server)->call("query", Json::object());
    ASSERT_TRUE(got) << got.error().message;
    EXPECT_EQ(mcp_observation(*got, Json()).content, "streamed");
    EXPECT_LT(Clock::now() - begin, 5s);
  }
  EXPECT_EQ(steps, 4);
}

// A server of the older revisions: sessions, requests on streams, notifications.
class Legacy {
 public:
  void operator()(Peer& peer, const std::string& request) {
    const std::lock_guard lock(mutex);
    const Json json = body_of(request);
    const std::string_view method = json.text_or("method");
    const std::string mine = "Mcp-Session-Id: s" + std::to_string(sessions);
    if (request.starts_with("DELETE")) {
      deleted += has_header(request, mine) ? 1 : 0;
      peer.send(answer("200 OK", "", ""));
    } else if (method == "initialize") {
      ++sessions;
      peer.send(json_answer(result_of(json, *Json::parse(R"({"protocolVersion": "2025-06-18", "capabilities": {}})")),
                            "200 OK", "Mcp-Session-Id: s" + std::to_string(sessions) + "\r\n"));
    } else if (!has_header(request, mine)) {
      peer.send(probe_answer);
    } else if (lost && method == "tools/call") {
      lost = false;
      peer.send(json_answer(error_of(json, -32001), "404 Not Found"));
    } else if (method == "tools/list") {
      peer.send(json_answer(result_of(json, tool_list())));
    } else if (method == "tools/call") {
      peer.send(
          "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: "
          R"({"jsonrpc": "2.0", "id": "p", "method": "ping"})"
          "\n\n");
      mutex.unlock();
      for (int i = 0; i < 400 && !answered && peer.pause(5ms); ++i) {
      }
      mutex.lock();
      peer.send("data: " + result_of(json, text_result(answered ? "answered" : "no answer")).dump() + "\n\n");
    } else {
      answered = answered || (json.find("result") != nullptr && json.text_or("id") == "p");
      versions += has_header(request, "MCP-Protocol-Version: 2025-06-18") ? 1 : 0;
      peer.send(answer("202 Accepted", "", ""));
    }
  }
  std::mutex mutex;
  std::string probe_answer = answer("400 Bad Request", "", "Bad Request: no session");
  int sessions = 0;
  int deleted = 0;
  int versions = 0;
  bool lost = false;
  std::atomic<bool> answered = false;
};

TEST(McpAddressServer, OlderServersAreFoundWhateverTheyAnswerToTheProbe) {
  for (
      const std::string& probe :
      {answer("400 Bad Request", "", "Bad Request: no session"), answer("404 Not Found", "", ""),
       answer("405 Method Not Allowed", "Content-Type: text/html\r\n", "<html>"), answer("200 OK", "", ""),
       answer("400 Bad Request", "Content-Type: application/json\r\n",
              R"({"jsonrpc": "2.0", "id": null, "error": {"code": -32000, "message": "Bad Request"}})"),
       answer("200 OK", "Content-Type: application/json\r\n",
              R"({"jsonrpc": "2.0", "id": 1, "error": {"code": -32601, "message": "unknown"}})"),
       answer(
           "400 Bad Request", "Content-Type: application/json\r\n",
           R"({"jsonrpc": "2.0", "id": 1, "error": {"code": -32022, "message": "no", "data": {"supported": ["2025-06-18"]}}})")}) {
    Legacy legacy;
    legacy.probe_answer = probe;
    const TestServer web([&](Peer& peer, const std::string& request) { legacy(peer, request); });
    auto server = McpServer::open(config(web), web_options());
    ASSERT_TRUE(server) << probe << server.error().message;
    EXPECT_EQ((*server)->facts().protocol, "2025-06-18");
    const auto got = (*server)->call("query", Json::object({{"region", "x"}}));
    ASSERT_TRUE(got) << got.error().message;
    EXPECT_EQ(mcp_observation(*got, Json()).content, "answered");
    EXPECT_EQ(web.requests().back().find("Mcp-Method"), std::string::npos);
    server->reset();
    EXPECT_EQ(legacy.deleted, 1);
    EXPECT_EQ(legacy.versions, 3);  // notifications/initialized, the wish for a stream, the answer to ping
  }
}

TEST(McpAddressServer, ALostSessionIsBegunAgain) {
  Legacy legacy;
  const TestServer web([&](Peer& peer, const std::string& request) { legacy(peer, request); });
  auto server = McpServer::open(config(web), web_options());
  ASSERT_TRUE(server) << server.error().message;
  legacy.lost = true;
  EXPECT_FALSE((*server)->call("query", Json::object()));  // the call may have had an effect: it is not repeated
  const auto got = (*server)->call("query", Json::object());
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(legacy.sessions, 2);
}

TEST(McpAddressServer, RefusalsAreErrorsThatNameTheServerAndNeverItsSecrets) {
  struct Case {
    std::string answer;
    ErrorCode code;
  };
  for (const Case& one : std::vector<Case>{
           {answer("401 Unauthorized", "", ""), ErrorCode::invalid_argument},
           {answer("403 Forbidden", "", "no"), ErrorCode::invalid_argument},
           {answer("401 Unauthorized", "Content-Type: application/json\r\n",
                   R"({"jsonrpc": "2.0", "id": null, "error": {"code": -32001, "message": "no token"}})"),
            ErrorCode::invalid_argument},
           {answer("500 Internal Server Error", "", ""), ErrorCode::unavailable},
           {answer("404 Not Found", "", ""), ErrorCode::corrupt},
           {answer("200 OK", "Content-Type: text/html\r\n", "<html>"), ErrorCode::corrupt},
           {answer("200 OK", "Content-Type: text/event-stream\r\n", "data: x\n\n"), ErrorCode::corrupt},
           {answer("302 Found", "Location: http://10.0.0.1/mcp\r\n", ""), ErrorCode::invalid_argument},
           {answer("307 Temporary Redirect", "Location: http://localhost:1/mcp\r\n", ""), ErrorCode::invalid_argument},
           {"nonsense", ErrorCode::corrupt},
           {"", ErrorCode::unavailable}}) {
    const TestServer web(one.answer);
    const auto server = McpServer::open(config(web), web_options());
    ASSERT_FALSE(server) << one.answer;
    EXPECT_EQ(server.error().code, one.code) << one.answer << server.error().message;
    EXPECT_TRUE(server.error().message.starts_with("MCP server 'web': ")) << server.error().message;
    EXPECT_EQ((server.error().message + server.error().hint).find("canary"), std::string::npos);
    EXPECT_EQ(server.error().message.find("key=k"), std::string::npos) << server.error().message;
  }
}

// A call that answers in pieces: its stream ends behind the event that `ends_with` has, and a GET goes on behind an id.
class Resuming {
 public:
  void operator()(Peer& peer, const std::string& request) {
    const Json json = body_of(request);
    const std::string_view method = json.text_or("method");
    const std::string head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
    if (request.starts_with("GET") && !request.contains("Last-Event-ID")) {
      peer.send(answer("405 Method Not Allowed", "", ""));
    } else if (request.starts_with("GET")) {
      resumed.push_back(Clock::now());
      ids.push_back(request.substr(request.find("Last-Event-ID: ") + 15, 2));
      if (refuses) {
        peer.send(answer("404 Not Found", "", ""));
      } else if (resumed.size() == 1) {
        peer.send(head + "id: e2\ndata:\n\ndata: {half an ev");
      } else {
        peer.send(head + "id: e3\ndata: " + result_of(call, text_result("late")).dump() + "\n\n");
        peer.pause(5s);
      }
    } else if (method == "initialize") {
      peer.send(json_answer(result_of(json, *Json::parse(R"({"protocolVersion": "2025-11-25", "capabilities": {}})"))));
    } else if (method == "tools/list") {
      peer.send(json_answer(result_of(json, tool_list())));
    } else if (method == "tools/call") {
      call = json;
      peer.send(head + first);
      closed = Clock::now();
    } else {
      peer.send(answer("400 Bad Request", "", ""));
    }
  }
  std::string first = "id: e1\nretry: 300\ndata:\n\n";
  bool refuses = false;
  Json call;
  Clock::time_point closed;
  std::vector<Clock::time_point> resumed;
  std::vector<std::string> ids;
};

TEST(McpAddressServer, AStreamThatEndsEarlyIsResumedBehindItsLastEventAndNotTooSoon) {
  Resuming script;
  const TestServer web([&](Peer& peer, const std::string& request) { script(peer, request); });
  auto server = McpServer::open(config(web), web_options());
  ASSERT_TRUE(server) << server.error().message;
  const auto got = (*server)->call("query", Json::object());
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(mcp_observation(*got, Json()).content, "late");
  EXPECT_EQ(script.ids, (std::vector<std::string>{"e1", "e2"}));
  ASSERT_EQ(script.resumed.size(), 2U);
  EXPECT_GE(script.resumed[0] - script.closed, 290ms);
  EXPECT_GE(script.resumed[1] - script.resumed[0], 290ms);
}

TEST(McpAddressServer, AStreamThatCannotBeResumedIsAnErrorInTime) {
  for (const bool has_id : {true, false}) {
    Resuming script;
    script.refuses = true;
    script.first = has_id ? "id: e1\ndata:\n\n" : "data:\n\n";
    const TestServer web([&](Peer& peer, const std::string& request) { script(peer, request); });
    auto server = McpServer::open(config(web), web_options());
    ASSERT_TRUE(server) << server.error().message;
    const auto got = (*server)->call("query", Json::object());
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, has_id ? ErrorCode::unavailable : ErrorCode::corrupt) << got.error().message;
    EXPECT_EQ(script.resumed.size(), has_id ? 1U : 0U);
  }
  Resuming for_ever;
  for_ever.first = "id: e1\nretry: 600000\ndata:\n\n";
  const TestServer web([&](Peer& peer, const std::string& request) { for_ever(peer, request); });
  auto server = McpServer::open(config(web), web_options());
  ASSERT_TRUE(server) << server.error().message;
  std::stop_source stop;
  std::jthread stopper([&] {
    std::this_thread::sleep_for(100ms);
    stop.request_stop();
  });
  const auto begin = Clock::now();
  const auto got = (*server)->call("query", Json::object(), stop.get_token());
  ASSERT_FALSE(got);
  EXPECT_LT(Clock::now() - begin, 5s);
}

class SlowYes final : public User {
 public:
  [[nodiscard]] Result<std::string> answer(std::string_view /*question*/, const std::stop_token& stop) override {
    for (int i = 0; i < 80 && !stop.stop_requested(); ++i) {
      std::this_thread::sleep_for(10ms);
    }
    stopped = stopped || stop.stop_requested();
    return "y";
  }
  std::atomic<bool> stopped = false;
};

// What the TypeScript library does: the question comes on the GET stream, its answer by POST, the result on the call's.
TEST(McpAddressServer, AQuestionOnTheServersOwnStreamIsAnsweredAndItsTimeDoesNotCount) {
  for (const bool answers_early : {false, true}) {
    std::atomic<bool> asked = false;
    std::atomic<bool> answered = false;
    const TestServer web([&](Peer& peer, const std::string& request) {
      const Json json = body_of(request);
      const std::string_view method = json.text_or("method");
      if (request.starts_with("GET")) {
        peer.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
        for (int i = 0; i < 1'000 && !asked && peer.pause(5ms); ++i) {
        }
        peer.send(
            R"(data: {"jsonrpc": "2.0", "id": "q", "method": "elicitation/create", "params": {"requestedSchema": )"
            R"({"properties": {}}}})"
            "\n\n");
        peer.pause(10s);
      } else if (method == "initialize") {
        peer.send(
            json_answer(result_of(json, *Json::parse(R"({"protocolVersion": "2025-11-25", "capabilities": {}})"))));
      } else if (method == "tools/list") {
        peer.send(json_answer(result_of(json, tool_list())));
      } else if (method == "tools/call") {
        asked = true;
        peer.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
        for (int i = 0; i < (answers_early ? 20 : 1'000) && !answered && peer.pause(5ms); ++i) {
        }
        peer.send("data: " + result_of(json, text_result(answered ? "answered" : "no answer")).dump() + "\n\n");
      } else if (json.text_or("id") == "q") {
        answered = json.find("result")->text_or("action") == "accept";
        peer.send(answer("202 Accepted", "", ""));
      } else {
        peer.send(answer("400 Bad Request", "", ""));
      }
    });
    SlowYes user;
    McpOptions with = web_options();
    with.user = &user;
    with.call_time = 400ms;  // less than the user needs
    auto server = McpServer::open(config(web), with);
    ASSERT_TRUE(server) << server.error().message;
    const auto got = (*server)->call("query", Json::object());
    ASSERT_TRUE(got) << got.error().message;
    EXPECT_EQ(mcp_observation(*got, Json()).content, answers_early ? "no answer" : "answered");
    EXPECT_EQ(user.stopped, answers_early);  // a call that is over asks nobody any more
  }
}

TEST(McpAddressServer, CallsEndInTimeAndWhenTheyAreStopped) {
  const TestServer web(modern([](Peer& peer, const Json& /*json*/, const std::string& /*request*/) {
    peer.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
    while (peer.pause(10ms) && peer.send(": still here\n\n")) {
    }
  }));
  McpOptions with = web_options();
  with.call_time = 300ms;
  auto server = McpServer::open(config(web), with);
  ASSERT_TRUE(server) << server.error().message;
  auto begin = Clock::now();
  const auto late = (*server)->call("query", Json::object());
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ErrorCode::unavailable) << late.error().message;
  EXPECT_LT(Clock::now() - begin, 3s);
  with.call_time = 30s;
  server = McpServer::open(config(web), with);
  std::stop_source stop;
  std::jthread stopper([&] {
    std::this_thread::sleep_for(100ms);
    stop.request_stop();
  });
  begin = Clock::now();
  const auto stopped = (*server)->call("query", Json::object(), stop.get_token());
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, ErrorCode::cancelled);
  EXPECT_LT(Clock::now() - begin, 3s);
}

TEST(McpAddressServer, MessagesOverTheLimitAreRefusedInBothForms) {
  for (const std::string type : {"application/json", "text/event-stream"}) {
    const TestServer web(modern([&](Peer& peer, const Json& /*json*/, const std::string& /*request*/) {
      peer.send("HTTP/1.1 200 OK\r\nContent-Type: " + type + "\r\n\r\ndata: ");
      while (peer.send(std::string(50'000, 'x'))) {
      }
    }));
    McpOptions with = web_options();
    with.message_bytes_max = 1'000'000;
    auto server = McpServer::open(config(web), with);
    ASSERT_TRUE(server) << server.error().message;
    const auto got = (*server)->call("query", Json::object());
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, ErrorCode::limit) << type << got.error().message;
  }
}

}  // namespace
}  // namespace puna
