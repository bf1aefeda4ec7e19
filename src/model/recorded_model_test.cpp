// RecordedModel: the contract of every Model through a file's lines, and misses.
#include "puna/model/recorded_model.h"

#include <gtest/gtest.h>

#include "model/model_contract.h"
#include "model/test_script.h"

namespace puna {
namespace {

using model::says;

// Whatever a scripted model says goes through a line of a recording, and a recorded model says it.
class RoundTripModel final : public Model {
 public:
  explicit RoundTripModel(std::vector<ScriptedReply> script) : below_(ScriptedModel::create(std::move(script))) {}

  [[nodiscard]] Result<Reply> ask(const Request& request, EventSink& events, std::stop_token stop) override {
    const RecordedCall call = ask_recorded(*below_, request, EventSink::none());
    if (!call.reply && call.reply.error().code == ErrorCode::invalid_argument) {
      return call.reply;  // a request that nobody can be asked has no line that can be read
    }
    auto read = recorded_call_from_json(Json::parse(to_json(call, nullptr).dump()).value(), nullptr);
    EXPECT_TRUE(read) << (read ? "" : read.error().message);
    const auto recorded = RecordedModel::create({.name = name(), .window_tokens = window_tokens(), .calls = {*read}});
    return recorded->ask(request, events, std::move(stop));
  }
  [[nodiscard]] Result<std::int64_t> count_tokens(const Request& request) override {
    PUNA_TRY(const std::int64_t count, below_->count_tokens(request));
    const auto recorded = RecordedModel::create(
        {.name = name(), .window_tokens = window_tokens(), .calls = {}, .counts = {{request_hash(request), count}}});
    return recorded->count_tokens(request);
  }
  [[nodiscard]] std::string name() const override { return "recorded"; }
  [[nodiscard]] int window_tokens() const override { return below_->window_tokens(); }

