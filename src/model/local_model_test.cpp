// LocalModel on the bundled demo model: the contract of every Model, and what only real inference can show. Nothing
// here depends on how good the demo model is.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "model/model_contract.h"
#include "model/test_demo_model.h"

namespace puna {
namespace {

using model::call_request;
using model::kDemoModel;
using model::text_request;

std::unique_ptr<LocalModel> open_demo(Profile profile = Profile::deterministic, int window_tokens = 1024) {
  auto model =
      LocalModel::open({.load = {.file = kDemoModel}, .engine = {.window_tokens = window_tokens, .profile = profile}});
  EXPECT_TRUE(model) << model.error().message;
  return model ? *std::move(model) : nullptr;
}

ToolSpec level_switch() {
  return {.name = "set_switch",
          .description = "Turn a switch on or off.",
          .parameters = *Json::parse(R"({"type": "object", "required": ["room", "on"], "properties": {
              "room": {"type": "string", "enum": ["kitchen", "hall", "attic \"north\""]},
              "on": {"type": "boolean"}, "level": {"type": "integer"}, "when": {"type": "null"}}})")};
}

ModelCase local_case() {
  return {.name = "Local",
          .open = [](ModelCase::Answers) -> std::unique_ptr<Model> {
            return std::filesystem::exists(kDemoModel) ? open_demo() : nullptr;
          },
          .text_request = text_request("Tell me a long story about a river and a boat.", 1.0F),
          .call_request = call_request(level_switch())};
}

INSTANTIATE_TEST_SUITE_P(Local, ModelContract, testing::Values(local_case()), name_of_case);

TEST(LocalModel, NoSeedAtAnyTemperatureGivesACallThatItsSchemaRefuses) {
  const auto model = open_demo();
  Request request = call_request(level_switch());
  request.sampling = {.temperature = 3.0F, .top_k = 0, .top_p = 1.0F, .min_p = 0.0F};
  int calls = 0;
  for (request.sampling.seed = 0; request.sampling.seed < 12; ++request.sampling.seed) {
    const auto reply = model->ask(request, EventSink::none());
    ASSERT_TRUE(reply) << reply.error().message;
    for (const ToolCall& call : reply->message.calls) {
      EXPECT_EQ(call.name, "set_switch");
      EXPECT_EQ(schema_violations(level_switch().parameters, call.arguments), std::vector<std::string>{})
          << call.arguments.dump();
      ++calls;
    }
    // Only running out of tokens can leave a call unfinished.
    EXPECT_TRUE(reply->malformed_calls.empty() || reply->finish == FinishReason::tokens_max);
  }
  EXPECT_GE(calls, 12);
}

TEST(LocalModel, ANamedToolIsCalledOnceWhereParallelCallsAreOffWhateverTheModelWants) {
  const auto model = open_demo();
  Request request = call_request(level_switch());
  request.tools.push_back({.name = "ring_bell", .description = "Rings.", .parameters = {}});
  request.tool_choice = ToolChoice::named("ring_bell");
  request.parallel_calls = false;
  request.sampling = {.temperature = 3.0F, .top_k = 0, .top_p = 1.0F, .min_p = 0.0F};
  for (request.sampling.seed = 0; request.sampling.seed < 8; ++request.sampling.seed) {
    const auto reply = model->ask(request, EventSink::none());
    ASSERT_TRUE(reply) << reply.error().message;
    if (reply->finish == FinishReason::tokens_max) {
      continue;  // a long thought
    }
    ASSERT_EQ(reply->message.calls.size(), 1U) << reply->message.content;
    EXPECT_EQ(reply->message.calls[0].name, "ring_bell");
    EXPECT_EQ(reply->message.calls[0].id.size(), 9U);
  }
  request.tool_choice = ToolChoice::named("sing");
  const auto refused = model->ask(request, EventSink::none());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::invalid_argument);
  EXPECT_TRUE(refused.error().hint.contains("ring_bell")) << refused.error().hint;
}

