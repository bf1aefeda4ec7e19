// Formats that were written to hurt: grammars, patterns and schemas whose automata, rules or products explode. Each
// must be refused with an error, or compile and give its first mask, within a bounded time: here with a clock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "puna/bench.h"

namespace puna {

inline constexpr double kBombMsMax = 100;  // compiling and the first mask

struct BombOptions {
  std::filesystem::path vocabulary;  // a GGUF file; weights are not read
  std::uint64_t seed = 1;            // of the tokens that are taken after the first mask
  std::size_t steps = 30;            // how many
};

struct BombResult {
  std::string name;
  std::string outcome;  // "compiles", or what it is refused for
  bool is_refused = false;
  double compile_ms = 0;  // thread CPU time
  double mask_ms = 0;     // of the first mask, with the matcher's start
  double later_ms = 0;    // of the slowest mask after it; for reading
  [[nodiscard]] bool holds() const { return compile_ms + mask_ms <= kBombMsMax; }
};

class BombSink {
 public:
  BombSink() = default;
  BombSink(const BombSink&) = delete;
  BombSink& operator=(const BombSink&) = delete;
  virtual ~BombSink() = default;
  virtual void on_start(std::string_view name) = 0;  // should this one never end, its name was said
  virtual void on_bomb(const BombResult& result) = 0;
};

// Errors  cancelled;  as Weights::load_vocabulary()
// Cost    seconds
[[nodiscard]] Result<std::vector<BombResult>> run_bombs(const BombOptions& options, BombSink& sink,
                                                        const std::stop_token& stop = {});

[[nodiscard]] Json to_json(const BombResult& result);
// The slowest first; the last line is the summary.
[[nodiscard]] std::string table_of(const std::vector<BombResult>& results);
// Missed if any takes longer than kBombMsMax; inconclusive if there are none.
[[nodiscard]] BenchVerdict verdict_of(const std::vector<BombResult>& results);

}  // namespace puna
