// What strict output costs, on twenty tools as MCP servers publish them.
//
// A chat model is asked for one call of each tool, with three other tools beside it. Counted: the forward passes that
// an output token needs when text that the grammar leaves no choice about is not sampled. Timed, in pairs: the turn
// with the grammar, every token sampled, beside one without it, at a temperature at which the model's own choice breaks
// the schema at least once in ten tokens. With a vocabulary, the passes are also counted for twenty calls that were
// written by hand, spelled in its tokens; no model is needed for that.
#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include "puna/bench.h"

namespace puna {

struct SchemaBenchOptions {
  std::filesystem::path model;
  std::filesystem::path vocabulary;  // a GGUF file whose weights are not read; empty: not done
  int rounds = 0;                    // of the timed part; 0 = 7
  std::uint64_t seed = 1;
  int threads = 1;
};

struct SchemaBenchReport {
  std::vector<Json> tools;  // {"tool": ..., "output_tokens": ..., "forced_tokens": ..., "complete": true, ...}
  std::vector<BenchResult> results;
};

// Errors  those of Weights::load, Engine::create and ChatTemplate::create;  cancelled
[[nodiscard]] Result<SchemaBenchReport> run_schema_bench(const SchemaBenchOptions& options, BenchSink& sink,
                                                         std::stop_token stop = {});

}  // namespace puna
