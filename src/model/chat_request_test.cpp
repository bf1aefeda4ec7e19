// Requests as the bodies that servers get: llama-server's, and those of servers that only know the protocol.
#include "model/chat_request.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "model/server_probe.h"
#include "model/test_chat_server.h"

namespace puna::model {
namespace {

const ServerFacts kLlama{.url = "u", .is_llama = true, .model = "m", .window_tokens = 512};
const ServerFacts kPlain{.url = "u", .model = "m"};

Json body_of(const Request& request, const ServerFacts& server, const ServerParameters& defaults = {},
             bool with_echo = false) {
  const auto whole = completed(request, defaults);
  EXPECT_TRUE(whole) << whole.error().message;
  auto body = chat_body(*whole, defaults.other, server, with_echo);
  EXPECT_TRUE(body) << body.error().message;
  return body ? *std::move(body) : Json();
}
Json member(const Json& body, std::string_view name) {
  const Json* value = body.find(name);
  return value == nullptr ? Json() : *value;
}
ToolSpec tool(std::string name) { return {.name = std::move(name), .description = "Does it.", .parameters = {}}; }

TEST(ChatRequest, AConversationIsWrittenWholeAndThoughtsOnlyForThoseWhoTakeThem) {
  Request request{.messages = {{.role = Role::system, .content = "s"},
                               {.role = Role::user, .content = "u"},
                               {.role = Role::assistant,
                                .reasoning = "hm",
                                .calls = {{.id = "c1", .name = "add", .arguments = json_of(R"({"z": 1, "a": 2})")}}},
                               {.role = Role::tool, .content = "3", .call_id = "c1", .tool = "add", .is_error = true}}};
  const std::string expected = R"([{"role": "system", "content": "s"}, {"role": "user", "content": "u"},
      {"role": "assistant", "content": null, "reasoning_content": "hm", "tool_calls": [{"type": "function",
          "function": {"name": "add", "arguments": "{\"z\":1,\"a\":2}"}, "id": "c1"}]},
      {"role": "tool", "content": "3", "tool_call_id": "c1", "name": "add"}])";
  EXPECT_EQ(member(body_of(request, kLlama), "messages"), json_of(expected));
  const Json plain = member(body_of(request, kPlain), "messages");
  EXPECT_EQ(plain.as_array()[2].find("reasoning_content"), nullptr);
  EXPECT_EQ(messages_from_json(plain)->at(2).calls, request.messages[2].calls);
}

TEST(ChatRequest, WhatIsNotAskedForIsNotSent) {
  const Json body = body_of(request_of("Hi"), kPlain);
  std::vector<std::string> names;
  for (const auto& [name, value] : body.as_object()) {
    names.push_back(name);
  }
  EXPECT_EQ(names, (std::vector<std::string>{"model", "messages", "stream", "stream_options", "seed"}));
  EXPECT_EQ(member(body_of(request_of("Hi"), kLlama), "return_progress"), Json(true));
  EXPECT_EQ(member(body_of(request_of("Hi"), kLlama, {}, true), "verbose"), Json(true));
}

TEST(ChatRequest, ToolChoicesAreSaidInTheWordsThatTheServerUnderstands) {
  Request request = request_of("Hi");
  request.tools = {tool("a"), tool("b")};
  EXPECT_EQ(member(body_of(request, kLlama), "tool_choice"), Json("auto"));
  EXPECT_EQ(member(body_of(request, kLlama), "tools").as_array().size(), 2U);
  EXPECT_EQ(*member(body_of(request, kLlama), "tools").as_array()[0].find("function")->find("parameters"),
            json_of(R"({"type": "object", "properties": {}})"));
  request.tool_choice = ToolChoice::required;
  EXPECT_EQ(member(body_of(request, kPlain), "tool_choice"), Json("required"));
  request.tool_choice = ToolChoice::named("b");
  EXPECT_EQ(member(body_of(request, kPlain), "tool_choice"),
            json_of(R"({"type": "function", "function": {"name": "b"}})"));
  EXPECT_EQ(member(body_of(request, kPlain), "tools").as_array().size(), 2U);
  EXPECT_EQ(member(body_of(request, kLlama), "tool_choice"), Json("required"));
  EXPECT_EQ(member(body_of(request, kLlama), "tools").as_array().size(), 1U) << "llama-server reads a name as auto";
  request.tool_choice = ToolChoice::none;
  EXPECT_EQ(body_of(request, kLlama).find("tools"), nullptr);
  request.tool_choice = ToolChoice::automatic;
  request.format = format::Schema{json_of(R"({"type": "object"})")};
  EXPECT_EQ(member(body_of(request, kLlama), "tool_choice"), Json("none")) << "shown, and not to be called";
  EXPECT_EQ(body_of(request, kLlama).find("parallel_tool_calls"), nullptr);
}

