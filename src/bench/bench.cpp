// The list of benchmarks, and the run.
#include <algorithm>
#include <array>
#include <format>
#include <string>
#include <utility>

#include "bench/cases.h"
#include "bench/machine_facts.h"

namespace puna {
namespace {

constexpr int kRoundsMax = 1000;
constexpr int kThreadsMax = 512;

struct Benchmark {
  const char* name;
  Result<void> (*run)(bench::Harness&);
};

constexpr std::array<Benchmark, 8> kBenchmarks{{
    {.name = "B0", .run = &bench::run_counts},
    {.name = "B1", .run = &bench::run_decode},
    {.name = "B2", .run = &bench::run_prefix},
    {.name = "B3", .run = &bench::run_loops},
    {.name = "B4", .run = &bench::run_forks},
    {.name = "B5", .run = &bench::run_pressure},
    {.name = "B8", .run = &bench::run_interference},
    {.name = "determinism", .run = &bench::run_determinism},
}};

Result<void> check(const BenchOptions& options) {
  for (const std::string& name : options.only) {
    if (!std::ranges::contains(bench_names(), name)) {
      std::string known;
      for (const std::string& other : bench_names()) {
        known += (known.empty() ? "" : ", ") + other;
      }
      return fail(ErrorCode::invalid_argument, std::format("no benchmark is called '{}'", name), "one of " + known);
    }
  }
  if (options.rounds < 0 || options.rounds > kRoundsMax) {
    return fail(ErrorCode::invalid_argument,
                std::format("rounds is {} and must be from 0 to {}", options.rounds, kRoundsMax));
  }
  if (options.threads < 1 || options.threads > kThreadsMax) {
    return fail(ErrorCode::invalid_argument,
                std::format("threads is {} and must be from 1 to {}", options.threads, kThreadsMax));
  }
  return {};
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
  PUNA_TRY(std::shared_ptr<const Weights> weights, Weights::load({.file = options.model}));
  bench::MachineGuard guard;
  bench::Harness harness(options, weights, guard, sink, std::move(stop));
  PUNA_TRY(Json header, bench::header_of(options, harness.rounds(), weights->facts()));
  sink.on_header(header);
  for (const Benchmark& benchmark : kBenchmarks) {
    if (options.only.empty() || std::ranges::contains(options.only, benchmark.name)) {
      sink.on_progress(benchmark.name);
      PUNA_TRY_VOID(benchmark.run(harness));
    }
  }
  return BenchReport{.header = std::move(header), .results = harness.take_results()};
}

}  // namespace puna
