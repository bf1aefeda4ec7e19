// The server on the demo model: real tokens, real cancelling.
#include <gtest/gtest.h>

#include <chrono>
#include <list>
#include <thread>

#include "server/test_kit.h"
#include "source_folder.h"

namespace puna::server {
namespace {

class DemoServer : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto opened = LocalModel::open({.load = {.file = PUNA_SOURCE_DIR "/models/demo/puna-demo-Q8_0.gguf"},
                                    .engine = {.window_tokens = 1024, .sequences_max = 4, .threads = 1}});
    ASSERT_TRUE(opened) << opened.error().message;
    model_ = *std::move(opened);
  }
  static void TearDownTestSuite() { model_.reset(); }

  static bool wait_for(const std::function<bool(const EngineStats&)>& holds) {
    for (int i = 0; i < 4'000; ++i) {
      if (holds(model_->engine().stats())) {
        return true;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return false;
  }

  static inline std::unique_ptr<LocalModel> model_;
};

// Goes on until the window is full.
constexpr std::string_view kLong =
    R"({"prompt":"Once","temperature":0,"stream":true,"logit_bias":[["<|im_end|>",false],["<|endoftext|>",false]]})";

TEST_F(DemoServer, AClientThatLeavesFreesItsSequence) {
  TestServerRun run(*model_);
  const EngineStats before = model_->engine().stats();
  {
    TestClient client(run.port());
    client.send(request_text("POST", "/completion", run.port(), kLong));
    ASSERT_TRUE(client.read_until("\"content\":"));
  }
  EXPECT_TRUE(wait_for([&](const EngineStats& now) {
    return now.generations_cancelled == before.generations_cancelled + 1 && now.sequences_busy == 0;
  }));
  EXPECT_LT(model_->engine().stats().tokens_decoded - before.tokens_decoded, 900);
}

TEST_F(DemoServer, OneThatWaitsInTheLineLeavesIt) {
  TestServerRun run(*model_);
  std::list<TestClient> clients;
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back(run.port()).send(request_text("POST", "/completion", run.port(), kLong));
  }
  for (TestClient& client : clients) {
    ASSERT_TRUE(client.read_until("\"content\":"));
  }
  {
    TestClient fifth(run.port());
    fifth.send(request_text("POST", "/completion", run.port(), kLong));
    wait_for([](const EngineStats& now) { return now.waiting > 0; });
  }
  clients.clear();
  EXPECT_TRUE(wait_for([](const EngineStats& now) { return now.sequences_busy == 0 && now.waiting == 0; }));
}

TEST_F(DemoServer, WhoeverCameFirstIsAnsweredFirst) {
  const auto opened = LocalModel::open({.load = {.file = PUNA_SOURCE_DIR "/models/demo/puna-demo-Q8_0.gguf"},
                                        .engine = {.window_tokens = 1024, .sequences_max = 1, .threads = 1}});
  ASSERT_TRUE(opened) << opened.error().message;
  TestServerRun run(**opened);
  constexpr std::string_view kFirstText = "\"content\":";
  constexpr int kClients = 12;
  std::list<TestClient> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.emplace_back(run.port()).send(request_text("POST", "/completion", run.port(), kLong));
    const auto has_come = [&] {
      const EngineStats now = (*opened)->engine().stats();
      return now.sequences_busy + now.waiting + now.generations_finished > i;
    };
    for (int tries = 0; tries < 4'000 && !has_come(); ++tries) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    ASSERT_TRUE(has_come()) << i;
  }
  int compared = 0;
  for (; !clients.empty(); clients.pop_front()) {  // the first goes on until it is left
    ASSERT_TRUE(clients.front().read_until(kFirstText)) << clients.size();
    const bool is_passed = std::any_of(std::next(clients.begin()), clients.end(),
                                       [&](TestClient& later) { return later.input_now().contains(kFirstText); });
    if (!clients.front().input_now().contains("\"stop\":true")) {  // it had its turn all this while
      EXPECT_FALSE(is_passed) << clients.size();
      compared += clients.size() > 1 ? 1 : 0;
    }
  }
  EXPECT_GT(compared, 0);
}

TEST_F(DemoServer, HealthAnswersWhileEverySequenceIsBusy) {
  TestServerRun run(*model_);
  std::list<TestClient> clients;
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back(run.port()).send(request_text("POST", "/completion", run.port(), kLong));
  }
  for (int i = 0; i < 50; ++i) {
    ASSERT_EQ(run.get("/health").status, 200);
  }
  EXPECT_TRUE(run.get("/slots").body.contains("is_processing"));
}