TEST(ChatRequest, WhatOneKindOfServerSaysOtherwiseIsTranslated) {
  Request request = request_of("Hi");
  request.sampling = {.repeat_penalty = 1.1F,
                      .repeat_last_n = -1,
                      .logit_bias = {{.token = Token{5}, .bias = -std::numeric_limits<float>::infinity()},
                                     {.token = Token{7}, .bias = 0.5F}},
                      .n_probs = 3};
  const Json llama = body_of(request, kLlama);
  EXPECT_EQ(member(llama, "repeat_last_n"), Json(512)) << "it has no word for the whole window";
  EXPECT_EQ(member(llama, "logit_bias"), json_of("[[5, false], [7, 0.5]]"));
  EXPECT_EQ(member(llama, "n_probs"), Json(3));
  const Json plain = body_of(request, kPlain);
  EXPECT_EQ(member(plain, "logit_bias"), json_of(R"({"5": -100, "7": 0.5})"));
  EXPECT_EQ(member(plain, "logprobs"), Json(true));
  EXPECT_EQ(member(plain, "top_logprobs"), Json(3));
  request.sampling.logit_bias = {{.token = "word", .bias = 1}};
  EXPECT_TRUE(chat_body(*completed(request, {}), Json::object(), kLlama, false));
  const auto refused = chat_body(*completed(request, {}), Json::object(), kPlain, false);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::invalid_argument);
}

TEST(ChatRequest, ARequestsOwnWordsGoBeforeTheOptions) {
  const auto defaults = server_parameters(json_of(R"({"temperature": 0.5, "top_k": 9, "seed": 4, "max_tokens": 7,
      "stop": ["a"], "ignore_eos": true})"));
  ASSERT_TRUE(defaults);
  Request request = request_of("Hi");
  Json body = body_of(request, kLlama, *defaults);
  EXPECT_EQ(member(body, "temperature"), Json(0.5));
  EXPECT_EQ(member(body, "seed"), Json(4));
  EXPECT_EQ(member(body, "max_tokens"), Json(7));
  EXPECT_EQ(member(body, "ignore_eos"), Json(true));
  request.sampling = {.temperature = 1.5F, .seed = 8};
  request.tokens_max = 3;
  request.stop = {"b"};
  body = body_of(request, kLlama, *defaults);
  EXPECT_EQ(member(body, "temperature"), Json(1.5));
  EXPECT_EQ(member(body, "top_k"), Json(9));
  EXPECT_EQ(member(body, "seed"), Json(8));
  EXPECT_EQ(member(body, "max_tokens"), Json(3));
  EXPECT_EQ(member(body, "stop"), json_of(R"(["b"])"));
}

TEST(Echo, EachParameterThatTheServerDidOtherwiseIsNamedAndNoOther) {
  const Json body = json_of(R"({"temperature": 0.7, "top_k": 5, "repeat_last_n": -1, "samplers": ["top_k"], "seed": 3,
      "max_tokens": 9, "stop": ["x"], "logit_bias": [[5, false]], "grammar": "root ::= \"a\"", "messages": []})");
  const std::string good = R"({"temperature": 0.699999988079071, "top_k": 5, "repeat_last_n": 64, "samplers": ["top_k"],
      "seed": 3, "n_predict": 9, "stop": ["x"], "logit_bias": [{"bias": null, "token": 5}], "grammar": "root ::= x"})";
  EXPECT_EQ(disobeyed(body, json_of(good)), std::vector<std::string>{});
  const std::vector<std::pair<std::string, std::string>> changes = {{R"("top_k": 5)", R"("top_k": 40)"},
                                                                    {R"(0.699999988079071)", "0.8"},
                                                                    {R"(["top_k"])", R"(["top_k", "top_p"])"},
                                                                    {R"("seed": 3)", R"("seed": 4294967295)"},
                                                                    {R"("n_predict": 9)", R"("n_predict": -1)"},
                                                                    {R"("stop": ["x"])", R"("stop": [])"},
                                                                    {R"([{"bias": null, "token": 5}])", "[]"},
                                                                    {R"("grammar": "root ::= x")", R"("grammar": "")"},
                                                                    {R"("seed": 3,)", ""}};
  for (const auto& [was, is] : changes) {
    std::string changed = good;
    changed.replace(changed.find(was), was.size(), is);
    EXPECT_EQ(disobeyed(body, json_of(changed)).size(), 1U) << is;
  }
}

TEST(Echo, SettingsThatTheEngineDoesNotKnowAreLeftOut) {
  const Sampling sampling = sampling_in(
      json_of(R"({"temperature": 0.5, "top_k": "many", "top_n_sigma": -1, "seed": 7, "unknown": 1, "min_p": 4})"));
  EXPECT_EQ(sampling.temperature, 0.5F);
  EXPECT_FALSE(sampling.top_k);
  EXPECT_FALSE(sampling.min_p);
  EXPECT_EQ(sampling.seed, 0U);
  EXPECT_EQ(sampling_in(Json()), Sampling{});
}

}  // namespace
}  // namespace puna::model
