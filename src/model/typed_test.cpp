// Answers as C++ values: what comes back, and what is said of replies that are none. A format beside tools, on the demo
// model.
#include "puna/model/typed.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "model/test_demo_model.h"
#include "model/test_script.h"

namespace puna {
namespace {

using model::kDemoModel;
using model::says;

struct Person {
  std::string name;
  std::uint8_t age = 0;
  std::optional<std::string> occupation;
  bool operator==(const Person&) const = default;
};

Request question() { return {.messages = {{.role = Role::user, .content = "Who is it?"}}}; }

Result<Person> answered(ScriptedReply reply, int tokens_max = 0) {
  const auto model = ScriptedModel::create({std::move(reply)});
  Request request = question();
  request.tokens_max = tokens_max;
  return ask<Person>(*model, std::move(request), EventSink::none());
}
Error problem(ScriptedReply reply, int tokens_max = 0) {
  const auto person = answered(std::move(reply), tokens_max);
  EXPECT_FALSE(person);
  return person ? Error{} : person.error();
}

TEST(TypedAnswer, AStructIsAskedForAndComesBackFilled) {
  const auto model = ScriptedModel::create({says(R"({"name": "John Smith", "age": 30})"), says("Hello")});
  const auto person = ask<Person>(*model, question(), EventSink::none());
  ASSERT_TRUE(person) << person.error().message;
  EXPECT_EQ(*person, (Person{.name = "John Smith", .age = 30, .occupation = {}}));
  ASSERT_EQ(model->requests().size(), 1U);
  const auto asked = model->requests()[0].format;
  ASSERT_TRUE(asked);
  EXPECT_EQ(std::get<format::Schema>(*asked).schema, schema_of<Person>());
}

TEST(TypedAnswer, WhatDoesNotFitIsNamed) {
  const Error no_json = problem(says("It is John."));
  EXPECT_EQ(no_json.code, ErrorCode::corrupt);
  EXPECT_TRUE(no_json.message.ends_with("; it begins: It is John.")) << no_json.message;
  const Error wrong = problem(says(R"({"name": "John", "age": 300})"));
  EXPECT_EQ(wrong.code, ErrorCode::corrupt);
  EXPECT_PRED_FORMAT2(testing::IsSubstring, "'age' must be at most 255, not 300", wrong.message);
  EXPECT_PRED_FORMAT2(testing::IsSubstring, "'age' is missing", problem(says(R"({"name": "John"})")).message);
  EXPECT_PRED_FORMAT2(testing::IsSubstring, "it is empty", problem(says("")).message);
}

TEST(TypedAnswer, ACutAnswerSaysByWhat) {
  const Error by_request = problem(says(R"({"name": "John Smith", "age": 30})"), 3);
  EXPECT_EQ(by_request.code, ErrorCode::limit);
  EXPECT_EQ(by_request.message,
            R"(the answer was cut after 3 tokens, by the request's limit; it begins: {"name": "Jo)");
  ScriptedReply full = says(R"({"name": "Jo)");
  full.finish = FinishReason::window_full;
  EXPECT_PRED_FORMAT2(testing::IsSubstring, "by the window's end", problem(full).message);
}

TEST(TypedAnswer, ErrorsOfTheModelAndOfTheRequestPassThrough) {
  EXPECT_EQ(problem({.error = Error{.code = ErrorCode::unavailable, .message = "gone"}}).message, "gone");
  const auto model = ScriptedModel::create({says("{}")});
  Request request = question();
  request.format = format::Choice{{"yes"}};
  const auto person = ask<Person>(*model, request, EventSink::none());
  ASSERT_FALSE(person);
  EXPECT_EQ(person.error().code, ErrorCode::invalid_argument);
  EXPECT_TRUE(model->requests().empty());
}

TEST(TypedAnswer, AFormatBesideToolsContinuesTheConversationWithThem) {
  if (!std::filesystem::exists(kDemoModel)) {
    GTEST_SKIP() << kDemoModel << " is not there";
  }
  auto model = LocalModel::open({.load = {.file = kDemoModel}, .engine = {.window_tokens = 1024}});
  ASSERT_TRUE(model) << model.error().message;
  Request request = question();
  request.tools = {{.name = "look_up",
                    .description = "Look somebody up.",
                    .parameters = Json::object({{"type", "object"}, {"properties", Json::object()}})}};
  request.tokens_max = 200;
  const auto with_tools = (*model)->count_tokens(request);
  request.format = format::Schema{schema_of<std::array<bool, 3>>()};
  const auto with_both = (*model)->count_tokens(request);
  ASSERT_TRUE(with_tools && with_both);
  EXPECT_EQ(*with_tools, *with_both) << "the prompt is the same";
  request.format.reset();
  const auto first = (*model)->ask(request, EventSink::none());
  ASSERT_TRUE(first) << first.error().message;
  for (request.sampling.seed = 0; request.sampling.seed < 8; ++request.sampling.seed) {
    Request typed = request;
    typed.sampling.temperature = 2.0F;
    const auto three = ask<std::array<bool, 3>>(**model, typed, EventSink::none());
    EXPECT_TRUE(three) << three.error().message;
  }
  request.format = format::Schema{schema_of<bool>()};
  const auto second = (*model)->ask(request, EventSink::none());
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(second->usage.cached_tokens, second->usage.prompt_tokens - 1) << "nothing is computed twice";
  EXPECT_TRUE(second->message.calls.empty());
  request.tool_choice = ToolChoice::required;
  EXPECT_EQ((*model)->ask(request, EventSink::none()).error().code, ErrorCode::invalid_argument);
}

TEST(TypedAnswer, AReplyThatWasLostIsNoAnswerHoweverWholeItLooks) {
  Reply reply{.message = {.role = Role::assistant, .content = "{}"}};
  EXPECT_TRUE(json_answer(reply, Json::object()));
  reply.lost = Error{.code = ErrorCode::unavailable, .message = "gone", .hint = {}};
  const auto answer = json_answer(reply, Json::object());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error(), *reply.lost);
}

}  // namespace
}  // namespace puna
