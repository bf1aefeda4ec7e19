// The contract of Model, tried on every kind that joins. See model_contract.h.
#include "model/model_contract.h"

#include <set>
#include <string>
#include <thread>
#include <type_traits>
#include <variant>
#include <vector>

namespace puna {

// A kind may be left out of a build, but not the suite.
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ModelContract);

namespace {

using Answers = ModelCase::Answers;

// Keeps all events, and may do something at each.
class EventLog final : public EventSink {
 public:
  explicit EventLog(std::function<void(const Event&)> then = {}) : then_(std::move(then)) {}
  void on(const Event& event) override {
    events.push_back(event);
    if (then_) {
      then_(event);
    }
  }

  template <class Kind>
  [[nodiscard]] std::vector<Kind> all() const {
    std::vector<Kind> found;
    for (const Event& event : events) {
      if (const Kind* kind = std::get_if<Kind>(&event)) {
        found.push_back(*kind);
      }
    }
    return found;
  }

  std::vector<Event> events;

 private:
  std::function<void(const Event&)> then_;
};

// Where in the promised order an event belongs; -1 = a model does not emit it.
int place_of(const Event& event) {
  return std::visit(
      []<class Kind>(const Kind&) {
        if constexpr (std::is_same_v<Kind, event::PromptReady>) {
          return 0;
        } else if constexpr (std::is_same_v<Kind, event::Prefill>) {
          return 1;
        } else if constexpr (std::is_same_v<Kind, event::ReasoningDelta>) {
          return 2;
        } else if constexpr (std::is_same_v<Kind, event::TextDelta>) {
          return 3;
        } else if constexpr (std::is_same_v<Kind, event::ReplyReady>) {
          return 4;
        } else {
          return -1;
        }
      },
      event);
}

std::string joined(const std::vector<event::TextDelta>& deltas) {
  std::string text;
  for (const auto& delta : deltas) {
    text += delta.text;
  }
  return text;
}

std::string joined(const std::vector<event::ReasoningDelta>& deltas) {
  std::string text;
  for (const auto& delta : deltas) {
    text += delta.text;
  }
  return text;
}

TEST_P(ModelContract, HasANameAndAWindow) {
  EXPECT_FALSE(text_model_->name().empty());
  EXPECT_GT(text_model_->window_tokens(), 0);
}

TEST_P(ModelContract, TextDeltasJoinedAreTheContentOfTheReply) {
  EventLog log;
  const auto reply = text_model_->ask(GetParam().text_request, log);
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(reply->message.role, Role::assistant);
  EXPECT_FALSE(reply->message.content.empty());
  EXPECT_EQ(joined(log.all<event::TextDelta>()), reply->message.content);
  EXPECT_EQ(joined(log.all<event::ReasoningDelta>()), reply->message.reasoning);
  EXPECT_GE(log.all<event::TextDelta>().size(), 2U);
}

TEST_P(ModelContract, DeltasAreWholeCharactersAndNeverEmpty) {
  EventLog log;
  ASSERT_TRUE(text_model_->ask(GetParam().text_request, log));
  for (const auto& delta : log.all<event::TextDelta>()) {
    EXPECT_TRUE(utf8::is_valid(delta.text)) << printable(delta.text);
    EXPECT_FALSE(delta.text.empty());
  }
}

TEST_P(ModelContract, EventsComeInThePromisedOrderAndEndWithReplyReady) {
  for (const Answers answers : {Answers::text, Answers::calls}) {
    EventLog log;
    const auto& request = answers == Answers::text ? GetParam().text_request : GetParam().call_request;
    Model& model = answers == Answers::text ? *text_model_ : *call_model_;
    const auto reply = model.ask(request, log);
    ASSERT_TRUE(reply) << reply.error().message;
    ASSERT_EQ(log.all<event::ReplyReady>().size(), 1U);
    int place = 0;
    for (const Event& event : log.events) {
      ASSERT_GE(place_of(event), place);
      place = place_of(event);
    }
    EXPECT_EQ(place, 4);
    const event::ReplyReady ready = log.all<event::ReplyReady>().front();
    EXPECT_EQ(ready.usage, reply->usage);
    EXPECT_FALSE(ready.raw.empty());
    EXPECT_FALSE(log.all<event::Prefill>().empty());
  }
}

TEST_P(ModelContract, CallsHaveIdsThatAreNewInTheConversation) {
  Request request = GetParam().call_request;
  std::set<std::string> ids;
  for (int round = 0; round < 2; ++round) {
    const auto reply = call_model_->ask(request, EventSink::none());
    ASSERT_TRUE(reply) << reply.error().message;
    ASSERT_FALSE(reply->message.calls.empty()) << reply->message.content;
    request.messages.push_back(reply->message);
    for (const ToolCall& call : reply->message.calls) {
      EXPECT_FALSE(call.id.empty());
      EXPECT_TRUE(ids.insert(call.id).second) << call.id << " twice";
      EXPECT_FALSE(call.name.empty());
      request.messages.push_back({.role = Role::tool, .content = "ok", .call_id = call.id, .tool = call.name});
    }
    request.messages.push_back({.role = Role::assistant, .content = "Done."});
    request.messages.push_back(GetParam().call_request.messages.back());  // the same task again
  }
}

TEST_P(ModelContract, UsageCountsThePromptAsCountTokensDoes) {
  const auto counted = text_model_->count_tokens(GetParam().text_request);
  ASSERT_TRUE(counted) << counted.error().message;
  const auto reply = text_model_->ask(GetParam().text_request, EventSink::none());
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->usage.prompt_tokens, *counted);
  EXPECT_GE(reply->usage.output_tokens, 1);
  EXPECT_GE(reply->usage.cached_tokens, 0);
  EXPECT_LT(reply->usage.cached_tokens, reply->usage.prompt_tokens) << "at least one prompt token is always decoded";
}

