// OpenAI's chat completions: requests to questions, replies to bytes.
#include <gtest/gtest.h>

#include "server/openai_reply.h"
#include "server/openai_request.h"
#include "server/test_kit.h"

namespace puna::server {
namespace {

constexpr std::string_view kAdd =
    R"({"type":"function","function":{"name":"add","description":"Adds.","parameters":{"type":"object","properties":{"a":{"type":"integer"}},"required":["a"]}}})";

ChatQuestion question(std::string_view more) {
  const std::string body = R"({"messages":[{"role":"user","content":"hi"}])" + std::string(more) + "}";
  auto read = read_chat(json_of(body), {});
  EXPECT_TRUE(read) << (read ? "" : read.error().message);
  return read ? *std::move(read) : ChatQuestion();
}
Request asked(std::string_view more) { return question(more).question.request; }

std::string without_ids(std::string text) {
  for (std::size_t at = text.find("chatcmpl-"); at != std::string::npos; at = text.find("chatcmpl-", at + 3)) {
    text.replace(at, 9 + 24, "ID");
  }
  return text;
}

TEST(OpenAiRequest, ReadsEveryFieldThatItHonours) {
  const Request request = asked(
      R"(,"temperature":0.5,"top_p":0.9,"top_k":7,"min_p":0.1,"typical_p":0.8,"repeat_penalty":1.1,"seed":42,
          "frequency_penalty":0.3,"presence_penalty":0.2,"logit_bias":{"5":-100},"stop":["a","b"],"max_tokens":9,
          "max_completion_tokens":8,"parallel_tool_calls":false,"logprobs":true,"top_logprobs":3)");
  EXPECT_EQ(request.sampling.temperature, 0.5F);
  EXPECT_EQ(request.sampling.top_p, 0.9F);
  EXPECT_EQ(request.sampling.top_k, 7);
  EXPECT_EQ(request.sampling.min_p, 0.1F);
  EXPECT_EQ(request.sampling.typical_p, 0.8F);
  EXPECT_EQ(request.sampling.repeat_penalty, 1.1F);
  EXPECT_EQ(request.sampling.frequency_penalty, 0.3F);
  EXPECT_EQ(request.sampling.presence_penalty, 0.2F);
  EXPECT_EQ(request.sampling.seed, 42U);
  EXPECT_EQ(request.sampling.n_probs, 3);
  ASSERT_EQ(request.sampling.logit_bias.size(), 1U);
  EXPECT_EQ(request.stop, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(request.tokens_max, 8);
  EXPECT_FALSE(request.parallel_calls);
}

TEST(OpenAiRequest, NullIsAnAbsentField) {
  const ChatQuestion chat = question(
      R"(,"temperature":null,"tools":null,"tool_choice":null,"stop":null,"max_tokens":null,"n":null,"stream":null,
          "response_format":null,"logprobs":null,"seed":null,"stream_options":null,"logit_bias":null)");
  EXPECT_FALSE(chat.question.request.sampling.temperature);
  EXPECT_EQ(chat.question.replies, 1);
  EXPECT_FALSE(chat.question.request.watched);
}

TEST(OpenAiRequest, LeavesOutWhatWouldHaveNoEffect) {
  const Request request = asked(R"(,"temperature":0,"top_p":0.9,"top_k":40,"min_p":0.05)");
  EXPECT_EQ(request.sampling.temperature, 0.0F);
  EXPECT_FALSE(request.sampling.top_p);
  EXPECT_FALSE(request.sampling.top_k);
  EXPECT_TRUE(validate(request.sampling));
}

TEST(OpenAiRequest, ReadsParametersFromALiteralExtraBody) {
  const Request request = asked(
      R"(,"top_k":3,"extra_body":{"top_k":9,"min_p":0.2,"mirostat_lr":0.3,"mirostat_ent":4,"mirostat":2,"penalty_last_n":5})");
  EXPECT_EQ(request.sampling.mirostat, 2);
  EXPECT_EQ(request.sampling.mirostat_eta, 0.3F);
  EXPECT_EQ(request.sampling.mirostat_tau, 4.0F);
  EXPECT_EQ(asked(R"(,"top_k":3,"extra_body":{"top_k":9,"min_p":0.2})").sampling.top_k, 3);
  EXPECT_EQ(asked(R"(,"extra_body":{"min_p":0.2})").sampling.min_p, 0.2F);
}

TEST(OpenAiRequest, WithoutASeedEveryRequestDrawsItsOwn) {
  EXPECT_NE(asked("").sampling.seed, asked("").sampling.seed);
  EXPECT_NE(asked(R"(,"seed":-1)").sampling.seed, asked(R"(,"seed":-1)").sampling.seed);
  EXPECT_EQ(asked(R"(,"seed":7)").sampling.seed, 7U);
}

TEST(OpenAiRequest, FormatsInEverySpelling) {
  const auto schema_of = [](std::string_view more) {
    const Request request = asked(more);
    const auto* schema = request.format ? std::get_if<format::Schema>(&*request.format) : nullptr;
    return schema == nullptr ? std::string("none") : schema->schema.dump();
  };
  EXPECT_EQ(schema_of(R"(,"response_format":{"type":"text"})"), "none");
  EXPECT_EQ(schema_of(R"(,"response_format":{"type":"json_object"})"), R"({"type":"object"})");
  EXPECT_EQ(schema_of(R"(,"response_format":{"type":"json_object","schema":{"type":"array"}})"), R"({"type":"array"})");
  EXPECT_EQ(
      schema_of(R"(,"response_format":{"type":"json_schema","json_schema":{"name":"x","schema":{"type":"null"}}})"),
      R"({"type":"null"})");
  EXPECT_EQ(schema_of(R"(,"response_format":{"type":"json_schema","schema":{"type":"null"}})"), R"({"type":"null"})");
  EXPECT_EQ(schema_of(R"(,"json_schema":{"type":"boolean"})"), R"({"type":"boolean"})");
  EXPECT_TRUE(std::holds_alternative<format::Gbnf>(*asked(R"(,"grammar":"root ::= \"a\"")").format));
}

TEST(OpenAiRequest, AFormatBesideToolsWaitsForTheAnswer) {
  const std::string tools = ",\"tools\":[" + std::string(kAdd) + "],\"response_format\":{\"type\":\"json_object\"}";
  const ChatQuestion chat = question(tools);
  EXPECT_FALSE(chat.question.request.format);
  EXPECT_TRUE(chat.question.format_without_calls);
  EXPECT_TRUE(question(tools + R"(,"tool_choice":"none")").question.request.format);
}

TEST(OpenAiRequest, ToolChoices) {
  const std::string tools = ",\"tools\":[" + std::string(kAdd) + "]";
  EXPECT_EQ(asked(tools).tool_choice, ToolChoice::automatic);
  EXPECT_EQ(asked(tools + R"(,"tool_choice":"none")").tool_choice, ToolChoice::none);
  EXPECT_EQ(asked(tools + R"(,"tool_choice":"required")").tool_choice, ToolChoice::required);
  EXPECT_EQ(asked(tools + R"(,"tool_choice":{"type":"function","function":{"name":"add"}})").tool_choice,
            ToolChoice::named("add"));
}

TEST(OpenAiRequest, ThinkingCanBeSwitchedOff) {
  EXPECT_FALSE(asked("").reasoning_tokens_max);
  EXPECT_EQ(asked(R"(,"reasoning_effort":"none")").reasoning_tokens_max, 0);
  EXPECT_FALSE(asked(R"(,"reasoning_effort":"high")").reasoning_tokens_max);
  EXPECT_EQ(asked(R"(,"reasoning_budget":12)").reasoning_tokens_max, 12);
  EXPECT_EQ(asked(R"(,"chat_template_kwargs":{"enable_thinking":false})").reasoning_tokens_max, 0);
}

TEST(OpenAiRequest, NamesWhatNobodyReads) {
  const Json body = json_of(
      R"({"messages":[],"model":"x","user":"u","store":true,"top_k":1,"frobnicate":1,"extra_body":{"tfs_z":1,"min_p":0}})");
  EXPECT_EQ(unknown_chat_fields(body), (std::vector<std::string>{"tfs_z", "frobnicate"}));
}

TEST(OpenAiRequest, TakesAConversationWithCallsThoughtsAndParts) {
  const auto messages = read_messages(json_of(
      R"([{"role":"developer","content":"Be brief."},
          {"role":"user","content":[{"type":"text","text":"2+"},{"type":"text","text":"2?"}]},
          {"role":"assistant","content":null,"reasoning":"hm","tool_calls":[{"id":"c1","type":"function","function":{"name":"add","arguments":"{\"a\":2}"}}]},
          {"role":"tool","tool_call_id":"c1","content":[{"type":"text","text":"4"}]}])"));
  ASSERT_TRUE(messages) << messages.error().message;
  EXPECT_EQ((*messages)[0].role, Role::system);
  EXPECT_EQ((*messages)[1].content, "2+2?");
  EXPECT_EQ((*messages)[2].reasoning, "hm");
  EXPECT_EQ((*messages)[3].tool, "add");
}

TEST(OpenAiStream, SaysExactlyThis) {
  const auto model = scripted({says("Hello, world.")});
  TestServerRun run(*model);
  const HttpAnswer answer = run.post(
      kChat, R"({"stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"hi"}]})");
  EXPECT_TRUE(answer.has_header("Content-Type: text/event-stream; charset=utf-8\r\n"));
  const std::string start =
      R"(data: {"id":"ID","object":"chat.completion.chunk","created":1700000000,"model":"scripted","system_fingerprint":"puna","choices":[)";
  const std::string expected =
      start + "{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":null},\"finish_reason\":null}]}\n\n" + start +
      "{\"index\":0,\"delta\":{\"content\":\"Hello, world.\"},\"finish_reason\":null}]}\n\n" + start +
      "{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n" + start +
      R"(],"usage":{"prompt_tokens":8,"completion_tokens":4,"total_tokens":12,"prompt_tokens_details":{"cached_tokens":0}},"timings":{"cache_n":0,"prompt_n":8,"prompt_ms":0.0,"prompt_per_token_ms":0.0,"prompt_per_second":0.0,"predicted_n":4,"predicted_ms":0.0,"predicted_per_token_ms":0.0,"predicted_per_second":0.0}})" +
      "\n\ndata: [DONE]\n\n";
  EXPECT_EQ(without_ids(answer.body), expected);
}

TEST(OpenAiStream, HasAUsageKeyInNoOtherChunk) {
  const auto model = scripted({says("Hello, world. This is long enough for several pieces."), says("again")});
  TestServerRun run(*model);
  const std::string plain = run.post(kChat, R"({"stream":true,"messages":[{"role":"user","content":"hi"}]})").body;
  EXPECT_FALSE(plain.contains("usage"));
  const std::string asked =
      run.post(kChat,
               R"({"stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"hi"}]})")
          .body;
  EXPECT_EQ(asked.find("\"usage\""), asked.rfind("\"usage\""));
  EXPECT_LT(asked.find("\"finish_reason\":\"stop\""), asked.find("\"usage\""));
}

