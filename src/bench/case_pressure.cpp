// B5: more agents than the cache has room for; they wake up by Zipf's law, one after the other. What an agent had
// computed before it was put aside should not be computed again, and its wake-up should not take a prefill's time.
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <optional>
#include <utility>

#include "bench/cases.h"
#include "bench/lineup.h"
#include "bench/temporary_folder.h"

namespace puna::bench {
namespace {

struct PressureShape {
  int agents = 64;
  int agents_held = 16;  // for whose histories the cache has room
  int prompt_tokens = 1500;
  int observation_tokens = 16;
  int output_tokens = 16;
  int wakes = 256;

  // The busiest agent gets about a fifth of the wakes; half leaves room for any draw.
  [[nodiscard]] int window() const {
    return prompt_tokens + (wakes / 2 + 1) * (observation_tokens + output_tokens) + 8;
  }
  [[nodiscard]] int pool() const { return agents_held * prompt_tokens; }
};

// Where histories go that have to leave the cache.
enum class Tier : std::uint8_t { memory, files };

double first_token_seconds(const PeerReply& reply) {
  return std::chrono::duration<double>(reply.arrivals.front() - reply.submitted).count();
}

class Wakes {
 public:
  Wakes(Peer& peer, const PressureShape& shape, TokenSource source, std::stop_token stop)
      : peer_(peer), shape_(shape), source_(source), stop_(std::move(stop)) {}

  [[nodiscard]] Result<Sample> run() {
    std::vector<std::vector<Token>> histories(static_cast<std::size_t>(shape_.agents));
    std::vector<double> cold;
    for (auto& history : histories) {
      PUNA_TRY(const double seconds, turn(history, shape_.prompt_tokens));
      cold.push_back(seconds);
    }
    const std::int64_t computed_before = peer_.tokens_prefilled();
    const std::int64_t distinct_before = distinct_.total();
    const std::int64_t prompts_before = prompt_tokens_;
    PUNA_TRY(const Meter meter, Meter::start(peer_));
    for (const int agent : zipf_wakes(source_, shape_.agents, shape_.wakes)) {
      PUNA_TRY_VOID(wake(histories[static_cast<std::size_t>(agent)]));
    }
    PUNA_TRY(Sample sample, meter.finish({}));
    sample.tokens_distinct = distinct_.total() - distinct_before;
    const auto recomputed = peer_.tokens_prefilled() - computed_before - sample.tokens_distinct;
    sample.value = static_cast<double>(recomputed) / static_cast<double>(prompt_tokens_ - prompts_before);
    sample.other_value = median(cold) / wake_seconds();
    return sample;
  }

 private:
  // Appends new tokens and a reply to the history. Returns the seconds to the reply's first token.
  Result<double> turn(std::vector<Token>& history, int new_tokens) {
    const std::vector<Token> tokens = source_.draw(new_tokens);
    history.insert(history.end(), tokens.begin(), tokens.end());
    const PeerRequest request{.prompt = history, .output_tokens = shape_.output_tokens};
    PUNA_TRY(const PeerReply reply, peer_.run(request, [] {}, stop_));
    distinct_.add(request.prompt, reply.output);
    prompt_tokens_ += static_cast<std::int64_t>(request.prompt.size());
    history.insert(history.end(), reply.output.begin(), reply.output.end());
    return first_token_seconds(reply);
  }

  Result<void> wake(std::vector<Token>& history) {
    const std::int64_t computed = peer_.tokens_prefilled();
    const std::int64_t restored = peer_.tokens_restored();
    PUNA_TRY(const double seconds, turn(history, shape_.observation_tokens));
    // Whoever was still there computes the observation and its own last token, and nothing else.
    const bool was_there = peer_.tokens_prefilled() - computed <= shape_.observation_tokens + 1;
    (was_there && peer_.tokens_restored() == restored ? stayed_ : woken_).push_back(seconds);
    return {};
  }

  // How long the slow ones among those that had to come back took, without what a turn takes that needs no coming back.
  [[nodiscard]] double wake_seconds() const {
    constexpr double kShortest = 1e-6;
    const double slow = woken_.empty() ? 0 : quantile(woken_, 0.95);
    return std::max(kShortest, stayed_.empty() ? slow : slow - median(stayed_));
  }

