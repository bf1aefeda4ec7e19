// The benchmark: Puna's engine beside other ways to use the same library, on one model, in one run.
//
//   BenchReport report = *run_benchmarks({.only = {"B0"}, .wait_policy = "passive"}, sink, stop);
//   std::puts(table_of(report).c_str());
//
// Peers: R, a raw loop on the C API; P, a pool of contexts, one for each agent that runs; S, the packaged llama-server
// as a child process on loopback. The engine is used through its public door only. What is counted is held to exactly;
// what is timed is compared in pairs, round by round, and has a verdict only when the rounds agree.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "puna/base.h"

namespace puna {

enum class BenchVerdict : std::uint8_t {
  met,
  missed,
  inconclusive,  // the rounds disagree, the machine was not calm, or something needed was not there
  none,          // nothing was promised; the numbers are for reading
};
[[nodiscard]] std::string_view name_of(BenchVerdict verdict) noexcept;

struct BenchOptions {
  // A GGUF file for everything. Empty: two models of random weights, written for this run and removed after it, one of
  // 125 million parameters (Q4_0) and a small one for determinism (F16: there rounding hides nothing).
  std::filesystem::path model;
  std::vector<std::string> only;  // of bench_names(); empty = all
  // Cases whose name begins with this text; empty = all. The names are in the results, as "8 agents, 1000 shared + 32
  // own, 64 out".
  std::string only_case;
  // Peers that do not run: "R", "S" or one of its layouts ("S split": a part of the cache for each agent, "S unified":
  // one pool), "P".
  std::vector<std::string> without;
  bool quick = false;                   // small sizes: a few minutes; few timed results get a verdict
  int rounds = 0;                       // measured rounds; 0 = 7, with quick 3
  std::uint64_t seed = 1;               // of every token array and every draw
  int threads = 1;                      // compute threads of the engine and of every peer
  std::string server = "llama-server";  // the program of peer S, found as a shell would
  std::filesystem::path step_counter;   // the program that counts allocations and locks (B0)
  std::string wait_policy;              // how compute threads wait, for the header
};

// "B0", "B1", ... in the order in which they run.
[[nodiscard]] const std::vector<std::string>& bench_names();

// One number of ours, beside a peer's or beside a bound.
struct BenchResult {
  std::string bench;            // "B2"
  std::string workload;         // "8 agents, 1000 shared"
  std::string metric;           // "cpu seconds"
  double ours = 0;              // median over the rounds
  std::string peer;             // "S split", "R", "bound"; empty = none
  std::optional<double> value;  // the peer's, median over the rounds
  std::optional<double> ratio;  // how many times better we are: above 1 is a win; median of the rounds' own ratios
  std::optional<double> low;    // 95 % interval of what the verdict is about: the ratio, or ours where there is none
  std::optional<double> high;
  std::optional<double> floor;                     // what must hold
  std::optional<double> moon;                      // the goal
  BenchVerdict verdict = BenchVerdict::none;       // about the floor
  BenchVerdict moon_verdict = BenchVerdict::none;  // about the goal
  int rounds = 0;
  std::string note;
};

struct BenchReport {
  Json header;  // library version, back ends, CPU flags, wait policy, model and its hash, options
  std::vector<BenchResult> results;
  bool is_whole = true;  // false: it was broken off, and what there is says nothing of the rest
};

// {"bench": ..., "case": ..., ...}; what is not known is left out.
[[nodiscard]] Json to_json(const BenchResult& result);

// Missed if any result missed its floor, else inconclusive if any is, else met.
[[nodiscard]] BenchVerdict verdict_of(const std::vector<BenchResult>& results);

// A printed table, losing cases included; its last line is the summary.
[[nodiscard]] std::string table_of(const BenchReport& report);

// 0 met (or nothing promised), 1 missed, 75 inconclusive.
[[nodiscard]] int exit_status_of(BenchVerdict verdict) noexcept;

// Receives what happens, in order, on the thread that runs the benchmark.
class BenchSink {
 public:
  BenchSink() = default;
  BenchSink(const BenchSink&) = delete;
  BenchSink& operator=(const BenchSink&) = delete;
  virtual ~BenchSink() = default;

  virtual void on_header(const Json& header) = 0;  // first
  virtual void on_result(const BenchResult& result) = 0;
  virtual void on_progress(std::string_view line) = 0;
};

// Runs the chosen benchmarks. A workload that cannot run (no server program, a window that is too small) becomes a
// result that says so; the others run all the same. No child process is left behind, whatever happens.
//
// Errors  invalid_argument  an unknown name, a number out of range;  cancelled  `stop` was asked for;
//         as Weights::load() for the model, io for one that is written
// Cost    an hour and more; with quick about five minutes on two cores. Memory: up to four copies of the largest cache.
[[nodiscard]] Result<BenchReport> run_benchmarks(const BenchOptions& options, BenchSink& sink,
                                                 std::stop_token stop = {});

}  // namespace puna