TEST(OpenAiStream, CallsComeAsAHeadAndTheirArguments) {
  const auto model = scripted({calls("add", Json::object({{"a", 1}}))});
  TestServerRun run(*model);
  const std::string body = run.post(kChat, R"({"stream":true,"messages":[{"role":"user","content":"hi"}],"tools":[)" +
                                               std::string(kAdd) + "]}")
                               .body;
  const std::string head =
      R"("delta":{"tool_calls":[{"index":0,"id":"call00001","type":"function","function":{"name":"add","arguments":""}}]},"finish_reason":null)";
  const std::string arguments =
      R"("delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"a\":1}"}}]},"finish_reason":null)";
  EXPECT_TRUE(body.contains(head)) << body;
  EXPECT_LT(body.find(head), body.find(arguments));
  EXPECT_LT(body.find(arguments), body.find(R"("finish_reason":"tool_calls")"));
}

TEST(OpenAiStream, ThoughtsHaveAPlaceOfTheirOwn) {
  const auto model = scripted({{.message = {.role = Role::assistant, .content = "4", .reasoning = "2 and 2"}},
                               {.message = {.role = Role::assistant, .content = "4", .reasoning = "2 and 2"}}});
  TestServerRun run(*model);
  const std::string body = run.post(kChat, R"({"stream":true,"messages":[{"role":"user","content":"hi"}]})").body;
  EXPECT_TRUE(body.contains(R"("delta":{"reasoning_content":"2 and 2"})")) << body;
  const Json json = run.post(kChat, R"({"messages":[{"role":"user","content":"hi"}]})").json();
  EXPECT_EQ(text_at(json, "choices.0.message.reasoning_content"), "2 and 2");
}

