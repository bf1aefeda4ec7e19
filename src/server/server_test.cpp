// The server as a whole, without weights: who is let in, what bad requests get, who is cancelled, how it ends.
#include "puna/server.h"

#include <gtest/gtest.h>

#include <chrono>
#include <list>
#include <thread>

#include "server/test_kit.h"

namespace puna::server {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kHello = R"({"messages":[{"role":"user","content":"hi"}]})";
constexpr std::string_view kStream = R"({"stream":true,"messages":[{"role":"user","content":"hi"}]})";

bool wait_for(const std::function<bool()>& holds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!holds() && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(milliseconds(5));
  }
  return holds();
}

TEST(Server, AnswersAQuestion) {
  const auto model = scripted({says("Hello.")});
  TestServerRun run(*model);
  const HttpAnswer answer = run.post(kChat, kHello);
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(text_at(answer.json(), "choices.0.message.content"), "Hello.");
}

TEST(Server, KeepsAConnectionForMoreRequestsAlsoWhenTheyComeAtOnce) {
  const auto model = scripted({says("one"), says("two")});
  TestServerRun run(*model);
  TestClient client(run.port());
  const std::string one = request_text("POST", kChat, run.port(), kHello);
  client.send(one + request_text("GET", "/health", run.port()) + one);
  EXPECT_EQ(text_at(client.answer().json(), "choices.0.message.content"), "one");
  EXPECT_EQ(client.answer().body, R"({"status":"ok"})");
  EXPECT_EQ(text_at(client.answer().json(), "choices.0.message.content"), "two");
}

TEST(Server, ManyPipelinedRequestsAreAnsweredInOrder) {
  const auto model = scripted({});
  TestServerRun run(*model);
  TestClient client(run.port());
  constexpr int kCount = 1'000;
  std::string all;
  for (int i = 0; i < kCount; ++i) {
    all += request_text("GET", i % 2 == 0 ? "/health" : "/nothing", run.port());
  }
  std::jthread sender([&] { client.send(all); });
  for (int i = 0; i < kCount; ++i) {
    ASSERT_EQ(client.answer().status, i % 2 == 0 ? 200 : 404) << i;
  }
}

TEST(Server, RefusesMethodsPathsAndTypesThatItDoesNotTake) {
  const auto model = scripted({});
  TestServerRun run(*model);
  EXPECT_EQ(run.ask("TRACE", "/health").status, 405);
  EXPECT_EQ(run.ask("GET", kChat).status, 405);
  EXPECT_EQ(run.ask("OPTIONS", kChat).status, 405);
  EXPECT_EQ(run.get("/v1/..%2fhealth").status, 404);
  EXPECT_EQ(run.get("/v1/runs/a/b/c").status, 404);
  EXPECT_EQ(run.ask("HEAD", "/health").status, 200);
  TestClient form(run.port());
  form.send(
      format_text("POST {} HTTP/1.1\r\nHost: localhost:{}\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{{}}",
                  kChat, run.port()));
  EXPECT_EQ(form.answer().status, 415);
}

TEST(Server, OpensNothingWithoutTheKey) {
  const auto model = scripted({says("open")});
  TestServerRun run(*model, {.api_key = Secret("sesame")});
  EXPECT_EQ(run.get("/health").status, 200);
  for (const std::string_view path : {"/v1/models", "/props", "/metrics", "/slots", "/nothing", "/v1/runs"}) {
    EXPECT_EQ(run.get(path).status, 401) << path;
  }
  const HttpAnswer refused = run.post(kChat, kHello, "Authorization: Bearer wrong\r\n");
  EXPECT_EQ(refused.status, 401);
  EXPECT_TRUE(refused.has_header("WWW-Authenticate: Bearer"));
  EXPECT_FALSE(refused.body.contains("sesame"));
  EXPECT_EQ(run.post(kChat, kHello, "Authorization: Bearer sesame\r\n").status, 200);
}

TEST(Server, AnswersNobodyWhoCallsItByAnotherName) {
  const auto model = scripted({});
  TestServerRun run(*model);
  TestClient client(run.port());
  client.send("GET /health HTTP/1.1\r\nHost: attacker.example\r\n\r\n");
  EXPECT_EQ(client.answer().status, 421);
  EXPECT_EQ(run.get("/health", "Origin: https://evil.example\r\n").status, 403);
  EXPECT_FALSE(run.get("/health").has_header("Access-Control"));
}

