// See models.h.
#include "puna/sim/models.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>

#include "puna/model/remote_model.h"

namespace puna::sim {
namespace {

Result<std::unique_ptr<Model>> open_local(const LlmOptions& options, const std::filesystem::path& file,
                                          const ModelPlaces& places) {
  PUNA_TRY(std::unique_ptr<LocalModel> model,
           LocalModel::open({.load = {.file = file},
                             .engine = {.window_tokens = options.n_ctx,
                                        .sequences_max = places.concurrent_max,
                                        .threads = options.n_threads == 0 ? places.threads : options.n_threads,
                                        .profile = places.profile}}));
  return model;
}

Result<std::unique_ptr<Model>> open_server(const LlmOptions& options, const ModelPlaces& places, std::stop_token stop) {
  RemoteModelOptions remote{.urls = {options.base_url}, .api_key = places.api_key, .window_tokens = options.n_ctx};
  remote.times.idle = std::chrono::milliseconds(std::llround(options.timeout * 1'000));
  remote.retries.attempts_max = options.max_retries + 1;
  remote.progress = places.progress;
  PUNA_TRY(std::unique_ptr<RemoteModel> model, RemoteModel::open(remote, std::move(stop)));
  return model;
}

Result<std::unique_ptr<Model>> open_model(const LlmOptions& options, const ModelPlaces& places, std::stop_token stop) {
  if (!places.file.empty()) {
    return open_local(options, places.file, places);
  }
  if (!options.base_url.empty()) {
    return open_server(options, places, std::move(stop));
  }
  return open_local(options, options.model_path.empty() ? places.demo : std::filesystem::path(options.model_path),
                    places);
}

}  // namespace

bool share_model(const LlmOptions& a, const LlmOptions& b) {
  return a.base_url == b.base_url && a.model_path == b.model_path && a.n_ctx == b.n_ctx && a.n_threads == b.n_threads &&
         (a.base_url.empty() || (a.model == b.model && a.max_retries == b.max_retries && a.timeout == b.timeout));
}

void ModelSet::add(const LlmOptions& options, std::unique_ptr<Model> model) {
  models_.emplace_back(options, std::move(model));
}

Model& ModelSet::model_of(const LlmOptions& options) const {
  const auto found =
      std::ranges::find_if(models_, [&](const auto& entry) { return share_model(entry.first, options); });
  PUNA_CHECK(found != models_.end(), "an agent's model was not opened");
  return *found->second;
}

Result<ModelSet> open_models(const Scenario& scenario, const ModelPlaces& places, std::stop_token stop) {
  ModelSet models;
  std::vector<LlmOptions> open;
  for (const AgentGroup& group : scenario.agents) {
    const bool is_open = std::ranges::any_of(open, [&](const LlmOptions& one) { return share_model(one, group.llm); });
    if (group.type != AgentType::llm || is_open) {
      continue;
    }
    auto model = open_model(group.llm, places, stop);
    if (!model) {
      Error error = std::move(model).error();
      const std::string line = group.place.line > 0 ? format_text("line {}: ", group.place.line) : "";
      error.message = format_text("{}the model of these agents: {}", line, error.message);
      return std::unexpected(std::move(error));
    }
    open.push_back(group.llm);
    models.add(group.llm, *std::move(model));
  }
  return models;
}

}  // namespace puna::sim
