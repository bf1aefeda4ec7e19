// Writing a trace: which events become records, and what the first one says.
#include "puna/agent/trace.h"

#include <atomic>
#include <chrono>
#include <concepts>
#include <mutex>
#include <optional>
#include <span>
#include <utility>
#include <variant>

#include "agent/json_depth.h"
#include "agent/traced_model.h"
#include "puna/model/line_file.h"

namespace puna {
namespace {

// What streams is not written: the reply has it whole.
template <class E>
constexpr bool is_passing =
    std::same_as<E, event::TextDelta> || std::same_as<E, event::ReasoningDelta> || std::same_as<E, event::Prefill> ||
    std::same_as<E, event::PromptReady> || std::same_as<E, event::ReplyReady>;

bool is_record(const Event& event) {
  return std::visit([]<class E>(const E& /*e*/) { return !is_passing<E>; }, event);
}

std::string time_text(std::chrono::system_clock::time_point time) {
  return format_text("{:%FT%TZ}", std::chrono::floor<std::chrono::seconds>(time));
}

class FileTrace final : public Trace {
 public:
  FileTrace(LineFile file, const Clock& clock) : file_(std::move(file)), clock_(clock), begun_(clock.now()) {}

  [[nodiscard]] Result<void> write(Json record) {
    const std::scoped_lock lock(mutex_);
    const auto time = std::chrono::duration_cast<std::chrono::microseconds>(clock_.now() - begun_);
    record.set("at_us", static_cast<std::int64_t>(time.count()));
    return file_.append(agent::within_levels(std::move(record), kJsonDepthMax).dump());
  }

  // Nothing, or the notice that no more is written.
  std::optional<Event> keep(Json record) {
    if (is_over_) {
      return std::nullopt;
    }
    const auto written = write(std::move(record));
    if (written || is_over_.exchange(true)) {
      return std::nullopt;
    }
    return event::Notice{.text = "the trace ends here: " + written.error().message};
  }

  [[nodiscard]] std::unique_ptr<Model> watch(Model& model) override { return agent::make_traced_model(model); }
  [[nodiscard]] std::unique_ptr<EventSink> watch(EventSink& view) override;

  void failed(const Error& error) override {
    (void)keep(Json::object(
        {{"type", "run.failed"}, {"code", name_of(error.code)}, {"message", error.message}, {"hint", error.hint}}));
  }

 private:
  std::mutex mutex_;
  LineFile file_;  // guarded by mutex_
  const Clock& clock_;
  const std::chrono::steady_clock::time_point begun_;
  std::atomic<bool> is_over_ = false;
};

class Tee final : public EventSink {
 public:
  Tee(FileTrace& trace, EventSink& view) : trace_(trace), view_(view) {}

  void on(const Event& event) override {
    if (is_record(event)) {
      keep(to_json(event));
    }
    if (!std::holds_alternative<event::Traced>(event)) {
      view_.on(event);
    }
  }
  void on_nested(std::span<const AgentCall> path, const Event& event) override {
    if (is_record(event)) {
      keep(to_json(path, event));
    }
    if (!std::holds_alternative<event::Traced>(event)) {
      view_.on_nested(path, event);
    }
  }

 private:
  void keep(Json record) {
    if (const auto notice = trace_.keep(std::move(record))) {
      view_.on(*notice);
    }
  }

  FileTrace& trace_;
  EventSink& view_;
};

std::unique_ptr<EventSink> FileTrace::watch(EventSink& view) { return std::make_unique<Tee>(*this, view); }

}  // namespace

Result<std::unique_ptr<Trace>> Trace::create(const std::filesystem::path& file, const Json& about, const Clock& clock) {
  PUNA_TRY(LineFile opened, LineFile::create(file));
  auto trace = std::make_unique<FileTrace>(std::move(opened), clock);
  Json head = Json::object({{"type", "trace"}, {"version", kTraceVersion}, {"started", time_text(clock.wall())}});
  for (const Json::Member& member : about.is_object() ? about.as_object() : Json::Object()) {
    head.set(member.key, member.value);
  }
  PUNA_TRY_VOID(trace->write(std::move(head)));
  return trace;
}

}  // namespace puna
