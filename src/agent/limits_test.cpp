// Every stop reason of the loop, and that the transcript is whole after each. No test waits for time to pass: clocks
// stand still, and what waits, waits for its stop token.
#include <gtest/gtest.h>

#include <thread>

#include "agent/test_kit.h"
#include "puna/agent/agent.h"
#include "puna/agent/window.h"

namespace puna::agent {
namespace {

using Lines = std::vector<std::string>;
using std::chrono::milliseconds;

TEST_F(LoopTest, TurnsMaxIsTheNumberOfModelCalls) {
  options.budget.turns_max = 2;
  const RunEnd end = run_to(StopReason::turns_max,
                            {calls({call("echo", "a")}), calls({call("echo", "b")}), calls({call("echo", "c")})});
  EXPECT_EQ(end.turns, 2);
  EXPECT_EQ(model->requests().size(), 2U);
  EXPECT_EQ(results(transcript), (Lines{"a", "b"}));
}

TEST_F(LoopTest, AnAnswerInTheLastTurnIsAnAnswer) {
  options.budget.turns_max = 1;
  run_to(StopReason::answered, {says("x")});
}

TEST_F(LoopTest, LimitsOfZeroEndTheRunBeforeItBegins) {
  options.budget.turns_max = 0;
  run_to(StopReason::turns_max, {says("x")});
  options.budget = {.output_tokens_max = 0};
  run_to(StopReason::output_tokens_max, {says("x")});
  options.budget = {.time_max = milliseconds(0)};
  run_to(StopReason::time_max, {says("x")});
  options.budget = {.time_max = milliseconds(-5)};
  run_to(StopReason::time_max, {says("x")});
  EXPECT_TRUE(model->requests().empty());
  EXPECT_EQ(transcript, task("Do it."));
}

TEST_F(LoopTest, AReplyCutByTheTokenBudgetEndsTheRunWithWhatThereIs) {
  options.budget.output_tokens_max = 2;
  const RunEnd end = run_to(StopReason::output_tokens_max, {says("0123456789")});
  EXPECT_EQ(end.answer, "01234567");
  EXPECT_EQ(end.usage.output_tokens, 2);
  EXPECT_EQ(transcript.back().content, "01234567");
}

TEST_F(LoopTest, ACallCutByTheTokenBudgetIsNotRun) {
  options.budget.output_tokens_max = 8;
  const RunEnd end = run_to(StopReason::output_tokens_max, {calls({call("echo", "a long text that is cut")})});
  EXPECT_TRUE(results(transcript).empty());
  EXPECT_TRUE(end.answer.starts_with("<tool_call>"));
}

TEST_F(LoopTest, CallsBeforeTheCutAreAnsweredBeforeTheRunEnds) {
  const ScriptedReply two = calls({call("echo", "a"), call("echo", std::string(400, 'b'))});
  options.budget.output_tokens_max = 40;
  const RunEnd end = run_to(StopReason::output_tokens_max, {two, says("x")});
  EXPECT_EQ(results(transcript), Lines{"a"});
  EXPECT_EQ(end.turns, 1);
  EXPECT_LE(end.usage.output_tokens, 40);
}

TEST_F(LoopTest, TheTokenBudgetIsOverAllTurns) {
  options.budget.output_tokens_max = 40;
  const RunEnd end = run_to(StopReason::output_tokens_max,
                            {calls({call("echo", "a")}), calls({call("echo", "b")}), calls({call("echo", "c")})});
  EXPECT_LE(end.usage.output_tokens, 40);
  EXPECT_GT(end.turns, 1);
}

TEST_F(LoopTest, APromptThatDoesNotFitEndsTheRunWithWindowFull) {
  add_tool(tools, "flood",
           [](std::string_view, const std::stop_token&) { return ToolResult{.content = std::string(8'000, 'x')}; });
  ContextWindow whole({.is_managed = false});
  options.window = &whole;
  const RunEnd end = run_to(StopReason::window_full, {calls({call("flood", "a")}), says("x")}, 1'000);
  EXPECT_EQ(end.turns, 2);
  EXPECT_TRUE(events.lines[events.lines.size() - 2].starts_with("notice: the prompt has ")) << "the sizes are said";
}

TEST_F(LoopTest, AReplyThatFillsTheWindowEndsTheRunWithWindowFull) {
  const RunEnd end = run_to(StopReason::window_full, {says(std::string(8'000, 'x'))}, 1'000);
  EXPECT_FALSE(end.answer.empty());
  EXPECT_LT(end.answer.size(), 8'000U);
}

TEST_F(LoopTest, OneRepeatTooManyEndsTheRun) {
  std::vector<ScriptedReply> script;
  for (int i = 0; i < 9; ++i) {
    script.push_back(calls({call("echo", "a")}));
  }
  const RunEnd end = run_to(StopReason::repeated_call, script);
  EXPECT_EQ(end.turns, 4);
  EXPECT_EQ(results(transcript).size(), 4U);
}

TEST_F(LoopTest, CallsBehindTheRepeatThatEndsTheRunAreNotRun) {
  options.budget.repeats_max = 1;
  run_to(StopReason::repeated_call, {calls({call("echo", "a"), call("echo", "a"), call("echo", "b")})});
  EXPECT_EQ(results(transcript),
            (Lines{"a", "error: this exact call was already made. Use its result or try something else.",
                   "error: cancelled"}));
}

TEST_F(LoopTest, OneMalformedReplyTooManyEndsTheRun) {
  options.budget.malformed_max = 2;
  const RunEnd end =
      run_to(StopReason::malformed_replies, {malformed("<tool_call>"), says(""), malformed("<tool_call>{")});
  EXPECT_EQ(end.turns, 3);
  EXPECT_EQ(transcript.back().role, Role::assistant);
}

TEST_F(LoopTest, AValidCallEndsARowOfMalformedReplies) {
  options.budget.malformed_max = 1;
  run_to(StopReason::answered,
         {malformed("<tool_call>"), calls({call("echo", "a")}), malformed("<tool_call>"), says("x")});
}

// ---- time ---------------------------------------------------------------------------------------------------------

TEST_F(LoopTest, TimeThatIsUpAfterAToolEndsTheRun) {
  add_tool(tools, "slow", [this](std::string_view, const std::stop_token&) {
    clock.advance(std::chrono::hours(1));
    return ToolResult{.content = "done at last"};
  });
  run_to(StopReason::time_max, {calls({call("slow", "a"), call("echo", "b")}), says("x")});
  EXPECT_EQ(results(transcript), (Lines{"done at last", "error: timeout"}));
}

TEST_F(LoopTest, TimeThatIsUpDuringAReplyWithoutCallsIsStillAnAnswer) {
  EventLines late([this](const Event& event) {
    if (std::holds_alternative<event::ReplyReady>(event)) {
      clock.advance(std::chrono::hours(1));
    }
  });
  const auto scripted = ScriptedModel::create({says("x")});
  const auto end = resume(*scripted, tools, transcript, options, late);
  ASSERT_TRUE(end);
  EXPECT_EQ(end->reason, StopReason::answered);
}

TEST_F(LoopTest, AToolThatWaitsIsStoppedWhenTheTimeIsUp) {
  options.clock = &Clock::system();
  options.budget.time_max = milliseconds(20);
  add_tool(tools, "wait", [](std::string_view, const std::stop_token& token) {
    wait_for(token);
    return tool_error("interrupted");
  });
  run_to(StopReason::time_max, {calls({call("wait", "a"), call("echo", "b")}), says("x")});
  // On a slow machine the time may be up before the tool begins; what it can never be is anything but this.
  for (const std::string& result : results(transcript)) {
    EXPECT_EQ(result, "error: timeout");
  }
}

// Answers only when it is told to stop, as a model that generates for ever.
class EndlessModel final : public Model {
 public:
  [[nodiscard]] Result<Reply> ask(const Request&, EventSink&, std::stop_token token) override {
    if (on_ask) {
      on_ask();
    }
    wait_for(token);
    return fail(ErrorCode::cancelled, "stopped");
  }
  [[nodiscard]] Result<std::int64_t> count_tokens(const Request&) override { return 1; }
  [[nodiscard]] std::string name() const override { return "endless"; }
  [[nodiscard]] int window_tokens() const override { return 1'000; }

  std::function<void()> on_ask;
};

TEST_F(LoopTest, AModelThatGeneratesForEverIsStoppedWhenTheTimeIsUp) {
  options.clock = &Clock::system();
  options.budget.time_max = milliseconds(20);
  EndlessModel endless;
  const auto end = resume(endless, tools, transcript, options, events);
  ASSERT_TRUE(end);
  EXPECT_EQ(end->reason, StopReason::time_max);
  EXPECT_EQ(transcript, task("Do it.")) << "a reply that did not come leaves nothing behind";
}

TEST_F(LoopTest, AReplyThatIsLostInTheMiddleIsAnErrorAndLeavesNothingBehind) {
  LosingModel losing;
  const auto end = resume(losing, tools, transcript, options, events);
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().code, ErrorCode::unavailable);
  EXPECT_EQ(end.error().message, "the reply broke off");
  EXPECT_EQ(transcript, task("Do it."));
  Agent agent(losing, options);
  const auto answer = agent.ask_json("Do it.", Json::object({{"type", "integer"}}), events);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::unavailable);
}

TEST_F(LoopTest, TheLongestTimeDoesNotOverflow) {
  options.clock = &Clock::system();
  options.budget.time_max = milliseconds::max();
  run_to(StopReason::answered, {says("x")});
}

// ---- cancellation -------------------------------------------------------------------------------------------------

TEST_F(LoopTest, AStopBeforeTheRunMeansNoTurn) {
  stop.request_stop();
  const RunEnd end = run_to(StopReason::cancelled, {says("x")});
  EXPECT_EQ(end.turns, 0);
  EXPECT_TRUE(model->requests().empty());
}

TEST_F(LoopTest, AStopWhileTheModelAnswersLeavesTheTranscriptAsItWas) {
  EventLines stopping([this](const Event& event) {
    if (std::holds_alternative<event::TextDelta>(event)) {
      stop.request_stop();
    }
  });
  const auto scripted = ScriptedModel::create({says("a text of several deltas, so that there is a middle")});
  const auto end = resume(*scripted, tools, transcript, options, stopping, stop.get_token());
  ASSERT_TRUE(end);
  EXPECT_EQ(end->reason, StopReason::cancelled);
  EXPECT_EQ(end->turns, 1);
  EXPECT_EQ(transcript, task("Do it."));
  EXPECT_EQ(stopping.lines.back(), "run ended: cancelled after 1: ");
}

TEST_F(LoopTest, AStopFromAnotherThreadReachesAModelThatWaits) {
  EndlessModel endless;
  std::jthread stopper;
  endless.on_ask = [&] { stopper = std::jthread([this] { stop.request_stop(); }); };
  const auto end = resume(endless, tools, transcript, options, events, stop.get_token());
  ASSERT_TRUE(end);
  EXPECT_EQ(end->reason, StopReason::cancelled);
}

TEST_F(LoopTest, AStopInAToolGivesEveryCallItsResult) {
  add_tool(tools, "stop", [this](std::string_view, const std::stop_token& token) {
    stop.request_stop();
    return token.stop_requested() ? tool_error("I was interrupted") : ToolResult{.content = "not told"};
  });
  run_to(StopReason::cancelled, {calls({call("echo", "a"), call("stop", "b"), call("echo", "c")}), says("x")});
  EXPECT_EQ(results(transcript), (Lines{"a", "error: cancelled", "error: cancelled"}));
  EXPECT_EQ(model->requests().size(), 1U);
}

TEST_F(LoopTest, AToolThatFinishedDespiteTheStopKeepsItsResult) {
  add_tool(tools, "stop", [this](std::string_view, const std::stop_token&) {
    stop.request_stop();
    return ToolResult{.content = "the mail is sent"};
  });
  run_to(StopReason::cancelled, {calls({call("stop", "a"), call("echo", "b")}), says("x")});
  EXPECT_EQ(results(transcript), (Lines{"the mail is sent", "error: cancelled"}));
}

TEST_F(LoopTest, ACancelledRunCanBeContinued) {
  add_tool(tools, "stop", [this](std::string_view, const std::stop_token&) {
    stop.request_stop();
    return tool_error("x");
  });
  run_to(StopReason::cancelled, {calls({call("stop", "a"), call("echo", "b")})});
  stop = std::stop_source();
  transcript.push_back({.role = Role::user, .content = "Go on."});
  run_to(StopReason::answered, {says("Done.")});
}

TEST_F(LoopTest, EveryStopReasonHasItsName) {
  std::set<std::string_view> names;
  for (const StopReason reason :
       {StopReason::answered, StopReason::turns_max, StopReason::output_tokens_max, StopReason::time_max,
        StopReason::window_full, StopReason::repeated_call, StopReason::malformed_replies, StopReason::cancelled}) {
    names.insert(name_of(reason));
  }
  EXPECT_EQ(names.size(), 8U);
  EXPECT_FALSE(names.contains("unknown"));
}

}  // namespace
}  // namespace puna::agent
