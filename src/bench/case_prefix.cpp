// B2: agents whose prompts begin with the same tokens arrive all at once, with nothing cached.
#include <algorithm>
#include <utility>

#include "bench/cases.h"
#include "bench/lineup.h"

namespace puna::bench {
namespace {

enum class Peers : std::uint8_t { all, split_server, raw_only };

struct PrefixShape {
  int agents;
  int shared_tokens;
  int own_tokens;
  int output_tokens;
  Peers peers;  // the larger the job, the fewer of those that repeat the prefix for every agent
  bool long_job;
  Goal server_goal;  // CPU seconds against the better server
};

std::vector<PrefixShape> shapes_of(const BenchOptions& options) {
  if (options.quick) {
    return {{.agents = 8, .shared_tokens = 192, .own_tokens = 16, .output_tokens = 16, .peers = Peers::all}};
  }
  const auto shape = [](int agents, int shared, Peers peers, Goal goal) {
    return PrefixShape{.agents = agents,
                       .shared_tokens = shared,
                       .own_tokens = 32,
                       .output_tokens = 64,
                       .peers = peers,
                       .long_job = shared > 1000 || agents > 8,
                       .server_goal = goal};
  };
  return {shape(8, 1000, Peers::all, {.floor = 3.0}),
          shape(32, 1000, Peers::all, {}),
          shape(128, 1000, Peers::split_server, {}),
          shape(8, 8000, Peers::all, {}),
          shape(32, 8000, Peers::split_server, {.moon = 15.0}),
          shape(128, 8000, Peers::raw_only, {})};
}

// The least work: the shared tokens once, then every agent's own.
RawJob raw_job(const Harness& harness, RawLoop& raw, const PrefixShape& shape, Scripts scripts) {
  return [&harness, &raw, shape, scripts = std::move(scripts)](std::uint64_t serial) -> Result<std::vector<RawWork>> {
    const std::vector<AgentScript> agents = scripts(serial);
    std::vector<RawTurn> turns;
    for (const AgentScript& script : agents) {
      const auto& tokens = script.front().tokens;
      turns.push_back({.lane = static_cast<int>(turns.size()),
                       .tokens = {tokens.begin() + shape.shared_tokens, tokens.end()},
                       .output_tokens = shape.output_tokens});
    }
    const auto& first = agents.front().front().tokens;
    const RawTurn trunk{.lane = 0, .tokens = {first.begin(), first.begin() + shape.shared_tokens}};
    std::vector<RawWork> work(2);
    PUNA_TRY(work[0], raw.run(std::span(&trunk, 1), harness.stop()));
    for (int lane = 1; lane < shape.agents; ++lane) {
      raw.share(0, lane);
    }
    PUNA_TRY(work[1], raw.run(turns, harness.stop()));
    return work;
  };
}

Result<void> run_shape(Harness& harness, const std::string& name, const PrefixShape& shape) {
  const int window = shape.shared_tokens + shape.own_tokens + shape.output_tokens + 8;
  PUNA_TRY_VOID(harness.check_window(window));
  const int pool_tokens = shape.shared_tokens + shape.agents * (shape.own_tokens + shape.output_tokens + 8) + 256;
  const Scripts scripts = [&](std::uint64_t serial) {
    return shared_prefix_agents(harness.tokens("B2 " + name, serial), shape.agents, shape.shared_tokens,
                                shape.own_tokens, shape.output_tokens);
  };
  PUNA_TRY(const auto raw, harness.open_raw({.lanes = shape.agents, .cells = pool_tokens}));
  Lineup lineup(harness, "B2", name);
  lineup.add_engine({.window_tokens = window, .agents = shape.agents, .pool_tokens = pool_tokens}, scripts);
  const int server_agents = std::min(shape.agents, kServerAgentsMax);
  if (shape.peers != Peers::raw_only) {
    PUNA_TRY_VOID(lineup.add_server({.agents = server_agents, .window_tokens = window}, scripts));
  }
  if (shape.peers == Peers::all) {
    PUNA_TRY_VOID(lineup.add_server({.agents = server_agents, .window_tokens = window, .one_pool = true}, scripts));
    PUNA_TRY_VOID(lineup.add_pool(window, scripts));
  }
  lineup.add(raw_contender("R", *raw, raw_job(harness, *raw, shape, scripts)));
  const bool time_goals = !harness.options().quick;
  PUNA_TRY_VOID(lineup.run(shape.long_job ? harness.long_rounds() : harness.short_rounds(), time_goals));
  lineup.hold_to_bound(0.02);
  lineup.show_computed();
  lineup.compare_prediction({.moon = 1 / 1.05});
  lineup.compare_servers("cpu seconds", &Sample::cpu_seconds, shape.server_goal);
  lineup.compare("cpu seconds", &Sample::cpu_seconds, Better::smaller, "P", {});
  lineup.compare_servers("seconds to the last first token", &Sample::last_first_token_seconds, {});
  lineup.compare("seconds to the last first token", &Sample::last_first_token_seconds, Better::smaller, "P", {});
  return {};
}

}  // namespace

Result<void> run_prefix(Harness& harness) {
  for (const PrefixShape& shape : shapes_of(harness.options())) {
    const std::string name = format_text("{} agents, {} shared + {} own, {} out", shape.agents, shape.shared_tokens,
                                         shape.own_tokens, shape.output_tokens);
    PUNA_TRY_VOID(harness.workload("B2", name, [&] { return run_shape(harness, name, shape); }));
  }
  return {};
}

}  // namespace puna::bench
