// Strict output against schemas of the world: which compile, what is wrongly accepted or refused, what a mask costs,
// and what the library's own mask costs on the same states.
//
// Cases are the files of a folder, each with a JSON schema and instances that it must accept or refuse, as in MaskBench
// (Source: guidance-ai/jsonschemabench, maskbench). An instance is printed as JSON without spaces and tokenised with
// the given vocabulary; before each of its tokens a whole mask is made. Times are thread CPU time.
//
// The library's grammar sampler reads GBNF and no schemas, so the comparison that is judged gives both sides the same
// GBNF, that of JSON, which every state fits. What our mask costs there under the schema itself is reported beside it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "puna/bench.h"

namespace puna {

inline constexpr std::size_t kMaskPeerStates = 3'000;  // fewer are measured, and not judged

struct MaskBenchOptions {
  std::filesystem::path data;
  std::filesystem::path vocabulary;           // a GGUF file; weights are not read
  std::uint64_t seed = 1;                     // of the draw of states
  std::size_t peer_states = kMaskPeerStates;  // on which the library's mask is measured; 0 = it is not
};

// Tokens that the library's mask and ours judge differently, under the same GBNF after the same text.
struct MaskDisagreement {
  enum Kind : std::uint8_t {
    control,   // the library takes the name of a control token for text of the grammar
    not_utf8,  // with the token, the text is no beginning of UTF-8
    other,     // one of the two is wrong
  };
  static constexpr std::size_t kKinds = 3;
  std::size_t only_ours = 0;     // allowed by ours alone, over all states
  std::size_t only_library = 0;  // by the library's alone
  std::size_t tokens = 0;        // different ones
  std::vector<std::string> examples;
};

struct MaskPeerReport {
  std::uint64_t seed = 1;
  std::size_t states_asked = 0;
  std::size_t states = 0;         // measured
  std::size_t states_all = 0;     // to draw from
  std::vector<double> library;    // microseconds each, sorted: the library's mask, JSON as GBNF
  std::vector<double> same_gbnf;  // ours, the same GBNF
  std::vector<double> written;    // the same, and the logit of every refused token set, as the library does
  std::vector<double> schema;     // ours, the schema
  std::array<MaskDisagreement, MaskDisagreement::kKinds> disagreements;  // by kind
  std::vector<std::string> lost;  // instances that one side refuses under the GBNF
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
  std::optional<MaskPeerReport> peer;
};

class MaskBenchSink {
 public:
  MaskBenchSink() = default;
  MaskBenchSink(const MaskBenchSink&) = delete;
  MaskBenchSink& operator=(const MaskBenchSink&) = delete;
  virtual ~MaskBenchSink() = default;
  // One schema: {"file": ..., "compiled": true, "unenforced": [...], "first_mask_us": ..., "masks": ..., ...}
  virtual void on_schema(const Json& line) = 0;
  // One state on which both were measured: {"file": ..., "position": ..., "library_us": ..., "same_gbnf_us": ..., ...}
  virtual void on_state(const Json& line) = 0;
};

// Errors  not_found  no folder, or no case in it;  cancelled;  as Weights::load_vocabulary()
// Cost    about a minute for 2,000 cases; with 100,000 tokens some 20 ms for each state of the library's mask
[[nodiscard]] Result<MaskBenchReport> run_mask_bench(const MaskBenchOptions& options, MaskBenchSink& sink,
                                                     std::stop_token stop = {});
// The table; its last line says whether the bars are met.
[[nodiscard]] std::string table_of(const MaskBenchReport& report);
// Missed if any bar is; else inconclusive if the library's mask was measured on fewer states than are judged; else met.
[[nodiscard]] BenchVerdict verdict_of(const MaskBenchReport& report);

}  // namespace puna
