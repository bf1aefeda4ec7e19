// What one generation gave, and where two of them part. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "puna/engine/weights.h"

namespace puna::bench {

struct Trace {
  std::vector<Token> tokens;
  std::vector<std::uint64_t> logit_hashes;  // of each token
};

struct Difference {
  std::optional<std::size_t> token;   // the first that differs
  std::optional<std::size_t> logits;  // the first token whose logits differ in a bit
  [[nodiscard]] bool equal() const { return !token && !logits; }
};

// A length that differs is a difference at the end of the shorter one.
[[nodiscard]] Difference compare(const Trace& a, const Trace& b);

// "equal", "token 17", "logits of token 3".
[[nodiscard]] std::string describe(const Difference& difference);

}  // namespace puna::bench
