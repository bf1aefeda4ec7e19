// A file's text as a Scenario, with every problem that it has. See docs/scenarios.md.
#include "puna/sim/scenario.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <limits>
#include <tuple>
#include <vector>

#include "puna/sim/world.h"
#include "sim/agents_section.h"
#include "sim/result_files.h"
#include "sim/results.h"
#include "sim/section.h"

namespace puna::sim {
namespace {

using Range = Section::Range;
constexpr Range kShare{.min = 0, .max = 1};
constexpr std::size_t kIdBytesMax = 64;

void read_simulation(Section section, SimulationOptions& options) {
  constexpr std::array<std::string_view, 3> kSchedules{"round_robin", "random", "priority"};
  constexpr std::array<std::string_view, 2> kSources{"actions", "types"};
  section.integer("n_epochs", options.n_epochs, 1, 100'000);
  section.integer("steps_per_epoch", options.steps_per_epoch, 1, 100'000);
  std::int64_t seed = 0;
  section.whole("seed", seed, 0, std::numeric_limits<std::int64_t>::max());
  options.seed = static_cast<std::uint64_t>(seed);
  if (const auto chosen = section.choice("schedule_mode", kSchedules)) {
    options.schedule = static_cast<Schedule>(*chosen);
  }
  if (const auto chosen = section.choice("observables", kSources)) {
    options.observables = static_cast<ObservableSource>(*chosen);
  }
  section.integer("max_actions_per_step", options.max_actions_per_step, 1, kAgentsMax);
  section.number("observation_noise_probability", options.observation_noise_probability, kShare);
  section.number("observation_noise_std", options.observation_noise_std, {.min = 0, .max = 10});
  section.finish();
}

void read_proxy(Section section, ProxyOptions& options) {
  constexpr Range kWeight{.min = 0, .max = 1'000};
  constexpr Range kDecay{.min = 0.01, .max = 1, .with_max = false};
  section.number("weight_progress", options.weight_progress, kWeight);
  section.number("weight_rework", options.weight_rework, kWeight);
  section.number("weight_verifier", options.weight_verifier, kWeight);
  section.number("weight_engagement", options.weight_engagement, kWeight);
  section.number("decay_rework", options.decay_rework, kDecay);
  section.number("decay_rejection", options.decay_rejection, kDecay);
  section.number("decay_misuse", options.decay_misuse, kDecay);
  section.number("steepness", options.steepness, {.min = 0, .max = 100, .with_min = false});
  section.finish();
}

void read_payoff(Section section, PayoffOptions& options) {
  constexpr Range kAmount{.min = 0, .max = 1'000'000};
  section.number("s_plus", options.s_plus, kAmount);
  section.number("s_minus", options.s_minus, kAmount);
  section.number("h", options.h, kAmount);
  section.number("theta", options.theta, kShare);
  section.number("rho_a", options.rho_a, kShare);
  section.number("rho_b", options.rho_b, kShare);
  section.number("w_rep", options.w_rep, kAmount);
  section.finish();
}

void read_governance(Section section, GovernanceOptions& options) {
  section.number("transaction_tax_rate", options.transaction_tax_rate, kShare);
  section.number("transaction_tax_split", options.transaction_tax_split, kShare);
  section.number("reputation_decay_rate", options.reputation_decay_rate, kShare);
  section.integer("bandwidth_cap", options.bandwidth_cap, 1, 1'000'000);
  section.flag("staking_enabled", options.staking_enabled);
  section.number("min_stake_to_participate", options.min_stake_to_participate, {.min = 0});
  section.flag("circuit_breaker_enabled", options.circuit_breaker_enabled);
  section.number("freeze_threshold_toxicity", options.freeze_threshold_toxicity, kShare);
  section.integer("freeze_duration_epochs", options.freeze_duration_epochs, 1, 100'000);
  section.flag("audit_enabled", options.audit_enabled);
  section.number("audit_probability", options.audit_probability, kShare);
  section.number("audit_threshold_p", options.audit_threshold_p, kShare);
  section.number("audit_penalty_multiplier", options.audit_penalty_multiplier, {.min = 0, .max = 1'000});
  section.finish();
}

void read_limits(Section section, const WorldKind& world, RateLimits& limits) {
  if (!world.has_limits) {
    section.problem(section.place(), format_text("the world {} has no rate limits", world.name), "leave them out");
    return;
  }
  section.integer("posts_per_epoch", limits.posts_per_epoch, 0, 1'000'000);
  section.integer("interactions_per_step", limits.interactions_per_step, 0, 1'000'000);
  section.integer("votes_per_epoch", limits.votes_per_epoch, 0, 1'000'000);
  section.integer("tasks_per_epoch", limits.tasks_per_epoch, 0, 1'000'000);
  section.finish();
}

void read_network(Section section, const WorldKind& world, NetworkOptions& options) {
  constexpr std::array<std::string_view, 5> kTopologies{"complete", "ring", "star", "random", "small_world"};
  if (!world.has_network) {
    section.problem(section.place(), format_text("in the world {} everybody meets everybody", world.name),
                    "leave network out");
    return;
  }
  if (const auto chosen = section.choice("topology", kTopologies)) {
    options.topology = static_cast<Topology>(*chosen);
  }
  section.integer("k", options.k, 2, kAgentsMax);
  if (options.k % 2 != 0) {
    section.problem(section.child("k")->place, format_text("'network.k' is {}: half of them on each side", options.k),
                    format_text("k: {} or k: {}", options.k - 1, options.k + 1));
  }
  section.number("p", options.p, kShare);
  section.finish();
}

void read_name(Section& section, std::string_view name, std::string& value) {
  section.text(name, value, 200);
  if (value.starts_with('/') || value.contains("..") || value.contains('\\')) {
    section.problem(section.child(name)->place, format_text("'outputs.{}' leaves the folder of the results", name),
                    "a name below it, as logs/events.jsonl");
    value.clear();
  } else if (value.ends_with('/') || value == "." || value.ends_with("/.")) {
    section.problem(section.child(name)->place, format_text("'outputs.{}' is a folder's name", name),
                    "a file's, as logs/events.jsonl");
    value.clear();
  } else if (const auto folders = std::ranges::count(value, '/'); folders > kResultFoldersMax) {
    section.problem(section.child(name)->place,
                    format_text("'outputs.{}' lies {} folders deep; at most {}", name, folders, kResultFoldersMax),
                    "a name below it, as logs/events.jsonl");
    value.clear();
  }
}

// Whether two files of a run would be one, or one the folder of the other; each is written beside itself first.
bool clash(const std::filesystem::path& a, const std::filesystem::path& b) {
  const auto is_in = [](const std::filesystem::path& file, const std::filesystem::path& folder) {
    return std::ranges::mismatch(file, folder).in2 == folder.end();
  };
  const auto beside = [](const std::filesystem::path& file) {
    return std::filesystem::path(file.string() + std::string(kBeside));
  };
  return is_in(a, b) || is_in(b, a) || is_in(a, beside(b)) || is_in(b, beside(a));
}

// No two files of a run may be one: the second would replace the first.
void read_outputs(Section section, const std::string& id, OutputOptions& outputs) {
  read_name(section, "event_log", outputs.event_log);
  read_name(section, "metrics_csv", outputs.metrics_csv);
  const auto plain = [](const std::string& name) { return std::filesystem::path(name).lexically_normal(); };
  std::vector<std::filesystem::path> taken;
  for (const std::string_view end : {"_agents.csv", ".json", "_usage.json", "_prompts.jsonl", "_report.html"}) {
    taken.push_back(plain(id + std::string(end)));
  }
  for (const auto& [name, value, otherwise] : {std::tuple("event_log", &outputs.event_log, "_events.jsonl"),
                                               std::tuple("metrics_csv", &outputs.metrics_csv, "_epochs.csv")}) {
    const std::filesystem::path file = plain(value->empty() ? id + std::string(otherwise) : *value);
    const auto other = std::ranges::find_if(taken, [&](const auto& each) { return clash(file, each); });
    if (other != taken.end()) {
      section.problem(section.place(),
                      format_text("'outputs.{}' clashes with another of the run's files, {}", name, other->string()),
                      "another name");
    }
    taken.push_back(file);
  }
  section.finish();
}

void read_world(Section& file, const Worlds& worlds, Scenario& scenario) {
  const YamlNode* node = file.child("world");
  std::vector<std::string_view> names;
  for (const WorldKind& kind : worlds.all()) {
    names.push_back(kind.name);
  }
  if (node != nullptr && node->kind == YamlNode::Kind::scalar) {
    if (const auto chosen = file.choice("world", names)) {
      scenario.world = names[*chosen];
    }
    return;
  }
  auto section = file.section("world");
  if (!section) {
    return;
  }
  if (!section->has("type")) {
    section->problem(section->place(), "'world' has no type", "type: swarm");
  }
  if (const auto chosen = section->choice("type", names)) {
    scenario.world = names[*chosen];
  }
  for (const WorldParameter& parameter : worlds.find(scenario.world)->parameters) {
    if (!section->has(parameter.name)) {
      section->ignore(parameter.name);
      continue;
    }
    if (parameter.is_whole) {
      auto value = static_cast<std::int64_t>(parameter.otherwise);
      section->whole(parameter.name, value, static_cast<std::int64_t>(parameter.min),
                     static_cast<std::int64_t>(parameter.max));
      scenario.world_parameters.set(parameter.name, value);
    } else {
      double value = parameter.otherwise;
      section->number(parameter.name, value, {.min = parameter.min, .max = parameter.max});
      scenario.world_parameters.set(parameter.name, value);
    }
  }
  section->finish();
}

// A world's name, or a world with some of its parameters.
void describe_world(Section& file, const Worlds& worlds) {
  Json names = Json::array();
  Json forms = Json::array({Json()});
  for (const WorldKind& kind : worlds.all()) {
    names.push(kind.name);
    Json properties = Json::object({{"type", Json::object({{"const", kind.name}})}});
    for (const WorldParameter& parameter : kind.parameters) {
      properties.set(parameter.name, Json::object({{"type", parameter.is_whole ? "integer" : "number"},
                                                   {"minimum", parameter.min},
                                                   {"maximum", parameter.max},
                                                   {"description", parameter.what}}));
    }
    forms.push(Json::object({{"type", "object"},
                             {"properties", std::move(properties)},
                             {"additionalProperties", false},
                             {"required", Json::array({"type"})}}));
  }
  forms.as_array()[0] = Json::object({{"enum", std::move(names)}});
  file.describe("world", Json::object({{"anyOf", std::move(forms)}}));
}

void read_success(Section section, std::vector<Criterion>& success) {
  for (const std::string_view name : criterion_names()) {
    double bound = 0;
    section.number(name, bound, {.min = -1e9, .max = 1e9});
    const auto written = std::ranges::find(section.node().members, name, &YamlNode::Member::key);
    if (section.has(name)) {
      success.push_back({.name = std::string(name), .bound = bound});
    } else if (written != section.node().members.end()) {  // whoever wrote it believes that it is judged
      section.problem(written->place, format_text("'success_criteria.{}' has no value", name),
                      "a number, or leave the line out");
    }
  }
  section.finish();
}

void read_head(Section& file, Scenario& scenario) {
  if (!file.has("scenario_id")) {
    file.problem(file.place(), "there is no scenario_id", "scenario_id: my_scenario");
  }
  file.require("scenario_id");
  file.text("scenario_id", scenario.id, kIdBytesMax);
  const bool is_plain = std::ranges::all_of(scenario.id, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.';
  });
  if (!is_plain || scenario.id.starts_with('.')) {
    file.problem(file.child("scenario_id")->place, "'scenario_id' begins the names of files",
                 "letters, digits, _ and - only");
  }
  file.text("description", scenario.description, kScenarioTextBytesMax, true);
  file.text("motif", scenario.motif, kScenarioTextBytesMax);
}

// All fields but who is there and in which world.
void read_rules(Section& file, const WorldKind& world, Scenario& scenario) {
  const auto in = [&file](std::string_view name, const auto& read) {
    if (auto section = file.section(name)) {
      read(*std::move(section));
    }
  };
  in("simulation", [&](Section s) { read_simulation(std::move(s), scenario.simulation); });
  in("proxy", [&](Section s) { read_proxy(std::move(s), scenario.proxy); });
  in("payoff", [&](Section s) { read_payoff(std::move(s), scenario.payoff); });
  in("governance", [&](Section s) { read_governance(std::move(s), scenario.governance); });
  in("rate_limits", [&](Section s) { read_limits(std::move(s), world, scenario.rate_limits); });
  in("network", [&](Section s) { read_network(std::move(s), world, scenario.network); });
  in("outputs", [&](Section s) { read_outputs(std::move(s), scenario.id, scenario.outputs); });
  in("success_criteria", [&](Section s) { read_success(std::move(s), scenario.success); });
}

}  // namespace

std::string to_text(const Problem& problem, std::string_view file_name) {
  return format_text("{}:{}:{}: {}", file_name, problem.place.line, problem.place.column, problem.what);
}

std::expected<Scenario, std::vector<Problem>> read_scenario(std::string_view text, const Worlds& worlds) {
  const auto root = read_yaml(text);
  if (!root) {
    return std::unexpected(std::vector{root.error()});
  }
  std::vector<Problem> problems;
  if ((*root)->kind != YamlNode::Kind::map) {
    return std::unexpected(
        std::vector{Problem{.place = (*root)->place,
                            .what = format_text("a scenario is names with values, not {}", kind_text(**root)),
                            .remedy = "puna sim new FILE writes one to begin with"}});
  }
  Section file(**root, "", problems);
  Scenario scenario{.text = std::string(text)};
  read_head(file, scenario);
  read_world(file, worlds, scenario);
  read_agents(file, scenario.agents);
  read_rules(file, *worlds.find(scenario.world), scenario);
  file.finish();
  if (!problems.empty()) {
    std::ranges::stable_sort(problems, {}, &Problem::place);
    return std::unexpected(std::move(problems));
  }
  return scenario;
}

Json scenario_schema(const Worlds& worlds) {
  std::vector<Problem> none;
  const auto schema = std::make_shared<Json>();
  Section file(schema, none);
  Scenario scenario;
  read_head(file, scenario);
  describe_world(file, worlds);
  describe_agents(file);
  WorldKind open = *worlds.find(scenario.world);
  open.has_limits = open.has_network = true;
  read_rules(file, open, scenario);
  file.finish();
  Json whole =
      Json::object({{"$schema", "https://json-schema.org/draft/2020-12/schema"}, {"title", "a scenario of puna sim"}});
  for (Json::Member& member : schema->as_object()) {
    whole.set(member.key, std::move(member.value));
  }
  return whole;
}

}  // namespace puna::sim