TEST(LocalModel, NoSeedAtAnyTemperatureGivesAnAnswerThatItsSchemaRefuses) {
  const auto model = open_demo();
  Request request = text_request("Describe the box.", 3.0F);
  request.sampling.top_k = 0;
  request.tokens_max = 200;
  const Json schema = *Json::parse(R"({"type": "object", "required": ["size", "lid"], "properties": {
      "size": {"enum": ["small", "large"]}, "lid": {"type": "boolean"},
      "inside": {"type": "array", "items": {"type": "integer"}}}})");
  request.format = format::Schema{schema};
  int whole = 0;
  for (request.sampling.seed = 0; request.sampling.seed < 12; ++request.sampling.seed) {
    const auto reply = model->ask(request, EventSink::none());
    ASSERT_TRUE(reply) << reply.error().message;
    if (reply->finish != FinishReason::end_of_turn) {
      continue;  // a very long array met tokens_max
    }
    const auto value = Json::parse(reply->message.content);
    ASSERT_TRUE(value) << reply->message.content;
    EXPECT_EQ(schema_violations(schema, *value), std::vector<std::string>{}) << reply->message.content;
    ++whole;
  }
  EXPECT_GE(whole, 6);
}

TEST(LocalModel, AReplyEchoesWhatWasInForceAndAskingForThatSaysTheSame) {
  const auto model = open_demo();
  Request request = text_request("Tell me about a boat.", 0.9F);
  request.sampling.top_k = 30;
  request.sampling.mirostat = 0;
  request.sampling.seed = 3;
  request.sampling.n_probs = 2;
  const auto first = model->ask(request, EventSink::none());
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(first->sampling.temperature, 0.9F);
  EXPECT_EQ(first->sampling.top_k, 30);
  EXPECT_EQ(first->sampling.top_p, 0.95F);  // nobody asked: the default
  EXPECT_EQ(first->sampling.seed, 3U);
  request.sampling = first->sampling;
  const auto again = model->ask(request, EventSink::none());
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->sampling, first->sampling);
  EXPECT_EQ(again->message, first->message);
}

TEST(LocalModel, LogProbabilitiesSpellTheReply) {
  const auto model = open_demo();
  Request request = text_request("Hello!");
  request.sampling.n_probs = 3;
  const auto reply = model->ask(request, EventSink::none());
  ASSERT_TRUE(reply) << reply.error().message;
  std::string text;
  for (const auto& [chosen, best] : reply->probabilities) {
    text += chosen.text;
    ASSERT_EQ(best.size(), 3U);
    EXPECT_EQ(best[0].token, chosen.token);  // greedy, and no grammar
    EXPECT_LE(best[1].log_probability, best[0].log_probability);
  }
  EXPECT_NE(text.find(reply->message.content), std::string::npos) << text;
  EXPECT_FALSE(reply->message.content.empty());
  request.sampling.n_probs = 0;
  EXPECT_TRUE(model->ask(request, EventSink::none())->probabilities.empty());
}

TEST(LocalModel, SamplingWithoutEffectIsRefusedBeforeAnythingIsComputed) {
  const auto model = open_demo();
  Request request = text_request("Hello!");
  request.sampling.top_p = 0.5F;
  const auto reply = model->ask(request, EventSink::none());
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, ErrorCode::invalid_argument);
  EXPECT_TRUE(reply.error().message.starts_with("top_p")) << reply.error().message;
}

TEST(LocalModel, ACallIsValidWhicheverWayItsTokensAreChosen) {
  const auto model = open_demo();
  const auto ask = [&](Sampling sampling) {
    Request request = call_request(level_switch());
    request.sampling = std::move(sampling);
    const auto reply = model->ask(request, EventSink::none());
    ASSERT_TRUE(reply) << reply.error().message;
    EXPECT_TRUE(!reply->message.calls.empty() || reply->finish == FinishReason::tokens_max);
    for (const ToolCall& call : reply->message.calls) {
      EXPECT_EQ(schema_violations(level_switch().parameters, call.arguments), std::vector<std::string>{});
    }
  };
  ask({.temperature = 1.5F, .mirostat = 2});
  ask({.temperature = 1.5F, .mirostat = 1});
  ask({.temperature = 2.0F, .dynatemp_range = 1.0F, .top_n_sigma = 2.0F, .xtc_probability = 1.0F});
  ask({.dry_multiplier = 1.0F, .seed = 2});
  ask({.adaptive_target = 0.2F, .samplers = std::vector{SamplerStage::min_p, SamplerStage::adaptive_p}});
}

