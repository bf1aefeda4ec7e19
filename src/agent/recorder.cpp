// Writing a recording: what the model, the tools, the gate and the interpreter answer, as they answer.
//
// Threads: a loop makes its calls on one thread, but a stop may come on any; the mutex guards the file.
#include <mutex>
#include <utility>

#include "agent/canonical_events.h"
#include "agent/json_depth.h"
#include "agent/recording_json.h"
#include "puna/agent/recording.h"
#include "puna/model/forwarding_model.h"
#include "puna/model/line_file.h"

namespace puna {
namespace agent {
namespace {

class FileRecorder final : public Recorder {
 public:
  explicit FileRecorder(LineFile file)
      : file_(std::move(file)),
        events_([this](Json event) { write(Json::object({{"type", "event"}, {"event", std::move(event)}})); }) {}

  [[nodiscard]] std::unique_ptr<Model> watch(Model& model) override;
  [[nodiscard]] std::unique_ptr<EventSink> watch(EventSink& view) override;
  [[nodiscard]] Result<Toolbox> watch(Toolbox& tools) override;
  [[nodiscard]] std::unique_ptr<Gate> watch(Gate& gate) override;
  [[nodiscard]] OpenInterpreter watch(OpenInterpreter open) override;
  [[nodiscard]] RunRecord& record(RunRecord* next) override;

  [[nodiscard]] Result<void> begin(const RecordedRun& run) override {
    Json head = Json::object({{"type", "recording"}});
    const Json rest = head_json(run, model_, tools_, has_gate_);
    for (const Json::Member& each : rest.as_object()) {
      head.set(each.key, each.value);
    }
    write(std::move(head));
    return state();
  }

  [[nodiscard]] Result<void> finish(const std::optional<Error>& failure) override {
    {
      const std::scoped_lock lock(events_mutex_);
      events_.flush();
    }
    Json line = Json::object({{"type", "end"}});
    if (failure) {
      line.set("error", failure_json(*failure));
    }
    write(std::move(line));
    return state();
  }

  void write(Json line) {
    const std::string text = within_levels(std::move(line), kJsonDepthMax).dump();
    const std::scoped_lock lock(mutex_);
    if (!failed_) {
      auto written = file_.append(text);
      if (!written) {
        failed_ = std::move(written).error();
      }
    }
  }
  // A call goes with how much of it is not the call before.
  void write(RecordedCall call) {
    const std::scoped_lock lock(calls_mutex_);
    Json line = Json::object({{"type", "model"}});
    const Json rest = to_json(call, last_ ? &*last_ : nullptr);
    for (const Json::Member& each : rest.as_object()) {
      line.set(each.key, each.value);
    }
    write(std::move(line));
    last_ = std::move(call);
  }
  void take(std::span<const AgentCall> path, const Event& event) {
    const std::scoped_lock lock(events_mutex_);
    events_.take(path, event);
  }
  [[nodiscard]] Result<void> state() {
    const std::scoped_lock lock(mutex_);
    return failed_ ? Result<void>(std::unexpected(*failed_)) : Result<void>();
  }

 private:
  std::mutex mutex_;
  LineFile file_;                // guarded by mutex_, as the next
  std::optional<Error> failed_;  // the first line that could not be written
  std::mutex calls_mutex_;
  std::optional<RecordedCall> last_;  // guarded by calls_mutex_
  std::mutex events_mutex_;
  CanonicalEvents events_;  // guarded by events_mutex_
  Model* model_ = nullptr;  // that is watched; may be absent
  std::vector<RecordedTool> tools_;
  bool has_gate_ = false;
  std::unique_ptr<RunRecord> record_;
};

class ModelRecorder final : public ForwardingModel {
 public:
  ModelRecorder(FileRecorder& file, Model& model) : ForwardingModel(model), file_(file) {}

  [[nodiscard]] Result<Reply> ask(const Request& request, EventSink& events, std::stop_token stop) override {
    RecordedCall call = ask_recorded(below(), request, events, stop);
    Result<Reply> reply = call.reply;
    file_.write(std::move(call));
    return reply;
  }
  [[nodiscard]] Result<std::int64_t> count_tokens(const Request& request) override {
    auto count = below().count_tokens(request);
    if (count) {
      file_.write(Json::object({{"type", "counted"}, {"request_hash", request_hash(request)}, {"tokens", *count}}));
    }
    return count;
  }

 private:
  FileRecorder& file_;
};

class EventRecorder final : public EventSink {
 public:
  EventRecorder(FileRecorder& file, EventSink& view) : file_(file), view_(view) {}
  void on(const Event& event) override {
    file_.take({}, event);
    view_.on(event);
  }
  void on_nested(std::span<const AgentCall> path, const Event& event) override {
    file_.take(path, event);
    view_.on_nested(path, event);
  }

