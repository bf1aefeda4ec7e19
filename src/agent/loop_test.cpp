// Rules of the loop: what is asked, what is run, what the model reads, and what a listener sees. Limits:
// limits_test.cpp.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <stdexcept>

#include "agent/test_kit.h"

namespace puna::agent {
namespace {

using Lines = std::vector<std::string>;

TEST_F(LoopTest, AnAnswerEndsTheRun) {
  const RunEnd end = run_to(StopReason::answered, {says("Done.")});
  EXPECT_EQ(end.answer, "Done.");
  EXPECT_EQ(end.turns, 1);
  ASSERT_EQ(transcript.size(), 3U);
  EXPECT_EQ(transcript.back(), (Message{.role = Role::assistant, .content = "Done."}));
  EXPECT_EQ(events.lines, (Lines{"run started: Do it. / scripted", "turn 1", "prefill", "text: Done.", "reply",
                                 "run ended: answered after 1: Done."}));
}

TEST_F(LoopTest, CallsAreRunInOrderAndTheirResultsGoBackToTheModel) {
  ScriptedReply first = calls({call("echo", "a", "x"), call("fail", "b", "y")});
  first.message.reasoning = "Two calls.";
  first.message.content = "Looking.";
  const RunEnd end = run_to(StopReason::answered, {first, says("Both.")});
  EXPECT_EQ(end.turns, 2);
  EXPECT_EQ(events.lines, (Lines{"run started: Do it. / scripted", "turn 1", "prefill", "reasoning: Two calls.",
                                 "text: Looking.", "reply", "tool x: echo {\"text\":\"a\"}", "tool x said: a",
                                 "tool y: fail {\"text\":\"b\"}", "tool y failed: error: b", "turn 2", "prefill",
                                 "text: Both.", "reply", "run ended: answered after 2: Both."}));
  const Transcript expected = {
      {.role = Role::system, .content = "Be brief."},
      {.role = Role::user, .content = "Do it."},
      {.role = Role::assistant,
       .content = "Looking.",
       .reasoning = "Two calls.",
       .calls = {call("echo", "a", "x"), call("fail", "b", "y")}},
      {.role = Role::tool, .content = "a", .call_id = "x", .tool = "echo"},
      {.role = Role::tool, .content = "error: b", .call_id = "y", .tool = "fail", .is_error = true},
      {.role = Role::assistant, .content = "Both."}};
  EXPECT_EQ(transcript, expected);
  const auto requests = model->requests();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[1].messages, Transcript(expected.begin(), expected.end() - 1));
  EXPECT_EQ(requests[1].tools, tools.specs());
}

TEST_F(LoopTest, TheRequestCarriesSamplingAndTheTokensThatAreLeft) {
  options.sampling.temperature = 0.25F;
  options.budget.output_tokens_max = 1'000;
  run_to(StopReason::answered, {calls({call("echo", "a")}), says("x")});
  const auto requests = model->requests();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[0].sampling.temperature, 0.25F);
  EXPECT_EQ(requests[0].tokens_max, 1'000);
  EXPECT_LT(requests[1].tokens_max, 1'000);
  options.budget.output_tokens_max = std::int64_t{1} << 40;
  transcript.push_back({.role = Role::user, .content = "Again."});
  run_to(StopReason::answered, {says("x")});
  EXPECT_EQ(model->requests()[0].tokens_max, std::numeric_limits<int>::max());
}

TEST_F(LoopTest, ARequiredCallIsRequiredUntilOneWasMade) {
  options.tool_choice = ToolChoice::named("echo");
  options.parallel_calls = false;
  run_to(StopReason::answered, {calls({call("echo", "a")}), says("x")});
  const auto requests = model->requests();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[0].tool_choice, ToolChoice::named("echo"));
  EXPECT_EQ(requests[1].tool_choice, ToolChoice::automatic);
  EXPECT_FALSE(requests[1].parallel_calls);
  options.tool_choice = ToolChoice::none;
  transcript.push_back({.role = Role::user, .content = "Again."});
  run_to(StopReason::answered, {says("x")});
  EXPECT_EQ(model->requests()[0].tool_choice, ToolChoice::none);
}

TEST_F(LoopTest, UsageIsTheSumOfTheTurns) {
  const RunEnd end = run_to(StopReason::answered, {calls({call("echo", "a")}), says("12345678")});
  Usage sum;
  for (const auto& request : model->requests()) {
    sum.prompt_tokens += model->count_tokens(request).value();
  }
  EXPECT_EQ(end.usage.prompt_tokens, sum.prompt_tokens);
  EXPECT_GT(end.usage.output_tokens, 2);
}

TEST_F(LoopTest, UnknownToolsAndBadArgumentsAreObservations) {
  ToolCall wrong = call("echo", "");
  wrong.arguments = Json::object({{"txt", "a"}});
  ToolCall no_object = call("echo", "");
  no_object.arguments = Json("a");
  const RunEnd end = run_to(StopReason::answered, {calls({call("foo", "a"), wrong, no_object}), says("Sorry.")});
  EXPECT_EQ(end.answer, "Sorry.");
  const auto said = results(transcript);
  ASSERT_EQ(said.size(), 3U);
  EXPECT_EQ(said[0], "error: unknown tool 'foo'. Tools: echo, fail.");
  EXPECT_PRED_FORMAT2(testing::IsSubstring, "'text' is missing", said[1]);
  EXPECT_TRUE(said[2].starts_with("error: ")) << said[2];
}

TEST_F(LoopTest, AThrowingToolIsAnObservation) {
  add_tool(tools, "throw",
           [](std::string_view, const std::stop_token&) -> ToolResult { throw std::runtime_error("broken"); });
  run_to(StopReason::answered, {calls({call("throw", "")}), says("Sorry.")});
  EXPECT_EQ(results(transcript), Lines{"error: the tool failed: broken"});
}

TEST_F(LoopTest, ARepeatedCallIsNotRunAgain) {
  int runs = 0;
  add_tool(tools, "count", [&runs](std::string_view, const std::stop_token&) {
    ++runs;
    return ToolResult{.content = "counted"};
  });
  run_to(StopReason::answered,
         {calls({call("count", "a")}), calls({call("count", "a")}), calls({call("count", "b")}), says("x")});
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(
      results(transcript),
      (Lines{"counted", "error: this exact call was already made. Use its result or try something else.", "counted"}));
  EXPECT_EQ(std::ranges::count(events.lines, "notice: the model repeats a call of count"), 1);
}

TEST_F(LoopTest, ACallIsNotRepeatedWhenAnotherStandsBetweenOrARunBegins) {
  run_to(StopReason::answered, {calls({call("echo", "a"), call("echo", "b"), call("echo", "a")}), says("x")});
  EXPECT_EQ(results(transcript), (Lines{"a", "b", "a"}));
  transcript.push_back({.role = Role::user, .content = "Again."});
  run_to(StopReason::answered, {calls({call("echo", "a")}), says("x")});
  EXPECT_EQ(results(transcript), (Lines{"a", "b", "a", "a"}));
}

TEST_F(LoopTest, CallsBeyondTheLimitOfATurnAreRefusedOneByOne) {
  options.budget.calls_per_turn_max = 2;
  std::vector<ToolCall> many;
  for (const char* text : {"a", "b", "c", "d"}) {
    many.push_back(call("echo", text));
  }
  run_to(StopReason::answered, {calls(many), says("x")});
  constexpr std::string_view kRefused = "error: too many calls in one reply. At most 2 are run.";
  EXPECT_EQ(results(transcript), (Lines{"a", "b", std::string(kRefused), std::string(kRefused)}));
}

TEST_F(LoopTest, IdsThatWereUsedBeforeAreMadeUnique) {
  run_to(StopReason::answered, {calls({call("echo", "a", "id"), call("echo", "b", "id"), call("echo", "c", "id-2")}),
                                calls({call("echo", "d", "id")}), says("x")});
  Lines ids;
  for (const Message& message : transcript) {
    for (const ToolCall& made : message.calls) {
      ids.push_back(made.id);
    }
  }
  EXPECT_EQ(ids, (Lines{"id", "id-2", "id-2-2", "id-3"}));
}

TEST_F(LoopTest, AMalformedCallIsAnsweredByALessonInTheFormat) {
  run_to(StopReason::answered, {malformed("<tool_call>{\"name\": echo}</tool_call>"), says("x")});
  ASSERT_EQ(transcript.size(), 5U);
  EXPECT_EQ(transcript[3],
            (Message{.role = Role::user,
                     .content = "error: this is not a valid tool call: <tool_call>{\"name\": echo}</tool_call>\n"
                                "Write the whole call again, in the form that the tools were given in. Tools: echo, "
                                "fail."}));
  EXPECT_EQ(events.lines[5], "notice: the model wrote a tool call that is not valid");
}

TEST_F(LoopTest, AnEmptyReplyIsAnsweredToo) {
  run_to(StopReason::answered, {says(" \n"), says("x")});
  EXPECT_EQ(transcript[3].content, "error: the reply was empty. Call a tool or give the answer.");
  tools = Toolbox();
  transcript = task("Do it.");
  run_to(StopReason::answered, {says(""), malformed("<tool_call>"), says("x")});
  EXPECT_EQ(transcript[3].content, "error: the reply was empty. Give the answer.");
  EXPECT_EQ(transcript[5].content, "error: this is not a valid tool call, and there are no tools. Give the answer.");
}

TEST_F(LoopTest, AMalformedCallIsNotSentBackAsTheModelsOwnWords) {
  ScriptedReply reply = malformed("<tool_call>{\"name\": echo}</tool_call>");
  reply.message.content = "I call. " + reply.malformed_calls.front() + " Done.";
  run_to(StopReason::answered, {reply, says("x")});
  EXPECT_EQ(transcript[2].content, "I call. (a tool call that was not valid) Done.");
}

TEST_F(LoopTest, ALongMalformedCallIsQuotedInPart) {
  run_to(StopReason::answered, {malformed("<tool_call>" + std::string(5'000, '{')), says("x")});
  EXPECT_LT(transcript[3].content.size(), 700U);
  EXPECT_PRED_FORMAT2(testing::IsSubstring, "{...\n", transcript[3].content);
}

TEST_F(LoopTest, AMalformedCallBesideAValidOneIsTaughtAfterTheResults) {
  ScriptedReply mixed = calls({call("echo", "a")});
  mixed.message.content = "<tool_call>{";
  mixed.malformed_calls = {"<tool_call>{"};
  run_to(StopReason::answered, {mixed, says("x")});
  ASSERT_EQ(transcript.size(), 6U);
  EXPECT_EQ(transcript[3].role, Role::tool);
  EXPECT_EQ(transcript[4].role, Role::user);
}

TEST_F(LoopTest, TextWithAValidLookButNoCallIsTheAnswerOnlyWithoutMalformedCalls) {
  ScriptedReply reply = malformed("The answer is 7. <tool_call>");
  const RunEnd end = run_to(StopReason::answered, {reply, says("7")});
  EXPECT_EQ(end.answer, "7");
}

TEST_F(LoopTest, ATranscriptThatDoesNotEndWithUserOrToolIsRefused) {
  const auto expect_refused = [this](Transcript wrong) {
    transcript = std::move(wrong);
    const Transcript before = transcript;
    const auto end = run({says("x")});
    ASSERT_FALSE(end);
    EXPECT_EQ(end.error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(transcript, before);
    EXPECT_TRUE(events.lines.empty());
    EXPECT_TRUE(model->requests().empty());
  };
  expect_refused({});
  expect_refused({{.role = Role::system, .content = "x"}});
  expect_refused({{.role = Role::user, .content = "x"}, {.role = Role::assistant, .content = "y"}});
}

TEST_F(LoopTest, AModelErrorLeavesTheLastCompleteTurn) {
  const Error error{.code = ErrorCode::io, .message = "the line is dead"};
  const auto end = run({calls({call("echo", "a")}), {.error = error}});
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error(), error);
  EXPECT_TRUE(is_whole(transcript));
  EXPECT_EQ(transcript.size(), 4U);
  EXPECT_EQ(transcript.back().content, "a");
  // It can be continued from there.
  run_to(StopReason::answered, {says("Done.")});
}

class FailingRecord final : public TranscriptFile {
 public:
  explicit FailingRecord(int good) : left_(good) {}
  [[nodiscard]] Result<void> append(const Message& message) override {
    if (left_-- <= 0) {
      return fail(ErrorCode::io, "disk full");
    }
    kept.push_back(message);
    return {};
  }
  Transcript kept;

 private:
  int left_;
};

TEST_F(LoopTest, EveryMessageIsRecordedBeforeTheNextStep) {
  FailingRecord record(100);
  options.record = &record;
  std::vector<std::size_t> recorded_at_tool;
  add_tool(tools, "look", [&](std::string_view, const std::stop_token&) {
    recorded_at_tool.push_back(record.kept.size());
    return ToolResult{.content = "seen"};
  });
  run_to(StopReason::answered, {calls({call("look", "a"), call("look", "b")}), says("x")});
  EXPECT_EQ(record.kept, Transcript(transcript.begin() + 2, transcript.end()));
  EXPECT_EQ(recorded_at_tool, (std::vector<std::size_t>{1, 2}));
}

TEST_F(LoopTest, ARecordThatFailsEndsTheRunWithTheLastCompleteTurn) {
  for (int good = 0; good < 4; ++good) {
    transcript = task("Do it.");
    FailingRecord record(good);
    options.record = &record;
    const auto end = run({calls({call("echo", "a"), call("echo", "b")}), says("x")});
    ASSERT_FALSE(end);
    EXPECT_EQ(end.error().code, ErrorCode::io);
    EXPECT_TRUE(is_whole(transcript));
    EXPECT_EQ(transcript.size(), good < 3 ? 2U : 5U) << good;
  }
}

TEST(Agent, TheDefaultSystemPromptIsWhatTheDemoModelWasTrainedOn) {
  EXPECT_EQ(default_system_prompt(), "You are Puna, a local agent. Use the tools when they help, then answer briefly.");
}

}  // namespace
}  // namespace puna::agent
