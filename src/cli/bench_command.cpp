// puna bench: JSON lines into a file as they come, a table at the end.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "cli/commands.h"
#include "puna/bench.h"
#include "puna/bench/bomb_bench.h"
#include "puna/bench/mask_bench.h"
#include "puna/bench/schema_bench.h"
#include "puna/engine/random_model.h"

namespace puna::cli {
namespace {

class BenchView final : public BenchSink {
 public:
  // Borrows console and lines (which may be closed: then nothing is written).
  BenchView(Console& console, std::ofstream& lines) : console_(console), lines_(lines) {}

  void on_header(const Json& header) override {
    write(header);
    console_.err(
        format_text("bench  {}, {} threads, model {} ({})\n", header.text_or("library"),
                    header.find("threads")->as_integer(), header.text_or("model"), header.text_or("model_description")),
        Style::dim);
  }
  void on_result(const BenchResult& result) override {
    write(to_json(result));
    results_.push_back(result);
  }
  void on_progress(std::string_view line) override { console_.status("bench  " + std::string(line)); }

  // After an error, which ends the run: what was measured before took its time, too.
  void show_unfinished() const {
    if (!results_.empty()) {
      console_.out(table_of(BenchReport{.header = Json::object({}), .results = results_, .is_whole = false}));
    }
  }

 private:
  void write(const Json& line) {
    if (lines_.is_open()) {
      lines_ << line.dump() << '\n';
      lines_.flush();  // whole lines, also when the run is cut short
    }
  }

  Console& console_;
  std::ofstream& lines_;
  std::vector<BenchResult> results_;
};

class MaskBenchView final : public MaskBenchSink {
 public:
  MaskBenchView(Console& console, std::ofstream& lines) : console_(console), lines_(lines) {}
  void on_schema(const Json& line) override {
    if (lines_.is_open()) {
      lines_ << line.dump() << '\n';
    }
    console_.status("maskbench  " + std::string(line.text_or("file")));
  }
  void on_state(const Json& line) override {
    if (lines_.is_open()) {
      lines_ << line.dump() << '\n';
    }
    console_.status(format_text("maskbench  the library's mask on state {}", ++states_));
  }

 private:
  Console& console_;
  std::ofstream& lines_;
  int states_ = 0;
};

Result<int> mask_bench(Console& console, const Options& options, std::ofstream& lines, std::stop_token stop) {
  if (options.bench.only.size() != 1 || options.masks.data.empty() || options.masks.vocabulary.empty()) {
    return fail(ErrorCode::invalid_argument, "maskbench runs alone and needs --data and --vocab",
                "puna bench --only maskbench --data FOLDER --vocab FILE.gguf");
  }
  MaskBenchView view(console, lines);
  MaskBenchOptions masks = options.masks;
  masks.seed = options.bench.seed;
  auto report = run_mask_bench(masks, view, std::move(stop));
  console.clear_status();
  if (!report) {
    return std::unexpected(std::move(report).error());
  }
  console.out(table_of(*report));
  return exit_status_of(verdict_of(*report));
}

// On the chat model that puna run would use: random weights write no calls.
Result<int> schema_bench(Console& console, const Options& options, std::ofstream& lines, std::stop_token stop) {
  if (options.bench.only.size() != 1) {
    return fail(ErrorCode::invalid_argument, "schemas runs alone", "puna bench --only schemas");
  }
  PUNA_TRY(const std::filesystem::path model, model_file(options));
  BenchView view(console, lines);
  auto report = run_schema_bench({.model = model,
                                  .vocabulary = options.masks.vocabulary,
                                  .rounds = options.bench.rounds,
                                  .seed = options.bench.seed,
                                  .threads = options.bench.threads},
                                 view, std::move(stop));
  console.clear_status();
  if (!report) {
    view.show_unfinished();
    return std::unexpected(std::move(report).error());
  }
  for (const Json& tool : report->tools) {
    console.out(tool.dump() + "\n");
  }
  console.out(table_of(BenchReport{.header = Json::object({}), .results = report->results}));
  return exit_status_of(verdict_of(report->results));
}

class BombView final : public BombSink {
 public:
  BombView(Console& console, std::ofstream& lines) : console_(console), lines_(lines) {}
  void on_start(std::string_view name) override { console_.status("bombs  " + std::string(name)); }
  void on_bomb(const BombResult& result) override {
    if (lines_.is_open()) {
      lines_ << to_json(result).dump() << '\n';
    }
  }

 private:
  Console& console_;
  std::ofstream& lines_;
};

Result<int> bombs(Console& console, const Options& options, std::ofstream& lines, const std::stop_token& stop) {
  if (options.bench.only.size() != 1) {
    return fail(ErrorCode::invalid_argument, "bombs run alone", "puna bench --only bombs [--vocab FILE.gguf]");
  }
  BombOptions bomb{.vocabulary = options.masks.vocabulary, .seed = options.bench.seed};
  if (bomb.vocabulary.empty()) {
    PUNA_TRY(bomb.vocabulary, demo_model_file());
  }
  BombView view(console, lines);
  const auto results = run_bombs(bomb, view, stop);
  console.clear_status();
  if (!results) {
    return std::unexpected(results.error());
  }
  console.out(table_of(*results));
  return exit_status_of(verdict_of(*results));
}

Result<BenchOptions> bench_options(const Options& options) {
  BenchOptions bench = options.bench;
  bench.model = options.model_file;
  const char* policy = std::getenv("OMP_WAIT_POLICY");
  bench.wait_policy = policy == nullptr ? "" : policy;
  if (bench.wait_policy != "passive") {
    return fail(ErrorCode::invalid_argument,
                "OMP_WAIT_POLICY is not passive: threads that spin use CPU time for nothing", "unset OMP_WAIT_POLICY");
  }
  const std::filesystem::path counter = program_folder() / "step_counts";
  std::error_code ignored;
  bench.step_counter = std::filesystem::exists(counter, ignored) ? counter : std::filesystem::path();
  return bench;
}

}  // namespace

Result<int> bench_command(Console& console, const Options& options, Interrupt& interrupt) {
  if (!options.bench_model_file.empty()) {
    PUNA_TRY_VOID(write_random_model(options.bench_model_file, RandomModelOptions::benchmark()));
    console.out(options.bench_model_file + "\n");
    return 0;
  }
  std::ofstream lines;
  if (!options.jsonl_file.empty()) {
    lines.open(options.jsonl_file);
    if (!lines) {
      return fail(ErrorCode::io, format_text("'{}' cannot be written", options.jsonl_file), "name another file");
    }
  }
  const Interrupt::Scope scope(interrupt);
  if (std::ranges::contains(options.bench.only, "maskbench")) {
    return mask_bench(console, options, lines, scope.token());
  }
  if (std::ranges::contains(options.bench.only, "schemas")) {
    return schema_bench(console, options, lines, scope.token());
  }
  if (std::ranges::contains(options.bench.only, "bombs")) {
    return bombs(console, options, lines, scope.token());
  }
  PUNA_TRY(const BenchOptions bench, bench_options(options));
  BenchView view(console, lines);
  auto report = run_benchmarks(bench, view, scope.token());
  console.clear_status();
  if (!report) {
    view.show_unfinished();
    return std::unexpected(std::move(report).error());
  }
  console.out(table_of(*report));
  if (lines.is_open() && !lines.flush()) {
    return fail(ErrorCode::io, format_text("'{}' could not be written whole", options.jsonl_file));
  }
  return exit_status_of(verdict_of(report->results));
}

}  // namespace puna::cli
