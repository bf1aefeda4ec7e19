#include "puna/model/quick.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "model/test_demo_model.h"

namespace puna {
namespace {

using model::kDemoModel;

std::unique_ptr<LocalModel> demo_model() {
  auto model =
      LocalModel::open({.load = {.file = kDemoModel},
                        .engine = {.window_tokens = 512, .sequences_max = 4, .profile = Profile::deterministic}});
  EXPECT_TRUE(model) << model.error().message;
  return *std::move(model);
}

std::vector<std::string> some_prompts() {
  std::vector<std::string> prompts;
  for (int i = 0; i < 12; ++i) {
    prompts.push_back("Please say the number " + std::to_string(i) + ".");
  }
  return prompts;
}

TEST(Quick, OneAnswerComesFromAFile) {
  const auto answer = generate_once(kDemoModel, "Hello", 32);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_NE(answer->find("Hello"), std::string::npos) << *answer;
}

TEST(Quick, OneAnswerComesFromTheFileThatACardNamesWithItsWindow) {
  const auto folder = std::filesystem::temp_directory_path() / ("puna-quick-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "model.json") << Json::object({{"name", "demo"},
                                                        {"path", kDemoModel.string()},
                                                        {"architecture", "x"},
                                                        {"parameters", "1B"},
                                                        {"quantization", "x"},
                                                        {"context_length", 16}})
                                              .dump();
  const auto short_one =
      generate_once(folder / "model.json", "Hello, how are you on this fine day? Please tell me more.");
  std::filesystem::remove_all(folder);
  ASSERT_FALSE(short_one);  // the card's window holds no such prompt
  EXPECT_EQ(short_one.error().code, ErrorCode::limit);
}

TEST(Quick, AFileThatIsNotThereIsAnError) {
  EXPECT_EQ(generate_once("/nowhere/model.gguf", "Hello").error().code, ErrorCode::not_found);
  EXPECT_EQ(generate_once("/nowhere/model.json", "Hello").error().code, ErrorCode::not_found);
}

TEST(Quick, ManyAnswersAreThoseThatEachRequestGetsAlone) {
  const auto model = demo_model();
  const std::vector<std::string> prompts = some_prompts();
  const auto together = ask_all(*model, prompts, {.temperature = 0});
  ASSERT_EQ(together.size(), prompts.size());
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    const auto alone = ask_text(*model, prompts[i], {.temperature = 0});
    ASSERT_TRUE(alone && together[i]);
    EXPECT_EQ(*together[i], *alone) << prompts[i];
  }
}

TEST(Quick, EqualRequestsDrawDifferentNumbersTheSameInEveryRun) {
  const auto model = demo_model();
  const Sampling hot{.temperature = 20.0F, .top_k = 0, .top_p = 1.0F, .min_p = 0.0F, .seed = 3};
  const std::vector<Request> requests(6,
                                      {.messages = {{.content = "Tell me a story"}}, .sampling = hot, .tokens_max = 6});
  std::set<std::string> different;
  const auto first = ask_all(*model, requests);
  const auto second = ask_all(*model, requests);
  for (std::size_t i = 0; i < requests.size(); ++i) {
    ASSERT_TRUE(first[i] && second[i]);
    EXPECT_EQ(first[i]->message.content, second[i]->message.content);
    different.insert(first[i]->message.content);
  }
  EXPECT_GT(different.size(), 3U);
}

TEST(Quick, ARequestThatFailsEndsNoOther) {
  const auto model = demo_model();
  const std::vector<Request> requests{{.messages = {{.content = "Hello"}}, .tokens_max = 8},
                                      {.messages = {}},
                                      {.messages = {{.content = "Hello"}}, .tokens_max = 8}};
  const auto replies = ask_all(*model, requests, 2);
  ASSERT_EQ(replies.size(), 3U);
  EXPECT_TRUE(replies[0]);
  EXPECT_FALSE(replies[1]);
  EXPECT_TRUE(replies[2]);
}

TEST(Quick, NoRequestsNoReplies) {
  const auto model = ScriptedModel::create({});
  EXPECT_TRUE(ask_all(*model, std::span<const Request>()).empty());
}

TEST(Quick, AStopEndsAllOfThem) {
  const auto model = demo_model();
  std::stop_source stop;
  stop.request_stop();
  for (const auto& text : ask_all(*model, some_prompts(), {}, stop.get_token())) {
    ASSERT_FALSE(text);
    EXPECT_EQ(text.error().code, ErrorCode::cancelled);
  }
}

}  // namespace
}  // namespace puna
