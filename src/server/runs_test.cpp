// Runs of agents over HTTP: events with numbers, resuming, permissions, cancelling.
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "server/test_kit.h"

namespace puna::server {
namespace {

// "Shout a text.": writes nowhere, but says that it does, so that it is asked about.
class Shout final : public Tool {
 public:
  explicit Shout(std::atomic<int>& ran) : ran_(ran) {}
  [[nodiscard]] const ToolSpec& spec() const override {
    static const ToolSpec kSpec{
        .name = "shout",
        .description = "Shout a text.",
        .parameters = Json::object({{"type", "object"},
                                    {"properties", Json::object({{"text", Json::object({{"type", "string"}})}})},
                                    {"required", Json::array({"text"})}})};
    return kSpec;
  }
  [[nodiscard]] ToolResult run(const Json& arguments, std::stop_token /*stop*/) override {
    ++ran_;
    return {.content = std::string(arguments.text_or("text")) + "!"};
  }

 private:
  std::atomic<int>& ran_;
};

class Runs : public ::testing::Test {
 protected:
  ServerOptions options() {
    ServerOptions options;
    options.equip_run = [this](const std::vector<std::string>& /*tools*/) -> Result<RunEquipment> {
      RunEquipment equipment;
      PUNA_TRY_VOID(equipment.tools.add(std::make_unique<Shout>(ran_)));
      equipment.system_prompt = "You shout.";
      return equipment;
    };
    return options;
  }
  static std::unique_ptr<ScriptedModel> shouting() {
    return scripted({calls("shout", Json::object({{"text", "hey"}})), says("Done.")});
  }
  static Json wait_for_status(TestServerRun& run, const std::string& id, std::string_view status) {
    Json state;
    for (int i = 0; i < 1'000; ++i) {
      state = run.get("/v1/runs/" + id).json();
      if (text_at(state, "status") == status) {
        return state;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    ADD_FAILURE() << "still " << state.dump();
    return state;
  }

  std::atomic<int> ran_ = 0;
};

TEST_F(Runs, AskWhoeverWatchesAndGoOn) {
  const auto model = shouting();
  TestServerRun run(*model, options());
  const std::string id = text_at(run.post("/v1/runs", R"({"task":"Shout hey."})").json(), "id");
  const Json waiting = wait_for_status(run, id, "waiting");
  EXPECT_EQ(text_at(waiting, "waits_for.tool"), "shout");
  EXPECT_EQ(ran_, 0);
  const std::string hash = text_at(waiting, "waits_for.call_hash");
  const std::string path = "/v1/runs/" + id + "/permissions/";
  EXPECT_EQ(run.post(path + "another", R"({"answer":"once"})").status, 404);
  EXPECT_EQ(run.post(path + hash, R"({"answer":"perhaps"})").status, 400);
  EXPECT_EQ(run.post(path + hash, R"({"answer":"once"})").status, 200);
  const Json ended = wait_for_status(run, id, "ended");
  EXPECT_EQ(text_at(ended, "answer"), "Done.");
  EXPECT_EQ(text_at(ended, "stop_reason"), "answered");
  EXPECT_EQ(ran_, 1);
  EXPECT_EQ(run.post(path + hash, R"({"answer":"once"})").status, 404);
}

TEST_F(Runs, ADeniedCallDoesNotRun) {
  const auto model = shouting();
  TestServerRun run(*model, options());
  const std::string id = text_at(run.post("/v1/runs", R"({"task":"Shout hey."})").json(), "id");
  const std::string hash = text_at(wait_for_status(run, id, "waiting"), "waits_for.call_hash");
  EXPECT_EQ(run.post("/v1/runs/" + id + "/permissions/" + hash, R"({"answer":"no"})").status, 200);
  wait_for_status(run, id, "ended");
  EXPECT_EQ(ran_, 0);
}

TEST_F(Runs, APolicyAnswersBeforehandAndADenyWins) {
  const auto model = scripted({calls("shout", Json::object({{"text", "hey"}})), says("Done."),
                               calls("shout", Json::object({{"text", "hey"}})), says("Done.")});
  TestServerRun run(*model, options());
  const auto end = [&](std::string_view policy) {
    const std::string body = R"({"task":"Shout.","policy":)" + std::string(policy) + "}";
    return wait_for_status(run, text_at(run.post("/v1/runs", body).json(), "id"), "ended");
  };
  end(R"({"allow":["shout"]})");
  EXPECT_EQ(ran_, 1);
  end(R"({"allow":["shout"],"deny":["shout"]})");
  EXPECT_EQ(ran_, 1);
}

TEST_F(Runs, EventsAreNumberedAndCanBeReadAgainFromAnyPlace) {
  const auto model = shouting();
  TestServerRun run(*model, options());
  const std::string id =
      text_at(run.post("/v1/runs", R"({"task":"Shout.","policy":{"allow":["shout"]}})").json(), "id");
  const std::string all = run.get("/v1/runs/" + id + "/events").body;
  EXPECT_TRUE(all.starts_with("id: 1\nevent: run.started\ndata: {\"type\":\"run.started\"")) << all;
  EXPECT_TRUE(all.contains("event: tool.ended\n"));
  const std::size_t last = all.rfind("id: ");
  EXPECT_TRUE(all.substr(last).contains("event: run.ended\n")) << all;
  const int count = std::stoi(all.substr(last + 4));
  for (int seen = 0; seen <= count; ++seen) {
    const std::string rest = run.get("/v1/runs/" + id + "/events", format_text("Last-Event-ID: {}\r\n", seen)).body;
    const std::size_t from = all.find(format_text("id: {}\n", seen + 1));
    EXPECT_EQ(rest, from == std::string::npos ? "" : all.substr(from)) << seen;
  }
  EXPECT_EQ(run.get("/v1/runs/" + id + "/events?after=" + std::to_string(count - 1)).body, all.substr(last));
  const std::string log = run.get("/v1/runs/" + id + "/log").body;
  EXPECT_EQ(std::ranges::count(log, '\n'), count);
  EXPECT_FALSE(log.contains("prompt.ready"));
}

TEST_F(Runs, AWatcherSeesEventsAsTheyCome) {
  const auto model = shouting();
  TestServerRun run(*model, options());
  const std::string id = text_at(run.post("/v1/runs", R"({"task":"Shout."})").json(), "id");
  TestClient watcher(run.port());
  watcher.send(request_text("GET", "/v1/runs/" + id + "/events", run.port()));
  ASSERT_TRUE(watcher.read_until("event: permission.asked"));
  EXPECT_FALSE(watcher.input().contains("run.ended"));
  const std::string hash = text_at(wait_for_status(run, id, "waiting"), "waits_for.call_hash");
  EXPECT_EQ(run.post("/v1/runs/" + id + "/permissions/" + hash, R"({"answer":"always_this"})").status, 200);
  EXPECT_TRUE(watcher.read_until("event: run.ended"));
}

TEST_F(Runs, CanBeCancelledWhileTheyWait) {
  const auto model = shouting();
  TestServerRun run(*model, options());
  const std::string id = text_at(run.post("/v1/runs", R"({"task":"Shout."})").json(), "id");
  wait_for_status(run, id, "waiting");
  EXPECT_EQ(run.post("/v1/runs/" + id + "/cancel", "{}").status, 200);
  EXPECT_EQ(text_at(wait_for_status(run, id, "ended"), "stop_reason"), "cancelled");
  EXPECT_EQ(ran_, 0);
}

TEST_F(Runs, EndWithTheServer) {
  const auto model = shouting();
  TestServerRun run(*model, options());
  const std::string id = text_at(run.post("/v1/runs", R"({"task":"Shout."})").json(), "id");
  wait_for_status(run, id, "waiting");
  EXPECT_EQ(run.server().busy(), 1U);
  run.close();
  EXPECT_EQ(ran_, 0);
}

TEST_F(Runs, AreKeptUpToANumber) {
  const auto model = scripted({says("a"), says("b"), says("c")});
  ServerOptions small = options();
  small.limits.runs_kept = 2;
  TestServerRun run(*model, std::move(small));
  std::vector<std::string> ids;
  for (int i = 0; i < 3; ++i) {
    ids.push_back(text_at(run.post("/v1/runs", R"({"task":"Talk."})").json(), "id"));
    wait_for_status(run, ids.back(), "ended");
  }
  EXPECT_EQ(run.get("/v1/runs/" + ids[0]).status, 404);
  EXPECT_EQ(at(run.get("/v1/runs").json(), "data").as_array().size(), 2U);
}

TEST_F(Runs, TooManyUnderWayAreTurnedAway) {
  const auto model = shouting();
  ServerOptions small = options();
  small.limits.runs_kept = 1;
  TestServerRun run(*model, std::move(small));
  const std::string id = text_at(run.post("/v1/runs", R"({"task":"Shout."})").json(), "id");
  wait_for_status(run, id, "waiting");
  EXPECT_EQ(run.post("/v1/runs", R"({"task":"Shout."})").status, 429);
}

TEST_F(Runs, BadRequestsAreErrors) {
  const auto model = scripted({});
  TestServerRun run(*model, options());
  for (const std::string_view body :
       {"[]", "{}", R"({"task":""})", R"({"task":"a","tools":7})", R"({"task":"a","policy":{"allow":"x"}})",
        R"({"task":"a","policy":{"allow":[""]}})", R"({"task":"a","max_turns":0})",
        R"({"task":"a","max_turns":1000000})", R"({"task":"a","max_seconds":-1})"}) {
    EXPECT_EQ(run.post("/v1/runs", body).status, 400) << body;
  }
  EXPECT_EQ(run.get("/v1/runs/run_x").status, 404);
  EXPECT_EQ(run.get("/v1/runs/run_x/events").status, 404);
}

TEST_F(Runs, OneThatFailsSaysSo) {
  const auto model = scripted({});
  TestServerRun run(*model, options());
  const std::string id = text_at(run.post("/v1/runs", R"({"task":"Talk."})").json(), "id");
  const Json state = wait_for_status(run, id, "failed");
  EXPECT_EQ(text_at(state, "error.code"), "unavailable");
  EXPECT_TRUE(run.get("/v1/runs/" + id + "/events").body.contains("event: run.failed\n"));
}

}  // namespace
}  // namespace puna::server
