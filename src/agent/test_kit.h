// What the tests of the loop share: a clock that stands still, events as short lines, tools, and the check that a
// transcript is one. Tests only.
#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "agent/test_recorded_run.h"
#include "puna/agent.h"

namespace puna::agent {

// Moves only when it is told to.
class HandClock final : public Clock {
 public:
  [[nodiscard]] std::chrono::steady_clock::time_point now() const override { return now_; }
  [[nodiscard]] std::chrono::system_clock::time_point wall() const override { return {}; }
  void advance(std::chrono::milliseconds time) { now_ += time; }

 private:
  std::chrono::steady_clock::time_point now_;
};

// Every event as one short line, deltas joined: the lists that tests compare.
class EventLines final : public EventSink {
 public:
  explicit EventLines(std::function<void(const Event&)> then = {}) : then_(std::move(then)) {}

  void on(const Event& event) override {
    std::visit([this](const auto& e) { write(e); }, event);
    if (then_) {
      then_(event);
    }
  }

  std::vector<std::string> lines;

 private:
  void write(const event::RunStarted& e) { lines.push_back("run started: " + e.task + " / " + e.model); }
  void write(const event::TurnStarted& e) { lines.push_back("turn " + std::to_string(e.turn)); }
  void write(const event::PromptReady&) { lines.emplace_back("prompt"); }
  void write(const event::PrefixLost& e) { lines.push_back("prefix lost: " + e.reason); }
  void write(const event::WindowCut& e) {
    lines.push_back(format_text("window cut: {} of {} messages, {} to {} tokens of {}", e.step, e.messages,
                                e.tokens_before, e.tokens_after, e.tokens_max));
  }
  void write(const event::Prefill&) { lines.emplace_back("prefill"); }
  void write(const event::TextDelta& e) { append("text: ", e.text); }
  void write(const event::ReasoningDelta& e) { append("reasoning: ", e.text); }
  void write(const event::ReplyReady&) { lines.emplace_back("reply"); }
  void write(const event::ToolStarted& e) {
    lines.push_back("tool " + e.call_id + ": " + e.tool + " " + e.arguments.dump());
  }
  void write(const event::PermissionDecided& e) {
    lines.push_back("permission " + e.call_id + ": " + (e.is_allowed ? "allowed by " : "denied by ") + e.by + ": " +
                    e.rule);
  }
  void write(const event::ToolEnded& e) {
    lines.push_back("tool " + e.call_id + (e.is_error ? " failed: " : " said: ") + e.observation);
  }
  void write(const event::Traced&) {}
  void write(const event::Notice& e) { lines.push_back("notice: " + e.text); }
  void write(const event::RunEnded& e) {
    lines.push_back("run ended: " + e.stop_reason + " after " + std::to_string(e.turns) + ": " + e.answer);
  }
  void append(std::string_view kind, std::string_view text) {
    if (lines.empty() || !lines.back().starts_with(kind)) {
      lines.emplace_back(kind);
    }
    lines.back() += text;
  }

  std::function<void(const Event&)> then_;
};

// A tool that takes {"text": string} and does what it is told.
class TextTool final : public Tool {
 public:
  using Body = std::function<ToolResult(std::string_view text, const std::stop_token& stop)>;
  TextTool(std::string name, Body body)
      : spec_({.name = std::move(name),
               .description = "A tool.",
               .parameters = Json::object({{"type", "object"},
                                           {"properties", Json::object({{"text", Json::object({{"type", "string"}})}})},
                                           {"required", Json::array({"text"})}})}),
        body_(std::move(body)) {}
  [[nodiscard]] const ToolSpec& spec() const override { return spec_; }
  [[nodiscard]] ToolResult run(const Json& arguments, std::stop_token stop) override {
    return body_(arguments.text_or("text"), stop);
  }

