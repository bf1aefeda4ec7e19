// Rules of agents that are tools: what they see, what they may, what they cost, and how they end.
#include "puna/agent/sub_agent.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "agent/observations.h"
#include "agent/sub_agent_testing.h"
#include "puna/agent/code_agent.h"
#include "puna/tools/permission.h"
#include "source_folder.h"

namespace puna::agent {
namespace {

std::vector<std::string> names_of(const std::vector<ToolSpec>& specs) {
  std::vector<std::string> names;
  std::ranges::transform(specs, std::back_inserter(names), &ToolSpec::name);
  return names;
}

TEST_F(SubAgentTest, ACallIsARunOfItsOwnAndItsAnswerTheObservation) {
  const RunEnd end = run_agents({{.name = "reader", .description = "Reads.", .system_prompt = "You read."}},
                                {calls({ask_agent("reader", "Read it.", "c1")}), calls({call("echo", "text", "c2")}),
                                 says("It says text."), says("Done.")});
  EXPECT_EQ(end.answer, "Done.");
  EXPECT_EQ(results(transcript), (std::vector<std::string>{"It says text."}));
  const std::vector<Request> requests = model->requests();
  EXPECT_EQ(requests[1].messages,
            (Transcript{{.role = Role::system, .content = "You read."}, {.role = Role::user, .content = "Read it."}}));
  EXPECT_EQ(names_of(requests[1].tools), (std::vector<std::string>{"echo", "fail"})) << "all tools, and no agents";
  EXPECT_NE(requests[1].agent, requests[0].agent);
  EXPECT_EQ(end.turns, 4);
  std::int64_t prompts = 0;
  for (const Request& request : requests) {
    prompts += model->count_tokens(request).value();
  }
  EXPECT_EQ(end.usage.prompt_tokens, prompts);
  const std::vector<std::string> expected{R"(tool c1: reader {"task":"Read it."})",
                                          "reader: run started: Read it. / scripted",
                                          "reader: turn 1",
                                          R"(reader: tool c2: echo {"text":"text"})",
                                          "reader: tool c2 said: text",
                                          "reader: turn 2",
                                          "reader: run ended: answered after 2: It says text.",
                                          "tool c1 said: It says text."};
  std::vector<std::string> seen = lines.lines;
  std::erase_if(seen, [&](const std::string& line) { return !std::ranges::contains(expected, line); });
  EXPECT_EQ(seen, expected);
}

TEST_F(SubAgentTest, AnAgentHasNoToolThatItsCallerHasNot) {
  run_agents({{.name = "outer", .tools = {{"fail", "nothing"}}, .agents = {"inner"}},
              {.name = "inner", .tools = {{"echo", "fail"}}}},
             {calls({ask_agent("outer", "a")}), calls({ask_agent("inner", "b")}), calls({call("echo", "x")}),
              says("inner done"), says("outer done"), says("Done.")});
  const std::vector<Request> requests = model->requests();
  EXPECT_EQ(names_of(requests[1].tools), (std::vector<std::string>{"fail", "inner"}));
  EXPECT_EQ(names_of(requests[2].tools), (std::vector<std::string>{"fail"})) << "inner may echo, but outer may not";
  EXPECT_EQ(told()[3], "error: unknown tool 'echo'. Tools: fail.");
}

TEST_F(SubAgentTest, ACircleIsRefusedAtOnceAndNamed) {
  const std::vector<AgentSpec> ring{
      {.name = "a", .agents = {"b"}}, {.name = "b", .agents = {"c"}}, {.name = "c", .agents = {"a", "c"}}};
  run_agents(ring,
             {calls({ask_agent("a", "1")}), calls({ask_agent("b", "2")}), calls({ask_agent("c", "3")}),
              calls({ask_agent("a", "4"), ask_agent("c", "5")}), says("c"), says("b"), says("a"), says("Done.")},
             {.depth_max = 9});
  const std::vector<Message> messages = model->requests()[4].messages;
  EXPECT_EQ(messages[messages.size() - 2].content,
            "error: a cannot be called here: a waits for b waits for c waits for a. Do it yourself.");
  EXPECT_EQ(messages.back().content, "error: c cannot be called here: c waits for c. Do it yourself.");
}

TEST_F(SubAgentTest, DepthAndNumberOfCallsHaveLimits) {
  const std::vector<AgentSpec> line{{.name = "a", .agents = {"b"}}, {.name = "b", .agents = {"c"}}, {.name = "c"}};
  run_agents(line,
             {calls({ask_agent("a", "1")}), calls({ask_agent("b", "2")}), calls({ask_agent("c", "3")}), says("b"),
              says("a"), calls({ask_agent("c", "4")}), says("c"), calls({ask_agent("c", "5")}), says("Done.")},
             {.depth_max = 2, .calls_max = 2});
  EXPECT_EQ(told()[3], "error: c cannot be called here: agents may call agents 2 deep. Do it yourself.");
  EXPECT_EQ(told()[7], "c");
  EXPECT_EQ(told()[8], "error: c cannot be called any more: a run may call agents 2 times. Do it yourself.");
}

TEST_F(SubAgentTest, WhatAnAgentSpendsItsCallerHasNoMore) {
  options.budget.turns_max = 4;
  const RunEnd end = run_agents({{.name = "reader"}}, {calls({ask_agent("reader", "a")}), calls({call("echo", "1")}),
                                                       calls({call("echo", "2")}), calls({call("echo", "3")})});
  EXPECT_EQ(name_of(end.reason), "turns_max");
  EXPECT_EQ(end.turns, 4);
  EXPECT_EQ(results(transcript).back(), "error: the agent reader stopped before it had an answer: turns_max.");
}

TEST_F(SubAgentTest, AnAgentsOwnLimitsHoldWithinItsCallers) {
  AgentSpec spec{.name = "reader"};
  spec.budget.turns_max = 1;
  ScriptedReply half = calls({call("echo", "1")});
  half.message.content = "So far I know x.";
  const RunEnd end = run_agents({spec}, {calls({ask_agent("reader", "a")}), half, says("Done.")});
  EXPECT_EQ(end.answer, "Done.");
  EXPECT_EQ(results(transcript).back(),
            "error: the agent reader stopped before it had an answer: turns_max. What it had: So far I know x.");
}

TEST_F(SubAgentTest, AFailureSaysWhyAndTheRunGoesOn) {
  const RunEnd end =
      run_agents({{.name = "reader"}}, {calls({ask_agent("reader", "a")}),
                                        {.error = Error{.code = ErrorCode::io, .message = "the line is dead"}},
                                        calls({ask_agent("reader", "b")}),
                                        malformed("<x"),
                                        malformed("<y"),
                                        malformed("<z"),
                                        malformed("<w"),
                                        says("Done.")});
  EXPECT_EQ(end.answer, "Done.");
  EXPECT_EQ(results(transcript)[0], "error: the agent reader failed: the line is dead.");
  EXPECT_TRUE(
      results(transcript)[1].starts_with("error: the agent reader stopped before it had an answer: malformed_replies."))
      << results(transcript)[1];
  EXPECT_EQ(end.turns, 8) << "the turn that failed was begun, too";
}

TEST_F(SubAgentTest, AStopAndALimitOfTimeGoDown) {
  for (const bool is_stopped : {true, false}) {
    tools = Toolbox();
    transcript = task("Do it.");
    options.clock = &Clock::system();
    options.budget.time_max = is_stopped ? std::chrono::minutes(10) : std::chrono::milliseconds(30);
    add_tool(tools, "wait", [&](std::string_view, const std::stop_token& token) {
      if (is_stopped) {
        stop.request_stop();
      }
      wait_for(token);
      return tool_error("stopped");
    });
    const RunEnd end =
        run_agents({{.name = "reader"}}, {calls({ask_agent("reader", "a")}), calls({call("wait", "x")})});
    EXPECT_EQ(name_of(end.reason), is_stopped ? "cancelled" : "time_max");
    const auto said = results(transcript);  // a slow machine may be out of time before the first call
    EXPECT_TRUE(!said.empty() || !is_stopped);
    if (!said.empty()) {
      EXPECT_EQ(said.back(), is_stopped ? "error: cancelled" : "error: timeout");
    }
    EXPECT_LE(end.turns, 2);
    EXPECT_TRUE(end.turns == 2 || !is_stopped) << "a slow machine may be out of time before the agent below asks";
    stop = std::stop_source();
  }
}

TEST_F(SubAgentTest, AnAnswerInAFormIsHeldToIt) {
  const Json schema =
      *Json::parse(R"({"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]})");
  const AgentSpec counter{.name = "counter", .answer = schema};
  const RunEnd end = run_agents(
      {counter}, {calls({ask_agent("counter", "a")}), says("There are three."), says(R"({"n": 3})"), says("Done.")});
  EXPECT_EQ(results(transcript).back(), R"({"n":3})");
  EXPECT_EQ(end.turns, 4);
  EXPECT_TRUE(std::holds_alternative<format::Schema>(model->requests()[2].format.value()));
  transcript = task("Again.");
  model = ScriptedModel::create({calls({ask_agent("counter", "b")}), says("Three."), says("no JSON"), says("Done.")});
  run_on(*model);
  EXPECT_TRUE(results(transcript).back().starts_with("error: the agent counter gave no answer in its form: "))
      << results(transcript).back();
}

