// B0: counts that are equal on every machine, in seconds: prompt tokens computed, passes, and what the engine's own
// code allocates and locks while it only decodes.
#include <algorithm>
#include <filesystem>
#include <utility>

#include "bench/cases.h"
#include "bench/child_process.h"
#include "bench/step_counts.h"

namespace puna::bench {
namespace {

constexpr int kSharedTokens = 200;
constexpr int kOwnTokens = 16;
constexpr int kOutputTokens = 16;
constexpr int kTurns = 3;
constexpr int kBatchTokens = 512;
// Agents are submitted one after the other: the engine may begin a step before the last one has arrived.
constexpr int kLateSteps = 2;

int steps_for(int tokens) { return (tokens + kBatchTokens - 1) / kBatchTokens; }

void emit_counts(Harness& harness, const std::string& name, const Sample& sample, std::optional<int> passes_max) {
  const auto distinct = static_cast<double>(sample.tokens_distinct);
  harness.emit(counted({.bench = "B0", .workload = name, .metric = "prompt tokens computed"},
                       static_cast<double>(sample.tokens_prefilled), "bound", distinct,
                       {.floor = distinct, .moon = distinct, .side = Side::at_most}));
  if (passes_max) {
    harness.emit(counted({.bench = "B0", .workload = name, .metric = "passes"}, static_cast<double>(sample.passes),
                         "bound", *passes_max, {.floor = *passes_max + kLateSteps, .side = Side::at_most}));
  }
}

EngineShape engine_for(int agents, int turns) {
  const int window = kSharedTokens + turns * (kOwnTokens + kOutputTokens) + 8;
  return {.window_tokens = window,
          .agents = agents,
          .pool_tokens = std::int64_t{agents} * window,
          .batch_tokens = kBatchTokens};
}

Result<void> count_shared_prefix(Harness& harness, const std::string& name, int agents) {
  PUNA_TRY(const auto engine, harness.open_engine(engine_for(agents, 1)));
  const auto scripts =
      shared_prefix_agents(harness.tokens("B0 prefix", 0), agents, kSharedTokens, kOwnTokens, kOutputTokens);
  PUNA_TRY(const MeasuredAgents measured, measure_agents(*engine, scripts, harness.stop()));
  // The shared prefix, then all own parts together, then a step for each token after the first.
  const int passes = steps_for(kSharedTokens) + steps_for(agents * kOwnTokens) + kOutputTokens - 1;
  emit_counts(harness, name, measured.sample, passes);
  return {};
}

Result<void> count_loops(Harness& harness, const std::string& name, int agents) {
  PUNA_TRY(const auto engine, harness.open_engine(engine_for(agents, kTurns)));
  const LoopShape shape{.agents = agents,
                        .turns = kTurns,
                        .shared_tokens = kSharedTokens,
                        .observation_tokens = kOwnTokens,
                        .output_tokens = kOutputTokens};
  const auto scripts = loop_agents(harness.tokens("B0 loops", 0), shape);
  PUNA_TRY(const MeasuredAgents measured, measure_agents(*engine, scripts, harness.stop()));
  emit_counts(harness, name, measured.sample, std::nullopt);
  return {};
}

// A parent, then branches that begin with all that was computed of it.
Result<void> count_forks(Harness& harness, const std::string& name, int branches) {
  PUNA_TRY(const auto engine, harness.open_engine(engine_for(branches, 2)));
  TokenSource source = harness.tokens("B0 forks", 0);
  const PeerRequest trunk{.prompt = source.draw(kSharedTokens), .output_tokens = kOutputTokens};
  PUNA_TRY(const Meter meter, Meter::start(*engine));
  PUNA_TRY(PeerReply reply, engine->run(trunk, [] {}, harness.stop()));
  std::vector<PeerRequest> forks(static_cast<std::size_t>(branches), trunk);
  for (PeerRequest& fork : forks) {
    fork.prompt.insert(fork.prompt.end(), reply.output.begin(), reply.output.end() - 1);
    const std::vector<Token> own = source.draw(kOwnTokens);
    fork.prompt.insert(fork.prompt.end(), own.begin(), own.end());
  }
  PUNA_TRY(std::vector<PeerReply> replies, engine->run_together(forks, harness.stop()));
  std::vector<AgentRun> all{{.requests = {trunk}, .replies = {std::move(reply)}}};
  for (std::size_t i = 0; i < forks.size(); ++i) {
    all.push_back({.requests = {std::move(forks[i])}, .replies = {std::move(replies[i])}});
  }
  PUNA_TRY(const Sample sample, meter.finish(all));
  emit_counts(harness, name, sample, std::nullopt);
  return {};
}

Result<void> count_steps(Harness& harness, const std::string& name) {
  const std::filesystem::path& program = harness.options().step_counter;
  if (program.empty()) {
    return fail(ErrorCode::not_found, "the program step_counts is not beside this one (a build with tests has it)");
  }
  PUNA_TRY(ChildProcess child,
           ChildProcess::start({program.string(), harness.options().model.string()}, ChildProcess::Output::kept));
  PUNA_TRY(const std::string line, child.finish(harness.stop()));
  PUNA_TRY(const StepCounts counts, parse_step_counts(line));
  const auto emit = [&](const char* metric, std::int64_t count) {
    BenchResult result = counted({.bench = "B0", .workload = name, .metric = metric}, static_cast<double>(count),
                                 "bound", 0, {.floor = 0, .moon = 0, .side = Side::at_most});
    result.note = format_text("{} steps counted", counts.steps);
    harness.emit(std::move(result));
  };
  emit("allocations of the engine's own code", counts.allocations);
  emit("locks of the engine's own code", counts.locks);
  return {};
}

}  // namespace

Result<void> run_counts(Harness& harness) {
  constexpr int kAgents = 8;
  constexpr int kBranches = 4;
  const std::string prefix = format_text("{} agents, {} shared", kAgents, kSharedTokens);
  const std::string loops = format_text("{} agents x {} turns", kAgents, kTurns);
  const std::string forks = format_text("{} forks", kBranches);
  const std::string steps = "steps that only decode";
  PUNA_TRY_VOID(harness.workload("B0", prefix, [&] { return count_shared_prefix(harness, prefix, kAgents); }));
  PUNA_TRY_VOID(harness.workload("B0", loops, [&] { return count_loops(harness, loops, kAgents); }));
  PUNA_TRY_VOID(harness.workload("B0", forks, [&] { return count_forks(harness, forks, kBranches); }));
  return harness.workload("B0", steps, [&] { return count_steps(harness, steps); });
}

}  // namespace puna::bench
