// The recording of a run, where one was asked for; without, everything passes as it is.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "cli/options.h"
#include "puna/agent/recording.h"

namespace puna::cli {

class RunRecording {
 public:
  // recorder  may be absent
  explicit RunRecording(std::unique_ptr<Recorder> recorder) : recorder_(std::move(recorder)) {}

  [[nodiscard]] bool is_on() const { return recorder_ != nullptr; }
  // Each gives what is to be used instead, which lives as long as this.
  [[nodiscard]] Model& model(Model& model);
  [[nodiscard]] EventSink& events(EventSink& view);
  [[nodiscard]] Result<Toolbox*> tools(Toolbox& tools);
  [[nodiscard]] Gate* gate(Gate* gate);
  [[nodiscard]] OpenInterpreter interpreter(OpenInterpreter open);
  [[nodiscard]] RunRecord* record(RunRecord* next);  // may be absent
  // With what the options and the model say beside what the run has.
  [[nodiscard]] Result<void> begin(RecordedRun run, const Options& options, const Model& model);
  // What a run gave is its last line; that it could not be written is an error, too.
  template <class T>
  [[nodiscard]] Result<T> ended(Result<T> result) {
    if (recorder_ == nullptr) {
      return result;
    }
    auto finished = recorder_->finish(result ? std::nullopt : std::optional(result.error()));
    return result && !finished ? Result<T>(std::unexpected(std::move(finished).error())) : std::move(result);
  }

 private:
  std::unique_ptr<Recorder> recorder_;
  std::unique_ptr<Model> model_;
  std::unique_ptr<EventSink> events_;
  std::optional<Toolbox> tools_;
  std::unique_ptr<Gate> gate_;
};

// Creates options.record_file.  Errors  those of Recorder::create
[[nodiscard]] Result<std::unique_ptr<RunRecording>> open_recording(const Options& options);

// SHA-256 of a model's file; of one in the cache of models, its name says it.   Cost  reads it all
// Errors  io
[[nodiscard]] Result<std::string> model_hash(const std::filesystem::path& file);

}  // namespace puna::cli