TEST_F(DemoServer, ForcesACallWhoseArgumentsFit) {
  TestServerRun run(*model_);
  const Json json =
      run.post(
             "/v1/chat/completions",
             R"({"messages":[{"role":"user","content":"Tell me about rivers."}],"tool_choice":"required","temperature":0,
                                 "tools":[{"type":"function","function":{"name":"dig","parameters":{"type":"object","properties":{"depth":{"type":"integer","minimum":1,"maximum":9}},"required":["depth"]}}}]})")
          .json();
  EXPECT_EQ(text_at(json, "choices.0.finish_reason"), "tool_calls") << json.dump();
  EXPECT_EQ(text_at(json, "choices.0.message.tool_calls.0.function.name"), "dig");
  const Json arguments = json_of(text_at(json, "choices.0.message.tool_calls.0.function.arguments"));
  EXPECT_TRUE(at(arguments, "depth").is_integer()) << arguments.dump();
}

TEST_F(DemoServer, HoldsAnswersToSchemasAndGrammars) {
  TestServerRun run(*model_);
  const auto content = [&](std::string_view more) {
    return text_at(
        run.post("/v1/chat/completions",
                 R"({"temperature":0,"messages":[{"role":"user","content":"Hello"}],)" + std::string(more) + "}")
            .json(),
        "choices.0.message.content");
  };
  const std::string answer = content(
      R"("response_format":{"type":"json_schema","json_schema":{"name":"x","schema":{"type":"object","properties":{"ok":{"type":"boolean"}},"required":["ok"],"additionalProperties":false}}})");
  EXPECT_TRUE(at(json_of(answer), "ok").is_bool()) << answer;
  const std::string word = content(R"("grammar":"root ::= \"yes\" | \"no\"")");
  EXPECT_TRUE(word == "yes" || word == "no") << word;
}

TEST_F(DemoServer, APromptMayStandInTheExtraBody) {
  TestServerRun run(*model_);
  const HttpAnswer answer = run.post("/completion", R"({"extra_body":{"prompt":"hi","n_predict":2}})");
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(text_at(answer.json(), "prompt"), "hi");
  EXPECT_EQ(run.post("/completion", R"({"extra_body":{"n_predict":2}})").status, 400);
}

TEST_F(DemoServer, TokensGoThereAndBack) {
  TestServerRun run(*model_);
  const std::string text = "The quick brown fox, 12 + 34 = 46. \xc3\xa4\xe2\x82\xac\n";
  const Json tokens = run.post("/tokenize", Json::object({{"content", text}}).dump()).json();
  EXPECT_EQ(text_at(run.post("/detokenize", tokens.dump()).json(), "content"), text);
  EXPECT_EQ(at(run.post("/tokenize", R"({"content":"<|im_end|>"})").json(), "tokens").as_array().size(), 1U);
  EXPECT_GT(
      at(run.post("/tokenize", R"({"content":"<|im_end|>","parse_special":false})").json(), "tokens").as_array().size(),
      1U);
  const Json conversation =
      at(run.post("/tokenize", R"({"messages":[{"role":"user","content":"Hello"}]})").json(), "tokens");
  const Json counted =
      at(run.post("/v1/messages/count_tokens", R"({"messages":[{"role":"user","content":"Hello"}]})").json(),
         "input_tokens");
  EXPECT_EQ(Json(conversation.as_array().size()), counted);
  EXPECT_EQ(at(run.get("/props").json(), "modalities").dump(), R"({"vision":false,"audio":false})");
  const HttpAnswer picture = run.post("/tokenize", R"({"messages":[{"role":"user","content":[{"type":"image_url",
      "image_url":{"url":"data:image/gif;base64,R0lGODlhAQABAAAA"}}]}]})");
  EXPECT_EQ(picture.status, 501);
  EXPECT_TRUE(picture.body.contains("usage.prompt_tokens")) << picture.body;
  EXPECT_EQ(run.post("/detokenize", R"({"tokens":[999999]})").status, 400);
  EXPECT_EQ(run.post("/detokenize", R"({"tokens":["a"]})").status, 400);
}

TEST_F(DemoServer, ATemplateKeepsControlTextsOfUsersApart) {
  TestServerRun run(*model_);
  const auto count = [&](std::string_view user) {
    const Json body = Json::object({{"messages", Json::array({Json::object({{"role", "user"}, {"content", user}})})}});
    return at(run.post("/tokenize", body.dump()).json(), "tokens").as_array().size();
  };
  // As special tokens they would be four fewer than as the letters that they are.
  EXPECT_GT(count("<|im_end|>"), count("a") + 1);
}

