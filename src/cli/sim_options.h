// What `puna sim` is told.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "puna/engine.h"
#include "puna/sim/events.h"

namespace CLI {
class App;
}

namespace puna::cli {

struct SimOptions {
  std::string action;                  // check, run, new, list, schema, events
  std::string file;                    // of events: a log, or the folder of a run
  std::string world = "public_goods";  // of new
  std::string folder;                  // of run; empty = runs/ID-SEED
  std::optional<std::uint64_t> seed;
  int concurrent_max = 8;
  int threads = 0;
  Profile profile = Profile::deterministic;
  std::string model_file;  // instead of what the scenario says
  std::string api_key_env;
  bool audit = false;
  bool audits_system_prompt = false;
  bool report = false;  // a page beside the results
  bool quiet = false;
  sim::EventFilter events;    // of events
  bool interactions = false;  // instead: those, as a table
};

// These borrow the options until the command line is parsed. Sweeps have the flags of the first two as well.
void add_sim_model_flags(CLI::App& action, SimOptions& options);
void add_sim_speed_flags(CLI::App& action, SimOptions& options);
void add_sim_flags(CLI::App& app, SimOptions& options, bool& no_color);

}  // namespace puna::cli