 private:
  FileRecorder& file_;
  EventSink& view_;
};

class ToolRecorder final : public Tool {
 public:
  ToolRecorder(FileRecorder& file, std::unique_ptr<Tool> tool) : file_(file), tool_(std::move(tool)) {}
  [[nodiscard]] const ToolSpec& spec() const override { return tool_->spec(); }
  [[nodiscard]] std::optional<ToolTraits> traits() const override { return tool_->traits(); }
  [[nodiscard]] ToolResult run(const Json& arguments, std::stop_token stop) override {
    ToolResult result = tool_->run(arguments, stop);
    file_.write(result_json(
        {.tool = spec().name, .arguments = arguments, .result = result, .is_stopped = stop.stop_requested()}));
    return result;
  }

 private:
  FileRecorder& file_;
  const std::unique_ptr<Tool> tool_;
};

class GateRecorder final : public Gate {
 public:
  GateRecorder(FileRecorder& file, Gate& gate) : file_(file), gate_(gate) {}
  void begin(std::span<const Message> transcript, const Toolbox& tools) override { gate_.begin(transcript, tools); }
  [[nodiscard]] Permit before(const ToolCall& call, const Tool& tool, const std::stop_token& stop) override {
    Permit permit = gate_.before(call, tool, stop);
    file_.write(permit_json({.call = call, .permit = permit, .is_stopped = stop.stop_requested()}));
    return permit;
  }
  void after(const Tool& tool) override { gate_.after(tool); }

 private:
  FileRecorder& file_;
  Gate& gate_;
};

class CodeRecorder final : public CodeInterpreter {
 public:
  CodeRecorder(FileRecorder& file, std::unique_ptr<CodeInterpreter> below) : file_(file), below_(std::move(below)) {
    file_.write(
        Json::object({{"type", "interpreter"}, {"dialect", dialect()}, {"is_micropython", below_->is_micropython()}}));
  }
  [[nodiscard]] const std::string& dialect() const override { return below_->dialect(); }
  [[nodiscard]] bool is_micropython() const override { return below_->is_micropython(); }
  [[nodiscard]] Result<PythonStep> run(std::string_view code, const PythonToolbox& answer,
                                       std::stop_token stop) override {
    RecordedCode recorded{.code = std::string(code)};
    const auto heard = [&](const PythonCall& call, const std::stop_token& token) {
      recorded.calls.push_back(call);
      return answer(call, token);
    };
    recorded.step = answer ? below_->run(code, heard, stop) : below_->run(code, {}, stop);
    recorded.is_stopped = stop.stop_requested();
    file_.write(code_json(recorded));
    return std::move(recorded.step);
  }

 private:
  FileRecorder& file_;
  const std::unique_ptr<CodeInterpreter> below_;
};

class MessageRecorder final : public RunRecord {
 public:
  MessageRecorder(FileRecorder& file, RunRecord* next) : file_(file), next_(next) {}
  [[nodiscard]] Result<void> append(const Message& message) override {
    file_.write(Json::object({{"type", "message"}, {"message", to_json(message)}}));
    PUNA_TRY_VOID(file_.state());
    return next_ == nullptr ? Result<void>() : next_->append(message);
  }
  [[nodiscard]] Result<void> starting(std::span<const AgentCall> path, const ToolCall& call) override {
    PUNA_TRY_VOID(file_.state());
    return next_ == nullptr ? Result<void>() : next_->starting(path, call);
  }

 private:
  FileRecorder& file_;
  RunRecord* const next_;
};

std::unique_ptr<Model> FileRecorder::watch(Model& model) {
  model_ = &model;
  return std::make_unique<ModelRecorder>(*this, model);
}

std::unique_ptr<EventSink> FileRecorder::watch(EventSink& view) { return std::make_unique<EventRecorder>(*this, view); }

Result<Toolbox> FileRecorder::watch(Toolbox& tools) {
  Toolbox box;
  for (const ToolSpec& spec : tools.specs()) {
    const std::optional<ToolTraits> traits = tools.find(spec.name)->traits();
    if (traits && traits->delegates) {
      return fail(ErrorCode::invalid_argument, format_text("'{}' is an agent: its run cannot be recorded", spec.name),
                  "record a run without agents as tools; --trace writes one with them");
    }
    tools_.push_back({.spec = spec, .traits = traits});
    PUNA_TRY_VOID(box.add(std::make_unique<ToolRecorder>(*this, tools.lend(spec.name))));
  }
  return box;
}

std::unique_ptr<Gate> FileRecorder::watch(Gate& gate) {
  has_gate_ = true;
  return std::make_unique<GateRecorder>(*this, gate);
}

OpenInterpreter FileRecorder::watch(OpenInterpreter open) {
  return [this, open = std::move(open)](PythonOptions options) -> Result<std::unique_ptr<CodeInterpreter>> {
    PUNA_TRY(std::unique_ptr<CodeInterpreter> below, open(std::move(options)));
    return std::make_unique<CodeRecorder>(*this, std::move(below));
  };
}

RunRecord& FileRecorder::record(RunRecord* next) {
  record_ = std::make_unique<MessageRecorder>(*this, next);
  return *record_;
}

}  // namespace
}  // namespace agent

Result<std::unique_ptr<Recorder>> Recorder::create(const std::filesystem::path& file) {
  PUNA_TRY(LineFile opened, LineFile::create(file));
  return std::make_unique<agent::FileRecorder>(std::move(opened));
}

}  // namespace puna
