// See models.h.
#include "puna/sim/models.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <optional>
#include <utility>

#include "puna/base/sha256.h"
#include "puna/model/remote_model.h"

namespace puna::sim {
namespace {

struct Opened {
  std::unique_ptr<Model> model;
  std::string what;
};

// What tells one model file from another wherever it lies: its size, and a hash of its first and last megabyte.
std::string file_text(const std::filesystem::path& file) {
  constexpr std::uint64_t kPart = std::uint64_t{1} << 20U;
  std::error_code code;
  const std::uint64_t size = std::filesystem::file_size(file, code);
  std::ifstream in(file, std::ios::binary);
  Sha256 hash;
  for (const std::uint64_t from : {std::uint64_t{0}, size < kPart ? 0 : size - kPart}) {
    std::string part(kPart, '\0');
    in.clear();
    in.seekg(static_cast<std::streamoff>(from));
    in.read(part.data(), static_cast<std::streamsize>(part.size()));
    hash.add(std::string_view(part).substr(0, static_cast<std::size_t>(in.gcount())));
  }
  return format_text("file of {} bytes, sha256 of its ends {}", size, hash.hex().substr(0, 32));
}

Result<Opened> open_local(const LlmOptions& options, const std::filesystem::path& file, const ModelPlaces& places) {
  EngineOptions engine{.window_tokens = options.n_ctx,
                       .sequences_max = places.concurrent_max,
                       .threads = places.threads == 0 ? options.n_threads : places.threads,
                       .profile = places.profile};
  if (const auto facts = Weights::inspect(file)) {  // else open() says what is wrong
    engine.cache = layout_for_strangers(*facts, engine);
  }
  PUNA_TRY(std::unique_ptr<LocalModel> model, LocalModel::open({.load = {.file = file}, .engine = engine}));
  const std::string_view profile = places.profile == Profile::deterministic ? "deterministic" : "fast";
  return Opened{.model = std::move(model),
                .what = format_text("{}, {} profile, arithmetic {}", file_text(file), profile, kArithmetic)};
}

Result<Opened> open_server(const LlmOptions& options, const ModelPlaces& places, std::stop_token stop) {
  RemoteModelOptions remote{
      .urls = {options.base_url}, .api_key = places.api_key, .model = options.model, .window_tokens = options.n_ctx};
  remote.times.idle = std::chrono::milliseconds(std::max(1LL, std::llround(options.timeout * 1'000)));
  remote.retries.attempts_max = options.max_retries + 1;
  remote.progress = places.progress;
  PUNA_TRY(std::unique_ptr<RemoteModel> model, RemoteModel::open(remote, std::move(stop)));
  std::string what = "server's " + model->name();
  return Opened{.model = std::move(model), .what = std::move(what)};
}

// What these agents ask, once a file took the place of what they say.
LlmOptions with_places(LlmOptions options, const ModelPlaces& places) {
  if (!places.file.empty()) {
    options.base_url.clear();
    options.model_path = places.file.string();
  }
  return options;
}

Result<Opened> open_model(const LlmOptions& options, const ModelPlaces& places, std::stop_token stop) {
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

void ModelSet::add(const LlmOptions& options, std::unique_ptr<Model> model, std::string what) {
  what = what.empty() ? model->name() : std::move(what);
  models_.push_back({.options = options, .model = std::move(model), .what = std::move(what)});
}

void ModelSet::share(const LlmOptions& options, const LlmOptions& others) {
  Entry entry = entry_of(others);
  entry.options = options;
  models_.push_back(std::move(entry));
}

const ModelSet::Entry& ModelSet::entry_of(const LlmOptions& options) const {
  const auto found =
      std::ranges::find_if(models_, [&](const Entry& entry) { return share_model(entry.options, options); });
  PUNA_CHECK(found != models_.end(), "an agent's model was not opened");
  return *found;
}

Result<ModelSet> open_models(const Scenario& scenario, const ModelPlaces& places, std::stop_token stop) {
  struct Open {
    LlmOptions wanted;  // with what the places put in its place
    LlmOptions said;
  };
  ModelSet models;
  std::vector<Open> open;
  for (const AgentGroup& group : scenario.agents) {
    if (group.type != AgentType::llm) {
      continue;
    }
    const LlmOptions wanted = with_places(group.llm, places);
    const auto known = std::ranges::find_if(open, [&](const Open& one) { return share_model(one.wanted, wanted); });
    if (known != open.end()) {
      models.share(group.llm, known->said);
      continue;
    }
    auto opened = open_model(wanted, places, stop);
    if (!opened) {
      Error error = std::move(opened).error();
      const std::string line = group.place.line > 0 ? format_text("line {}: ", group.place.line) : "";
      error.message = format_text("{}the model of these agents: {}", line, error.message);
      return std::unexpected(std::move(error));
    }
    open.push_back({.wanted = wanted, .said = group.llm});
    models.add(group.llm, std::move(opened->model), std::move(opened->what));
  }
  return models;
}

}  // namespace puna::sim
