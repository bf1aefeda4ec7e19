// ScriptedModel: the contract of every Model, and what is its own.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "model/model_contract.h"
#include "model/test_script.h"

namespace puna {
namespace {

using model::says;
using Answers = ModelCase::Answers;

ToolSpec echo_spec() {
  return {.name = "echo",
          .description = "Say it again.",
          .parameters = Json::object({{"type", "object"},
                                      {"properties", Json::object({{"text", Json::object({{"type", "string"}})}})},
                                      {"required", Json::array({"text"})}})};
}

Request user_says(std::string text) {
  Request request;
  request.messages.push_back({.role = Role::user, .content = std::move(text)});
  return request;
}

ScriptedReply calls(std::string text) {
  return {.message = {.calls = {{.name = "echo", .arguments = Json::object({{"text", std::move(text)}})}}}};
}

ModelCase scripted_case() {
  Request call_request = user_says("Echo a long word, please.");
  call_request.tools = {echo_spec()};
  call_request.tool_choice = ToolChoice::required;
  return {.name = "Scripted",
          .open =
              [](Answers answers) {
                std::vector<ScriptedReply> script;
                for (int i = 0; i < 16; ++i) {
                  ScriptedReply reply =
                      answers == Answers::text
                          ? says("Caf\u00e9 \u2013 \U0001F600\U0001F600\U0001F600 and some more words.")
                          : calls("Donaudampfschiffahrt");
                  if (answers == Answers::text) {
                    reply.message.reasoning = i % 2 == 0 ? "" : "Think.";
                  }
                  script.push_back(std::move(reply));
                }
                return ScriptedModel::create(std::move(script));
              },
          .text_request = user_says("Say something."),
          .call_request = std::move(call_request)};
}

INSTANTIATE_TEST_SUITE_P(Models, ModelContract, testing::Values(scripted_case()), name_of_case);

Result<Reply> ask(Model& model, const Request& request) { return model.ask(request, EventSink::none()); }

TEST(ScriptedModel, GivesItsRepliesInOrderAndThenIsUnavailable) {
  const auto model = ScriptedModel::create({says("one"), says("two")});
  EXPECT_EQ(ask(*model, user_says("?"))->message.content, "one");
  EXPECT_EQ(ask(*model, user_says("?"))->message.content, "two");
  EXPECT_EQ(ask(*model, user_says("?")).error().code, ErrorCode::unavailable);
}

TEST(ScriptedModel, GivesAnErrorInTheScriptInsteadOfAReply) {
  const Error error{.code = ErrorCode::io, .message = "the disk", .hint = "look"};
  const auto model = ScriptedModel::create({{.error = error}, says("after")});
  EXPECT_EQ(ask(*model, user_says("?")).error(), error);
  EXPECT_EQ(ask(*model, user_says("?"))->message.content, "after");
}

TEST(ScriptedModel, ARefusedOrCancelledRequestTakesNoReply) {
  const auto model = ScriptedModel::create({says("one")});
  std::stop_source stop;
  stop.request_stop();
  EXPECT_FALSE(ask(*model, {}));
  EXPECT_FALSE(model->ask(user_says("?"), EventSink::none(), stop.get_token()));
  EXPECT_EQ(ask(*model, user_says("?"))->message.content, "one");
}

TEST(ScriptedModel, KeepsEveryRequest) {
  const auto model = ScriptedModel::create({says("one")});
  EXPECT_TRUE(model->requests().empty());
  Request request = user_says("first");
  request.tokens_max = 7;
  EXPECT_TRUE(ask(*model, request));
  EXPECT_FALSE(ask(*model, user_says("second")));
  const auto requests = model->requests();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[0].messages, request.messages);
  EXPECT_EQ(requests[0].tokens_max, 7);
  EXPECT_EQ(requests[1].messages[0].content, "second");
}

TEST(ScriptedModel, KeepsIdsAndNamesTheOthersByTheirPlace) {
  ScriptedReply reply = calls("a");
  reply.message.calls.push_back({.id = "mine", .name = "echo", .arguments = Json::object()});
  reply.message.calls.push_back({.name = "echo", .arguments = Json::object()});
  const auto model = ScriptedModel::create({reply});
  Request request = user_says("?");
  request.messages.push_back({.role = Role::assistant, .calls = {{.id = "call_1", .name = "echo"}}});
  request.messages.push_back({.role = Role::tool, .content = "x", .call_id = "call_1", .tool = "echo"});
  const auto answer = ask(*model, request);
  ASSERT_TRUE(answer);
  ASSERT_EQ(answer->message.calls.size(), 3U);
  EXPECT_EQ(answer->message.calls[0].id, "call_2");
  EXPECT_EQ(answer->message.calls[1].id, "mine");
  EXPECT_EQ(answer->message.calls[2].id, "call_4");
}

TEST(ScriptedModel, PassesMalformedCallsAndTheFinishReasonOn) {
  const auto model = ScriptedModel::create({{.message = {.content = "<tool_call>{"},
                                             .finish = FinishReason::stop_string,
                                             .malformed_calls = {"<tool_call>{"}}});
  const auto reply = ask(*model, user_says("?"));
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->malformed_calls, std::vector<std::string>{"<tool_call>{"});
  EXPECT_EQ(reply->finish, FinishReason::stop_string);
}

TEST(ScriptedModel, ATokenIsFourBytesRoundedUp) {
  const Request request = user_says("12345");
  const std::size_t bytes = to_json(request.messages[0]).dump().size();
  const auto model = ScriptedModel::create({says("123456789")});
  EXPECT_EQ(model->count_tokens(request).value(), static_cast<std::int64_t>((bytes + 3) / 4));
  EXPECT_EQ(ask(*model, request)->usage.output_tokens, 3);
}

TEST(ScriptedModel, AReplyThatMeetsTheEndOfTheWindowIsCutThere) {
  const Request request = user_says("x");
  const auto counter = ScriptedModel::create({});
  const int prompt = static_cast<int>(counter->count_tokens(request).value());
  const auto model = ScriptedModel::create({says("0123456789abcdef")}, prompt + 2);
  const auto reply = ask(*model, request);
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->message.content, "01234567");
  EXPECT_EQ(reply->finish, FinishReason::window_full);
  EXPECT_EQ(ask(*ScriptedModel::create({says("x")}, prompt), request).error().code, ErrorCode::limit);
}

TEST(ScriptedModel, EmptyRepliesAreRepliesOfOneToken) {
  const auto model = ScriptedModel::create({says("")});
  const auto reply = ask(*model, user_says("?"));
  ASSERT_TRUE(reply);
  EXPECT_TRUE(reply->message.content.empty());
  EXPECT_EQ(reply->usage.output_tokens, 1);
}

TEST(ScriptedModel, BrokenBytesInTheScriptComeOutAsUtf8) {
  const auto reply = ask(*ScriptedModel::create({says("caf\xe9")}), user_says("?"));
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->message.content, "caf\uFFFD");
}

}  // namespace
}  // namespace puna