TEST(LocalModel, ALongerConversationComputesOnlyWhatIsNew) {
  const auto model = open_demo(Profile::fast);
  Request request = text_request("Remember the word lantern, and the number 5512, and the city of Porto.");
  const auto first = model->ask(request, EventSink::none());
  ASSERT_TRUE(first);
  request.messages.push_back(first->message);
  request.messages.push_back({.role = Role::user, .content = "Which city?"});
  const auto second = model->ask(request, EventSink::none());
  ASSERT_TRUE(second);
  EXPECT_GE(second->usage.cached_tokens, first->usage.prompt_tokens);
  EXPECT_LT(second->usage.cached_tokens, second->usage.prompt_tokens);
}

TEST(LocalModel, ARoleIsComputedAheadAndNoRequestOfItComputesItAgain) {
  const auto model = open_demo();
  const Request role{.messages = {{.role = Role::system, .content = "You turn switches."}}, .tools = {level_switch()}};
  const auto pin = model->prewarm(role);
  ASSERT_TRUE(pin) << pin.error().message;
  ASSERT_TRUE(*pin);
  const std::int64_t ahead = model->engine().stats().tokens_prefilled;
  EXPECT_GT(ahead, 20);
  for (const char* text : {"Turn on the hall.", "Is anything on?"}) {
    Request request = role;
    request.messages.push_back({.role = Role::user, .content = text});
    request.tokens_max = 4;
    const auto reply = model->ask(request, EventSink::none());
    ASSERT_TRUE(reply) << reply.error().message;
    EXPECT_EQ(reply->usage.cached_tokens, ahead);
  }
}

TEST(LocalModel, TheSameRequestTwiceStillComputesItsLastToken) {
  const auto model = open_demo(Profile::fast);
  const Request request = text_request("Hello there");
  const auto first = model->ask(request, EventSink::none());
  const auto second = model->ask(request, EventSink::none());
  ASSERT_TRUE(first && second);
  EXPECT_EQ(second->usage.cached_tokens, second->usage.prompt_tokens - 1);
  EXPECT_EQ(second->message, first->message);
}

TEST(LocalModel, TheDeterministicProfileGivesTheSameTextAloneAndBesideSevenOthers) {
  const auto alone = open_demo();
  const auto crowded = open_demo();
  std::vector<std::jthread> others;
  for (int i = 0; i < 7; ++i) {
    others.emplace_back([&crowded, i] {
      const auto reply =
          crowded->ask(text_request("Another question, number " + std::to_string(i), 1.0F), EventSink::none());
      EXPECT_TRUE(reply);
    });
  }
  for (const float temperature : {0.0F, 1.0F}) {
    const Request request = text_request("Tell me about the harbour.", temperature);
    const auto a = alone->ask(request, EventSink::none());
    const auto b = crowded->ask(request, EventSink::none());
    ASSERT_TRUE(a && b);
    EXPECT_EQ(a->message, b->message);
  }
}

TEST(LocalModel, APromptBeyondTheWindowIsRefusedWithBothSizes) {
  const auto model = open_demo(Profile::fast, 64);
  std::string words;
  for (int i = 0; i < 100; ++i) {
    words += "word" + std::to_string(i) + " ";
  }
  const auto reply = model->ask(text_request(words), EventSink::none());
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, ErrorCode::limit);
  EXPECT_TRUE(reply.error().message.contains("64")) << reply.error().message;
}

