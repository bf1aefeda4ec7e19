// The code agent with a scripted model and a real interpreter in the sandbox.
#include "puna/agent/code_agent.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "agent/code_prompt.h"
#include "agent/code_reply.h"
#include "agent/test_kit.h"

namespace puna::agent {
namespace {

class CodeAgentTest : public LoopTest {
 protected:
  void SetUp() override {
    auto opened = Sandbox::open();
    if (!opened) {
      GTEST_SKIP() << "no sandbox here: " << opened.error().message;
    }
    sandbox = std::make_unique<Sandbox>(*std::move(opened));
  }

  // Replies are code, or text where they hold a tag or a fence already.
  CodeAgent& open(const std::vector<std::string>& replies) {
    std::vector<ScriptedReply> script;
    for (const std::string& reply : replies) {
      script.push_back(says(reply));
    }
    model = ScriptedModel::create(std::move(script), 100'000);
    code_options.agent = options;
    auto created = CodeAgent::create(*model, tools, *sandbox, code_options);
    EXPECT_TRUE(created) << (created ? "" : created.error().message);
    agent = std::make_unique<CodeAgent>(*std::move(created));
    return *agent;
  }
  CodeRunEnd run_to(StopReason reason, const std::vector<std::string>& replies) {
    auto end = open(replies).run("Do it.", events, stop.get_token());
    EXPECT_TRUE(end) << (end ? "" : end.error().message);
    if (!end) {
      return {};
    }
    EXPECT_EQ(name_of(end->run.reason), name_of(reason));
    return *std::move(end);
  }
  // The last thing that the model was told before its reply number n.
  std::string told(std::size_t n) { return model->requests().at(n).messages.back().content; }

  std::unique_ptr<Sandbox> sandbox;
  CodeAgentOptions code_options;
  std::unique_ptr<CodeAgent> agent;
};

TEST_F(CodeAgentTest, RunsCodeWithToolsAndEndsWithTheFinalAnswer) {
  const CodeRunEnd end = run_to(
      StopReason::answered,
      {"Thought: look.\n<code>\nx = int(echo('41'))\nprint('got', x)\n</code>", "<code>final_answer(x + 1)</code>"});
  EXPECT_EQ(end.answer, Json(42));
  EXPECT_EQ(end.run.answer, "42");
  EXPECT_EQ(end.run.turns, 2);
  EXPECT_EQ(told(1), "Observation:\ngot 41\n");
  EXPECT_EQ(agent->transcript().size(), 5U);
  EXPECT_TRUE(std::ranges::contains(events.lines, R"(tool code-1.1: echo {"text":"41"})"));
  EXPECT_TRUE(std::ranges::contains(events.lines, "tool code-1.1 said: 41"));
  EXPECT_TRUE(std::ranges::contains(events.lines, "tool code-2 said: final answer: 42"));
}

TEST_F(CodeAgentTest, AReplyThatIsLostInTheMiddleIsAnErrorAndNothingRuns) {
  LosingModel losing;
  auto created = CodeAgent::create(losing, tools, *sandbox, code_options);
  ASSERT_TRUE(created);
  const auto end = created->run("Do it.", events, stop.get_token());
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().message, "the reply broke off");
}

TEST_F(CodeAgentTest, TheRequestHasNoToolsAndHoldsTheReplyToItsForm) {
  run_to(StopReason::answered, {"<code>final_answer('a')</code>"});
  const Request request = model->requests().front();
  EXPECT_TRUE(request.tools.empty());
  EXPECT_TRUE(std::holds_alternative<format::Pattern>(request.format.value()));
  EXPECT_EQ(request.messages.front().content, agent->system_prompt());
  EXPECT_NE(agent->system_prompt().find("def echo(text: str) -> str:"), std::string::npos);
}

TEST_F(CodeAgentTest, AnErrorNamesTheLineAndTheRunGoesOn) {
  run_to(StopReason::answered, {"<code>\na = 1\nb = a / 0\n</code>", "<code>final_answer(a)</code>"});
  EXPECT_NE(told(1).find("ZeroDivisionError: division by zero"), std::string::npos) << told(1);
  EXPECT_NE(told(1).find("line 2"), std::string::npos) << told(1);
  EXPECT_TRUE(
      std::ranges::any_of(events.lines, [](const auto& line) { return line.starts_with("tool code-1 failed"); }));
}

TEST_F(CodeAgentTest, AToolsFailureIsAnExceptionThatCodeMayCatch) {
  const CodeRunEnd end = run_to(StopReason::answered, {"<code>\ntry:\n    fail('no luck')\nexcept Exception as e:\n"
                                                       "    print(e)\nfail('again')\n</code>",
                                                       "<code>final_answer('done')</code>"});
  EXPECT_EQ(end.run.answer, "done");
  EXPECT_NE(told(1).find("no luck"), std::string::npos);
  EXPECT_NE(told(1).find("ToolError: "), std::string::npos) << told(1);
}

TEST_F(CodeAgentTest, TheModelsOwnExceptCannotSwallowTheFinalAnswer) {
  const CodeRunEnd end =
      run_to(StopReason::answered,
             {"<code>\ntry:\n    final_answer('yes')\nexcept BaseException:\n    pass\nprint(1)\n</code>"});
  EXPECT_EQ(end.run.answer, "yes");
}

TEST_F(CodeAgentTest, AFenceAndAWholeReplyThatIsPythonAreRunToo) {
  const CodeRunEnd end = run_to(StopReason::answered, {"```python\nx = 2\n```", "y = x * 3", "final_answer(y)"});
  EXPECT_EQ(end.answer, Json(6));
}

TEST_F(CodeAgentTest, AReplyWithoutCodeIsTaughtTheFormUntilItIsEnough) {
  options.budget.malformed_max = 1;
  run_to(StopReason::malformed_replies, {"The answer is probably 7.", "As I said, it is 7."});
  EXPECT_EQ(told(1), kNoCode);
  EXPECT_EQ(std::get<format::Pattern>(*model->requests()[1].format).pattern, code_reply_pattern(Block::required));
}

TEST_F(CodeAgentTest, AnAnswerThatACheckRefusesIsAnObservation) {
  code_options.checks = {[](const Json& answer, const Transcript&) -> Result<void> {
    return answer.is_number() ? Result<void>() : fail(ErrorCode::invalid_argument, "give a number");
  }};
  const CodeRunEnd end =
      run_to(StopReason::answered, {"<code>final_answer('seven')</code>", "<code>final_answer(7)</code>"});
  EXPECT_EQ(end.answer, Json(7));
  EXPECT_EQ(told(1), "Observation:\nerror: the answer was refused: give a number");
}

TEST_F(CodeAgentTest, AtTheLimitOfTurnsOneAnswerInWordsIsAskedFor) {
  options.budget.turns_max = 1;
  const CodeRunEnd end = run_to(StopReason::turns_max, {"<code>print(5)</code>", "It is 5."});
  EXPECT_EQ(end.run.answer, "It is 5.");
  EXPECT_TRUE(end.answer.is_null());
  EXPECT_EQ(end.run.turns, 2);
  EXPECT_EQ(told(1), "Observation:\n5\n\n\n" + std::string(kAnswerNow));
  EXPECT_FALSE(model->requests()[1].format);
}

TEST_F(CodeAgentTest, NoTurnsMeanNoCall) {
  options.budget.turns_max = 0;
  EXPECT_EQ(run_to(StopReason::turns_max, {}).run.turns, 0);
  EXPECT_TRUE(model->requests().empty());
}

TEST_F(CodeAgentTest, PlansAreAskedForEverySoManyTurns) {
  code_options.planning_interval = 2;
  run_to(StopReason::answered, {"Plan: count.", "<code>a = 1</code>", "<code>b = 2</code>", "Plan: add.",
                                "<code>final_answer(a + b)</code>"});
  EXPECT_EQ(told(0), "Do it.\n\n" + std::string(kMakePlan));
  EXPECT_EQ(told(1), kFollowPlan);
  EXPECT_EQ(told(3), "Observation:\n(no output)\n\n" + std::string(kRenewPlan));
  EXPECT_FALSE(model->requests()[3].format);
}

TEST_F(CodeAgentTest, VariablesAndTheConversationGoOnWithTheNextTask) {
  CodeAgent& talker = open({"<code>x = 20\nfinal_answer(x)</code>", "<code>final_answer(x + 1)</code>"});
  ASSERT_TRUE(talker.run("First."));
  const auto end = talker.run("Then.");
  ASSERT_TRUE(end);
  EXPECT_EQ(end->answer, Json(21));
  EXPECT_EQ(told(1), "Observation:\nfinal answer: 20\n\nTask: Then.");
}

TEST_F(CodeAgentTest, EqualCodeIsNotRunAgainAndEndsTheRunWhenItGoesOn) {
  options.budget.repeats_max = 2;
  run_to(StopReason::repeated_call, {"<code>echo('a')</code>", "<code>echo('a')</code>", "<code>echo('a')</code>"});
  EXPECT_EQ(told(2), "Observation:\n" + std::string(kRepeatedCode));
}

TEST_F(CodeAgentTest, CodeThatNeverEndsIsStoppedAndNamesLiveOn) {
  code_options.python.limits.wall = std::chrono::milliseconds(200);
  const CodeRunEnd end =
      run_to(StopReason::answered, {"<code>n = 3\nwhile True: pass</code>", "<code>final_answer(n)</code>"});
  EXPECT_NE(told(1).find("the time limit"), std::string::npos) << told(1);
  EXPECT_EQ(end.answer, Json(3));
}

TEST_F(CodeAgentTest, AStopInTheMiddleOfCodeEndsTheRunAndTheNextTaskCanBegin) {
  add_tool(tools, "halt", [this](std::string_view, const std::stop_token&) {
    stop.request_stop();
    return ToolResult{.content = "ok"};
  });
  run_to(StopReason::cancelled, {"<code>halt('x')\nwhile True: pass</code>", "<code>final_answer('again')</code>"});
  const auto end = agent->run("Again.");
  ASSERT_TRUE(end) << end.error().message;
  EXPECT_EQ(end->run.answer, "again");
  for (std::size_t i = 1; i < agent->transcript().size(); ++i) {
    EXPECT_NE(agent->transcript()[i].role, agent->transcript()[i - 1].role) << i;
  }
}

TEST_F(CodeAgentTest, OnePieceOfCodeMayOnlyMakeSoManyCalls) {
  code_options.calls_per_step_max = 3;
  run_to(StopReason::answered, {"<code>for i in range(9): print(echo(str(i)))</code>", "<code>final_answer(1)</code>"});
  EXPECT_NE(told(1).find("one piece of code may make 3 calls"), std::string::npos) << told(1);
  EXPECT_FALSE(std::ranges::contains(events.lines, "tool code-1.4 said: 3"));
}

TEST_F(CodeAgentTest, ReasoningIsNeverRun) {
  model = ScriptedModel::create({{.message = {.content = "<code>final_answer('said')</code>",
                                              .reasoning = "<code>final_answer('thought')</code>"}}},
                                100'000);
  auto created = CodeAgent::create(*model, tools, *sandbox, code_options);
  ASSERT_TRUE(created);
  EXPECT_EQ(created->run("Do it.")->run.answer, "said");
}

TEST_F(CodeAgentTest, AModelThatFailsLeavesTheConversationAsItWas) {
  CodeAgent& talker = open({});
  EXPECT_FALSE(talker.run("Do it."));
  EXPECT_EQ(talker.transcript().size(), 1U);
}

}  // namespace
}  // namespace puna::agent
