// The list of benchmarks, and the run.
#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "bench/cases.h"
#include "bench/machine_facts.h"
#include "bench/temporary_folder.h"
#include "puna/engine/random_model.h"

namespace puna {
namespace {

constexpr int kRoundsMax = 1000;
constexpr int kThreadsMax = 512;

struct Benchmark {
  const char* name;
  Result<void> (*run)(bench::Harness&);
  bool exact = false;  // on the model that hides no rounding
};

constexpr std::array<Benchmark, 8> kBenchmarks{{
    {.name = "B0", .run = &bench::run_counts},
    {.name = "B1", .run = &bench::run_decode},
    {.name = "B2", .run = &bench::run_prefix},
    {.name = "B3", .run = &bench::run_loops},
    {.name = "B4", .run = &bench::run_forks},
    {.name = "B5", .run = &bench::run_pressure},
    {.name = "B8", .run = &bench::run_interference},
    {.name = "determinism", .run = &bench::run_determinism, .exact = true},
}};

Result<void> check(const BenchOptions& options) {
  for (const std::string& name : options.only) {
    if (!std::ranges::contains(bench_names(), name)) {
      std::string known;
      for (const std::string& other : bench_names()) {
        known += (known.empty() ? "" : ", ") + other;
      }
      return fail(ErrorCode::invalid_argument, format_text("no benchmark is called '{}'", name), "one of " + known);
    }
  }
  constexpr std::array<std::string_view, 5> kPeers{"R", "S", "S split", "S unified", "P"};
  for (const std::string& peer : options.without) {
    if (!std::ranges::contains(kPeers, peer)) {
      return fail(ErrorCode::invalid_argument, format_text("no peer is called '{}'", peer),
                  "R, S ('S split' or 'S unified' for one of its layouts), P");
    }
  }
  if (options.rounds < 0 || options.rounds > kRoundsMax) {
    return fail(ErrorCode::invalid_argument,
                format_text("rounds is {} and must be from 0 to {}", options.rounds, kRoundsMax));
  }
  if (options.threads < 1 || options.threads > kThreadsMax) {
    return fail(ErrorCode::invalid_argument,
                format_text("threads is {} and must be from 1 to {}", options.threads, kThreadsMax));
  }
  return {};
}

struct Models {
  std::optional<bench::TemporaryFolder> folder;  // of those that were written
  std::filesystem::path main;
  std::filesystem::path exact;
};

Result<Models> models_of(const BenchOptions& options) {
  if (!options.model.empty()) {
    return Models{.main = options.model, .exact = options.model};
  }
  PUNA_TRY(bench::TemporaryFolder folder, bench::TemporaryFolder::create());
  Models models{.main = folder.path() / "random-125m-Q4_0.gguf", .exact = folder.path() / "random-F16.gguf"};
  models.folder = std::move(folder);
  PUNA_TRY_VOID(write_random_model(models.main, RandomModelOptions::benchmark()));
  PUNA_TRY_VOID(write_random_model(
      models.exact,
      {.matrices = RandomModelType::f16, .layers = 4, .width = 128, .feed_forward = 256, .vocabulary_tokens = 2048}));
  return models;
}

}  // namespace

const std::vector<std::string>& bench_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    std::ranges::transform(kBenchmarks, std::back_inserter(list), &Benchmark::name);
    return list;
  }();
  return names;
}

Result<BenchReport> run_benchmarks(const BenchOptions& options, BenchSink& sink, std::stop_token stop) {
  PUNA_TRY_VOID(check(options));
  PUNA_TRY(const Models models, models_of(options));
  PUNA_TRY(std::shared_ptr<const Weights> weights, Weights::load({.file = models.main}));
  PUNA_TRY(std::shared_ptr<const Weights> exact_weights,
           models.exact == models.main ? weights : Weights::load({.file = models.exact}));
  bench::MachineGuard guard;
  BenchOptions chosen = options;
  chosen.model = models.main;
  bench::Harness harness(chosen, weights, guard, sink, stop);
  bench::Harness exact_harness(chosen, exact_weights, guard, sink, stop);
  PUNA_TRY(Json header, bench::header_of(chosen, harness.rounds(), weights->facts()));
  header.set("determinism_model", exact_weights->facts().description);
  sink.on_header(header);
  for (const Benchmark& benchmark : kBenchmarks) {
    if (options.only.empty() || std::ranges::contains(options.only, benchmark.name)) {
      sink.on_progress(benchmark.name);
      PUNA_TRY_VOID(benchmark.run(benchmark.exact ? exact_harness : harness));
    }
  }
  std::vector<std::string> cases = harness.names();
  cases.append_range(exact_harness.names());
  if (std::ranges::none_of(cases, [&](const std::string& name) { return name.starts_with(options.only_case); })) {
    std::string known;
    for (const std::string& name : cases) {
      known += (known.empty() ? "'" : ", '") + name + "'";
    }
    return fail(ErrorCode::invalid_argument, format_text("no case begins with '{}'", options.only_case),
                "the cases are: " + known);
  }
  BenchReport report{.header = std::move(header), .results = harness.take_results()};
  report.results.append_range(exact_harness.take_results());
  return report;
}

}  // namespace puna