 private:
  const ToolSpec spec_;
  const Body body_;
};

inline void add_tool(Toolbox& box, std::string name, TextTool::Body body) {
  const auto added = box.add(std::make_unique<TextTool>(std::move(name), std::move(body)));
  EXPECT_TRUE(added) << (added ? "" : added.error().message);
}

// Returns when stop was asked for, and only then.
inline void wait_for(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait(lock, stop, [] { return false; });
}

inline ToolCall call(std::string tool, std::string text, std::string id = {}) {
  return {.id = std::move(id), .name = std::move(tool), .arguments = Json::object({{"text", std::move(text)}})};
}
inline ScriptedReply says(std::string text) { return {.message = {.content = std::move(text)}}; }
inline ScriptedReply calls(std::vector<ToolCall> made) { return {.message = {.calls = std::move(made)}}; }
inline ScriptedReply malformed(std::string text) { return {.message = {.content = text}, .malformed_calls = {text}}; }

inline Transcript task(std::string text) {
  return {{.role = Role::system, .content = "Be brief."}, {.role = Role::user, .content = std::move(text)}};
}

// Every call has exactly one result, in order, right behind its message; ids are unique; no result without a call.
inline testing::AssertionResult is_whole(const Transcript& transcript) {
  std::set<std::string> ids;
  std::size_t at = 0;
  while (at < transcript.size()) {
    const Message& message = transcript[at++];
    if (message.role == Role::tool) {
      return testing::AssertionFailure() << "message " << at << " answers no call";
    }
    for (const ToolCall& made : message.calls) {
      if (!ids.insert(made.id).second) {
        return testing::AssertionFailure() << "id " << made.id << " is there twice";
      }
      if (at >= transcript.size() || transcript[at].role != Role::tool || transcript[at].call_id != made.id ||
          transcript[at].tool != made.name) {
        return testing::AssertionFailure() << "call " << made.id << " has no result behind it";
      }
      ++at;
    }
  }
  return testing::AssertionSuccess();
}

// The content of the tool messages, in order.
inline std::vector<std::string> results(const Transcript& transcript) {
  std::vector<std::string> found;
  for (const Message& message : transcript) {
    if (message.role == Role::tool) {
      found.push_back(message.content);
    }
  }
  return found;
}

// One run: a script, a box with "echo" and "fail", a transcript.
class LoopTest : public testing::Test {
 protected:
  LoopTest() {
    add_tool(tools, "echo",
             [](std::string_view text, const std::stop_token&) { return ToolResult{.content = std::string(text)}; });
    add_tool(tools, "fail", [](std::string_view text, const std::stop_token&) { return tool_error(text); });
    options.clock = &clock;
  }

  Result<RunEnd> run(std::vector<ScriptedReply> script, int window_tokens = 100'000) {
    model = ScriptedModel::create(std::move(script), window_tokens);
    return recorded_run(*model, tools, transcript, options, events, stop.get_token());
  }
  // Runs, and expects an outcome and a whole transcript.
  RunEnd run_to(StopReason reason, std::vector<ScriptedReply> script, int window_tokens = 100'000) {
    auto end = run(std::move(script), window_tokens);
    EXPECT_TRUE(end) << (end ? "" : end.error().message);
    if (!end) {
      return {};
    }
    EXPECT_EQ(name_of(end->reason), name_of(reason));
    EXPECT_TRUE(is_whole(transcript));
    EXPECT_TRUE(events.lines.back().starts_with("run ended: " + std::string(name_of(reason)))) << events.lines.back();
    return *end;
  }

  HandClock clock;
  std::stop_source stop;
  EventLines events;
  Toolbox tools;
  Transcript transcript = task("Do it.");
  AgentOptions options;
  std::unique_ptr<ScriptedModel> model;
};

// Every reply is lost in the middle, as with a server whose connection breaks.
class LosingModel final : public Model {
 public:
  [[nodiscard]] Result<Reply> ask(const Request&, EventSink&, std::stop_token) override {
    return Reply{.message = {.role = Role::assistant, .content = "final_answer(1"},
                 .usage = {.prompt_tokens = 3, .output_tokens = 2},
                 .lost = Error{.code = ErrorCode::unavailable, .message = "the reply broke off", .hint = {}}};
  }
  [[nodiscard]] Result<std::int64_t> count_tokens(const Request&) override { return 1; }
  [[nodiscard]] std::string name() const override { return "losing"; }
  [[nodiscard]] int window_tokens() const override { return 1'000; }
};

}  // namespace puna::agent
