// puna sim check, run, new, list, schema, events.
#include <chrono>
#include <fstream>
#include <utility>

#include "cli/commands.h"
#include "cli/sim_open.h"
#include "cli/sim_view.h"
#include "cli/traced_view.h"
#include "puna/sim.h"

namespace puna::cli {
namespace {

constexpr int kNoSuccess = 99;

int agents_in(const sim::Scenario& scenario) {
  int agents = 0;
  for (const sim::AgentGroup& group : scenario.agents) {
    agents += group.count;
  }
  return agents;
}

Result<int> check(Console& console, const SimOptions& options) {
  PUNA_TRY(const auto scenario, read_scenario_file(console, options.file));
  if (!scenario) {
    return kBadScenario;
  }
  console.out(format_text("{}: {}, world {}, {} agents, {} epochs of {} steps\n", options.file, scenario->id,
                          scenario->world, agents_in(*scenario), scenario->simulation.n_epochs,
                          scenario->simulation.steps_per_epoch));
  return 0;
}

void show(Console& console, const sim::RunResult& result) {
  console.out(format_text("{:>5} {:>12} {:>9} {:>9} {:>11} {:>11} {:>9}\n", "epoch", "interactions", "accepted",
                          "toxicity", "quality gap", "net welfare", "spread"),
              Style::bold);
  const auto row = [&](const std::string& name, const sim::Metrics& m) {
    console.out(format_text("{:>5} {:>12} {:>9} {:>9.3f} {:>11.3f} {:>11.2f} {:>9.3f}\n", name, m.interactions,
                            m.accepted, m.toxicity, m.quality_gap, m.net_social_welfare, m.spread));
  };
  constexpr std::size_t kRowsMax = 30;
  for (std::size_t epoch = 0; epoch < std::min(result.epochs.size(), kRowsMax); ++epoch) {
    row(std::to_string(epoch + 1), result.epochs[epoch]);
  }
  row("all", result.total);
  if (result.epochs.size() > 1 && result.epochs.size() <= 100) {
    std::vector<double> toxicity;
    for (const sim::Metrics& epoch : result.epochs) {
      toxicity.push_back(epoch.toxicity);
    }
    console.out("toxicity " + sparkline(toxicity, 0, 1) + "\n");
  }
  if (result.calibration) {
    const sim::Calibration& c = *result.calibration;
    console.out(format_text("p against truth: Brier {:.3f}, log loss {:.3f}, calibration error {:.3f}{}\n", c.brier,
                            c.log_loss, c.expected_error, c.auc ? format_text(", AUC {:.3f}", *c.auc) : ""));
  }
  sim::AgentUsage all;
  for (const sim::AgentResult& agent : result.agents) {
    all.requests += agent.usage.requests;
    all.prompt_tokens += agent.usage.prompt_tokens;
    all.cached_tokens += agent.usage.cached_tokens;
    all.output_tokens += agent.usage.output_tokens;
    all.failures += agent.usage.failures;
  }
  if (all.requests > 0) {
    console.out(format_text("models: {} requests, {} prompt tokens, {} of them cached, {} output tokens, {} failures\n",
                            all.requests, all.prompt_tokens, all.cached_tokens, all.output_tokens, all.failures));
  }
  for (const sim::Verdict& verdict : result.verdicts) {
    console.out(format_text("{}  {} {}: {:.4g}\n", verdict.is_met ? "PASS" : "FAIL", verdict.name, verdict.bound,
                            verdict.value),
                verdict.is_met ? Style::green : Style::red);
  }
}

Result<int> play(Console& console, const SimOptions& options, Interrupt& interrupt) {
  PUNA_TRY(const auto scenario, read_scenario_file(console, options.file));
  if (!scenario) {
    return kBadScenario;
  }
  const Interrupt::Scope scope(interrupt);
  PUNA_TRY(const sim::ModelPlaces places, places_of(console, options, needs_demo_model(*scenario, options)));
  PUNA_TRY(const sim::ModelSet models, sim::open_models(*scenario, places, scope.token()));
  const std::uint64_t seed = options.seed.value_or(scenario->simulation.seed);
  sim::RunOptions how{.folder = options.folder.empty() ? format_text("runs/{}-{}", scenario->id, seed) : options.folder,
                      .seed = options.seed,
                      .concurrent_max = options.concurrent_max,
                      .audit = options.audit,
                      .audit_system_prompt = options.audits_system_prompt,
                      .secrets = secrets_of_environment()};
  SimView view(scenario->id, std::chrono::steady_clock::now());
  if (!options.quiet) {
    how.progress = [&](const sim::Progress& now) {
      view.update(now, std::chrono::steady_clock::now());
      if (console.err_is_terminal()) {
        console.status(view.line(console.err_columns()));
      } else if (const auto line = view.plain_line()) {
        console.err(*line + "\n");
      }
    };
  }
  const auto result = sim::run(*scenario, how, models, sim::Worlds::built_in(), scope.token());
  console.clear_status();
  if (!result) {
    return std::unexpected(result.error());
  }
  std::vector<std::filesystem::path> files = result->files;
  if (!options.quiet) {
    show(console, *result);
  }
  if (options.report) {  // of this run's log, whatever else is in the folder
    PUNA_TRY(const std::string page, sim::report({files.data(), 1}, {.program = "puna " PUNA_VERSION}));
    files.push_back(how.folder / (scenario->id + "_report.html"));
    PUNA_TRY_VOID(sim::write_report(files.back(), page));
  }
  if (!options.quiet) {
    if (result->events_found > 0) {
      console.err(format_text("note: {} of {} events were there already\n", result->events_found, result->events),
                  Style::dim);
    }
    for (const std::filesystem::path& file : files) {
      console.err("wrote " + printable(file.string()) + "\n", Style::dim);
    }
  }
  return result->is_success() ? 0 : kNoSuccess;
}

constexpr std::string_view kNewFile = R"(# puna sim check {0}    puna sim run {0} --seed 1 --out results
scenario_id: {1}
description: "{2}"
world: {1}

agents:
  - type: honest
    count: 3
  - type: opportunistic
  - type: adversarial
  # Agents on a model: the bundled demo model, a server (base_url), or a file (model_path).
  # - type: llm
  #   count: 2
  #   llm: {{provider: llama_cpp, model: puna-demo, temperature: 0.8, max_tokens: 80, persona: honest}}

simulation:
  n_epochs: 5
  steps_per_epoch: 8
  seed: 42
  schedule_mode: round_robin

success_criteria:
  max_toxicity: 0.5
)";

Result<int> write_new(Console& console, const SimOptions& options) {
  const sim::Worlds worlds = sim::Worlds::built_in();
  const sim::WorldKind* world = worlds.find(options.world);
  if (world == nullptr) {
    std::vector<std::string_view> names;
    for (const sim::WorldKind& kind : worlds.all()) {
      names.push_back(kind.name);
    }
    const std::string_view nearest = nearest_name(options.world, names);
    return fail(ErrorCode::invalid_argument, format_text("no world is called '{}'", printable(options.world)),
                nearest.empty() ? "puna sim list shows them" : format_text("did you mean {}?", nearest));
  }
  std::ofstream out(options.file, std::ios::binary | std::ios::noreplace);
  out << format_arguments(kNewFile, std::make_format_args(options.file, world->name, world->what));
  out.flush();
  if (!out) {
    return fail(ErrorCode::io,
                format_text("cannot write '{}': it is there, or the folder is not", printable(options.file)),
                "another name");
  }
  console.err("wrote " + printable(options.file) + "\n", Style::dim);
  return 0;
}

int list(Console& console) {
  console.out("worlds\n", Style::bold);
  for (const sim::WorldKind& world : sim::Worlds::built_in().all()) {
    console.out(format_text("  {:<14}{}\n", world.name, world.what));
    for (const sim::WorldParameter& parameter : world.parameters) {
      console.out(format_text("    {:<14}{} ({} to {}, default {})\n", parameter.name, parameter.what, parameter.min,
                              parameter.max, parameter.otherwise));
    }
  }
  console.out("types of agents\n", Style::bold);
  for (int type = 0; type <= static_cast<int>(sim::AgentType::llm); ++type) {
    console.out(format_text("  {}\n", sim::name_of(static_cast<sim::AgentType>(type))));
  }
  console.out("success criteria\n", Style::bold);
  for (const std::string_view name : sim::criterion_names()) {
    console.out(format_text("  {}\n", name));
  }
  return 0;
}

Result<int> show_events(Console& console, const SimOptions& options) {
  if (options.interactions) {
    PUNA_TRY(const auto interactions, sim::read_interactions(options.file, options.events));
    console.out(sim::interactions_csv(interactions));
    return 0;
  }
  PUNA_TRY_VOID(sim::each_event(options.file, options.events,
                                [&](const Json&, std::string_view line) { console.out(std::string(line) + "\n"); }));
  return 0;
}

}  // namespace

Result<int> sim_command(Console& console, const Options& options, Interrupt& interrupt) {
  const SimOptions& sim = options.sim;
  if (sim.action == "check") {
    return check(console, sim);
  }
  if (sim.action == "run") {
    return play(console, sim, interrupt);
  }
  if (sim.action == "events") {
    return show_events(console, sim);
  }
  if (sim.action == "schema") {
    console.out(sim::scenario_schema(sim::Worlds::built_in()).dump(1) + "\n");
    return 0;
  }
  return sim.action == "new" ? write_new(console, sim) : Result<int>(list(console));
}

}  // namespace puna::cli
