// What puna sim and puna sweep open alike: a scenario file, and the places of its models.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/console.h"
#include "cli/sim_options.h"
#include "puna/sim.h"

namespace puna::cli {

inline constexpr int kBadScenario = 3;  // exit status

void say_problems(Console& console, const std::vector<sim::Problem>& problems, const std::string& file);

// The scenario; or nothing, after its problems were said.  Errors  those of read_text_file()
[[nodiscard]] Result<std::optional<sim::Scenario>> read_scenario_file(Console& console, const std::string& file);

// Whether some of these agents are on the bundled model, given what the options put in its place.
[[nodiscard]] bool needs_demo_model(const sim::Scenario& scenario, const SimOptions& options);
// Errors  not_found  the bundled model, where it is needed;  invalid_argument  the variable of the key is empty
[[nodiscard]] Result<sim::ModelPlaces> places_of(Console& console, const SimOptions& options, bool needs_demo);

}  // namespace puna::cli
