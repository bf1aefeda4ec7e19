// See run_recording.h.
#include "cli/run_recording.h"

#include <algorithm>

#include "cli/commands.h"
#include "puna/base/sha256.h"

namespace puna::cli {
namespace {

constexpr std::size_t kHashDigits = 64;

Result<std::string> template_hash(const Options& options, const ModelFacts& facts) {
  PUNA_TRY(std::string source, template_named(options.chat_template));
  if (source.empty()) {
    source = facts.chat_template;
  }
  if (source.empty()) {
    PUNA_TRY(source, built_in_template("generic"));
  }
  return sha256_hex(source);
}

// Of the model that answers, and how.
Result<void> add_model(const Options& options, const Model& model, Json& about) {
  const auto* local = dynamic_cast<const LocalModel*>(&model);
  if (local == nullptr) {
    about.set("server_model", model.name());
    return {};
  }
  const ModelFacts& facts = local->engine().weights().facts();
  const EngineOptions& engine = local->engine().options();
  PUNA_TRY(std::string hash, model_hash(facts.file));
  about.set("model_sha256", std::move(hash));
  PUNA_TRY(std::string of_template, template_hash(options, facts));
  about.set("template_sha256", std::move(of_template));
  about.set("profile", engine.profile == Profile::deterministic ? "deterministic" : "fast");
  about.set("threads", engine.threads);
  about.set("threads_batch", engine.threads_batch);
  about.set("batch_tokens", engine.batch_tokens);
  about.set("gpu_layers", options.gpu_layers);
  return {};
}

}  // namespace

Result<std::string> model_hash(const std::filesystem::path& file) {
  std::error_code ignored;
  std::string name = std::filesystem::canonical(file, ignored).filename().string();
  const bool is_hash = name.size() == kHashDigits && std::ranges::all_of(name, [](char c) {
                         return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
                       });
  return is_hash ? Result<std::string>(std::move(name)) : sha256_of_file(file);
}

Model& RunRecording::model(Model& model) {
  if (recorder_ == nullptr) {
    return model;
  }
  model_ = recorder_->watch(model);
  return *model_;
}

EventSink& RunRecording::events(EventSink& view) {
  if (recorder_ == nullptr) {
    return view;
  }
  events_ = recorder_->watch(view);
  return *events_;
}

Result<Toolbox*> RunRecording::tools(Toolbox& tools) {
  if (recorder_ == nullptr) {
    return &tools;
  }
  PUNA_TRY(tools_, recorder_->watch(tools));
  return &*tools_;
}

Gate* RunRecording::gate(Gate* gate) {
  if (recorder_ == nullptr || gate == nullptr) {
    return gate;
  }
  gate_ = recorder_->watch(*gate);
  return gate_.get();
}

OpenInterpreter RunRecording::interpreter(OpenInterpreter open) {
  return recorder_ == nullptr ? std::move(open) : recorder_->watch(std::move(open));
}

RunRecord* RunRecording::record(RunRecord* next) { return recorder_ == nullptr ? next : &recorder_->record(next); }

Result<void> RunRecording::begin(RecordedRun run, const Options& options, const Model& model) {
  if (recorder_ == nullptr) {
    return {};
  }
  PUNA_TRY(std::string build, sha256_of_file("/proc/self/exe"));
  run.about = Json::object({{"program", "puna " PUNA_VERSION},
                            {"build_sha256", std::move(build)},
                            {"llama", engine_libraries().llama_version}});
  PUNA_TRY_VOID(add_model(options, model, run.about));
  return recorder_->begin(run);
}

Result<std::unique_ptr<RunRecording>> open_recording(const Options& options) {
  if (options.record_file.empty()) {
    return std::make_unique<RunRecording>(nullptr);
  }
  PUNA_TRY(std::unique_ptr<Recorder> recorder, Recorder::create(options.record_file).transform_error([](Error error) {
    error.message = "--record: " + error.message;
    return error;
  }));
  return std::make_unique<RunRecording>(std::move(recorder));
}

}  // namespace puna::cli
