// The Agent: what it keeps between tasks, and typed answers with tools and without.
#include "puna/agent/agent.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "agent/observations.h"
#include "agent/test_kit.h"
#include "source_folder.h"

namespace puna::agent {
namespace {

struct Answer {
  std::string text;
  int number = 0;
  bool operator==(const Answer&) const = default;
};
constexpr std::string_view kFive = R"({"text": "five", "number": 5})";

class AgentTest : public LoopTest {
 protected:
  Agent& open(std::vector<ScriptedReply> script, bool has_tools = true) {
    model = ScriptedModel::create(std::move(script), 100'000);
    has_tools ? agent_.emplace(*model, tools, options) : agent_.emplace(*model, options);
    return *agent_;
  }

 private:
  std::optional<Agent> agent_;
};

template <class T>
Error error_of(const Result<T>& result) {
  EXPECT_FALSE(result);
  return result ? Error{} : result.error();
}

TEST_F(AgentTest, RunsTasksBehindEachOtherInOneConversation) {
  Agent& agent = open({calls({call("echo", "a")}), says("First."), says("Second.")});
  EXPECT_EQ(agent.run("One.")->answer, "First.");
  EXPECT_EQ(agent.run("Two.")->turns, 1);
  EXPECT_TRUE(is_whole(agent.transcript()));
  ASSERT_EQ(agent.transcript().size(), 7U);
  EXPECT_EQ(agent.transcript()[0].content, default_system_prompt());
  EXPECT_EQ(agent.transcript()[5].content, "Two.");
  EXPECT_EQ(model->requests()[2].messages, Transcript(agent.transcript().begin(), agent.transcript().end() - 1));
}

TEST_F(AgentTest, WithoutToolsATypedAnswerIsOneTurn) {
  Agent& agent = open({says(std::string(kFive))}, false);
  const auto answer = agent.ask<Answer>("How many?", events, stop.get_token());
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(*answer, (Answer{.text = "five", .number = 5}));
  EXPECT_EQ(agent.transcript(),
            (Transcript{{.role = Role::user, .content = "How many?\n\nAnswer as JSON with text and number."},
                        {.role = Role::assistant, .content = std::string(kFive)}}));
  EXPECT_EQ(events.lines.front(), "turn 1");
  EXPECT_EQ(std::get<format::Schema>(*model->requests()[0].format).schema, schema_of<Answer>());
}

TEST_F(AgentTest, TheModelIsToldTheMembersAndWhatIsSaidOfThem) {
  EXPECT_EQ(as_json(kAnswer, schema_of<bool>()), "Answer as JSON.");
  EXPECT_EQ(as_json(kAnswer, Json::parse(R"({"properties":{"a":{"description":"The first"},"b":{},"c":{}}})").value()),
            "Answer as JSON with a, b and c.\na: The first");
}

TEST_F(AgentTest, WithToolsTheTaskIsRunFirstAndThenAskedForInItsForm) {
  Agent& agent = open({calls({call("echo", "a", "x")}), says("It is five."), says(std::string(kFive))});
  const auto answer = agent.ask<Answer>("How many?", events);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->number, 5);
  EXPECT_TRUE(is_whole(agent.transcript()));
  EXPECT_EQ(events.lines,
            (std::vector<std::string>{"run started: How many? / scripted", "turn 1", "prefill", "reply",
                                      "tool x: echo {\"text\":\"a\"}", "tool x said: a", "turn 2", "prefill",
                                      "text: It is five.", "reply", "run ended: answered after 2: It is five.",
                                      "turn 3", "prefill", "text: " + std::string(kFive), "reply"}));
  const auto requests = model->requests();
  ASSERT_EQ(requests.size(), 3U);
  EXPECT_FALSE(requests[1].format);
  EXPECT_TRUE(requests[2].format);
  EXPECT_EQ(requests[2].tools, requests[1].tools) << "the prompt goes on as it began";
  Transcript expected = requests[1].messages;
  expected.push_back({.role = Role::assistant, .content = "It is five."});
  expected.push_back({.role = Role::user, .content = "Give this answer as JSON with text and number."});
  EXPECT_EQ(requests[2].messages, expected);
  EXPECT_LT(requests[2].tokens_max, options.budget.output_tokens_max);
}

TEST_F(AgentTest, AnAnswerThatDoesNotFitLeavesTheConversationAsItWas) {
  Agent& agent = open({says("Five."), says("no JSON"), says("Six."), says(std::string(kFive))});
  EXPECT_EQ(error_of(agent.ask<Answer>("How many?")).code, ErrorCode::corrupt);
  ASSERT_EQ(agent.transcript().size(), 3U);
  EXPECT_EQ(agent.transcript().back().content, "Five.");
  EXPECT_TRUE(agent.ask<Answer>("And now?"));
  EXPECT_EQ(agent.transcript().size(), 7U);
}

TEST_F(AgentTest, ALimitBeforeTheAnswerIsAnErrorThatNamesIt) {
  options.budget.turns_max = 2;
  Agent& agent = open({calls({call("echo", "a")}), says("Late."), says(std::string(kFive))});
  const Error error = error_of(agent.ask<Answer>("How many?"));
  EXPECT_EQ(error.code, ErrorCode::limit);
  EXPECT_EQ(error.message, "the run ended before it had an answer: turns_max");
  EXPECT_EQ(model->requests().size(), 1U) << "the last turn is kept for the form";
  EXPECT_TRUE(is_whole(agent.transcript()));

  options.budget = {.output_tokens_max = 2};
  EXPECT_EQ(error_of(open({says("Five...."), says("")}).ask<Answer>("How many?")).message,
            "the budget has no output tokens left for the answer in its form");
  options.budget = {.turns_max = 0};
  EXPECT_EQ(error_of(open({says("")}, false).ask<Answer>("How many?")).message,
            "the budget has no turn left for the answer in its form");
  stop.request_stop();
  EXPECT_EQ(error_of(open({says("x")}).ask<Answer>("How many?", events, stop.get_token())).code, ErrorCode::cancelled);
}

TEST_F(AgentTest, TimeThatTheRunTookIsNotThereForTheForm) {
  add_tool(tools, "slow", [this](std::string_view, const std::stop_token&) {
    clock.advance(std::chrono::minutes(9));
    return ToolResult{.content = "done"};
  });
  EventLines watch([this](const Event& event) {
    if (std::holds_alternative<event::RunEnded>(event)) {
      clock.advance(std::chrono::minutes(2));
    }
  });
  Agent& agent = open({calls({call("slow", "a")}), says("Five."), says(std::string(kFive))});
  EXPECT_EQ(error_of(agent.ask<Answer>("How many?", watch)).message,
            "the budget has no time left for the answer in its form");
}

TEST_F(AgentTest, ATaskThatCouldNotBeBegunIsTakenBack) {
  Agent& agent = open({{.error = Error{.code = ErrorCode::unavailable, .message = "gone"}}, says("Here.")});
  EXPECT_EQ(error_of(agent.run("One.")).message, "gone");
  EXPECT_EQ(agent.transcript().size(), 1U);
  EXPECT_EQ(agent.run("One.")->answer, "Here.");
}

TEST_F(AgentTest, EveryMessageIsRecordedInOrder) {
  const auto file = std::filesystem::temp_directory_path() / ("puna-agent-" + std::to_string(::getpid()) + ".jsonl");
  auto record = TranscriptFile::create(file);
  ASSERT_TRUE(record) << record.error().message;
  options.record = record->get();
  Agent& agent = open({calls({call("echo", "a")}), says("Five."), says(std::string(kFive))});
  EXPECT_TRUE(agent.ask<Answer>("How many?"));
  std::ifstream in(file);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  EXPECT_EQ(text, to_jsonl(Transcript(agent.transcript().begin() + 1, agent.transcript().end())));
  std::filesystem::remove(file);
}

TEST_F(AgentTest, AForkGoesOnFromHereAsAnAgentOfItsOwn) {
  Agent& agent = open({says("First."), says("Left."), says("Right.")});
  ASSERT_TRUE(agent.run("One."));
  Agent fork = agent.fork(AgentId{7});
  EXPECT_EQ(fork.transcript(), agent.transcript());
  EXPECT_EQ(agent.run("Go left.")->answer, "Left.");
  EXPECT_EQ(fork.run("Go right.")->answer, "Right.");
  EXPECT_EQ(agent.transcript().size(), 5U);
  EXPECT_EQ(fork.transcript()[3].content, "Go right.");
  const auto requests = model->requests();
  EXPECT_EQ(requests[1].agent, options.id);
  EXPECT_EQ(requests[2].agent, AgentId{7});
  EXPECT_EQ(requests[2].tools, requests[1].tools);
}

TEST_F(AgentTest, GoesBackToAMarkAndNeverIntoTheMiddleOfACall) {
  Agent& agent = open({says("First."), calls({call("echo", "a"), call("echo", "b")}), says("Second."), says("Third.")});
  ASSERT_TRUE(agent.run("One."));
  const Transcript mark = agent.transcript();
  ASSERT_TRUE(agent.run("Two."));  // user, calls, two results, answer
  EXPECT_EQ(error_of(agent.rewind(mark.size() + 2)).message,
            "cannot go back to 5 messages: 2 calls would be left without a result");
  EXPECT_EQ(error_of(agent.rewind(mark.size() + 3)).code, ErrorCode::invalid_argument);
  EXPECT_EQ(error_of(agent.rewind(9)).message, "cannot go back to 9 messages: there are 8");
  ASSERT_TRUE(agent.rewind(mark.size()));
  EXPECT_EQ(agent.transcript(), mark);
  EXPECT_EQ(agent.run("Three.")->answer, "Third.");
  EXPECT_EQ(agent.transcript().size(), 5U);
}

class AgentOnTheDemoModel : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto file = std::filesystem::path(PUNA_SOURCE_DIR) / "models/demo/puna-demo-Q8_0.gguf";
    if (!std::filesystem::exists(file)) {
      GTEST_SKIP() << file << " is not there";
    }
    auto opened = LocalModel::open({.load = {.file = file}, .engine = {.window_tokens = 1024}});
    ASSERT_TRUE(opened) << opened.error().message;
    model = *std::move(opened);
    ASSERT_TRUE(tools.add(make_calculator()));
  }

