// The library's own grammar mask beside ours, on the same states: what GBNF says about JSON, to both, and what a
// schema says, to ours. A state is a valid instance of a schema up to one of its tokens, chosen by a seeded draw.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "puna/bench/mask_bench.h"
#include "puna/engine/weights.h"

namespace puna::bench {

// JSON in GBNF, as both sides read it.
[[nodiscard]] std::string_view json_gbnf();

// A valid instance that its schema's grammar takes.
struct MaskInstance {
  std::filesystem::path file;  // of the case
  std::vector<Token> tokens;   // of its text
};

struct MaskState {
  std::size_t instance = 0;
  std::size_t position = 0;  // tokens of the text before it
  auto operator<=>(const MaskState&) const = default;
};

// Distinct states, every one as likely as any other, in order of instance and position.
[[nodiscard]] std::vector<MaskState> drawn_states(std::span<const MaskInstance> instances, std::size_t count,
                                                  std::uint64_t seed);

// Why a token may be judged differently.
[[nodiscard]] MaskDisagreement::Kind kind_of_disagreement(const Weights& weights, std::string_view text, Token token);

// Errors  as LibraryGrammar::open(), TokenMasks::create();  cancelled
[[nodiscard]] Result<MaskPeerReport> run_mask_peer(const std::shared_ptr<const Weights>& weights,
                                                   std::span<const MaskInstance> instances,
                                                   const MaskBenchOptions& options, MaskBenchSink& sink,
                                                   const std::stop_token& stop);

}  // namespace puna::bench
