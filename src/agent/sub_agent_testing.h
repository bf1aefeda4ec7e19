// A model that answers by what it is asked, and counts. Tests only.
#pragma once

#include <functional>
#include <mutex>
#include <utility>
#include <vector>

#include "agent/test_kit.h"
#include "puna/agent/sub_agent.h"

namespace puna::agent {

class FunctionModel final : public Model {
 public:
  using Answer = std::function<ScriptedReply(const Request& request, const std::stop_token& stop)>;
  explicit FunctionModel(Answer answer) : answer_(std::move(answer)) {}

  [[nodiscard]] Result<Reply> ask(const Request& request, EventSink& events, std::stop_token stop) override {
    {
      const std::scoped_lock lock(mutex_);
      requests_.push_back(request);
    }
    auto reply = ScriptedModel::create({answer_(request, stop)}, 100'000)->ask(request, events, stop);
    if (reply) {
      const std::scoped_lock lock(mutex_);
      usage_ += reply->usage;
    }
    return reply;
  }
  [[nodiscard]] Result<std::int64_t> count_tokens(const Request& /*request*/) override { return 1; }
  [[nodiscard]] std::string name() const override { return "function"; }
  [[nodiscard]] int window_tokens() const override { return 100'000; }

  [[nodiscard]] std::vector<Request> requests() const {
    const std::scoped_lock lock(mutex_);
    return requests_;
  }
  [[nodiscard]] Usage usage() const {
    const std::scoped_lock lock(mutex_);
    return usage_;
  }

 private:
  const Answer answer_;
  mutable std::mutex mutex_;
  std::vector<Request> requests_;  // guarded by mutex_, as the next
  Usage usage_;
};

// Every event with the agents that lead to it in front: "reader/counter: turn 1".
class NestedLines final : public EventSink {
 public:
  void on(const Event& event) override { add("", event); }
  void on_nested(std::span<const AgentCall> path, const Event& event) override {
    std::string names;
    for (const AgentCall& call : path) {
      names += (names.empty() ? "" : "/") + call.agent;
    }
    add(names + ": ", event);
  }
  std::vector<std::string> lines;

 private:
  void add(const std::string& prefix, const Event& event) {
    EventLines one;
    one.on(event);
    for (const std::string& line : one.lines) {
      lines.push_back(prefix + line);
    }
  }
};

inline ToolCall ask_agent(std::string agent, std::string task, std::string id = {}) {
  return {.id = std::move(id), .name = std::move(agent), .arguments = Json::object({{"task", std::move(task)}})};
}

inline std::unique_ptr<AgentDirectory> directory_of(std::vector<AgentSpec> specs, AgentLimits limits = {}) {
  auto created = AgentDirectory::create(std::move(specs), limits);
  EXPECT_TRUE(created) << (created ? "" : created.error().message);
  return created ? *std::move(created) : nullptr;
}

// A loop whose box has agents beside "echo" and "fail".
class SubAgentTest : public LoopTest {
 protected:
  RunEnd run_agents(std::vector<AgentSpec> specs, std::vector<ScriptedReply> script, AgentLimits limits = {}) {
    offer(std::move(specs), limits);
    model = ScriptedModel::create(std::move(script), 100'000);
    return run_on(*model);
  }
  void offer(std::vector<AgentSpec> specs, AgentLimits limits = {}) {
    agents = directory_of(std::move(specs), limits);
    ASSERT_NE(agents, nullptr);
    const auto offered = agents->offer(tools);
    ASSERT_TRUE(offered) << offered.error().message;
  }
  RunEnd run_on(Model& asked) {
    auto end = resume(asked, tools, transcript, options, lines, stop.get_token());
    EXPECT_TRUE(end) << (end ? "" : end.error().message);
    EXPECT_TRUE(is_whole(transcript));
    return end ? *end : RunEnd();
  }
  // The requests' last messages, in order.
  [[nodiscard]] std::vector<std::string> told() const {
    std::vector<std::string> all;
    for (const Request& request : model->requests()) {
      all.push_back(request.messages.back().content);
    }
    return all;
  }

  std::unique_ptr<AgentDirectory> agents;
  NestedLines lines;
};

}  // namespace puna::agent