  std::unique_ptr<LocalModel> model;
  Toolbox tools;
  std::vector<Usage> usages;
  EventLines watch{[this](const Event& event) {
    if (const auto* ready = std::get_if<event::ReplyReady>(&event)) {
      usages.push_back(ready->usage);
    }
  }};
};

TEST_F(AgentOnTheDemoModel, AForkAndAStepBackComputeOnlyWhatIsNew) {
  Agent agent(*model, tools, {.sampling = {.temperature = 0}});
  ASSERT_TRUE(agent.run("What is 4817 * 36?", watch));
  const std::size_t mark = agent.transcript().size();
  const int held = static_cast<int>(usages.back().prompt_tokens + usages.back().output_tokens) - 1;
  std::vector<Agent> forks;
  for (std::uint64_t id = 2; id < 6; ++id) {
    forks.push_back(agent.fork(AgentId{id}));
    ASSERT_TRUE(forks.back().run("And what is 12 + 30?", watch));
  }
  ASSERT_TRUE(agent.run("What is 7 * 8?", watch));
  ASSERT_TRUE(agent.rewind(mark));
  ASSERT_TRUE(agent.run("What is 9 - 4?", watch));
  std::size_t turn = 1;
  for (; usages[turn].prompt_tokens < held; ++turn) {
  }
  for (; turn < usages.size(); ++turn) {
    EXPECT_GE(usages[turn].cached_tokens, held) << turn;
  }
  for (const Agent& fork : forks) {
    EXPECT_EQ(fork.transcript(), forks.front().transcript());
  }
}

TEST_F(AgentOnTheDemoModel, TheTypedTurnComputesOnlyItsQuestion) {
  Agent agent(*model, tools, {.sampling = {.temperature = 0}});
  const auto answer = agent.ask<Answer>("What is 4817 * 36?", watch);
  ASSERT_TRUE(answer) << answer.error().message;
  ASSERT_GE(usages.size(), 2U);
  const Usage& before = usages[usages.size() - 2];
  const Usage& typed = usages.back();
  std::printf("the run's last prompt and reply: %d + %d tokens; the typed prompt: %d, of them cached %d\n",
              static_cast<int>(before.prompt_tokens), static_cast<int>(before.output_tokens),
              static_cast<int>(typed.prompt_tokens), static_cast<int>(typed.cached_tokens));
  EXPECT_GE(typed.cached_tokens, before.prompt_tokens + before.output_tokens - 1);
  EXPECT_TRUE(std::ranges::none_of(watch.lines, [](const auto& line) { return line.starts_with("prefix lost"); }));
}

}  // namespace
}  // namespace puna::agent