 private:
  const std::unique_ptr<ScriptedModel> below_;
};

Request asks(std::string text) {
  Request request;
  request.messages.push_back({.role = Role::user, .content = std::move(text)});
  return request;
}

ToolSpec say_spec() {
  return {.name = "say", .description = "Say it.", .parameters = Json::parse(R"({"type":"object"})").value()};
}

ModelCase recorded_case() {
  Request call_request = asks("Say a long word, please.");
  call_request.tools = {say_spec()};
  call_request.tool_choice = ToolChoice::required;
  const auto open = [](ModelCase::Answers answers) -> std::unique_ptr<Model> {
    ScriptedReply reply;
    if (answers == ModelCase::Answers::text) {
      reply = says("Caf\u00e9 \u2013 \U0001F600\U0001F600\U0001F600 and some more words.");
      reply.message.reasoning = "Think.";
    } else {
      ToolCall& call = reply.message.calls.emplace_back();
      call.name = "say";
      call.arguments = Json::object({{"text", "Donaudampfschiffahrt"}});
    }
    std::vector<ScriptedReply> script(16, reply);
    return std::make_unique<RoundTripModel>(std::move(script));
  };
  return {.name = "Recorded", .open = open, .text_request = asks("Say it."), .call_request = std::move(call_request)};
}

INSTANTIATE_TEST_SUITE_P(Recorded, ModelContract, testing::Values(recorded_case()), name_of_case);

// With everything that a request can have.
Request full_request() {
  Request request = asks("Which?");
  request.messages.push_back({.role = Role::assistant,
                              .content = "This.",
                              .reasoning = "Well.",
                              .calls = {{.id = "a", .name = "say", .arguments = Json::object({{"x", 1.5}})}}});
  request.messages.push_back(
      {.role = Role::tool, .content = "no", .call_id = "a", .tool = "say", .is_error = true, .permission = "by me"});
  request.tools = {say_spec()};
  request.tool_choice = ToolChoice::named("say");
  request.parallel_calls = false;
  request.sampling.temperature = 0.7F;
  request.sampling.seed = 18'446'744'073'709'551'615U;
  request.stop = {"\n\n"};
  request.tokens_max = 12;
  request.reasoning_tokens_max = 3;
  request.agent = AgentId{18'446'744'073'709'551'610U};
  request.turn = 4;
  return request;
}

TEST(RequestJson, IsReadBackWhole) {
  std::vector<Request> requests{full_request(), asks("x")};
  for (const OutputFormat& format : {OutputFormat(format::Schema{Json::object({{"type", "object"}})}),
                                     OutputFormat(format::Gbnf{.text = "root ::= \"a\""}),
                                     OutputFormat(format::Pattern{"a+"}), OutputFormat(format::Choice{{"a", "b"}})}) {
    requests.push_back(asks("y"));
    requests.back().format = format;
  }
  for (const Request& request : requests) {
    const auto read = request_from_json(Json::parse(to_json(request).dump()).value());
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(to_json(*read).dump(), to_json(request).dump());
    EXPECT_EQ(request_hash(*read), request_hash(request));
  }
  EXPECT_NE(request_hash(requests[1]), request_hash(requests[2])) << "a format is part of a request";
}

TEST(RequestJson, WhatIsNoRequestIsRefused) {
  const Json whole = to_json(full_request());
  for (const auto& [member, value] : {std::pair<std::string_view, Json>("messages", 1),
                                      {"tools", Json()},
                                      {"agent_id", -1},
                                      {"turn", "x"},
                                      {"tool_choice", "sometimes"},
                                      {"sampling", Json::object({{"temperature", "hot"}})},
                                      {"stop", Json::array({1})},
                                      {"tokens_max", 99'999'999'999},
                                      {"format", Json::object({{"shape", "round"}})},
                                      {"reasoning_tokens_max", -1}}) {
    Json damaged = whole;
    damaged.set(member, value);
    EXPECT_FALSE(request_from_json(damaged)) << member;
  }
}

RecordedCall recorded(const Request& request, std::string text) {
  const auto scripted = ScriptedModel::create({says(std::move(text))});
  return ask_recorded(*scripted, request, EventSink::none());
}

TEST(RecordedCall, IsWrittenWithoutWhatTheCallBeforeHad) {
  const RecordedCall first = recorded(full_request(), "One.");
  Request longer = full_request();
  longer.messages.push_back({.role = Role::assistant, .content = "One."});
  longer.messages.push_back({.role = Role::user, .content = "And?"});
  RecordedCall second = recorded(longer, "Two.");
  second.prompt = {1, 2, 3};
  second.reply->tokens = {7, 8};
  second.is_stopped = true;
  const Json line = to_json(second, &first);
  EXPECT_EQ(line.find("messages_same")->as_integer(), 3);
  EXPECT_EQ(line.find("messages")->as_array().size(), 2U);
  EXPECT_EQ(line.find("tools"), nullptr);
  const auto read = recorded_call_from_json(line, &first);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(to_json(*read, nullptr).dump(), to_json(second, nullptr).dump());
  EXPECT_EQ(read->hash, request_hash(read->request));
  EXPECT_FALSE(recorded_call_from_json(line, nullptr)) << "the call before is missing";
  Json damaged = line;
  damaged.set("events", Json::array({Json::object({{"type", "run.ended"}})}));
  EXPECT_FALSE(recorded_call_from_json(damaged, &first));
  damaged = line;
  damaged.set("messages_same", 9);
  EXPECT_FALSE(recorded_call_from_json(damaged, &first));
}

TEST(RecordedModel, AMissNamesTheFirstPlaceWithBothSides) {
  const auto model =
      RecordedModel::create({.name = "m", .window_tokens = 100, .calls = {recorded(asks("4 + 4"), "8")}});
  const auto reply = model->ask(asks("4 + 5"), EventSink::none());
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, ErrorCode::unavailable);
  EXPECT_EQ(reply.error().message,
            "call 1 of the model is not the recorded one: messages[0].content, byte 4: was \"4 + 4\", is \"4 + 5\"");
  EXPECT_EQ(model->miss(), reply.error());
  EXPECT_EQ(model->calls_left(), 1U) << "a miss takes no reply";
  EXPECT_EQ(model->ask(asks("4 + 4"), EventSink::none())->message.content, "8");
  EXPECT_EQ(model->ask(asks("4 + 4"), EventSink::none()).error().message,
            "the recording has 1 calls of the model, and this is one more");
  EXPECT_EQ(model->miss(), reply.error()) << "the first one";
  EXPECT_FALSE(model->count_tokens(asks("4 + 4")));
}

TEST(RecordedModel, GivesErrorsAgainAndTellsOfEachAnswer) {
  const auto scripted =
      ScriptedModel::create({{.error = Error{.code = ErrorCode::limit, .message = "full", .hint = "less"}}});
  std::stop_source stop;
  RecordedCall call = ask_recorded(*scripted, asks("x"), EventSink::none(), stop.get_token());
  call.is_stopped = true;
  int stops = 0;
  const auto model = RecordedModel::create({.name = "m", .window_tokens = 100, .calls = {call}},
                                           [&stops](const RecordedCall& each) { stops += each.is_stopped ? 1 : 0; });
  EXPECT_EQ(model->ask(asks("x"), EventSink::none()).error(),
            (Error{.code = ErrorCode::limit, .message = "full", .hint = "less"}));
  EXPECT_EQ(stops, 1);
}

TEST(AskAgain, NamesTheFirstTokenThatDiffers) {
  RecordedCall call = recorded(asks("Sing."), "la la");
  EXPECT_FALSE(ask_again(*ScriptedModel::create({says("la la")}), call, {})->difference);
  EXPECT_EQ(ask_again(*ScriptedModel::create({says("la lu")}), call, {})->difference,
            R"(the reply, byte 4: was "la la", is "la lu")");
  const auto failing = ScriptedModel::create({});
  EXPECT_TRUE(ask_again(*failing, call, {})->difference->starts_with("the end: was end_of_turn, is unavailable"));

  class TokenModel final : public Model {
   public:
    [[nodiscard]] Result<Reply> ask(const Request& /*request*/, EventSink& events, std::stop_token /*stop*/) override {
      events.on(event::PromptReady{.prompt = "p", .token_ids = prompt});
      Reply reply;
      reply.tokens = tokens;
      return reply;
    }
    [[nodiscard]] Result<std::int64_t> count_tokens(const Request& /*request*/) override { return 1; }
    [[nodiscard]] std::string name() const override { return "tokens"; }
    [[nodiscard]] int window_tokens() const override { return 9; }
    std::string prompt = "5 6";
    std::vector<Token> tokens{0, 1, 2};
  };
  TokenModel model;
  call = ask_recorded(model, asks("x"), EventSink::none());
  EXPECT_EQ(call.prompt, (std::vector<Token>{5, 6}));
  const auto letter = [](Token token) { return std::string(1, static_cast<char>('a' + token)); };
  EXPECT_EQ(ask_again(model, call, letter)->tokens, 3U);
  model.tokens = {0, 3};
  EXPECT_EQ(ask_again(model, call, letter)->difference, R"(token 2 of the reply: was 1 "b", is 3 "d"; before it "a")");
  model.tokens = {0, 1};
  EXPECT_EQ(ask_again(model, call, letter)->difference,
            R"(token 3 of the reply: was 2 "c", is the end; before it "ab")");
  model.prompt = "5 7";
  EXPECT_EQ(ask_again(model, call, letter)->difference, R"(token 2 of the prompt: was 6 "g", is 7 "h"; before it "f")");
}

}  // namespace
}  // namespace puna
