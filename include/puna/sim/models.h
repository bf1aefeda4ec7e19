// The models of a scenario's agents, opened once for each that differs, in this process or at servers, mixed as the
// scenario says.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "puna/model.h"
#include "puna/sim/scenario.h"

namespace puna::sim {

struct ModelPlaces {
  std::filesystem::path demo;  // what "model: puna-demo" is
  // Instead of what the scenario says, for all agents; empty = as it says.
  std::filesystem::path file;
  Secret api_key;          // for servers
  int concurrent_max = 8;  // agents that are asked at the same time
  int threads = 0;         // instead of what the scenario says; 0 = as it says
  Profile profile = Profile::deterministic;
  std::function<void(std::string_view)> progress;  // sentences for people while models load
};

// Models by what agents say of them. Owns them. Thread  any, once filled.
class ModelSet {
 public:
  // A model for every agent that says this. `what` says which one it is, in a run's log: a run goes on only with models
  // that say the same. Empty = its name.
  void add(const LlmOptions& options, std::unique_ptr<Model> model, std::string what = {});
  // Agents that say this have the model of those others.  Requires  the others' was added
  void share(const LlmOptions& options, const LlmOptions& others);
  // For those that share one.  Requires  options were added
  [[nodiscard]] Model& model_of(const LlmOptions& options) const { return *entry_of(options).model; }
  [[nodiscard]] const std::string& what_is(const LlmOptions& options) const { return entry_of(options).what; }

 private:
  struct Entry {
    LlmOptions options;
    std::shared_ptr<Model> model;
    std::string what;
  };
  [[nodiscard]] const Entry& entry_of(const LlmOptions& options) const;

  std::vector<Entry> models_;
};

// What two agents must agree in to share a model: file, window and threads, or server, name and patience.
[[nodiscard]] bool share_model(const LlmOptions& a, const LlmOptions& b);

// Opens all; a server's health and a file's sizes are found out here, before the first step.
// Errors  those of LocalModel::open() and RemoteModel::open(); the message names the agents
[[nodiscard]] Result<ModelSet> open_models(const Scenario& scenario, const ModelPlaces& places,
                                           std::stop_token stop = {});

}  // namespace puna::sim
