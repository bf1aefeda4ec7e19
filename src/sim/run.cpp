// The picture of a run: set up, then for each step decide, act, write; then the results. See run.h.
#include "puna/sim/run.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <numeric>
#include <utility>

#include "sim/agents_section.h"
#include "sim/decisions.h"
#include "sim/event_log.h"
#include "sim/ledger.h"
#include "sim/results.h"

namespace puna::sim {
namespace {

// Every agent of the scenario, with the group that it is of.
struct Cast {
  std::vector<AgentState> agents;
  std::vector<const AgentGroup*> groups;
};
Cast cast_of(const Scenario& scenario) {
  Cast cast;
  std::vector<std::string> names = agent_names(scenario.agents);
  for (const AgentGroup& group : scenario.agents) {
    for (int i = 0; i < group.count; ++i) {
      cast.agents.push_back(
          {.name = std::move(names[cast.groups.size()]), .type = group.type, .resources = group.resources});
      cast.groups.push_back(&group);
    }
  }
  return cast;
}

std::unique_ptr<World> make_world(const Scenario& scenario, const WorldKind& kind, const Cast& cast,
                                  std::uint64_t seed) {
  WorldSetup setup{
      .parameters = Json::object(),
      .limits = scenario.rate_limits,
      .network = Network::create(scenario.network, static_cast<int>(cast.agents.size()), Random::mix(seed, 4)),
      .epochs = scenario.simulation.n_epochs,
      .steps = scenario.simulation.steps_per_epoch,
      .seed = Random::mix(seed, 5)};
  for (const AgentState& agent : cast.agents) {
    setup.names.push_back(agent.name);
    setup.types.push_back(agent.type);
  }
  for (const WorldParameter& parameter : kind.parameters) {
    const Json* given = scenario.world_parameters.find(parameter.name);
    setup.parameters.set(parameter.name, given == nullptr ? Json(parameter.otherwise) : *given);
  }
  return kind.make(setup);
}

// Who acts in a step, in which order.
class Order {
 public:
  Order(const Scenario& scenario, const Cast& cast, std::uint64_t seed)
      : options_(scenario.simulation), all_(cast.agents.size()), random_(Random::mix(seed, 6)) {
    std::iota(all_.begin(), all_.end(), 0);
    if (options_.schedule == Schedule::priority) {
      std::ranges::stable_sort(all_, std::greater(),
                               [&](int agent) { return cast.groups[static_cast<std::size_t>(agent)]->priority; });
    }
  }
  [[nodiscard]] std::vector<int> next() {
    std::vector<int> order = all_;
    const std::size_t most =
        options_.max_actions_per_step > 0 ? static_cast<std::size_t>(options_.max_actions_per_step) : order.size();
    if (options_.schedule == Schedule::random) {
      for (std::size_t i = order.size(); i > 1; --i) {
        std::swap(order[i - 1], order[static_cast<std::size_t>(random_.uniform() * static_cast<double>(i))]);
      }
    } else if (options_.schedule == Schedule::round_robin && most < order.size()) {
      std::ranges::rotate(order, order.begin() + static_cast<std::ptrdiff_t>(begin_));
      begin_ = (begin_ + most) % order.size();
    }
    order.resize(std::min(most, order.size()));
    return order;
  }

 private:
  const SimulationOptions& options_;
  std::vector<int> all_;
  Random random_;
  std::size_t begin_ = 0;
};

class Run {
 public:
  Run(const Scenario& scenario, const RunOptions& options, const ModelSet& models, Cast cast, const Proxy& proxy,
      std::unique_ptr<World> world, EventLog& log)
      : scenario_(scenario),
        options_(options),
        cast_(std::move(cast)),
        seed_(options.seed.value_or(scenario.simulation.seed)),
        log_(log),
        world_(std::move(world)),
        ledger_(scenario, proxy, cast_.agents, memories(), seed_, log),
        decider_({.world = *world_,
                  .ledger = ledger_,
                  .log = log,
                  .models = models,
                  .llm = llm(),
                  .seed = seed_,
                  .concurrent_max = options.concurrent_max,
                  .moment = {.epochs = scenario.simulation.n_epochs, .steps = scenario.simulation.steps_per_epoch}}),
        order_(scenario, cast_, seed_) {
    for (const AgentGroup& group : scenario.agents) {
      if (group.type == AgentType::llm) {
        models_.push(models.what_is(group.llm));
      }
    }
  }

  // Says what run this is. Behind it, what is in the folder is this run's.
  // Errors  those of EventLog::flush(); nothing was changed
  Result<void> begin() {
    record_begin();
    PUNA_TRY_VOID(log_.flush());
    for (std::size_t i = 0; i < cast_.agents.size(); ++i) {
      if (cast_.agents[i].type == AgentType::llm) {
        usage_.agents.push_back(cast_.agents[i].name);
      }
    }
    const std::size_t said = events_found_in(usage_file());  // by a process that went on before this one
    usage_.events_found = said > 0 ? said : log_.lines_found();
    usage_.before =
        log_.lines_found() > 0 ? usage_in(usage_file(), usage_.agents) : std::vector<AgentUsage>(usage_.agents.size());
    return {};
  }
  void set_audit(PromptAudit* audit) { decider_.set_audit(audit); }