TEST_P(ModelContract, ALongerConversationHasMoreTokens) {
  Request request = GetParam().text_request;
  const std::int64_t before = text_model_->count_tokens(request).value();
  request.messages.push_back({.role = Role::assistant, .content = "One more thing."});
  request.messages.push_back({.role = Role::user, .content = "Which one?"});
  EXPECT_GT(text_model_->count_tokens(request).value(), before);
}

TEST_P(ModelContract, TokensMaxEndsTheReply) {
  Request request = GetParam().text_request;
  request.tokens_max = 2;
  EventLog log;
  const auto reply = text_model_->ask(request, log);
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(reply->finish, FinishReason::tokens_max);
  EXPECT_LE(reply->usage.output_tokens, 2);
  EXPECT_EQ(joined(log.all<event::TextDelta>()), reply->message.content);
}

TEST_P(ModelContract, ACallThatIsCutIsMalformedAndNoCall) {
  Request request = GetParam().call_request;
  request.tokens_max = 5;
  const auto reply = call_model_->ask(request, EventSink::none());
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_TRUE(reply->message.calls.empty());
  EXPECT_EQ(reply->finish, FinishReason::tokens_max);
  for (const std::string& malformed : reply->malformed_calls) {
    EXPECT_PRED_FORMAT2(testing::IsSubstring, malformed, reply->message.content);
  }
}

TEST_P(ModelContract, ARequestThatCannotBeAskedIsRefused) {
  const auto expect_refused = [this](const Request& request, const char* what) {
    EventLog log;
    const auto reply = text_model_->ask(request, log);
    ASSERT_FALSE(reply) << what;
    EXPECT_EQ(reply.error().code, ErrorCode::invalid_argument) << what << ": " << reply.error().message;
    EXPECT_FALSE(reply.error().message.empty()) << what;
    EXPECT_TRUE(log.all<event::TextDelta>().empty()) << what;
  };
  expect_refused({}, "no messages");
  Request both = GetParam().call_request;
  both.format = format::Schema{Json::object({{"type", "object"}})};
  expect_refused(both, "a schema where a call is required");
  Request odd = GetParam().text_request;
  odd.format = format::Schema{Json::object({{"type", "no-such-type"}})};
  expect_refused(odd, "a schema with an unknown type");
  Request hot = GetParam().text_request;
  hot.sampling.temperature = -1.0F;
  expect_refused(hot, "a negative temperature");

  EXPECT_FALSE(text_model_->count_tokens({}));
  EXPECT_TRUE(text_model_->ask(GetParam().text_request, EventSink::none()))
      << "a refused request leaves the model usable";
}

TEST_P(ModelContract, APromptThatDoesNotFitIsALimitThatNamesTheWindow) {
  Request request = GetParam().text_request;
  std::string words;
  for (int i = 0; i < text_model_->window_tokens(); ++i) {
    words += " word" + std::to_string(i);
  }
  request.messages.back().content += words;
  const auto reply = text_model_->ask(request, EventSink::none());
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, ErrorCode::limit) << reply.error().message;
  EXPECT_PRED_FORMAT2(testing::IsSubstring, std::to_string(text_model_->window_tokens()), reply.error().message);
  EXPECT_TRUE(text_model_->ask(GetParam().text_request, EventSink::none())) << "the model is usable afterwards";
}

TEST_P(ModelContract, AStopThatWasAskedForBeforeGivesCancelled) {
  std::stop_source stop;
  stop.request_stop();
  EventLog log;
  const auto reply = text_model_->ask(GetParam().text_request, log, stop.get_token());
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, ErrorCode::cancelled) << reply.error().message;
  EXPECT_TRUE(log.all<event::ReplyReady>().empty());
  EXPECT_TRUE(text_model_->ask(GetParam().text_request, EventSink::none())) << "the model is usable afterwards";
}

TEST_P(ModelContract, AStopInTheMiddleGivesCancelled) {
  std::stop_source stop;
  EventLog log([&stop](const Event& event) {
    if (std::holds_alternative<event::TextDelta>(event)) {
      stop.request_stop();
    }
  });
  const auto reply = text_model_->ask(GetParam().text_request, log, stop.get_token());
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, ErrorCode::cancelled) << reply.error().message;
  EXPECT_FALSE(log.all<event::TextDelta>().empty());
  EXPECT_TRUE(log.all<event::ReplyReady>().empty());
}

TEST_P(ModelContract, SeveralThreadsMayAskAtOnce) {
  constexpr std::size_t kThreads = 4;
  std::vector<std::string> answers(kThreads);
  {
    std::vector<std::jthread> threads;
    for (std::string& answer : answers) {
      threads.emplace_back([this, &answer] {
        EventLog log;
        const auto reply = text_model_->ask(GetParam().text_request, log);
        answer = reply ? joined(log.all<event::TextDelta>()) : "error: " + reply.error().message;
        EXPECT_EQ(answer, reply ? reply->message.content : "");
      });
    }
  }
  for (const std::string& answer : answers) {
    EXPECT_FALSE(answer.empty());
  }
}

}  // namespace
}  // namespace puna
