// Agents that run at the same time, and random directories against the invariants.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <cstdio>
#include <map>
#include <memory>
#include <thread>

#include "agent/desk.h"
#include "agent/sub_agent_testing.h"
#include "base/test_rounds.h"

namespace puna::agent {
namespace {

std::string_view task_in(const Request& request) {
  const auto user = std::ranges::find(request.messages.rbegin(), request.messages.rend(), Role::user, &Message::role);
  return user->content;
}
bool has_result(const Request& request) { return request.messages.back().role == Role::tool; }

// Allows all, on the run's own thread only.
class ThreadGate final : public Gate {
 public:
  void begin(std::span<const Message> /*transcript*/, const Toolbox& /*tools*/) override {}
  [[nodiscard]] Permit before(const ToolCall& call, const Tool& /*tool*/, const std::stop_token& /*stop*/) override {
    EXPECT_EQ(std::this_thread::get_id(), owner_);
    ++allowed[call.name];
    return {.is_allowed = true, .by = Permit::By::policy, .rule = "the test"};
  }
  void after(const Tool& /*tool*/) override { EXPECT_EQ(std::this_thread::get_id(), owner_); }
  std::map<std::string, int> allowed;

 private:
  const std::thread::id owner_ = std::this_thread::get_id();
};

TEST_F(SubAgentTest, EightCallsOfOneReplyRunAtTheSameTime) {
  std::barrier all_there(8);
  std::atomic<int> inside = 0;
  std::atomic<int> inside_most = 0;
  add_tool(tools, "count", [&](std::string_view text, const std::stop_token&) {
    inside_most = std::max(inside_most.load(), ++inside);
    std::this_thread::yield();
    --inside;
    return ToolResult{.content = std::string(text)};
  });
  offer({{.name = "worker", .description = "Works."}});
  FunctionModel eight([&](const Request& request, const std::stop_token&) {
    if (task_in(request) == "Do it.") {
      if (has_result(request)) {
        return says("Done.");
      }
      std::vector<ToolCall> made;
      for (int i = 0; i < 8; ++i) {
        made.push_back(ask_agent("worker", "part " + std::to_string(i), "c" + std::to_string(i)));
      }
      return calls(made);
    }
    if (!has_result(request)) {
      all_there.arrive_and_wait();  // never passed by fewer
      return calls({call("count", std::string(task_in(request)))});
    }
    return says("did " + std::string(task_in(request)));
  });
  ThreadGate gate;
  options.gate = &gate;
  options.budget.turns_max = 18;
  const RunEnd end = run_on(eight);
  EXPECT_EQ(end.answer, "Done.");
  EXPECT_EQ(end.turns, 18);
  EXPECT_EQ(end.usage, eight.usage());
  EXPECT_EQ(gate.allowed, (std::map<std::string, int>{{"worker", 8}, {"count", 8}}));
  EXPECT_EQ(inside_most, 1) << "one call at a time for each tool";
  for (std::size_t i = 0; i < 8; ++i) {
    EXPECT_EQ(results(transcript)[i], "did part " + std::to_string(i));
  }
}

TEST_F(SubAgentTest, AgentsAtTheSameTimeShareWhatIsLeftEvenly) {
  offer({{.name = "worker"}});
  FunctionModel busy([&](const Request& request, const std::stop_token&) {
    if (task_in(request) == "Do it.") {
      return has_result(request) ? says("Done.") : calls({ask_agent("worker", "a"), ask_agent("worker", "b")});
    }
    return calls({call("echo", std::to_string(request.messages.size()))});  // never ends by itself
  });
  options.budget.turns_max = 8;
  const RunEnd end = run_on(busy);
  EXPECT_EQ(end.answer, "Done.");
  EXPECT_EQ(end.turns, 8) << "one, three for each of two, and the answer";
  EXPECT_EQ(end.usage, busy.usage());
}

TEST_F(SubAgentTest, CirclesOfManyThreadsAreRefusedAndNobodyWaits) {
  const std::vector<AgentSpec> ring{
      {.name = "a", .agents = {"b"}}, {.name = "b", .agents = {"c"}}, {.name = "c", .agents = {"a"}}};
  const auto shared = directory_of(ring, {.depth_max = 9});
  std::atomic<int> refused = 0;
  FunctionModel round([&](const Request& request, const std::stop_token&) {
    if (has_result(request)) {
      refused += request.messages.back().content.contains(" waits for ") ? 1 : 0;
      return says("Done.");
    }
    std::vector<ToolCall> made;  // whoever is asked calls all agents that it knows
    for (const ToolSpec& tool : request.tools) {
      made.push_back(ask_agent(tool.name, "go"));
    }
    return calls(made);
  });
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      Toolbox box;
      EXPECT_TRUE(shared->offer(box));
      Transcript start = task("go");
      NestedLines seen;
      const auto end = resume(round, box, start, {.id = AgentId{5}}, seen);
      ASSERT_TRUE(end) << end.error().message;
      EXPECT_EQ(end->answer, "Done.");
      EXPECT_EQ(end->turns, 2 + 3 * 6) << "three chains of three agents, two turns each";
    });
  }
  threads.clear();
  EXPECT_EQ(refused, 8 * 3);
}