  Peer& peer_;
  const PressureShape& shape_;
  TokenSource source_;
  std::stop_token stop_;
  DistinctTokens distinct_;
  std::int64_t prompt_tokens_ = 0;  // of all requests
  std::vector<double> stayed_;      // seconds to the first token: the history was in the cache
  std::vector<double> woken_;       // it was not
};

void emit_shares(Lineup& lineup) {
  // A share of counts has no noise: the worst round speaks.
  const auto ours = lineup.rounds().column(0, &Sample::value);
  BenchResult result = counted(lineup.metric("share of prompt tokens recomputed"), std::ranges::max(ours), "", {},
                               {.floor = 0.05, .moon = 0.005, .side = Side::at_most});
  if (const auto server = lineup.find("S split")) {
    result.peer = "S split";
    result.value = std::ranges::max(lineup.rounds().column(*server, &Sample::value));
  }
  lineup.harness().emit(std::move(result));
}

EngineShape engine_shape(const Harness& harness, const PressureShape& shape, const std::filesystem::path& folder) {
  const auto bytes_per_token = static_cast<std::int64_t>(harness.weights().facts().kv_bytes_per_token);
  // In memory there is room for everybody; with files, for two, and for two on their way.
  const int saved_agents = folder.empty() ? shape.agents : 4;
  return {.window_tokens = shape.window(),
          .agents = shape.agents,
          .pool_tokens = shape.pool(),
          .saved_bytes_max = bytes_per_token * saved_agents * shape.window(),
          .saved_folder = folder};
}

Result<void> run_shape(Harness& harness, const std::string& name, const PressureShape& shape, Tier tier) {
  PUNA_TRY_VOID(harness.check_window(shape.window()));
  std::optional<TemporaryFolder> folder;
  if (tier == Tier::files) {
    PUNA_TRY(folder, TemporaryFolder::create());
  }
  const EngineShape engine_needs = engine_shape(harness, shape, folder ? folder->path() : std::filesystem::path());
  const auto source = [&](std::uint64_t serial) { return harness.tokens("B5 " + name, serial); };
  Lineup lineup(harness, "B5", name);
  lineup.add({.name = "E", .run = [&](std::uint64_t serial) -> Result<Sample> {
                PUNA_TRY(const auto engine, harness.open_engine(engine_needs));
                return Wakes(*engine, shape, source(serial), harness.stop()).run();
              }});
  if (tier == Tier::memory && !harness.options().quick) {
    PUNA_TRY_VOID(lineup.add_server(
        {.agents = shape.agents_held, .window_tokens = shape.window(), .saved_prompts_mib = kSavedPromptsMib},
        [&](Peer& peer) {
          return Contender{.name = peer.name(), .run = [&](std::uint64_t serial) {
                             return Wakes(peer, shape, source(serial), harness.stop()).run();
                           }};
        }));
  }
  PUNA_TRY_VOID(lineup.run(harness.long_rounds(), !harness.options().quick));
  emit_shares(lineup);
  const std::vector<double> speed = lineup.rounds().column(0, &Sample::other_value);
  harness.emit(timed_alone(lineup.metric("prefill time / wake time (95th percentile)"), speed,
                           {.moon = tier == Tier::memory ? 50.0 : 20.0}, lineup.state()));
  lineup.compare_servers("cpu seconds", &Sample::cpu_seconds, {});
  return {};
}

}  // namespace

Result<void> run_pressure(Harness& harness) {
  const PressureShape shape = harness.options().quick ? PressureShape{.agents = 8,
                                                                      .agents_held = 4,
                                                                      .prompt_tokens = 384,
                                                                      .observation_tokens = 8,
                                                                      .output_tokens = 4,
                                                                      .wakes = 16}
                                                      : PressureShape{};
  for (const Tier tier : {Tier::memory, Tier::files}) {
    const std::string name =
        format_text("{} agents of {} tokens, room for {}, {} wakes from {}", shape.agents, shape.prompt_tokens,
                    shape.agents_held, shape.wakes, tier == Tier::memory ? "memory" : "files");
    if (tier == Tier::memory || !harness.options().quick) {
      PUNA_TRY_VOID(harness.workload("B5", name, [&] { return run_shape(harness, name, shape, tier); }));
    }
  }
  return {};
}

}  // namespace puna::bench
