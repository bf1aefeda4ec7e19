// Opening peers, running workloads.
#include "bench/harness.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace puna::bench {
namespace {

constexpr int kRounds = 7;
constexpr int kQuickRounds = 3;
constexpr int kPoolContexts = 2;
constexpr std::uint64_t kMemoryShare = 3;  // of what is free, one part for caches

std::vector<Token> ordinary_tokens(const Weights& weights) {
  std::vector<Token> tokens;
  for (Token token = 0; token < weights.vocabulary_tokens(); ++token) {
    if (!weights.is_control(token) && !weights.ends_generation(token)) {
      tokens.push_back(token);
    }
  }
  return tokens;
}

// Their bytes are no whole characters.
std::vector<Token> partial_tokens(const Weights& weights) {
  std::vector<Token> tokens;
  for (Token token = 0; token < weights.vocabulary_tokens(); ++token) {
    if (!utf8::is_valid(weights.piece(token))) {
      tokens.push_back(token);
    }
  }
  return tokens;
}

std::uint64_t number_of(std::string_view text) {
  std::uint64_t number = 1469598103934665603ULL;
  for (const char c : text) {
    number = (number ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  }
  return number;
}

Sample sample_of(std::span<const RawWork> work, double cpu_seconds, double wall_seconds) {
  Sample sample{.cpu_seconds = cpu_seconds, .wall_seconds = wall_seconds};
  double prefill_seconds = 0;
  double decode_seconds = 0;
  for (const RawWork& part : work) {
    sample.tokens_prefilled += part.tokens_prefilled;
    sample.tokens_decoded += part.tokens_decoded;
    sample.passes += part.passes;
    prefill_seconds += part.prefill_cpu_seconds;
    decode_seconds += part.decode_cpu_seconds;
  }
  sample.tokens_distinct = sample.tokens_prefilled;
  sample.value = sample.tokens_prefilled == 0 ? 0 : prefill_seconds / static_cast<double>(sample.tokens_prefilled);
  sample.other_value = sample.tokens_decoded == 0 ? 0 : decode_seconds / static_cast<double>(sample.tokens_decoded);
  return sample;
}

}  // namespace

Harness::Harness(const BenchOptions& options, std::shared_ptr<const Weights> weights, RoundGuard& guard,
                 BenchSink& sink, std::stop_token stop)
    : options_(options),
      weights_(std::move(weights)),
      ordinary_(ordinary_tokens(*weights_)),
      no_characters_(partial_tokens(*weights_)),
      guard_(guard),
      sink_(sink),
      stop_(std::move(stop)) {
  PUNA_CHECK(!ordinary_.empty(), "a vocabulary has ordinary tokens");
}

int Harness::rounds() const { return options_.rounds > 0 ? options_.rounds : options_.quick ? kQuickRounds : kRounds; }

bool Harness::wants(std::string_view contender) const {
  return !std::ranges::contains(options_.without, contender) &&
         !std::ranges::contains(options_.without, contender.substr(0, contender.find(' ')));
}

TokenSource Harness::tokens(std::string_view workload, std::uint64_t serial) const {
  return {ordinary_, Random::mix(Random::mix(options_.seed, number_of(workload)), serial)};
}

Result<void> Harness::workload(const std::string& bench, const std::string& workload,
                               const std::function<Result<void>()>& run) {
  names_.push_back(workload);
  if (!workload.starts_with(options_.only_case)) {
    return {};
  }
  auto done = run();
  if (!done && done.error().code == ErrorCode::cancelled) {
    return done;
  }
  if (!done) {
    emit(not_run({.bench = bench, .workload = workload, .metric = "run"}, done.error().message));
  }
  return {};
}

void Harness::emit(BenchResult result) {
  results_.push_back(std::move(result));
  sink_.on_result(results_.back());
}

Result<Rounds> Harness::run_rounds(const std::string& label, std::span<const Contender> contenders,
                                   const RoundSettings& settings) {
  const auto progress = [&](std::string_view line) { sink_.on_progress(format_text("{}: {}", label, line)); };
  return bench::run_rounds(contenders, settings, guard_, progress, stop_);
}

RoundState Harness::state(const Rounds& rounds, bool time_goals) const {
  return {.seed = options_.seed, .calm = rounds.calm, .why = rounds.why, .time_goals = time_goals};
}

Result<void> Harness::check_window(int window_tokens) const {
  const int trained = weights_->facts().window_trained_tokens;
  if (trained > 0 && window_tokens > trained) {
    return fail(ErrorCode::limit,
                format_text("it needs a window of {} tokens, and the model has {}", window_tokens, trained));
  }
  return {};
}

bool Harness::fits(std::int64_t cells) const {
  const MemoryEstimate memory = estimate_memory(weights_->facts(), {});
  const std::uint64_t bytes = static_cast<std::uint64_t>(cells) * weights_->facts().kv_bytes_per_token;
  return memory.available_bytes == 0 || bytes < memory.available_bytes / kMemoryShare;
}

Result<std::unique_ptr<EnginePeer>> Harness::open_engine(EngineShape shape) const {
  shape.threads = shape.threads > 0 ? shape.threads : options_.threads;
  return EnginePeer::open(weights_, shape, ordinary_.front());
}

Result<std::unique_ptr<ServerPeer>> Harness::open_server(ServerShape shape) const {
  shape.threads = options_.threads;
  shape.never = no_characters_;
  if (!fits(std::int64_t{shape.agents} * shape.window_tokens)) {
    return fail(ErrorCode::limit, format_text("a server for {} agents with {} tokens each needs more memory than is "
                                              "free",
                                              shape.agents, shape.window_tokens));
  }
  return ServerPeer::open(options_.server, options_.model, shape, stop_);
}

Result<std::unique_ptr<PoolPeer>> Harness::open_pool(int window_tokens) const {
  PUNA_TRY(auto pool,
           ContextPool::open(weights_,
                             {.contexts = kPoolContexts, .window_tokens = window_tokens, .threads = options_.threads}));
  return std::make_unique<PoolPeer>(std::move(pool));
}

Result<std::unique_ptr<RawLoop>> Harness::open_raw(RawLoopOptions options) const {
  options.threads = options_.threads;
  return RawLoop::open(weights_, options);
}

Contender engine_contender(const Harness& harness, const EngineShape& shape, Scripts scripts) {
  return {.name = "E", .run = [&harness, shape, scripts = std::move(scripts)](std::uint64_t serial) -> Result<Sample> {
            PUNA_TRY(const auto engine, harness.open_engine(shape));
            PUNA_TRY(const MeasuredAgents measured, measure_agents(*engine, scripts(serial), harness.stop()));
            return measured.sample;
          }};
}

Contender peer_contender(const Harness& harness, Peer& peer, Scripts scripts) {
  return {.name = peer.name(),
          .run = [&harness, &peer, scripts = std::move(scripts)](std::uint64_t serial) -> Result<Sample> {
            PUNA_TRY(const MeasuredAgents measured, measure_agents(peer, scripts(serial), harness.stop()));
            return measured.sample;
          }};
}

Contender raw_contender(std::string name, RawLoop& raw, RawJob job) {
  return {.name = std::move(name), .run = [&raw, job = std::move(job)](std::uint64_t serial) -> Result<Sample> {
            raw.clear();
            const auto begin = std::chrono::steady_clock::now();
            const double cpu = process_cpu_seconds();
            PUNA_TRY(const std::vector<RawWork> work, job(serial));
            const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;
            return sample_of(work, process_cpu_seconds() - cpu, wall.count());
          }};
}

std::vector<double> predicted_seconds(const Rounds& rounds, std::size_t contender, std::size_t raw) {
  std::vector<double> seconds;
  for (std::size_t round = 0; round < rounds.samples.at(raw).size(); ++round) {
    const Sample& ours = rounds.samples.at(contender)[round];
    const Sample& rates = rounds.samples.at(raw)[round];
    seconds.push_back(rates.value * static_cast<double>(ours.tokens_distinct) +
                      rates.other_value * static_cast<double>(ours.tokens_decoded));
  }
  return seconds;
}

}  // namespace puna::bench
