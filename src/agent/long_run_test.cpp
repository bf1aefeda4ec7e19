// Two hundred turns of the demo model in a window of 4,096 tokens, which they outgrow several times. Under a sanitizer
// fewer turns, in a smaller window.
#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "base/test_rounds.h"
#include "model/test_demo_model.h"
#include "puna/agent/agent.h"
#include "puna/model/forwarding_model.h"
#include "puna/tools.h"

namespace puna::agent {
namespace {

const int kTurns = 200 / test::stride();
const int kWindowTokens = test::stride() == 1 ? 4096 : 512;

// Every page names the next one, the last one none.
class Pages final : public Tool {
 public:
  [[nodiscard]] const ToolSpec& spec() const override { return spec_; }
  [[nodiscard]] ToolResult run(const Json& arguments, std::stop_token /*stop*/) override {
    opened.emplace_back(arguments.text_or("path"));
    return {.content = is_at_end() ? "The end." : format_text("Read page{}.txt next.", opened.size() + 1)};
  }
  [[nodiscard]] bool is_at_end() const { return std::cmp_equal(opened.size(), kTurns - 1); }

  std::vector<std::string> opened;

 private:
  const ToolSpec spec_{.name = "read_file",
                       .description = "Reads a file.",
                       .parameters = Json::parse(R"({"type": "object", "properties": {"path": {"type": "string"}},
                                                     "required": ["path"]})")
                                         .value()};
};

// The demo model by itself answers after two or three pages: as long as there is a next one, it must call.
class InsistingModel final : public ForwardingModel {
 public:
  InsistingModel(Model& model, const Pages& pages) : ForwardingModel(model), pages_(pages) {}

  [[nodiscard]] Result<Reply> ask(const Request& request, EventSink& events, std::stop_token stop) override {
    Request insisting = request;
    insisting.tool_choice = pages_.is_at_end() ? ToolChoice() : ToolChoice::required;
    insisting.parallel_calls = false;
    auto reply = below().ask(insisting, events, std::move(stop));
    asked = request.messages;
    tokens_max = std::max(tokens_max, reply ? reply->usage.prompt_tokens : 0);
    return reply;
  }

  std::vector<Message> asked;  // last
  std::int64_t tokens_max = 0;

 private:
  const Pages& pages_;
};

// Every cut made the prompt smaller, and none came while there was room.
class Cuts final : public EventSink {
 public:
  void on(const Event& event) override {
    if (const auto* cut = std::get_if<event::WindowCut>(&event)) {
      ++count;
      EXPECT_LT(cut->tokens_after, cut->tokens_before);
      EXPECT_GT(cut->tokens_before, kWindowTokens / 2);
      EXPECT_LE(cut->tokens_before, kWindowTokens);
    }
  }
  int count = 0;
};

class LongRun : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(model::kDemoModel)) {
      GTEST_SKIP() << model::kDemoModel << " is not there";
    }
    auto opened = LocalModel::open({.load = {.file = model::kDemoModel},
                                    .engine = {.window_tokens = kWindowTokens, .profile = Profile::deterministic}});
    ASSERT_TRUE(opened) << opened.error().message;
    demo = *std::move(opened);
  }

  std::unique_ptr<LocalModel> demo;
  Cuts cuts;
};

TEST_F(LongRun, OneTaskOfTwoHundredTurnsEndsWithAnAnswerAndItsTaskInTheWindow) {
  Toolbox tools;
  auto owned = std::make_unique<Pages>();
  const Pages& pages = *owned;
  ASSERT_TRUE(tools.add(std::move(owned)));
  InsistingModel model(*demo, pages);
  Agent agent(model, tools,
              {.sampling = {.temperature = 0}, .budget = {.turns_max = kTurns, .output_tokens_max = 100'000}});
  const std::string task = "Read page1.txt, and go on as the pages say.";
  const auto end = agent.run(task, cuts);
  ASSERT_TRUE(end) << end.error().message;
  EXPECT_EQ(end->reason, StopReason::answered) << name_of(end->reason);
  EXPECT_EQ(end->turns, kTurns);
  EXPECT_TRUE(end->answer.contains("The end.")) << end->answer;
  for (std::size_t page = 1; page < pages.opened.size(); ++page) {
    ASSERT_EQ(pages.opened[page], format_text("page{}.txt", page + 1)) << "the newest page was not in the prompt";
  }
  EXPECT_GE(cuts.count, 2);
  EXPECT_LE(model.tokens_max, kWindowTokens);
  EXPECT_EQ(model.asked.front().content, default_system_prompt());
  EXPECT_TRUE(model.asked[1].content.starts_with(task)) << model.asked[1].content;
}

TEST_F(LongRun, WhatWasToldAndPinnedIsKnownAfterTwoHundredTurns) {
  Toolbox tools;
  ASSERT_TRUE(tools.add(make_calculator()));
  Agent agent(*demo, tools, {.sampling = {.temperature = 0}});
  agent.window().pin(agent.transcript().size());
  ASSERT_TRUE(agent.run("My favorite city is Oslo."));
  int right = 0;
  const int tasks = kTurns / 2;
  for (int i = 0; i < tasks; ++i) {
    const int a = 17 + 13 * i % 97;
    const int b = 3 + 7 * i % 41;
    const auto end = agent.run(format_text("What is {} * {}?", a, b), cuts);
    ASSERT_TRUE(end) << end.error().message;
    EXPECT_EQ(end->reason, StopReason::answered);
    right += end->answer.contains(std::to_string(a * b)) ? 1 : 0;
  }
  EXPECT_EQ(right, tasks);
  EXPECT_GE(cuts.count, 1);
  const auto end = agent.run("What is my favorite city?", cuts);
  ASSERT_TRUE(end) << end.error().message;
  EXPECT_TRUE(end->answer.contains("Oslo")) << end->answer;
}

}  // namespace
}  // namespace puna::agent