  // Requires begin().
  Result<void> play(const std::stop_token& stop) {
    for (int epoch = 0; epoch < scenario_.simulation.n_epochs; ++epoch) {
      ledger_.begin_epoch(epoch);
      world_->begin_epoch(ledger_);
      for (int step = 0; step < scenario_.simulation.steps_per_epoch; ++step) {
        PUNA_TRY_VOID(play_step(epoch, step, stop));
      }
      world_->end_epoch(ledger_);
      ledger_.end_epoch();
      PUNA_TRY_VOID(log_.flush());
      if (!usage_.agents.empty()) {
        PUNA_TRY_VOID(save_usage());
      }
    }
    ledger_.record("simulation_ended", Json::object({{"interactions", ledger_.outcomes().size()}}));
    return log_.end();
  }

  // What was asked costs, whether the run ends well or not.
  Result<void> save_usage() {
    usage_.own.clear();
    for (std::size_t i = 0; i < cast_.agents.size(); ++i) {
      if (cast_.agents[i].type == AgentType::llm) {
        usage_.own.push_back(decider_.usage()[i]);
      }
    }
    return write_whole(usage_file(), usage_json(usage_).dump(1) + "\n");
  }
  [[nodiscard]] std::filesystem::path usage_file() const { return options_.folder / (scenario_.id + "_usage.json"); }

  [[nodiscard]] RunResult result() const {
    RunResult result{.seed = seed_,
                     .epochs = ledger_.epochs(),
                     .calibrations = ledger_.calibrations(),
                     .total = metrics_of(ledger_.outcomes(), scenario_.payoff),
                     .calibration = calibration_of(ledger_.outcomes()),
                     .events = log_.lines(),
                     .events_found = log_.lines_found()};
    for (std::size_t i = 0; i < cast_.agents.size(); ++i) {
      const AgentState& state = ledger_.agents()[i];
      const AgentCounts& counts = ledger_.counts(static_cast<int>(i));
      result.agents.push_back({.name = state.name,
                               .type = state.type,
                               .actions = counts.actions,
                               .noops = counts.noops,
                               .refused = counts.refused,
                               .failures = counts.failures,
                               .interactions = counts.begun,
                               .accepted = counts.accepted,
                               .p = counts.accepted > 0 ? counts.p_sum / counts.accepted : 0,
                               .payoff = state.payoff,
                               .reputation = state.reputation,
                               .resources = state.resources,
                               .score = state.score,
                               .usage = decider_.usage()[i]});
    }
    return result;
  }

  // What the log says that the models read and wrote, in this process and before.
  [[nodiscard]] std::vector<AgentUsage> logged() const {
    std::vector<AgentUsage> all;
    for (std::size_t i = 0; i < cast_.agents.size(); ++i) {
      const AgentCounts& counts = ledger_.counts(static_cast<int>(i));
      all.push_back({.prompt_tokens = counts.prompt_tokens, .output_tokens = counts.output_tokens});
    }
    return all;
  }

 private:
  [[nodiscard]] std::vector<int> memories() const {
    std::vector<int> all;
    for (const AgentGroup* group : cast_.groups) {
      all.push_back(group->type == AgentType::llm ? group->llm.memory : 0);
    }
    return all;
  }
  [[nodiscard]] std::vector<LlmOptions> llm() const {
    std::vector<LlmOptions> all;
    for (const AgentGroup* group : cast_.groups) {
      all.push_back(group->llm);
    }
    return all;
  }
  void record_begin() {
    ledger_.record("simulation_started", Json::object({{"format", 1},
                                                       {"scenario", scenario_.id},
                                                       {"seed", seed_},
                                                       {"world", scenario_.world},
                                                       {"models", models_},
                                                       {"file", scenario_.text}}));
    for (const AgentState& agent : cast_.agents) {
      ledger_.record("agent_created", Json::object({{"agent", agent.name}, {"agent_type", name_of(agent.type)}}));
    }
  }
  Result<void> play_step(int epoch, int step, const std::stop_token& stop) {
    if (stop.stop_requested()) {
      return fail(ErrorCode::cancelled, "stopped", "the same command goes on from there");
    }
    ledger_.begin_step(step);
    world_->begin_step(ledger_);
    const std::vector<int> agents = order_.next();
    PUNA_TRY(const std::vector<Decision> decisions, decider_.decide(agents, epoch, step, stop));
    for (std::size_t i = 0; i < agents.size(); ++i) {
      act(agents[i], decisions[i]);
    }
    world_->end_step(ledger_);
    PUNA_TRY_VOID(log_.flush());
    if (options_.progress) {
      const Metrics last = ledger_.epochs().empty() ? Metrics{} : ledger_.epochs().back();
      options_.progress({.epoch = epoch,
                         .epochs = scenario_.simulation.n_epochs,
                         .step = step,
                         .steps = scenario_.simulation.steps_per_epoch,
                         .agents_asked = decider_.asked(),
                         .toxicity = last.toxicity,
                         .welfare = last.welfare});
    }
    return {};
  }
  void act(int agent, const Decision& decision) {
    AgentCounts& counts = ledger_.counts(agent);
    ++counts.actions;
    counts.noops += decision.action.kind == kNoop ? 1 : 0;
    counts.refused += decision.is_refused ? 1 : 0;
    counts.failures += decision.by == "llm" && !decision.failure.empty() ? 1 : 0;
    counts.prompt_tokens += decision.prompt_tokens;
    counts.output_tokens += decision.output_tokens;
    Json members =
        Json::object({{"agent", ledger_.agent(agent).name}, {"by", decision.by}, {"action", to_json(decision.action)}});
    if (!decision.failure.empty()) {
      members.set("failure", decision.failure);
    }
    if (!decision.reasoning.empty()) {
      members.set("reasoning", decision.reasoning);
    }
    if (decision.by == "llm") {
      members.set("prompt_tokens", decision.prompt_tokens);
      members.set("output_tokens", decision.output_tokens);
    }
    ledger_.record("action", std::move(members));
    if (decision.action.kind != kNoop) {
      world_->act(agent, decision.action, ledger_);
    }
  }

