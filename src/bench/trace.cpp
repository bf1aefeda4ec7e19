#include "bench/trace.h"

#include <algorithm>
#include <cstring>
#include <format>

namespace puna::bench {
namespace {

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0);
}

}  // namespace

Difference compare(const Trace& a, const Trace& b) {
  Difference difference;
  const auto tokens = std::ranges::mismatch(a.tokens, b.tokens);
  if (tokens.in1 != a.tokens.end() || tokens.in2 != b.tokens.end()) {
    difference.token = static_cast<std::size_t>(tokens.in1 - a.tokens.begin());
  }
  if (!a.logits.empty() && !b.logits.empty()) {
    const auto rows = std::ranges::mismatch(a.logits, b.logits, same_bits);
    if (rows.in1 != a.logits.end() || rows.in2 != b.logits.end()) {
      difference.logits_row = static_cast<std::size_t>(rows.in1 - a.logits.begin());
    }
  }
  return difference;
}

std::string describe(const Difference& difference) {
  if (difference.logits_row && (!difference.token || *difference.logits_row <= *difference.token)) {
    return std::format("logits of token {}", *difference.logits_row);
  }
  return difference.token ? std::format("token {}", *difference.token) : "equal";
}

}  // namespace puna::bench