TEST_F(SubAgentTest, AForkGoesOnFromBehindTheReplyThatMadeIt) {
  run_agents({{.name = "copy", .start = AgentSpec::Start::fork, .system_prompt = "Be quick.", .tools = {{"echo"}}}},
             {calls({call("echo", "before", "c0"), ask_agent("copy", "Look.", "c1"), call("echo", "after", "c2")}),
              calls({call("fail", "x", "c3")}), says("Seen."), says("Done.")});
  const std::vector<Request> requests = model->requests();
  EXPECT_EQ(requests[1].tools, requests[0].tools) << "the prompt begins alike";
  const Transcript& fork = requests[1].messages;
  ASSERT_EQ(fork.size(), 6U);
  EXPECT_TRUE(is_whole(fork));
  EXPECT_TRUE(std::ranges::equal(std::span(fork).first(4), std::span(transcript).first(4)));
  EXPECT_EQ(fork[4].content,
            "You are now copy, a copy of the agent that made this call. Be quick.\nDo its task yourself and give the "
            "result as your answer.\nTask: Look.");
  EXPECT_EQ(fork[5].content, kNotForFork);
  EXPECT_EQ(told()[2], "error: the agent copy does not have the tool fail. Do without.");
  EXPECT_EQ(results(transcript), (std::vector<std::string>{"before", "Seen.", "after"}));
}