  const Scenario& scenario_;
  const RunOptions& options_;
  const Cast cast_;
  const std::uint64_t seed_;
  EventLog& log_;
  Json models_ = Json::array();  // of each group of LLM agents, what its model is
  const std::unique_ptr<World> world_;
  Ledger ledger_;
  Decider decider_;
  Order order_;
  UsageTable usage_;
};

// Absent where none is asked for.
Result<std::unique_ptr<PromptAudit>> open_audit(const std::filesystem::path& file, const RunOptions& options) {
  if (!options.audit) {
    return nullptr;
  }
  return PromptAudit::open(file, {.has_system_prompt = options.audit_system_prompt, .secrets = options.secrets});
}

Result<void> write_results(const Scenario& scenario, const std::filesystem::path& folder,
                           const std::vector<AgentUsage>& logged, RunResult& result) {
  const std::string csv = scenario.outputs.metrics_csv;
  const std::vector<std::pair<std::filesystem::path, std::string>> texts{
      {folder / (csv.empty() ? scenario.id + "_epochs.csv" : csv), epochs_csv(result)},
      {folder / (scenario.id + "_agents.csv"), agents_csv(result, logged)},
      {folder / (scenario.id + ".json"), export_json(scenario, result).dump(1) + "\n"}};
  for (const auto& [file, text] : texts) {
    PUNA_TRY_VOID(write_whole(file, text));
    result.files.push_back(file);
  }
  return {};
}

}  // namespace

Result<RunResult> run(const Scenario& scenario, const RunOptions& options, const ModelSet& models, const Worlds& worlds,
                      std::stop_token stop) {
  const WorldKind* kind = worlds.find(scenario.world);
  if (kind == nullptr || options.folder.empty() || options.concurrent_max < 1) {
    return fail(ErrorCode::invalid_argument, kind == nullptr          ? "no such world: " + scenario.world
                                             : options.folder.empty() ? "a run needs a folder for its results"
                                                                      : "at least one agent must be asked at a time");
  }
  PUNA_TRY_VOID(validate(scenario.payoff));
  PUNA_TRY(const Proxy proxy, Proxy::create(scenario.proxy));
  const std::filesystem::path log_file =
      options.folder /
      (scenario.outputs.event_log.empty() ? scenario.id + "_events.jsonl" : scenario.outputs.event_log);
  PUNA_TRY(EventLog log, EventLog::open(log_file));
  Cast cast = cast_of(scenario);
  auto world = make_world(scenario, *kind, cast, options.seed.value_or(scenario.simulation.seed));
  Run play(scenario, options, models, std::move(cast), proxy, std::move(world), log);
  PUNA_TRY_VOID(play.begin());  // before models are asked: what goes on may be another run
  PUNA_TRY(const auto audit, open_audit(options.folder / (scenario.id + "_prompts.jsonl"), options));
  play.set_audit(audit.get());
  const Result<void> played = play.play(stop);
  const Result<void> saved = play.save_usage();
  PUNA_TRY_VOID(played);
  PUNA_TRY_VOID(saved);
  RunResult result = play.result();
  result.verdicts = verdicts_of(scenario, result);
  result.files.push_back(log_file);
  PUNA_TRY_VOID(write_results(scenario, options.folder, play.logged(), result));
  result.files.push_back(play.usage_file());
  return result;
}

}  // namespace puna::sim
