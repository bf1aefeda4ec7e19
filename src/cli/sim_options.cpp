// See sim_options.h.
#include "cli/sim_options.h"

#include <CLI/CLI.hpp>
#include <charconv>
#include <limits>
#include <string_view>

#include "cli/flags.h"

namespace puna::cli {

namespace {

bool reads_count(std::string_view text, int& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && value >= 0;
}

// "EPOCH" or "EPOCH.STEP".
bool reads_place(std::string_view text, sim::StepPlace& place) {
  const std::size_t dot = text.find('.');
  return reads_count(text.substr(0, dot), place.epoch) &&
         (dot == std::string_view::npos || reads_count(text.substr(dot + 1), place.step));
}

void add_place(CLI::App& app, const char* name, std::optional<sim::StepPlace>& place, int step, const char* what) {
  const auto read = [&place, step](const std::vector<std::string>& words) {
    return reads_place(words.front(), place.emplace(sim::StepPlace{.epoch = 0, .step = step}));
  };
  app.add_option(name, read, what)->type_name("EPOCH[.STEP]");
}

void add_event_flags(CLI::App& app, SimOptions& options) {
  app.add_option("place", options.file, "an event log, or the folder of a run")->required()->type_name("FILE|FOLDER");
  app.add_option("--type", options.events.types, "only events of this type (may be repeated)")
      ->type_name("TYPE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_option("--id", options.events.id, "only this event, or those about this interaction or proposal")
      ->type_name("ID");
  app.add_option("--agent", options.events.agent, "only what this agent does, is done to it, or is about it")
      ->type_name("NAME");
  add_place(app, "--from", options.events.from, 0,
            "only events of this step and later ones; counted from 0, as in the log");
  add_place(app, "--to", options.events.to, std::numeric_limits<int>::max(),
            "only events of this step (without a step: of this epoch) and earlier ones");
  app.add_flag("--interactions", options.interactions,
               "instead a CSV table of the interactions: each put together from its events, in a row");
}

}  // namespace

void add_sim_model_flags(CLI::App& action, SimOptions& options) {
  action
      .add_option("-m,--model", options.model_file, "GGUF file for all LLM agents, instead of what the scenario says")
      ->type_name("FILE");
  action.add_option("--profile", options.profile, "deterministic (the default), or fast: then seeds do not repeat")
      ->transform(CLI::CheckedTransformer(profile_names()));
}

void add_sim_speed_flags(CLI::App& action, SimOptions& options) {
  action.add_option("--concurrent", options.concurrent_max, "agents that are asked at the same time (default: 8)")
      ->check(CLI::Range(1, 256));
  action.add_option("-t,--threads", options.threads, "threads for decoding (default: physical cores, at most 8)")
      ->check(CLI::Range(1, 512));
  action.add_option("--api-key-env", options.api_key_env, "environment variable that holds the servers' key")
      ->type_name("NAME");
}

void add_sim_flags(CLI::App& app, SimOptions& options, bool& no_color) {
  app.require_subcommand(1);
  CLI::App* check = app.add_subcommand("check", "whether a scenario file is one; exit status 3 if not");
  CLI::App* run = app.add_subcommand("run", "play a scenario; the same command goes on with a run that was broken off");
  CLI::App* fresh = app.add_subcommand("new", "write a scenario file to begin with");
  CLI::App* list = app.add_subcommand("list", "worlds, types of agents, success criteria");
  CLI::App* schema = app.add_subcommand("schema", "the JSON Schema of scenario files, for editors");
  CLI::App* events =
      app.add_subcommand("events", "what a run's event log says: all, or what is asked for, a line each");
  add_event_flags(*events, options);
  for (CLI::App* action : {check, run, fresh}) {
    action->add_option("file", options.file, "the scenario file (YAML)")->required()->type_name("FILE");
  }
  for (CLI::App* action : {check, run, fresh, list, schema, events}) {
    action->add_flag("--no-color", no_color, "no colours (also: NO_COLOR)");
    action->callback([action, &options] { options.action = action->get_name(); });
  }
  fresh->add_option("--world", options.world, "which world (default: public_goods)")->type_name("NAME");
  run->add_option("--seed", options.seed, "instead of the scenario's")->type_name("N");
  run->add_option("--out", options.folder, "folder of the results (default: runs/ID-SEED)")->type_name("FOLDER");
  add_sim_speed_flags(*run, options);
  add_sim_model_flags(*run, options);
  auto* audit =
      run->add_flag("--audit,--prompt-audit", options.audit,
                    "keep what models are asked and say, secrets taken out, in a file that only you can read");
  run->add_flag("--prompt-audit-include-system", options.audits_system_prompt,
                "the text of system prompts too, not only their SHA-256")
      ->needs(audit);
  run->add_flag("--report", options.report, "also write ID_report.html beside the results: charts and tables");
  run->add_flag("-q,--quiet", options.quiet, "print nothing but errors; the exit status still judges");
}

}  // namespace puna::cli