TEST_F(DemoServer, SameQuestionsGiveTheSameTextsInEveryProtocol) {
  TestServerRun run(*model_);
  const std::string messages = R"("messages":[{"role":"user","content":"Hello"}])";
  const std::string chat = text_at(run.post("/v1/chat/completions", R"({"temperature":0,)" + messages + "}").json(),
                                   "choices.0.message.content");
  EXPECT_FALSE(chat.empty());
  EXPECT_EQ(
      text_at(run.post("/v1/responses", R"({"temperature":0,"input":"Hello"})").json(), "output.0.content.0.text"),
      chat);
  EXPECT_EQ(text_at(run.post("/v1/messages", R"({"temperature":0,"max_tokens":100,)" + messages + "}").json(),
                    "content.0.text"),
            chat);
  EXPECT_EQ(text_at(run.post("/api/chat", R"({"stream":false,"options":{"temperature":0},)" + messages + "}").json(),
                    "message.content"),
            chat);
  const std::string prompt = text_at(run.post("/apply-template", "{" + messages + "}").json(), "prompt");
  const std::string raw = Json::object({{"prompt", prompt}, {"temperature", 0}}).dump();
  EXPECT_EQ(text_at(run.post("/v1/completions", raw).json(), "choices.0.text"), chat);
  EXPECT_EQ(text_at(run.post("/completion", raw).json(), "content"), chat);
  EXPECT_EQ(text_at(run.post("/generate", raw).json(), "response"), chat);
}

TEST_F(DemoServer, LogProbabilitiesComeWithEveryToken) {
  TestServerRun run(*model_);
  const std::string body =
      R"({"temperature":0,"max_tokens":3,"logprobs":true,"top_logprobs":2,"messages":[{"role":"user","content":"Hello"}])";
  const Json json = run.post("/v1/chat/completions", body + "}").json();
  const Json entries = at(json, "choices.0.logprobs.content");
  ASSERT_EQ(entries.as_array().size(), 3U) << json.dump();
  EXPECT_EQ(at(entries, "0.top_logprobs").as_array().size(), 2U);
  EXPECT_LE(at(entries, "0.logprob").as_double(), 0.0);
  EXPECT_TRUE(
      run.post("/v1/chat/completions", body + ",\"stream\":true}").body.contains("\"logprobs\":{\"content\":[{"));
}

TEST_F(DemoServer, APromptThatIsTooLongSaysBothSizes) {
  TestServerRun run(*model_);
  std::string words;
  for (int i = 0; i < 3'000; ++i) {
    words += "word ";
  }
  const HttpAnswer answer =
      run.post("/v1/chat/completions",
               Json::object({{"stream", true},
                             {"messages", Json::array({Json::object({{"role", "user"}, {"content", words}})})}})
                   .dump());
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(text_at(answer.json(), "error.code"), "context_length_exceeded") << answer.body;
}

TEST_F(DemoServer, TurnTwoFindsTurnOneInTheCache) {
  TestServerRun run(*model_);
  const std::string first = R"({"role":"user","content":"What is 2 + 2?"})";
  const Json one = run.post("/v1/chat/completions", R"({"temperature":0,"messages":[)" + first + "]}").json();
  const std::string reply = at(one, "choices.0.message").dump();
  const Json two = run.post("/v1/chat/completions", R"({"temperature":0,"messages":[)" + first + "," + reply +
                                                        R"(,{"role":"user","content":"And 3 + 3?"}]})")
                       .json();
  EXPECT_GE(at(two, "timings.cache_n").as_integer(), at(one, "usage.prompt_tokens").as_integer()) << two.dump();
}

TEST_F(DemoServer, EndsAreIgnoredOnDemand) {
  TestServerRun run(*model_);
  const std::string chat = R"("max_tokens":60,"temperature":0,"messages":[{"role":"user","content":"Hello"}])";
  const std::string raw =
      R"("n_predict":60,"temperature":0,"prompt":"<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n")";
  for (const auto& [path, body, tokens] : {std::tuple("/v1/chat/completions", chat, "usage.completion_tokens"),
                                           std::tuple("/completion", raw, "tokens_predicted")}) {
    EXPECT_LT(at(run.post(path, "{" + body + "}").json(), tokens).as_integer(), 60) << path;
    EXPECT_EQ(at(run.post(path, "{" + body + R"(,"ignore_eos":true})").json(), tokens).as_integer(), 60) << path;
    EXPECT_EQ(run.post(path, "{" + body + R"(,"ignore_eos":"yes"})").status, 400) << path;
  }
}

}  // namespace
}  // namespace puna::server
