// Questions of servers: what the user is asked, and what becomes of each answer.
#include "tools/mcp_elicitation.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tools/mcp_answers.h"

namespace puna::tools {
namespace {

// Answers from a list; behind its end, nobody is there.
class ScriptedUser final : public User {
 public:
  explicit ScriptedUser(std::vector<std::string> answers) : answers_(std::move(answers)) {}
  [[nodiscard]] Result<std::string> answer(std::string_view question, const std::stop_token& stop) override {
    questions.emplace_back(question);
    if (stop.stop_requested()) {
      return fail(ErrorCode::cancelled, "stopped");
    }
    if (questions.size() > answers_.size()) {
      return fail(ErrorCode::unavailable, "nobody");
    }
    return answers_[questions.size() - 1];
  }
  std::vector<std::string> questions;

 private:
  std::vector<std::string> answers_;
};

Json form(std::string_view properties, std::string_view required = "[]") {
  return *Json::parse(format_text(
      R"({{"message": "Please\u001b[2J say", "requestedSchema": {{"type": "object", "properties": {}, "required": {}}}}})",
      properties, required));
}
std::string asked(const Json& params, std::vector<std::string> answers) {
  ScriptedUser user(std::move(answers));
  const auto result = elicit("shop", params, user, {});
  return result ? result->dump() : "error: " + result.error().message;
}

TEST(McpElicitation, TheUserHearsWhoAsksAndMayDeclineOrGoAway) {
  const Json params = form(R"({"name": {"type": "string", "title": "Your name"}})");
  ScriptedUser user({"n"});
  const auto declined = elicit("shop", params, user, {});
  ASSERT_TRUE(declined);
  EXPECT_EQ(declined->dump(), R"({"action":"decline"})");
  ASSERT_EQ(user.questions.size(), 1U);
  EXPECT_EQ(user.questions[0],
            "MCP server 'shop' asks: Please\\x1b[2J say\nIt wants to know: Your name\nAnswer it? y or n");
  EXPECT_EQ(asked(params, {"whatever"}), R"({"action":"decline"})");
  EXPECT_EQ(asked(params, {}), R"({"action":"cancel"})");
  EXPECT_EQ(asked(params, {"y"}), R"({"action":"cancel"})");
  std::stop_source stop;
  stop.request_stop();
  ScriptedUser stopped({"y", "Ada"});
  EXPECT_EQ(elicit("shop", params, stopped, stop.get_token())->dump(), R"({"action":"cancel"})");
}

TEST(McpElicitation, AnEmptyAnswerIsTheDefaultOrLeavesTheFieldOut) {
  const Json params =
      form(R"({"name": {"type": "string", "default": "John Doe"}, "age": {"type": "integer", "default": 30},
      "score": {"type": "number", "default": 95.5}, "status": {"type": "string", "enum": ["on", "off"], "default": "on"},
      "verified": {"type": "boolean", "default": true}, "note": {"type": "string"}})");
  EXPECT_EQ(asked(params, {"y", "", "", "", "", "", ""}),
            R"({"action":"accept","content":{"name":"John Doe","age":30,"score":95.5,"status":"on","verified":true}})");
  const Json needed = form(R"({"name": {"type": "string"}})", R"(["name"])");
  EXPECT_EQ(asked(needed, {"y", "", " ", "Ada"}), R"({"action":"accept","content":{"name":"Ada"}})");
  EXPECT_EQ(asked(needed, {"y", "", "", ""}), R"({"action":"cancel"})");
  EXPECT_EQ(asked(form("{}"), {"yes"}), R"({"action":"accept","content":{}})");
}

TEST(McpElicitation, AnswersAreReadInTheFieldsTypeAndHeldToItsSchema) {
  struct Case {
    std::string schema;
    std::string typed;
    std::string value;  // empty: it does not fit
  };
  for (const Case& one : std::vector<Case>{
           {R"({"type": "integer", "minimum": 1})", "7", "7"},
           {R"({"type": "integer", "minimum": 1})", "0", ""},
           {R"({"type": "integer"})", "1.5", ""},
           {R"({"type": "integer"})", "seven", ""},
           {R"({"type": "number"})", " 1e2 ", "100.0"},
           {R"({"type": "boolean"})", "No", "false"},
           {R"({"type": "boolean"})", "true", "true"},
           {R"({"type": "boolean"})", "perhaps", ""},
           {R"({"type": "string", "maxLength": 3})", "abcd", ""},
           {R"({"type": "string"})", "7", R"("7")"},
           {R"({"type": "string", "enum": ["a", "b"], "enumNames": ["First", "Second"]})", "b", R"("b")"},
           {R"({"type": "string", "enum": ["a", "b"], "enumNames": ["First", "Second"]})", "Second", R"("b")"},
           {R"({"type": "string", "enum": ["a", "b"]})", "c", ""},
           {R"({"type": "string", "oneOf": [{"const": "x", "title": "Ex"}]})", "Ex", R"("x")"},
           {R"({"type": "array", "items": {"type": "string", "enum": ["a", "b", "c"]}})", "a, c", R"(["a","c"])"},
           {R"({"type": "array", "items": {"type": "string", "enum": ["a", "b", "c"]}})", "a, d", ""},
           {R"({"type": "array", "maxItems": 1, "items": {"anyOf": [{"const": "a"}, {"const": "b"}]}})", "a,b", ""}}) {
    const std::string got =
        asked(form(R"({"f": )" + one.schema + "}", R"(["f"])"), {"y", one.typed, one.typed, one.typed});
    EXPECT_EQ(got,
              one.value.empty() ? R"({"action":"cancel"})" : R"({"action":"accept","content":{"f":)" + one.value + "}}")
        << one.schema << one.typed;
  }
}

TEST(McpElicitation, WhatIsNoFormIsAnErrorAndAsksNobody) {
  std::string many;
  for (int i = 0; i <= 20; ++i) {
    many += format_text(R"({}"f{}": {{"type": "string"}})", i == 0 ? "" : ", ", i);
  }
  for (const Json& params :
       {Json(), Json::object(), *Json::parse(R"({"mode": "url", "url": "https://example.org", "message": "go"})"),
        *Json::parse(R"({"requestedSchema": {"properties": 7}})"), form("{" + many + "}"),
        form(R"({"deep": {"type": "object"}})"), form(R"({"list": {"type": "array", "items": {"type": "string"}}})"),
        form(R"({"f": 7})")}) {
    ScriptedUser user({"y", "y"});
    const auto result = elicit("shop", params, user, {});
    ASSERT_FALSE(result) << params.dump();
    EXPECT_EQ(result.error().code, ErrorCode::invalid_argument);
    EXPECT_TRUE(user.questions.empty());
  }
}

TEST(McpAnswers, OnlyWhatIsThereIsOfferedAndSamplingNever) {
  McpAnswers nobody("shop", nullptr, {});
  EXPECT_EQ(nobody.capabilities().dump(), "{}");
  EXPECT_EQ(nobody.answer("elicitation/create", Json(), {})->dump(), R"({"action":"decline"})");
  EXPECT_EQ(nobody.answer("ping", Json(), {})->dump(), "{}");
  EXPECT_EQ(nobody.answer("roots/list", Json(), {}).error().code, ErrorCode::not_found);
  ScriptedUser user({});
  McpAnswers all("shop", &user, {"/srv/my files/ä"});
  EXPECT_EQ(all.capabilities().dump(), R"({"elicitation":{"form":{}},"roots":{}})");
  EXPECT_EQ(all.answer("roots/list", Json(), {})->dump(),
            R"({"roots":[{"uri":"file:///srv/my%20files/%C3%A4","name":"ä"}]})");
  for (const std::string_view method : {"sampling/createMessage", "tasks/list", "", "elicitation/complete"}) {
    EXPECT_EQ(all.answer(method, Json(), {}).error().code, ErrorCode::not_found) << method;
  }
  RpcMessage request{.kind = RpcMessage::Kind::request, .id = Json(7), .method = "sampling/createMessage"};
  EXPECT_EQ(Json::parse(all.reply_to(request, {}))->find("error")->find("code")->as_integer(), -32601);
  request.method = "elicitation/create";
  EXPECT_EQ(Json::parse(all.reply_to(request, {}))->find("error")->find("code")->as_integer(), -32602);
}

TEST(McpAnswers, OneCallMayAskTwentyTimes) {
  ScriptedUser user(std::vector<std::string>(100, "n"));
  McpAnswers answers("shop", &user, {});
  const Json params = form("{}");
  for (int call = 0; call < 2; ++call) {
    answers.begin_call();
    for (int i = 0; i < 25; ++i) {
      EXPECT_EQ(answers.answer("elicitation/create", params, {})->text_or("action"), i < 20 ? "decline" : "cancel");
    }
  }
  EXPECT_EQ(user.questions.size(), 40U);
}

}  // namespace
}  // namespace puna::tools