TEST_F(SubAgentTest, ADirectoryThatMakesNoSenseIsRefused) {
  const auto message = [](std::vector<AgentSpec> specs) {
    const auto made = AgentDirectory::create(std::move(specs));
    return made ? std::string() : made.error().message;
  };
  EXPECT_EQ(message({{.name = "a"}, {.name = "a"}}), "two agents are called 'a'");
  EXPECT_EQ(message({{.name = "a b"}}), "tool name 'a b' is not allowed");
  EXPECT_EQ(message({{.name = "a", .agents = {"b"}}}), "agent 'a' names an agent that is not there: 'b'");
  EXPECT_TRUE(message({{.name = "a", .answer = *Json::parse(R"({"type": 3})")}}).starts_with("agent 'a': "));
  AgentSpec spec{.name = "echo"};
  EXPECT_FALSE(directory_of({spec})->offer(tools)) << "a tool has that name";
}

// ---- permission --------------------------------------------------------------------------------------------------

// Says what it is told to; writes down what it is asked.
class ListApprover final : public Approver {
 public:
  explicit ListApprover(Approval::Answer answer) : answer_(answer) {}
  [[nodiscard]] Result<Approval> decide(const PermissionQuestion& question, const std::stop_token& /*stop*/) override {
    asked.push_back(question.agent + ":" + question.call.name);
    return Approval{.answer = answer_, .call_hash = question.call_hash};
  }
  std::vector<std::string> asked;