TEST(LocalModel, ReasoningIsClosedAfterExactlyAsManyTokensAsItMayHave) {
  const std::string thinks =
      "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
      "{% if add_generation_prompt %}<|im_start|>assistant\n<think>\n{% endif %}";
  const auto model =
      LocalModel::open({.load = {.file = kDemoModel}, .engine = {.window_tokens = 512}, .chat_template = thinks});
  ASSERT_TRUE(model) << model.error().message;
  for (const bool strict : {false, true}) {
    for (const int budget : {0, 1, 7, 20}) {
      Request request = text_request("What is a river?", 1.5F);
      request.reasoning_tokens_max = budget;
      request.sampling.n_probs = 1;  // for each token's text
      if (strict) {
        request.format = format::Choice{{"yes", "no"}};
      }
      const auto reply = (*model)->ask(request, EventSink::none());
      ASSERT_TRUE(reply) << reply.error().message;
      std::string raw;
      int tokens = 0;
      for (const auto& token : reply->probabilities) {
        raw += token.chosen.text;
        tokens += raw.contains("</think>") ? 0 : 1;
      }
      if (!strict && !raw.contains("</think>")) {  // the model ended its turn before
        EXPECT_LE(tokens, budget) << raw;
        continue;
      }
      ASSERT_TRUE(raw.contains("</think>")) << raw;
      // The closing tag's own first tokens are counted too: it is no token of this vocabulary.
      const std::vector<PromptPart> tag = {{.text = "</think>"}};
      const auto closing = static_cast<int>((*model)->engine().weights().tokenize(tag)->size()) - 1;
      EXPECT_LE(tokens, budget + closing) << raw;
      EXPECT_EQ(raw.find("</think>"), raw.rfind("</think>")) << raw;
      if (strict) {
        EXPECT_TRUE(reply->message.content == "yes" || reply->message.content == "no") << raw;
      }
    }
  }
}

TEST(LocalModel, ATemplateOverrideIsUsedAndABrokenOneIsRefusedBeforeTheWeightsAreRead) {
  const auto plain = LocalModel::open(
      {.load = {.file = kDemoModel}, .engine = {.window_tokens = 256}, .chat_template = *built_in_template("llama-2")});
  ASSERT_TRUE(plain);
  std::string prompt;
  class Keep : public EventSink {
   public:
    explicit Keep(std::string& to) : to_(to) {}
    void on(const Event& event) override {
      if (const auto* ready = std::get_if<event::PromptReady>(&event)) {
        to_ = ready->prompt;
      }
    }

   private:
    std::string& to_;
  } keep(prompt);
  ASSERT_TRUE((*plain)->ask(text_request("Hello"), keep));
  EXPECT_TRUE(prompt.contains("[INST] Hello [/INST]")) << prompt;

  bool loaded = false;
  const auto broken = LocalModel::open({.load = {.file = kDemoModel}, .chat_template = "{% for %}"}, [&](float) {
    loaded = true;
    return true;
  });
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().code, ErrorCode::invalid_argument);
  EXPECT_FALSE(loaded);
}

TEST(LocalModel, AConversationThatWasSavedIsNotComputedAgainByAnotherModel) {
  const auto file = std::filesystem::path(testing::TempDir()) / format_text("conversation-{}.kv", ::getpid());
  Request request = text_request("Tell me a long story about a river and a boat.");
  request.agent = AgentId{1};
  std::int64_t held = 0;
  {
    const auto model = open_demo();
    EXPECT_EQ(*model->save(request.agent, file), 0);  // there is none
    EXPECT_FALSE(std::filesystem::exists(file));
    const auto reply = model->ask(request, EventSink::none());
    ASSERT_TRUE(reply) << reply.error().message;
    request.messages.push_back(reply->message);
    request.messages.push_back({.role = Role::user, .content = "And then?"});
    const auto saved = model->save(request.agent, file);
    ASSERT_TRUE(saved) << saved.error().message;
    held = *saved;
    EXPECT_GT(held, reply->usage.prompt_tokens);
  }
  const auto cold = open_demo()->ask(request, EventSink::none());
  ASSERT_TRUE(cold) << cold.error().message;
  EXPECT_EQ(cold->usage.cached_tokens, 0);
  const auto model = open_demo();
  const auto restored = model->restore(request.agent, file);
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_EQ(*restored, held);
  const auto warm = model->ask(request, EventSink::none());
  ASSERT_TRUE(warm) << warm.error().message;
  EXPECT_GE(warm->usage.cached_tokens, held - 1);
  EXPECT_EQ(warm->message.content, cold->message.content);
  EXPECT_EQ(open_demo(Profile::fast)->restore(request.agent, file).error().code, ErrorCode::invalid_argument);
  std::filesystem::remove(file);
  EXPECT_EQ(model->restore(request.agent, file).error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace puna