TEST(OpenAiChat, SeveralRepliesHaveTheirIndex) {
  const auto model = scripted({says("one"), says("two"), says("three"), says("four")});
  TestServerRun run(*model);
  const Json json = run.post(kChat, R"({"n":2,"seed":5,"messages":[{"role":"user","content":"hi"}]})").json();
  EXPECT_EQ(text_at(json, "choices.1.message.content"), "two");
  EXPECT_EQ(text_at(json, "choices.1.index"), "1");
  EXPECT_EQ(text_at(json, "usage.completion_tokens"), "2");
  EXPECT_EQ(model->requests()[1].sampling.seed, 6U);
  const std::string body = run.post(kChat, R"({"n":2,"stream":true,"messages":[{"role":"user","content":"hi"}]})").body;
  EXPECT_TRUE(body.contains(R"({"index":1,"delta":{"content":"four"})")) << body;
}

TEST(OpenAiChat, AsksAgainInTheFormatWhenNoToolWasCalled) {
  const auto model = scripted({says("no call"), says("{}"), calls("add", Json::object({{"a", 1}}))});
  TestServerRun run(*model);
  const std::string body =
      R"({"messages":[{"role":"user","content":"hi"}],"response_format":{"type":"json_object"},"tools":[)" +
      std::string(kAdd) + "]}";
  EXPECT_EQ(text_at(run.post(kChat, body).json(), "choices.0.message.content"), "{}");
  EXPECT_FALSE(model->requests()[0].format);
  EXPECT_TRUE(model->requests()[1].format);
  EXPECT_EQ(text_at(run.post(kChat, body).json(), "choices.0.message.tool_calls.0.function.arguments"), R"({"a":1})");
}