 private:
  const Approval::Answer answer_;
};

// As "echo", and it declares what it is told to.
class DeclaredTool final : public Tool {
 public:
  DeclaredTool(std::string name, ToolTraits traits)
      : spec_{.name = std::move(name), .description = "A tool.", .parameters = {}}, traits_(std::move(traits)) {}
  [[nodiscard]] const ToolSpec& spec() const override { return spec_; }
  [[nodiscard]] std::optional<ToolTraits> traits() const override { return traits_; }
  [[nodiscard]] ToolResult run(const Json& /*arguments*/, std::stop_token /*stop*/) override {
    return {.content = "ok"};
  }

 private:
  const ToolSpec spec_;
  const ToolTraits traits_;
};

class SubAgentPermissions : public SubAgentTest {
 protected:
  SubAgentPermissions() {
    EXPECT_TRUE(tools.add(std::make_unique<DeclaredTool>("save", ToolTraits{.writes = true})));
    EXPECT_TRUE(tools.add(std::make_unique<DeclaredTool>("secret", ToolTraits{.reads_private = true})));
  }
  void gate_with(Approver& approver, std::string_view allowed = {}) {
    Policy policy;
    if (!allowed.empty()) {
      EXPECT_TRUE(policy.add_flag(Verdict::allow, allowed));
    }
    gate = make_permissions({.policy = std::move(policy), .approver = &approver, .approvals = approvals.get()});
    options.gate = gate.get();
  }
  static ScriptedReply makes(const char* tool) {
    return calls({{.id = {}, .name = tool, .arguments = Json::object()}});
  }

  std::unique_ptr<Approvals> approvals = Approvals::in_memory();
  std::unique_ptr<Gate> gate;
};

TEST_F(SubAgentPermissions, ACallBelowIsAskedAboutInItsAgentsName) {
  ListApprover approver(Approval::Answer::no);
  gate_with(approver);
  run_agents({{.name = "outer", .agents = {"inner"}}, {.name = "inner"}},
             {calls({ask_agent("outer", "a")}), calls({ask_agent("inner", "b")}), makes("save"), says("i"), says("o"),
              says("Done.")});
  EXPECT_EQ(approver.asked, (std::vector<std::string>{"outer/inner:save"}));
  EXPECT_TRUE(told()[3].starts_with("error: this call of save is not permitted: the user said no")) << told()[3];
  const auto decided =
      std::ranges::count_if(lines.lines, [](const auto& line) { return line.contains("permission "); });
  EXPECT_EQ(decided, 3) << "the two agents and the call";
}

TEST_F(SubAgentPermissions, AnAnswerForAlwaysIsThatAgentsAlone) {
  ListApprover approver(Approval::Answer::always_tool);
  gate_with(approver);
  run_agents(
      {{.name = "writer"}, {.name = "other"}},
      {calls({ask_agent("writer", "a")}), makes("save"), says("w"), makes("save"), calls({ask_agent("other", "b")}),
       makes("save"), says("o"), calls({ask_agent("writer", "c")}), makes("save"), says("w"), says("Done.")});
  EXPECT_EQ(approver.asked, (std::vector<std::string>{"writer:save", ":save", "other:save"}))
      << "the fourth time the writer's answer holds";
}

