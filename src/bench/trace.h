// What one generation gave, and where two of them part. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "puna/engine/weights.h"

namespace puna::bench {

struct Trace {
  std::vector<Token> tokens;
  // A row for each token; empty as long as the engine's door does not hand them out.
  std::vector<std::vector<float>> logits;
};

struct Difference {
  std::optional<std::size_t> token;       // the first that differs
  std::optional<std::size_t> logits_row;  // the first in which a bit differs
  [[nodiscard]] bool equal() const { return !token && !logits_row; }
};

// Bit by bit: -0.0 differs from 0.0, and a NaN equals itself. Rows are compared where both have them; a length that
// differs is a difference at the end of the shorter one.
[[nodiscard]] Difference compare(const Trace& a, const Trace& b);

// "equal", "token 17", "logits of token 3".
[[nodiscard]] std::string describe(const Difference& difference);

}  // namespace puna::bench
