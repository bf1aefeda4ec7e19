// See sim_open.h.
#include "cli/sim_open.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "cli/commands.h"

namespace puna::cli {
namespace {

constexpr std::size_t kScenarioBytesMax = std::size_t{2} << 20U;  // the reader's own bound says it better

}  // namespace

void say_problems(Console& console, const std::vector<sim::Problem>& problems, const std::string& file) {
  for (const sim::Problem& problem : problems) {
    console.err(printable(sim::to_text(problem, file)) + "\n", Style::red);
    if (!problem.remedy.empty()) {
      console.err("  try: " + printable(problem.remedy) + "\n");
    }
  }
}

Result<std::optional<sim::Scenario>> read_scenario_file(Console& console, const std::string& file) {
  PUNA_TRY(const std::string text, read_text_file(file, kScenarioBytesMax));
  auto read = sim::read_scenario(text, sim::Worlds::built_in());
  if (read) {
    return *std::move(read);
  }
  say_problems(console, read.error(), file);
  return std::nullopt;
}

bool needs_demo_model(const sim::Scenario& scenario, const SimOptions& options) {
  return options.model_file.empty() && std::ranges::any_of(scenario.agents, [](const sim::AgentGroup& group) {
           return group.type == sim::AgentType::llm && group.llm.base_url.empty() && group.llm.model_path.empty();
         });
}

Result<sim::ModelPlaces> places_of(Console& console, const SimOptions& options, bool needs_demo) {
  sim::ModelPlaces places{.file = options.model_file,
                          .concurrent_max = options.concurrent_max,
                          .threads = options.threads,
                          .profile = options.profile};
  places.progress = [&console](std::string_view text) { console.err(std::string(text) + "\n", Style::yellow); };
  if (needs_demo) {
    PUNA_TRY(places.demo, demo_model_file());
  }
  if (!options.api_key_env.empty()) {
    const char* key = std::getenv(options.api_key_env.c_str());
    if (key == nullptr || *key == '\0') {
      return fail(ErrorCode::invalid_argument,
                  format_text("the environment variable {} holds no key", options.api_key_env),
                  "set it: export " + options.api_key_env + "=...");
    }
    places.api_key = Secret(key);
  }
  return places;
}

}  // namespace puna::cli