TEST(Server, LetsAnAllowedPageAsk) {
  const auto model = scripted({});
  TestServerRun run(*model, {.origins_allowed = {"https://app.example"}});
  const HttpAnswer before =
      run.ask("OPTIONS", kChat, {}, "Origin: https://app.example\r\nAccess-Control-Request-Method: POST\r\n");
  EXPECT_EQ(before.status, 204);
  EXPECT_TRUE(before.has_header("Access-Control-Allow-Origin: https://app.example"));
  EXPECT_TRUE(run.get("/health", "Origin: https://app.example\r\n").has_header("Vary: Origin"));
}

TEST(Server, NeedsAKeyWhereOtherMachinesReachIt) {
  const auto model = scripted({});
  const auto open = Server::open(*model, {.host = "0.0.0.0", .port = 0});
  ASSERT_FALSE(open);
  EXPECT_EQ(open.error().code, ErrorCode::invalid_argument);
  EXPECT_TRUE(Server::open(*model, {.host = "0.0.0.0", .port = 0, .api_key = Secret("a")}));
}

TEST(Server, SaysThatAPortIsTaken) {
  const auto model = scripted({});
  TestServerRun run(*model);
  const auto second = Server::open(*model, {.port = run.port()});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::unavailable);
}

TEST(Server, AClientThatLeavesStopsItsGeneration) {
  for (const std::string_view body : {kHello, kStream}) {
    WaitingModel model;
    TestServerRun run(model);
    {
      TestClient client(run.port());
      client.send(request_text("POST", kChat, run.port(), body));
      ASSERT_TRUE(model.wait_for_asked(1));
    }
    EXPECT_TRUE(model.wait_for_stopped(1));
    EXPECT_TRUE(wait_for([&] { return run.server().busy() == 0; }));
  }
}

TEST(Server, OneThatLeavesDisturbsNobodyElse) {
  WaitingModel model;
  TestServerRun run(model);
  TestClient stays(run.port());
  stays.send(request_text("POST", kChat, run.port(), kHello));
  ASSERT_TRUE(model.wait_for_asked(1));
  {
    TestClient leaves(run.port());
    leaves.send(request_text("POST", kChat, run.port(), kHello));
    ASSERT_TRUE(model.wait_for_asked(2));
  }
  ASSERT_TRUE(model.wait_for_stopped(1));
  model.let_go();
  EXPECT_EQ(text_at(stays.answer().json(), "choices.0.message.content"), "Hello");
}

TEST(Server, TurnsAwayWhatIsTooMuchAndStaysHealthy) {
  WaitingModel model;
  TestServerRun run(model, {.limits = {.requests = 3}});
  std::list<TestClient> clients;
  for (int i = 0; i < 3; ++i) {
    clients.emplace_back(run.port()).send(request_text("POST", kChat, run.port(), kHello));
  }
  ASSERT_TRUE(model.wait_for_asked(3));
  const HttpAnswer away = run.post(kChat, kHello);
  EXPECT_EQ(away.status, 429);
  EXPECT_TRUE(away.has_header("Retry-After: 1"));
  EXPECT_EQ(text_at(away.json(), "error.type"), "rate_limit_error");
  EXPECT_EQ(run.get("/health").status, 200);
  EXPECT_EQ(run.get("/v1/models").status, 200);
  EXPECT_TRUE(run.get("/metrics").body.contains("puna_requests_generating 3"));
  model.let_go();
  for (TestClient& client : clients) {
    EXPECT_EQ(client.answer().status, 200);
  }
  EXPECT_TRUE(wait_for([&] { return run.post(kChat, kHello).status == 200; }));
}

TEST(Server, SlowClientsDoNotStopTheHealthCheck) {
  const auto model = scripted({says("fine")});
  TestServerRun run(*model, {.limits = {.connections = 64}});
  std::list<TestClient> slow;
  for (int i = 0; i < 64; ++i) {
    slow.emplace_back(run.port()).send("POST /v1/chat/completions HTTP/1.1\r\nHost: 127");
  }
  const auto began = std::chrono::steady_clock::now();
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(run.get("/health").status, 200);
  }
  EXPECT_EQ(run.post(kChat, kHello).status, 200);
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(5));
}

