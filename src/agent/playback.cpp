// See playback.h.
#include "agent/playback.h"

#include <algorithm>
#include <utility>

#include "puna/base/json_difference.h"

namespace puna::agent {
namespace {

class PlayedTool final : public Tool {
 public:
  PlayedTool(Playback& playback, const RecordedTool& tool) : playback_(playback), tool_(tool) {}
  [[nodiscard]] const ToolSpec& spec() const override { return tool_.spec; }
  [[nodiscard]] std::optional<ToolTraits> traits() const override { return tool_.traits; }
  [[nodiscard]] ToolResult run(const Json& arguments, std::stop_token /*stop*/) override {
    return playback_.run_tool(tool_.spec.name, arguments);
  }

 private:
  Playback& playback_;
  const RecordedTool& tool_;
};

class PlayedGate final : public Gate {
 public:
  explicit PlayedGate(Playback& playback) : playback_(playback) {}
  void begin(std::span<const Message> /*transcript*/, const Toolbox& /*tools*/) override {}
  [[nodiscard]] Permit before(const ToolCall& call, const Tool& /*tool*/, const std::stop_token& /*stop*/) override {
    return playback_.permit(call);
  }
  void after(const Tool& /*tool*/) override {}

 private:
  Playback& playback_;
};

class PlayedInterpreter final : public CodeInterpreter {
 public:
  PlayedInterpreter(Playback& playback, const Recording& recording) : playback_(playback), recording_(recording) {}
  [[nodiscard]] const std::string& dialect() const override { return recording_.dialect; }
  [[nodiscard]] bool is_micropython() const override { return recording_.is_micropython; }
  [[nodiscard]] Result<PythonStep> run(std::string_view code, const PythonToolbox& answer,
                                       std::stop_token stop) override {
    return playback_.run_code(code, answer, stop);
  }

 private:
  Playback& playback_;
  const Recording& recording_;
};

// cancelled, time_max, or nothing.
std::string_view stop_of(const Recording& recording) {
  const auto end = std::ranges::find_last_if(recording.events,
                                             [](const Json& event) { return event.text_or("type") == "run.ended"; });
  for (const StopReason reason : {StopReason::cancelled, StopReason::time_max}) {
    if (!end.empty() && end.front().text_or("stop_reason") == name_of(reason)) {
      return name_of(reason);
    }
  }
  return {};
}

Json call_json(std::string_view name, const Json& arguments) {
  return Json::object({{"tool", name}, {"arguments", arguments}});
}

}  // namespace

Playback::Playback(const Recording& recording) : recording_(recording), end_(stop_of(recording)) {
  if (answers_max() == 0 && end_ == name_of(StopReason::cancelled)) {  // before it began
    stop_.request_stop();
  }
}

std::size_t Playback::answers_max() const {
  return recording_.model.calls.size() + recording_.results.size() + recording_.permits.size() + recording_.code.size();
}

void Playback::missed(std::string what) {
  if (!miss_) {
    miss_ = std::move(what);
  }
  stop_.request_stop();
}

void Playback::answered(bool is_stopped) {
  const std::size_t all =
      recording_.model.calls.size() + recording_.results.size() + recording_.permits.size() + recording_.code.size();
  if (++answers_ != all && !is_stopped) {
    return;
  }
  if (end_ == name_of(StopReason::time_max)) {
    clock_.end();
  } else if (!end_.empty()) {
    stop_.request_stop();
  }
}

ToolResult Playback::run_tool(const std::string& tool, const Json& arguments) {
  if (results_ == recording_.results.size()) {
    missed(format_text("the recording has {} calls of tools that ran, and this is one more: {} {}", results_, tool,
                       arguments.dump()));
    return tool_error("not recorded");
  }
  const RecordedResult& recorded = recording_.results[results_];
  if (const auto where = first_difference(call_json(recorded.tool, recorded.arguments), call_json(tool, arguments))) {
    missed(format_text("tool call {} is not the recorded one: {}", results_ + 1, where->text()));
    return tool_error("not recorded");
  }
  ++results_;
  answered(recorded.is_stopped);
  return recorded.result;
}

Permit Playback::permit(const ToolCall& call) {
  if (permits_ == recording_.permits.size()) {
    missed(format_text("the recording has {} permissions, and this is one more: {} {}", permits_, call.name,
                       call.arguments.dump()));
    return {};
  }
  const RecordedPermit& recorded = recording_.permits[permits_];
  if (const auto where = first_difference(call_json(recorded.call.name, recorded.call.arguments),
                                          call_json(call.name, call.arguments))) {
    missed(format_text("permission {} is not for the recorded call: {}", permits_ + 1, where->text()));
    return {};
  }
  ++permits_;
  answered(recorded.is_stopped);
  return recorded.permit;
}

Result<PythonStep> Playback::run_code(std::string_view code, const PythonToolbox& answer, const std::stop_token& stop) {
  if (code_ == recording_.code.size()) {
    missed(format_text("the recording has {} pieces of code, and this is one more", code_));
    return PythonStep{.end = PythonEnd::cancelled};
  }
  const RecordedCode& recorded = recording_.code[code_];
  if (const auto where = first_difference(Json(recorded.code), Json(code))) {
    missed(format_text("piece {} of code is not the recorded one: {}", code_ + 1, where->text()));
    return PythonStep{.end = PythonEnd::cancelled};
  }
  ++code_;
  for (const PythonCall& call : recorded.calls) {
    if (!miss_ && answer) {
      (void)answer(call, stop);
    }
  }
  answered(recorded.is_stopped);
  return recorded.step;
}

Result<Toolbox> Playback::tools() {
  Toolbox box;
  for (const RecordedTool& tool : recording_.tools) {
    PUNA_TRY_VOID(box.add(std::make_unique<PlayedTool>(*this, tool)));
  }
  return box;
}

std::unique_ptr<Gate> Playback::gate() { return recording_.has_gate ? std::make_unique<PlayedGate>(*this) : nullptr; }

OpenInterpreter Playback::interpreter() {
  return [this](const PythonOptions& /*options*/) -> Result<std::unique_ptr<CodeInterpreter>> {
    return std::make_unique<PlayedInterpreter>(*this, recording_);
  };
}

}  // namespace puna::agent