TEST(OpenAiChat, ErrorsOfTheModelHaveTheirStatus) {
  const auto model = ScriptedModel::create({{.error = Error{.code = ErrorCode::unavailable, .message = "gone"}},
                                            {.error = Error{.code = ErrorCode::internal, .message = "odd"}}},
                                           20);
  TestServerRun run(*model);
  EXPECT_EQ(run.post(kChat, R"({"messages":[{"role":"user","content":"hi"}]})").status, 503);
  EXPECT_EQ(run.post(kChat, R"({"messages":[{"role":"user","content":"hi"}]})").status, 500);
  const HttpAnswer full =
      run.post(kChat, R"({"stream":true,"messages":[{"role":"user","content":")" + std::string(500, 'a') + R"("}]})");
  EXPECT_EQ(full.status, 400) << full.body;
  EXPECT_EQ(text_at(full.json(), "error.code"), "context_length_exceeded");
  EXPECT_TRUE(text_at(full.json(), "error.message").starts_with("context length exceeded")) << full.body;
}

TEST(OpenAiReply, LogProbabilitiesHaveBytes) {
  const Reply reply{.probabilities = {{.chosen = {.token = 5, .text = "\xc3", .log_probability = -0.5F},
                                       .best = {{.token = 5, .text = "\xc3", .log_probability = -0.5F}}}}};
  EXPECT_EQ(logprobs_json(reply).dump(),
            "{\"content\":[{\"id\":5,\"token\":\"\xef\xbf\xbd\",\"bytes\":[195],\"logprob\":-0.5,"
            "\"top_logprobs\":[{\"id\":5,\"token\":\"\xef\xbf\xbd\",\"bytes\":[195],\"logprob\":-0.5}]}]}");
}

TEST(OpenAiChat, WhatNeedsWeightsSaysThatThereAreNone) {
  const auto model = scripted({});
  TestServerRun run(*model);
  for (const std::string_view path : {"/v1/completions", "/completion", "/generate"}) {
    EXPECT_EQ(run.post(path, R"({"prompt":"a"})").status, 501) << path;
  }
  EXPECT_EQ(run.post("/tokenize", R"({"content":"a"})").status, 501);
  EXPECT_EQ(run.post("/v1/embeddings", R"({"input":"a"})").status, 501);
  EXPECT_EQ(run.post("/v1/runs", R"({"task":"a"})").status, 501);
}

}  // namespace
}  // namespace puna::server
