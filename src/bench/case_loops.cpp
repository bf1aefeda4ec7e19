// B3: agents go round a tool loop: each turn adds an observation to a growing history. Most of what they hold is their
// own, and so the engine has a part of the cache for each, as S split; in one pool every row reads the cells of all.
// What they say is a call for a program, so nobody reads it as it comes.
#include <algorithm>
#include <utility>

#include "bench/cases.h"
#include "bench/lineup.h"

namespace puna::bench {
namespace {

struct LoopsShape {
  LoopShape loop;
  int server_agents;
};

LoopsShape loops_shape_of(const BenchOptions& options) {
  if (options.quick) {
    return {.loop = {.agents = 4, .turns = 3, .shared_tokens = 128, .observation_tokens = 32, .output_tokens = 8},
            .server_agents = 2};
  }
  return {.loop = {.pause = std::chrono::milliseconds(10)}, .server_agents = 8};
}

std::vector<RawTurn> wave(const std::vector<AgentScript>& scripts, std::size_t turn, int skip_tokens) {
  std::vector<RawTurn> turns;
  for (const AgentScript& script : scripts) {
    const auto& tokens = script[turn].tokens;
    turns.push_back({.lane = static_cast<int>(turns.size()),
                     .tokens = {tokens.begin() + skip_tokens, tokens.end()},
                     .output_tokens = script[turn].output_tokens});
  }
  return turns;
}

// All agents in step, nothing computed twice.
RawJob raw_job(const Harness& harness, RawLoop& raw, const LoopShape& shape, Scripts scripts) {
  return [&harness, &raw, shape, scripts = std::move(scripts)](std::uint64_t serial) -> Result<std::vector<RawWork>> {
    const std::vector<AgentScript> agents = scripts(serial);
    const auto& first = agents.front().front().tokens;
    const RawTurn trunk{.lane = 0, .tokens = {first.begin(), first.begin() + shape.shared_tokens}};
    std::vector<RawWork> work;
    PUNA_TRY(RawWork shared, raw.run(std::span(&trunk, 1), harness.stop()));
    work.push_back(std::move(shared));
    for (int lane = 1; lane < shape.agents; ++lane) {
      raw.share(0, lane);
    }
    for (int turn = 0; turn < shape.turns; ++turn) {
      const int skip = turn == 0 ? shape.shared_tokens : 0;
      PUNA_TRY(RawWork part, raw.run(wave(agents, static_cast<std::size_t>(turn), skip), harness.stop()));
      work.push_back(std::move(part));
    }
    return work;
  };
}

Result<void> run_shape(Harness& harness, const std::string& name, const LoopsShape& shape) {
  const LoopShape& loop = shape.loop;
  const int own = loop.turns * (loop.observation_tokens + loop.output_tokens);
  const int window = loop.shared_tokens + own + 8;
  PUNA_TRY_VOID(harness.check_window(window));
  const Scripts scripts = [&](std::uint64_t serial) { return loop_agents(harness.tokens("B3 " + name, serial), loop); };
  PUNA_TRY(const auto raw, harness.open_raw({.lanes = loop.agents, .cells = loop.agents * window, .one_pool = false}));
  ServerShape server{.agents = shape.server_agents, .window_tokens = window, .saved_prompts_mib = kSavedPromptsMib};
  Lineup lineup(harness, "B3", name);
  lineup.add_engine({.window_tokens = window, .agents = loop.agents, .watched = false, .cache = CacheLayout::parts},
                    scripts);
  PUNA_TRY_VOID(lineup.add_server(server, scripts));
  server.one_pool = true;
  PUNA_TRY_VOID(lineup.add_server(server, scripts));
  PUNA_TRY_VOID(lineup.add_pool(window, scripts));
  lineup.add(raw_contender("R split", *raw, raw_job(harness, *raw, loop, scripts)));
  PUNA_TRY_VOID(lineup.run(harness.long_rounds(), !harness.options().quick));
  lineup.hold_to_bound(0.03);
  lineup.show_computed();
  lineup.compare_prediction({.moon = 1 / 1.05});
  lineup.compare_servers("cpu seconds", &Sample::cpu_seconds, {.floor = 1.8});
  lineup.compare("cpu seconds", &Sample::cpu_seconds, Better::smaller, "P", {.moon = 10.0});
  lineup.compare_servers("seconds of a turn, 95th percentile", &Sample::turn_p95_seconds, {});
  return {};
}

}  // namespace

Result<void> run_loops(Harness& harness) {
  const LoopsShape shape = loops_shape_of(harness.options());
  const std::string name = format_text("{} agents x {} turns, {} shared, {} observed, {} out, S for {}",
                                       shape.loop.agents, shape.loop.turns, shape.loop.shared_tokens,
                                       shape.loop.observation_tokens, shape.loop.output_tokens, shape.server_agents);
  return harness.workload("B3", name, [&] { return run_shape(harness, name, shape); });
}

}  // namespace puna::bench