TEST(Server, GivesASlowRequestATimeToCome) {
  const auto model = scripted({});
  TestServerRun run(*model, {.limits = {.head = milliseconds(200), .body_idle = milliseconds(200)}});
  TestClient head(run.port());
  head.send("GET /health HT");
  TestClient body(run.port());
  body.send(format_text("POST {} HTTP/1.1\r\nHost: localhost:{}\r\nContent-Length: 50\r\n\r\nabc", kChat, run.port()));
  EXPECT_EQ(head.answer().status, 408);
  EXPECT_EQ(body.answer().status, 408);
  EXPECT_TRUE(head.is_closed());
}

TEST(Server, RefusesABodyThatIsTooLargeBeforeItComes) {
  const auto model = scripted({});
  TestServerRun run(*model, {.limits = {.body_bytes = 1'000}});
  TestClient client(run.port());
  client.send(
      format_text("POST {} HTTP/1.1\r\nHost: localhost:{}\r\nContent-Length: 1001\r\nExpect: 100-continue\r\n\r\n",
                  kChat, run.port()));
  EXPECT_EQ(client.answer().status, 413);
  TestClient polite(run.port());
  polite.send(
      format_text("POST {} HTTP/1.1\r\nHost: localhost:{}\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
                  "Expect: 100-continue\r\n\r\n",
                  kChat, run.port()));
  ASSERT_TRUE(polite.read_until("100 Continue\r\n\r\n"));
  polite.send("{}");
  EXPECT_EQ(polite.answer().status, 400);
}

TEST(Server, PingsAStreamThatSaysNothing) {
  WaitingModel model;
  model.say_nothing();
  TestServerRun run(model, {.limits = {.ping = milliseconds(100)}});
  TestClient client(run.port());
  client.send(request_text("POST", kChat, run.port(), kStream));
  EXPECT_TRUE(client.read_until(": ping\n\n"));
  EXPECT_TRUE(client.input().starts_with("HTTP/1.1 200 OK\r\n"));
  model.let_go();
  const HttpAnswer answer = client.answer();
  EXPECT_TRUE(answer.is_whole);
  EXPECT_TRUE(answer.body.ends_with("data: [DONE]\n\n"));
}

TEST(Server, AnErrorAfterAPingComesInTheStream) {
  class FailsLate final : public Model {
   public:
    [[nodiscard]] Result<Reply> ask(const Request& /*request*/, EventSink& events, std::stop_token /*stop*/) override {
      events.on(event::Prefill{});
      events.on(event::TextDelta{.text = "a"});
      return fail(ErrorCode::limit, "the window's memory is full");
    }
    [[nodiscard]] Result<std::int64_t> count_tokens(const Request& /*request*/) override { return 1; }
    [[nodiscard]] std::string name() const override { return "fails"; }
    [[nodiscard]] int window_tokens() const override { return 10; }
  } model;
  TestServerRun run(model);
  const HttpAnswer openai = run.post(kChat, kStream);
  EXPECT_EQ(openai.status, 200);
  EXPECT_TRUE(openai.body.contains("data: {\"error\":{\"message\":\"context length exceeded")) << openai.body;
  EXPECT_FALSE(openai.body.contains("[DONE]"));
  const HttpAnswer claude =
      run.post("/v1/messages", R"({"stream":true,"max_tokens":5,"messages":[{"role":"user","content":"hi"}]})");
  EXPECT_TRUE(claude.body.contains("event: error\ndata: {\"type\":\"error\"")) << claude.body;
  const HttpAnswer ollama = run.post("/api/chat", kHello);
  EXPECT_TRUE(ollama.body.contains("\n{\"error\":\"context")) << ollama.body;
}

TEST(Server, FinishesWhatRunsAndTakesNoMore) {
  WaitingModel model;
  TestServerRun run(model);
  TestClient client(run.port());
  client.send(request_text("POST", kChat, run.port(), kHello));
  ASSERT_TRUE(model.wait_for_asked(1));
  Result<void> drained;
  std::jthread ending([&] { drained = run.server().drain(std::chrono::seconds(20)); });
  EXPECT_TRUE(wait_for([&] { return run.get("/health").status == 503; }));
  const HttpAnswer refused = run.post(kChat, kHello);
  EXPECT_EQ(refused.status, 503);
  EXPECT_TRUE(refused.has_header("Retry-After"));
  model.let_go();
  EXPECT_EQ(client.answer().status, 200);
  ending.join();
  EXPECT_TRUE(drained);
}

TEST(Server, DrainingHasATimeAndAStop) {
  WaitingModel model;
  TestServerRun run(model);
  TestClient client(run.port());
  client.send(request_text("POST", kChat, run.port(), kHello));
  ASSERT_TRUE(model.wait_for_asked(1));
  const Result<void> late = run.server().drain(milliseconds(50));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ErrorCode::limit);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(run.server().drain(std::chrono::seconds(20), stop.get_token()).error().code, ErrorCode::cancelled);
  run.close();
  EXPECT_TRUE(model.wait_for_stopped(1));
}

TEST(Server, ASlowReaderIsDroppedAfterItsTime) {
  class Endless final : public Model {
   public:
    [[nodiscard]] Result<Reply> ask(const Request& /*request*/, EventSink& events, std::stop_token stop) override {
      const std::string text(65'536, 'x');
      while (!stop.stop_requested()) {
        events.on(event::TextDelta{.text = text});
      }
      is_over = true;
      return fail(ErrorCode::cancelled, "stopped");
    }
    [[nodiscard]] Result<std::int64_t> count_tokens(const Request& /*request*/) override { return 1; }
    [[nodiscard]] std::string name() const override { return "endless"; }
    [[nodiscard]] int window_tokens() const override { return 10; }
    std::atomic<bool> is_over = false;
  } model;
  TestServerRun run(model, {.limits = {.write_stall = milliseconds(300)}});
  TestClient client(run.port());
  client.send(request_text("POST", kChat, run.port(), kStream));
  EXPECT_TRUE(wait_for([&] { return model.is_over.load(); }));
  EXPECT_EQ(run.get("/health").status, 200);
}

TEST(Server, SpeaksHttp10WithoutChunks) {
  const auto model = scripted({says("plain")});
  TestServerRun run(*model);
  TestClient client(run.port());
  client.send(format_text(
      "POST {} HTTP/1.0\r\nHost: localhost:{}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{}", kChat,
      run.port(), kStream.size(), kStream));
  const HttpAnswer answer = client.answer();
  EXPECT_FALSE(answer.has_header("chunked"));
  EXPECT_TRUE(answer.body.starts_with("data: {")) << answer.body;
  EXPECT_TRUE(answer.body.ends_with("data: [DONE]\n\n"));
}

TEST(Script, IsReadLineByLine) {
  const auto replies = script_from_jsonl(
      "{\"content\":\"hi\"}\n\n"
      R"({"role":"assistant","tool_calls":[{"id":"c1","type":"function","function":{"name":"add","arguments":"{\"a\":1}"}}]})"
      "\n{\"error\":{\"code\":\"unavailable\",\"message\":\"gone\"}}\n{\"content\":\"x\",\"finish\":\"tokens_max\"}\n");
  ASSERT_TRUE(replies) << replies.error().message;
  ASSERT_EQ(replies->size(), 4U);
  EXPECT_EQ((*replies)[0].message.content, "hi");
  EXPECT_EQ((*replies)[1].message.calls.front().name, "add");
  EXPECT_EQ((*replies)[2].error->code, ErrorCode::unavailable);
  EXPECT_EQ((*replies)[3].finish, FinishReason::tokens_max);
  EXPECT_TRUE(script_from_jsonl("{\"content\":\"a\"}\n{\"role\":\"user\",\"content\":\"b\"}")
                  .error()
                  .message.contains("line 2"));
  EXPECT_TRUE(script_from_jsonl("nonsense").error().message.contains("line 1"));
  EXPECT_FALSE(script_from_jsonl(R"({"content":"a","finish":"never"})"));
}

}  // namespace
}  // namespace puna::server