TEST_F(SubAgentPermissions, WhatOneHasSeenCountsForBoth) {
  // The child reads what is private; to its caller, its words are a stranger's.
  ListApprover approver(Approval::Answer::no);
  gate_with(approver, "save");
  run_agents({{.name = "reader"}},
             {makes("save"), calls({ask_agent("reader", "a")}), makes("secret"), says("r"),
              calls({{.id = {}, .name = "save", .arguments = Json::object({{"n", 1}})}}), says("Done.")});
  EXPECT_EQ(approver.asked, (std::vector<std::string>{":save"})) << "allowed before, asked about after";
  // And down: the caller has seen both before the child acts.
  approver.asked.clear();
  transcript = task("Again.");
  model = ScriptedModel::create({makes("secret"), calls({ask_agent("reader", "a")}), says("r"),
                                 calls({ask_agent("reader", "b")}), makes("save"), says("r"), says("Done.")},
                                100'000);
  run_on(*model);
  EXPECT_EQ(approver.asked, (std::vector<std::string>{"reader:save"}));
}

TEST_F(SubAgentPermissions, ARunThatIsContinuedFearsWhatItsAgentsHadSeen) {
  run_agents({{.name = "reader"}}, {calls({ask_agent("reader", "a")}), makes("secret"), says("r"), says("Done.")});
  ListApprover approver(Approval::Answer::no);
  gate_with(approver, "save");  // of another process, say
  transcript.push_back({.role = Role::user, .content = "Go on."});
  model = ScriptedModel::create({makes("save"), says("Done.")}, 100'000);
  run_on(*model);
  EXPECT_EQ(approver.asked, (std::vector<std::string>{":save"}));
}

// ---- the code agent, and a real model ----------------------------------------------------------------------------

TEST_F(SubAgentTest, InCodeAnAgentIsAFunction) {
  auto sandbox = Sandbox::open();
  if (!sandbox) {
    GTEST_SKIP() << "no sandbox here: " << sandbox.error().message;
  }
  offer({{.name = "reader"}, {.name = "copy", .start = AgentSpec::Start::fork}});
  model = ScriptedModel::create({says("<code>\nx = reader('a') + ' ' + copy('b')\nprint(x)\n</code>"), says("red"),
                                 says("blue"), says("<code>final_answer(x)</code>")},
                                100'000);
  auto agent = CodeAgent::create(*model, tools, *sandbox, {.agent = options});
  ASSERT_TRUE(agent) << agent.error().message;
  const auto end = agent->run("Ask both.", lines);
  ASSERT_TRUE(end) << end.error().message;
  EXPECT_EQ(end->run.answer, "red blue");
  EXPECT_EQ(end->run.turns, 4);
  EXPECT_TRUE(model->requests()[2].messages.back().content.ends_with("Task: b"));
  EXPECT_TRUE(std::ranges::contains(lines.lines, "reader: run ended: answered after 1: red"));
}

TEST_F(SubAgentTest, OnARealModelAForkComputesNoTokenOfItsCallerAgain) {
  const auto file = std::filesystem::path(PUNA_SOURCE_DIR) / "models/demo/puna-demo-Q8_0.gguf";
  if (!std::filesystem::exists(file)) {
    GTEST_SKIP() << file << " is not there";
  }
  const auto demo = LocalModel::open({.load = {.file = file}, .engine = {.window_tokens = 1024}});
  ASSERT_TRUE(demo) << demo.error().message;
  tools = Toolbox();
  offer({{.name = "copy", .start = AgentSpec::Start::fork}});
  options.sampling = {.temperature = 0};
  options.tool_choice = ToolChoice::named("copy");
  options.budget.turns_max = 4;
  options.budget.output_tokens_max = 200;
  struct Usages final : EventSink {
    void on(const Event& event) override { keep(own, event); }
    void on_nested(std::span<const AgentCall> /*path*/, const Event& event) override { keep(below, event); }
    static void keep(std::vector<Usage>& list, const Event& event) {
      if (const auto* ready = std::get_if<event::ReplyReady>(&event)) {
        list.push_back(ready->usage);
      }
    }
    std::vector<Usage> own, below;
  } usages;
  ASSERT_TRUE(resume(**demo, tools, transcript, options, usages));
  ASSERT_FALSE(usages.below.empty());
  const Usage& caller = usages.own.front();
  std::printf("caller: %d + %d tokens; fork: %d, of them cached %d\n", static_cast<int>(caller.prompt_tokens),
              static_cast<int>(caller.output_tokens), static_cast<int>(usages.below.front().prompt_tokens),
              static_cast<int>(usages.below.front().cached_tokens));
  EXPECT_GE(usages.below.front().cached_tokens, caller.prompt_tokens + caller.output_tokens - 1);
}

}  // namespace
}  // namespace puna::agent
