// Strict output against schemas of the world: which compile, what is wrongly accepted or refused, and what a mask
// costs.
//
// Cases are the files of a folder, each with a JSON schema and instances that it must accept or refuse, as in MaskBench
// (Source: guidance-ai/jsonschemabench, maskbench). An instance is printed as JSON without spaces and tokenised with
// the given vocabulary; before each of its tokens a whole mask is made. Times are thread CPU time.
#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include "puna/bench.h"

namespace puna {

struct MaskBenchOptions {
  std::filesystem::path data;
  std::filesystem::path vocabulary;  // a GGUF file; weights are not read
};

struct MaskBenchReport {
  std::size_t schemas = 0;
  std::size_t compiled = 0;
  std::size_t valid = 0;  // instances of schemas that compiled
  std::size_t valid_refused = 0;
  std::size_t invalid = 0;
  std::size_t invalid_accepted = 0;   // all of them
  std::size_t enforced_accepted = 0;  // of them: no keyword of the schema was left to the check afterwards
  std::vector<double> masks;          // microseconds each, sorted
  std::vector<double> first_masks;    // with compiling, sorted
  std::vector<std::string> notes;     // every schema that was refused, every instance judged wrongly
};

class MaskBenchSink {
 public:
  MaskBenchSink() = default;
  MaskBenchSink(const MaskBenchSink&) = delete;
  MaskBenchSink& operator=(const MaskBenchSink&) = delete;
  virtual ~MaskBenchSink() = default;
  // One schema: {"file": ..., "compiled": true, "unenforced": [...], "first_mask_us": ..., "masks": ..., ...}
  virtual void on_schema(const Json& line) = 0;
};

// Errors  not_found  no folder, or no case in it;  cancelled;  as Weights::load_vocabulary()
// Cost    about a minute for 2,000 cases
[[nodiscard]] Result<MaskBenchReport> run_mask_bench(const MaskBenchOptions& options, MaskBenchSink& sink,
                                                     std::stop_token stop = {});
// The table, and a line that says whether the bars are met.
[[nodiscard]] std::string table_of(const MaskBenchReport& report);
[[nodiscard]] BenchVerdict verdict_of(const MaskBenchReport& report);

}  // namespace puna