TEST_F(SubAgentTest, AStopEndsAllThatRunAtTheSameTime) {
  offer({{.name = "worker"}});
  std::atomic<int> waiting = 0;
  FunctionModel slow([&](const Request& request, const std::stop_token& token) {
    if (task_in(request) == "Do it.") {
      return calls({ask_agent("worker", "a"), ask_agent("worker", "b"), ask_agent("worker", "c")});
    }
    if (++waiting == 3) {
      stop.request_stop();
    }
    wait_for(token);
    return says("too late");
  });
  const RunEnd end = run_on(slow);
  EXPECT_EQ(name_of(end.reason), "cancelled");
  EXPECT_EQ(results(transcript), (std::vector<std::string>(3, "error: cancelled")));
}

TEST(Desk, WorkIsDoneByItsOwnerInOrderAndAllOfIt) {
  Desk desk;
  const std::thread::id owner = std::this_thread::get_id();
  std::map<int, std::vector<int>> done;
  std::vector<std::jthread> threads;
  for (int job = 0; job < 4; ++job) {
    threads.emplace_back([&, job] {
      for (int i = 0; i < 3'000; ++i) {  // more than may wait
        desk.post([&, job, i] {
          EXPECT_EQ(std::this_thread::get_id(), owner);
          done[job].push_back(i);
        });
      }
      int answer = 0;
      desk.ask([&] { answer = 7; });
      EXPECT_EQ(answer, 7);
      desk.finished();
    });
  }
  desk.serve(4);
  ASSERT_EQ(done.size(), 4U);
  for (const auto& [job, order] : done) {
    EXPECT_EQ(order.size(), 3'000U);
    EXPECT_TRUE(std::ranges::is_sorted(order)) << job;
  }
}

// ---- random directories ------------------------------------------------------------------------------------------

// What there is in all requests and replies of one seed, decided by the seed and the request alone.
struct World {
  std::uint64_t seed;
  std::vector<AgentSpec> specs;
  AgentLimits limits;
};

World random_world(std::uint64_t seed) {
  Random random(seed);
  World world{.seed = seed,
              .specs = {},
              .limits = {.depth_max = static_cast<int>(1 + random.next() % 3),
                         .calls_max = static_cast<int>(random.next() % 7)}};
  const std::uint64_t count = 1 + random.next() % 5;
  for (std::uint64_t i = 0; i < count; ++i) {
    AgentSpec spec{.name = "agent" + std::to_string(i)};
    spec.start = random.next() % 3 == 0 ? AgentSpec::Start::fork : AgentSpec::Start::fresh;
    for (std::uint64_t k = 0; k < count; ++k) {
      if (random.next() % 2 == 0) {
        spec.agents.push_back("agent" + std::to_string(k));
      }
    }
    if (random.next() % 2 == 0) {
      spec.tools = {{"echo"}};
    }
    if (random.next() % 4 == 0) {
      spec.answer = Json::object({{"type", "integer"}});
    }
    spec.budget.turns_max = 1 + static_cast<int>(random.next() % 4);
    spec.budget.malformed_max = static_cast<int>(random.next() % 2);
    world.specs.push_back(std::move(spec));
  }
  return world;
}

// Repeats in a repeated run, whichever thread asks first.
ScriptedReply random_reply(const World& world, const Request& request) {
  Random random(Random::mix(world.seed, Random::mix(static_cast<std::uint64_t>(request.agent), request.turn)));
  if (request.format) {
    return says(random.next() % 2 == 0 ? "12" : "twelve");
  }
  switch (request.turn == 2 ? 7 : random.next() % 8) {  // the first turn of a run calls
    case 0:
      return says("An answer.");
    case 1:
      return malformed("<tool_call>");
    case 2:
      return request.agent == AgentId{1} ? says("")
                                         : ScriptedReply{.error = Error{.code = ErrorCode::io, .message = "gone"}};
    default:
      break;
  }
  std::vector<ToolCall> made;
  for (std::uint64_t count = 1 + random.next() % 4; count > 0; --count) {
    const std::string tool = request.tools.empty() ? "gone" : request.tools[random.next() % request.tools.size()].name;
    const std::string text = std::to_string(random.next() % 9);
    made.push_back(tool.starts_with("agent") ? ask_agent(tool, text) : call(tool, text));
  }
  return calls(made);
}

// How deep events come, and how many decisions there were for calls that then ran.
class Watch final : public EventSink {
 public:
  void on(const Event& event) override { count(0, event); }
  void on_nested(std::span<const AgentCall> path, const Event& event) override { count(path.size(), event); }
  std::size_t deepest = 0;
  int runs_open = 0;
  int runs_failed = 0;
  int runs_below = 0;
  int circles = 0;

 private:
  void count(std::size_t depth, const Event& event) {
    deepest = std::max(deepest, depth);
    runs_open += std::holds_alternative<event::RunStarted>(event) ? 1 : 0;
    runs_open -= std::holds_alternative<event::RunEnded>(event) ? 1 : 0;
    runs_below += depth > 0 && std::holds_alternative<event::RunStarted>(event) ? 1 : 0;
    const auto* ended = std::get_if<event::ToolEnded>(&event);
    circles += ended != nullptr && ended->observation.contains(" waits for ") ? 1 : 0;
    runs_failed += ended != nullptr && ended->observation.contains(" failed: gone") &&
                           ended->observation.starts_with("error: the agent ")
                       ? 1
                       : 0;
  }
};

// Counts of all seeds go into `total`.
void expect_invariants(std::uint64_t seed, Watch& total) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  const World world = random_world(seed);
  const auto directory = directory_of(world.specs, world.limits);
  std::atomic<int> echoed = 0;
  Toolbox tools;
  add_tool(tools, "echo", [&](std::string_view text, const std::stop_token&) {
    ++echoed;
    return ToolResult{.content = std::string(text)};
  });
  add_tool(tools, "fail", [](std::string_view text, const std::stop_token&) { return tool_error(text); });
  ASSERT_TRUE(directory->offer(tools));
  FunctionModel model([&](const Request& request, const std::stop_token&) { return random_reply(world, request); });
  ThreadGate gate;
  HandClock clock;
  AgentOptions options{.budget = {.turns_max = 60, .output_tokens_max = 2'000}, .gate = &gate, .clock = &clock};
  Transcript transcript = task("Do it.");
  Watch watch;
  const auto end = resume(model, tools, transcript, options, watch);
  ASSERT_TRUE(end) << end.error().message;
  EXPECT_TRUE(is_whole(transcript));
  EXPECT_EQ(end->usage, model.usage()) << "what all agents cost is what the model saw";
  EXPECT_LE(end->turns, options.budget.turns_max);
  EXPECT_LE(end->usage.output_tokens, options.budget.output_tokens_max);
  EXPECT_EQ(static_cast<std::size_t>(end->turns), model.requests().size());
  EXPECT_LE(watch.deepest, static_cast<std::size_t>(world.limits.depth_max));
  EXPECT_EQ(watch.runs_open, watch.runs_failed) << "every run ended, by a stop reason or by its model's error";
  EXPECT_EQ(gate.allowed["echo"], echoed) << "no call without a decision";
  total.runs_below += watch.runs_below;
  total.runs_failed += watch.runs_failed;
  total.circles += watch.circles;
  total.deepest = std::max(total.deepest, watch.deepest);
}

TEST(SubAgentsAtRandom, EveryRunEndsWithinItsLimitsAndItsAccountIsRight) {
  Watch total;
  for (std::uint64_t seed = 0; seed < test::rounds(200); ++seed) {
    expect_invariants(seed, total);
  }
  std::printf("%d runs below, %d of them by an error, %d circles, %d deep\n", total.runs_below, total.runs_failed,
              total.circles, static_cast<int>(total.deepest));
  EXPECT_GT(total.runs_below, test::rounds(300));
  EXPECT_GT(total.runs_failed, test::rounds(10));
  EXPECT_GT(total.circles, test::rounds(10));
  EXPECT_EQ(total.deepest, 3U);
}

}  // namespace
}  // namespace puna::agent
