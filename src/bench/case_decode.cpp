// B1: agents with nothing in common decode side by side. The raw loop is the ceiling, in both layouts of the cache.
#include <utility>

#include "bench/cases.h"
#include "bench/lineup.h"

namespace puna::bench {
namespace {

struct DecodeShape {
  std::vector<int> agents;
  int prompt_tokens;
  int output_tokens;
};

DecodeShape decode_shape_of(const BenchOptions& options) {
  return options.quick ? DecodeShape{.agents = {1, 8}, .prompt_tokens = 24, .output_tokens = 48}
                       : DecodeShape{.agents = {1, 4, 8, 16, 32}, .prompt_tokens = 48, .output_tokens = 256};
}

// One wave of separate turns.
RawJob raw_job(const Harness& harness, RawLoop& raw, Scripts scripts) {
  return [&harness, &raw, scripts = std::move(scripts)](std::uint64_t serial) -> Result<std::vector<RawWork>> {
    std::vector<RawTurn> turns;
    for (AgentScript& script : scripts(serial)) {
      turns.push_back({.lane = static_cast<int>(turns.size()),
                       .tokens = std::move(script.front().tokens),
                       .output_tokens = script.front().output_tokens});
    }
    PUNA_TRY(RawWork work, raw.run(turns, harness.stop()));
    return std::vector<RawWork>{std::move(work)};
  };
}

// Against R with the same layout of the cache there is a goal; the other layout is there to be read.
Result<void> run_agents_of(Harness& harness, const std::string& name, const DecodeShape& shape, int agents,
                           CacheLayout cache) {
  const int window = shape.prompt_tokens + shape.output_tokens + 8;
  PUNA_TRY_VOID(harness.check_window(window));
  const Scripts scripts = [&](std::uint64_t serial) {
    return separate_agents(harness.tokens("B1 " + name, serial), agents, shape.prompt_tokens, shape.output_tokens);
  };
  Lineup lineup(harness, "B1", name);
  PUNA_TRY(const auto pool, harness.open_raw({.lanes = agents, .cells = agents * window, .one_pool = true}));
  PUNA_TRY(const auto split, harness.open_raw({.lanes = agents, .cells = agents * window, .one_pool = false}));
  lineup.add_engine(
      {.window_tokens = window, .agents = agents, .pool_tokens = std::int64_t{agents} * window, .cache = cache},
      scripts);
  lineup.add(raw_contender("R", *pool, raw_job(harness, *pool, scripts)));
  lineup.add(raw_contender("R split", *split, raw_job(harness, *split, scripts)));
  if (!harness.options().quick) {
    PUNA_TRY_VOID(lineup.add_server({.agents = agents, .window_tokens = window}, scripts));
  }
  PUNA_TRY_VOID(lineup.run(harness.short_rounds(), true));
  // All decode the same tokens, so a ratio of seconds is one of tokens per second.
  for (const bool in_pool : {true, false}) {
    const bool is_same = in_pool == (cache == CacheLayout::pool);
    const char* const raw = in_pool ? "R" : "R split";
    lineup.compare("cpu seconds", &Sample::cpu_seconds, Better::smaller, raw,
                   is_same ? Goal{.floor = 0.95, .moon = 0.98} : Goal{});
    lineup.compare("wall seconds", &Sample::wall_seconds, Better::smaller, raw, is_same ? Goal{.moon = 0.97} : Goal{});
  }
  lineup.compare_servers("cpu seconds", &Sample::cpu_seconds, {});
  return {};
}

}  // namespace

Result<void> run_decode(Harness& harness) {
  const DecodeShape shape = decode_shape_of(harness.options());
  for (const int agents : shape.agents) {
    const std::string name = format_text("{} agents, {} in, {} out", agents, shape.prompt_tokens, shape.output_tokens);
    PUNA_TRY_VOID(
        harness.workload("B1", name, [&] { return run_agents_of(harness, name, shape, agents, CacheLayout::pool); }));
    if (agents > 1) {
      const std::string apart = name + ", parts";
      PUNA_TRY_VOID(harness.workload("B1", apart,
                                     [&] { return run_agents_of(harness, apart, shape, agents, CacheLayout::parts); }));
    }
  }
  return {};
}

}  // namespace puna::bench
