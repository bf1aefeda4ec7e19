// RemoteModel on the packaged llama-server with the bundled demo model: the contract of every Model, and the same agent
// beside LocalModel, word by word.
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "model/model_contract.h"
#include "model/test_chat_server.h"
#include "model/test_demo_model.h"
#include "model/test_llama_server.h"

namespace puna {
namespace {

using model::call_request;
using model::kDemoModel;
using model::LlamaServer;
using model::text_request;

// One for the whole program, in the settings of the deterministic profile.
LlamaServer* shared_server(std::string& why) {
  static std::string reason = "no demo model";
  static const std::unique_ptr<LlamaServer> server =
      std::filesystem::exists(kDemoModel)
          ? LlamaServer::start(kDemoModel, {"-c", "4096", "-np", "4", "-fa", "off", "--no-kv-unified"}, reason)
          : nullptr;
  why = reason;
  return server.get();
}

std::unique_ptr<RemoteModel> open_remote() {
  std::string why;
  const LlamaServer* server = shared_server(why);
  if (server == nullptr) {
    std::printf("skipped: %s\n", why.c_str());
    return nullptr;
  }
  auto model = RemoteModel::open({.urls = {server->url()}});
  EXPECT_TRUE(model) << model.error().message;
  return model ? *std::move(model) : nullptr;
}

class LlamaServerModel : public testing::Test {
 protected:
  void SetUp() override {
    model = open_remote();
    if (model == nullptr) {
      GTEST_SKIP() << "no llama-server or demo model on this machine";
    }
  }
  std::unique_ptr<RemoteModel> model;
};

std::unique_ptr<LocalModel> open_local() {
  auto model = LocalModel::open(
      {.load = {.file = kDemoModel}, .engine = {.window_tokens = 1024, .profile = Profile::deterministic}});
  EXPECT_TRUE(model) << model.error().message;
  return model ? *std::move(model) : nullptr;
}

ToolSpec room_switch() {
  return {.name = "set_switch",
          .description = "Turn a switch on or off.",
          .parameters = puna::model::json_of(R"({"type": "object", "required": ["room", "on"], "properties": {
              "room": {"type": "string", "enum": ["kitchen", "hall"]}, "on": {"type": "boolean"}}})")};
}
ToolSpec calculator() {
  return {.name = "calculator",
          .description = "Computes.",
          .parameters = puna::model::json_of(
              R"({"type": "object", "required": ["expression"], "properties": {"expression": {"type": "string"}}})")};
}

// llama-server takes "required" for a wish where a model may write text before its calls: so this is what the model
// knows best.
Request sum_request() {
  Request request = call_request(calculator());
  request.messages.back().content = "What is 4817 * 36?";
  return request;
}

ModelCase server_case() {
  return {.name = "LlamaServer",
          .open = [](ModelCase::Answers) -> std::unique_ptr<Model> { return open_remote(); },
          .text_request = text_request("Tell me a long story about a river and a boat.", 1.0F),
          .call_request = sum_request()};
}

INSTANTIATE_TEST_SUITE_P(LlamaServer, ModelContract, testing::Values(server_case()), name_of_case);

TEST_F(LlamaServerModel, SaysWhatItIs) {
  const ServerFacts& facts = model->servers().at(0);
  EXPECT_TRUE(facts.is_llama);
  EXPECT_EQ(facts.window_tokens, 1024);
  EXPECT_EQ(facts.slots, 4);
  EXPECT_TRUE(facts.counts_tokens);
  EXPECT_TRUE(model->counts_exactly());
  EXPECT_TRUE(facts.file.ends_with("puna-demo-Q8_0.gguf")) << facts.file;
  EXPECT_FALSE(facts.chat_template.empty());
}

TEST_F(LlamaServerModel, EveryParameterTakesEffectAndNoneIsDisobeyed) {
  Request request = text_request("Tell me about a boat.", 0.7F);
  const auto sampling = sampling_from(puna::model::json_of(R"({"temperature": 0.7, "dynatemp_range": 0.1, "top_k": 30,
      "top_p": 0.9, "min_p": 0.02, "typical_p": 0.95, "top_n_sigma": 3, "xtc_probability": 0.2, "xtc_threshold": 0.1,
      "min_keep": 2, "repeat_penalty": 1.1, "frequency_penalty": 0.1, "presence_penalty": 0.1, "repeat_last_n": -1,
      "dry_multiplier": 0.5, "dry_base": 1.6, "dry_allowed_length": 3, "dry_penalty_last_n": 32, "seed": 7,
      "n_probs": 2, "logit_bias": [[5, false], [7, 0.5]],
      "samplers": ["penalties", "dry", "top_n_sigma", "top_k", "typ_p", "top_p", "min_p", "xtc", "temperature"]})"));
  ASSERT_TRUE(sampling) << sampling.error().message;
  request.sampling = *sampling;
  request.stop = {"zebra"};
  puna::model::Heard heard;
  auto reply = model->ask(request, heard);
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(heard.notices, std::vector<std::string>{});
  EXPECT_EQ(reply->sampling.top_k, 30);
  EXPECT_FALSE(reply->probabilities.empty());
  EXPECT_EQ(reply->probabilities.at(0).best.size(), 2U);

  request.sampling = {.temperature = 0.7F, .mirostat = 2, .mirostat_tau = 4.0F, .mirostat_eta = 0.2F};
  reply = model->ask(request, heard);
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(heard.notices, std::vector<std::string>{});
  EXPECT_EQ(reply->sampling.mirostat, 2);
}

TEST_F(LlamaServerModel, AnswersFitTheirFormatAlsoBesideTools) {
  puna::model::Heard heard;
  Request request = text_request("Describe the box.");
  request.format = format::Pattern{"[a-c]{3}-(é|<[^>]*>)"};
  auto matched = model->ask(request, heard);
  ASSERT_TRUE(matched) << matched.error().message;
  EXPECT_TRUE(matched->finish != FinishReason::end_of_turn || matched->violations.empty()) << matched->message.content;
  request.format = format::Choice{{"a \"small\" one", "large\\", "line\nend"}};
  auto reply = model->ask(request, heard);
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(reply->violations, std::vector<std::string>{}) << reply->message.content;
  request.format = format::Schema{
      puna::model::json_of(R"({"type": "object", "required": ["lid"], "properties": {"lid": {"type": "boolean"}}})")};
  for (const bool with_tools : {false, true}) {
    request.tools = with_tools ? std::vector{calculator()} : std::vector<ToolSpec>{};
    reply = model->ask(request, heard);
    ASSERT_TRUE(reply) << reply.error().message;
    EXPECT_EQ(reply->violations, std::vector<std::string>{}) << reply->message.content;
    EXPECT_TRUE(reply->message.calls.empty());
  }
  EXPECT_EQ(heard.notices, std::vector<std::string>{});
}

TEST_F(LlamaServerModel, AStopStringAndTheWindowsEndAreTold) {
  Request request = text_request("Hello");
  request.stop = {"help"};
  auto reply = model->ask(request, EventSink::none());
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(reply->finish, FinishReason::stop_string) << reply->message.content;
  EXPECT_FALSE(reply->message.content.contains("help"));

  auto endless = RemoteModel::open(
      {.urls = {model->servers()[0].url}, .parameters = puna::model::json_of(R"({"ignore_eos": true})")});
  ASSERT_TRUE(endless) << endless.error().message;
  request = text_request("Tell me a story.");
  request.tokens_max = 0;
  reply = (*endless)->ask(request, EventSink::none());
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(reply->finish, FinishReason::window_full);
  EXPECT_GT(reply->usage.output_tokens, 900);
}

TEST_F(LlamaServerModel, ANamedToolIsTheOnlyOneThatIsCalled) {
  Request request = call_request(room_switch());
  request.tools.push_back({.name = "ring_bell", .description = "Rings.", .parameters = {}});
  request.tool_choice = ToolChoice::named("ring_bell");
  const auto reply = model->ask(request, EventSink::none());
  ASSERT_TRUE(reply) << reply.error().message;
  for (const ToolCall& call : reply->message.calls) {
    EXPECT_EQ(call.name, "ring_bell");
  }
}

// A conversation as far as it goes, with tools that always say the same.
std::vector<Message> conversation(Model& model, const std::string& task) {
  std::vector<Message> messages = {{.role = Role::system, .content = "You are an agent. Use tools."},
                                   {.role = Role::user, .content = task}};
  for (int turn = 0; turn < 4; ++turn) {
    Request request{.messages = messages, .tools = {calculator(), room_switch()}, .tokens_max = 80};
    request.sampling.temperature = 0.0F;
    request.sampling.seed = 11;
    const auto reply = model.ask(request, EventSink::none());
    EXPECT_TRUE(reply) << reply.error().message;
    if (!reply) {
      break;
    }
    messages.push_back(reply->message);
    if (reply->message.calls.empty()) {
      break;
    }
    for (const ToolCall& call : reply->message.calls) {
      messages.push_back({.role = Role::tool,
                          .content = call.name == "calculator" ? "173412" : "done",
                          .call_id = call.id,
                          .tool = call.name});
    }
  }
  return messages;
}

TEST_F(LlamaServerModel, TheSameConversationHasTheSameTranscriptAsInTheEngine) {
  const auto local = open_local();
  ASSERT_NE(local, nullptr);
  int calls = 0;
  for (const std::string task :
       {"What is 4817 * 36?", "What is 12 * 7?", "Hello", "Please turn on the light in the hall.",
        "What is 17 plus 25, times 3?", "Who are you?", "Turn off the kitchen switch, then compute 9 * 9."}) {
    const std::vector<Message> here = conversation(*local, task);
    const std::vector<Message> there = conversation(*model, task);
    ASSERT_EQ(here.size(), there.size()) << task;
    for (std::size_t i = 0; i < here.size(); ++i) {
      EXPECT_EQ(to_json(here[i]).dump(), to_json(there[i]).dump()) << task;
      calls += static_cast<int>(here[i].calls.size());
    }
    const Request request{.messages = {here.begin(), here.end() - 1}, .tools = {calculator(), room_switch()}};
    EXPECT_EQ(local->count_tokens(request).value(), model->count_tokens(request).value()) << task;
  }
  EXPECT_GE(calls, 2) << "the conversations have tools in them";
}

TEST(LlamaServerEmbeddings, AreThoseOfTheEngine) {
  std::string why = "no demo model";
  const auto server =
      std::filesystem::exists(kDemoModel)
          ? LlamaServer::start(kDemoModel, {"--embeddings", "--pooling", "mean", "-c", "512", "-fa", "off"}, why)
          : nullptr;
  if (server == nullptr) {
    GTEST_SKIP() << why;
  }
  const auto remote = RemoteModel::open({.urls = {server->url()}});
  ASSERT_TRUE(remote) << remote.error().message;
  const auto local = LocalModel::open({.load = {.file = kDemoModel},
                                       .engine = {.window_tokens = 256, .profile = Profile::deterministic},
                                       .embeddings = EmbedderOptions{}});
  ASSERT_TRUE(local) << local.error().message;
  const EmbeddingRequest request{
      .inputs = {std::string("The river is long."), std::string("Hello"), std::vector<Token>{300, 301, 302, 303}}};
  const auto here = (*local)->embed(request);
  const auto there = (*remote)->embed(request);
  ASSERT_TRUE(here) << here.error().message;
  ASSERT_TRUE(there) << there.error().message;
  EXPECT_EQ(here->prompt_tokens, there->prompt_tokens);
  ASSERT_EQ(here->vectors.size(), 3U);
  ASSERT_EQ(there->vectors.size(), 3U);
  for (std::size_t i = 0; i < here->vectors.size(); ++i) {
    ASSERT_EQ(here->vectors[i].size(), there->vectors[i].size());
    for (std::size_t k = 0; k < here->vectors[i].size(); ++k) {
      EXPECT_NEAR(here->vectors[i][k], there->vectors[i][k], 1e-5) << i << ' ' << k;
    }
  }
  const auto empty = (*remote)->embed({.inputs = {std::string()}});
  EXPECT_FALSE(empty);
  const auto plain = LocalModel::open({.load = {.file = kDemoModel}, .engine = {.window_tokens = 64}});
  ASSERT_TRUE(plain);
  EXPECT_FALSE((*plain)->embeds());
  EXPECT_EQ((*plain)->embed(request).error().code, ErrorCode::invalid_argument);
}

}  // namespace
}  // namespace puna
