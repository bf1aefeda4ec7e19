// B4: one trunk forks into branches, and those again. A fork is a prompt that begins with all that was computed of its
// parent: its history but for the last token, which was chosen and never computed.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include "bench/cases.h"
#include "bench/lineup.h"

namespace puna::bench {
namespace {

constexpr int kForkProbes = 32;  // single forks that are timed; the fastest speaks

struct TreeShape {
  int trunk_tokens = 2000;
  int branches = 4;  // of each node
  int levels = 3;
  int output_tokens = 32;

  [[nodiscard]] int leaves() const {
    int count = 1;
    for (int level = 0; level < levels; ++level) {
      count *= branches;
    }
    return count;
  }
  [[nodiscard]] int nodes() const { return (leaves() * branches - 1) / (branches - 1); }  // branches > 1
  [[nodiscard]] int window() const { return trunk_tokens + (levels + 1) * output_tokens + 8; }
  [[nodiscard]] int pool() const { return trunk_tokens + nodes() * (output_tokens + 1) + 1024; }
};

// The token by which each branch leaves its parent: all different, so that greedy replies differ.
std::vector<Token> branch_tokens(TokenSource& source, int count) {
  std::vector<Token> tokens;
  while (std::cmp_less(tokens.size(), count)) {
    const Token token = source.draw(1).front();
    if (!std::ranges::contains(tokens, token)) {
      tokens.push_back(token);
    }
  }
  return tokens;
}

struct Tree {
  std::vector<AgentRun> nodes;  // all, level by level
  std::vector<Token> a_leaf;    // what was computed of one
};

Result<Tree> grow(Peer& peer, const TreeShape& shape, TokenSource source, const std::stop_token& stop) {
  Tree tree;
  std::vector<PeerRequest> level{{.prompt = source.draw(shape.trunk_tokens), .output_tokens = shape.output_tokens}};
  for (int depth = 0;; ++depth) {
    PUNA_TRY(std::vector<PeerReply> replies, peer.run_together(level, stop));
    std::vector<PeerRequest> next;
    const std::vector<Token> markers = branch_tokens(source, shape.branches);
    for (std::size_t i = 0; i < level.size(); ++i) {
      std::vector<Token> history = level[i].prompt;
      history.insert(history.end(), replies[i].output.begin(), replies[i].output.end() - 1);
      for (const Token marker : markers) {
        next.push_back({.prompt = history, .output_tokens = shape.output_tokens});
        next.back().prompt.push_back(marker);
      }
      tree.a_leaf = std::move(history);
      tree.nodes.push_back({.requests = {std::move(level[i])}, .replies = {std::move(replies[i])}});
    }
    if (depth == shape.levels) {
      return tree;
    }
    level = std::move(next);
  }
}

Result<Tree> grow_measured(Peer& peer, const TreeShape& shape, const TokenSource& source, const std::stop_token& stop,
                           Sample& sample) {
  PUNA_TRY(const Meter meter, Meter::start(peer));
  PUNA_TRY(Tree tree, grow(peer, shape, source, stop));
  PUNA_TRY(sample, meter.finish(tree.nodes));
  return tree;
}

// The same tree by copying lanes: a lane for each node.
Result<std::vector<RawWork>> grow_raw(RawLoop& raw, const TreeShape& shape, TokenSource source,
                                      const std::stop_token& stop) {
  std::vector<RawWork> work;
  std::vector<RawTurn> level{
      {.lane = 0, .tokens = source.draw(shape.trunk_tokens), .output_tokens = shape.output_tokens}};
  int free_lane = 1;
  for (int depth = 0;; ++depth) {
    PUNA_TRY(RawWork part, raw.run(level, stop));
    work.push_back(std::move(part));
    if (depth == shape.levels) {
      return work;
    }
    const std::vector<Token> markers = branch_tokens(source, shape.branches);
    std::vector<RawTurn> next;
    for (const RawTurn& parent : level) {
      for (const Token marker : markers) {
        raw.share(parent.lane, free_lane);
        next.push_back({.lane = free_lane++, .tokens = {marker}, .output_tokens = shape.output_tokens});
      }
    }
    level = std::move(next);
  }
}

// What a fork of a leaf takes beside the row that it computes: the engine's fork up to its first token and the raw
// loop's row in turns, the fastest of each.
Result<Sample> time_forks(Peer& engine, const std::vector<Token>& leaf, RawLoop& raw, const TreeShape& shape,
                          TokenSource source, const std::stop_token& stop) {
  const int raw_leaf = shape.nodes() - 1;
  const int spare = shape.nodes();
  double fork = INFINITY;
  double row = INFINITY;
  for (const Token token : branch_tokens(source, kForkProbes)) {
    PeerRequest request{.prompt = leaf, .output_tokens = 1};
    request.prompt.push_back(token);
    PUNA_TRY(const PeerReply reply, engine.run(request, [] {}, stop));
    fork = std::min(fork, std::chrono::duration<double>(reply.arrivals.front() - reply.submitted).count());
    raw.share(raw_leaf, spare);
    const RawTurn turn{.lane = spare, .tokens = {token}, .output_tokens = 1};
    PUNA_TRY(const RawWork work, raw.run(std::span(&turn, 1), stop));
    row = std::min(row, work.first_tokens_wall_seconds);
  }
  return Sample{.value = std::max(0.0, fork - row)};
}

void emit_fork_times(Lineup& lineup) {
  const auto forks = lineup.find("R row");
  if (!forks) {
    return;
  }
  std::vector<double> microseconds = lineup.rounds().column(*forks, &Sample::value);
  std::ranges::for_each(microseconds, [](double& value) { value *= 1e6; });
  lineup.harness().emit(timed_alone(lineup.metric("microseconds of a fork"), microseconds,
                                    {.floor = 1000, .moon = 100, .side = Side::at_most}, lineup.state()));
}

void emit_recomputed(Lineup& lineup) {
  const auto computed = lineup.rounds().counts(0, &Sample::tokens_prefilled);
  const auto distinct = lineup.rounds().counts(0, &Sample::tokens_distinct);
  std::int64_t most = 0;
  for (std::size_t round = 0; round < computed.size(); ++round) {
    most = std::max(most, computed[round] - distinct[round]);
  }
  lineup.harness().emit(counted(lineup.metric("prompt tokens recomputed"), static_cast<double>(most), "bound", 0,
                                {.floor = 0, .moon = 0, .side = Side::at_most}));
}

Result<void> run_tree(Harness& harness, const std::string& name, const TreeShape& shape) {
  PUNA_TRY_VOID(harness.check_window(shape.window()));
  const int leaves = shape.leaves();
  PUNA_TRY(const auto raw, harness.open_raw({.lanes = shape.nodes() + 1, .cells = shape.pool()}));
  const auto source = [&](std::uint64_t serial) { return harness.tokens("B4 " + name, serial); };
  const auto contender = [&](Peer& peer) {
    return Contender{.name = peer.name(), .run = [&](std::uint64_t serial) -> Result<Sample> {
                       Sample sample;
                       PUNA_TRY_VOID(grow_measured(peer, shape, source(serial), harness.stop(), sample));
                       return sample;
                     }};
  };
  std::unique_ptr<EnginePeer> engine;  // of this round: its forks are timed when the raw loop has its tree, too
  std::vector<Token> leaf;
  Lineup lineup(harness, "B4", name);
  lineup.add({.name = "E", .run = [&](std::uint64_t serial) -> Result<Sample> {
                engine.reset();
                PUNA_TRY(engine, harness.open_engine(
                                     {.window_tokens = shape.window(), .agents = leaves, .pool_tokens = shape.pool()}));
                Sample sample;
                PUNA_TRY(Tree tree, grow_measured(*engine, shape, source(serial), harness.stop(), sample));
                leaf = std::move(tree.a_leaf);
                return sample;
              }});
  PUNA_TRY_VOID(
      lineup.add_server({.agents = std::min(leaves, kServerAgentsMax), .window_tokens = shape.window()}, contender));
  lineup.add(raw_contender(
      "R", *raw, [&](std::uint64_t serial) { return grow_raw(*raw, shape, source(serial), harness.stop()); }));
  lineup.add({.name = "R row", .run = [&](std::uint64_t serial) {
                return time_forks(*engine, leaf, *raw, shape, source(serial), harness.stop());
              }});
  PUNA_TRY_VOID(lineup.run(harness.long_rounds(), !harness.options().quick));
  emit_recomputed(lineup);
  lineup.show_computed();
  emit_fork_times(lineup);
  lineup.compare_prediction({});
  lineup.compare_servers("cpu seconds", &Sample::cpu_seconds, {.moon = 10.0});
  return {};
}

}  // namespace

Result<void> run_forks(Harness& harness) {
  const TreeShape shape = harness.options().quick
                              ? TreeShape{.trunk_tokens = 256, .branches = 2, .levels = 3, .output_tokens = 8}
                              : TreeShape{};
  const std::string name = format_text("{} trunk, 1 to {} branches by {}, {} out each", shape.trunk_tokens,
                                       shape.leaves(), shape.branches, shape.output_tokens);
  return harness.workload("B4", name, [&] { return run_tree(harness, name, shape); });
}

}  // namespace puna::bench
