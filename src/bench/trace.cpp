#include "bench/trace.h"

#include <algorithm>

namespace puna::bench {
namespace {

template <typename T>
std::optional<std::size_t> first_difference(const std::vector<T>& a, const std::vector<T>& b) {
  const auto place = std::ranges::mismatch(a, b);
  const bool same = place.in1 == a.end() && place.in2 == b.end();
  return same ? std::nullopt : std::optional(static_cast<std::size_t>(place.in1 - a.begin()));
}

}  // namespace

Difference compare(const Trace& a, const Trace& b) {
  return {.token = first_difference(a.tokens, b.tokens), .logits = first_difference(a.logit_hashes, b.logit_hashes)};
}

std::string describe(const Difference& difference) {
  if (difference.logits && (!difference.token || *difference.logits <= *difference.token)) {
    return format_text("logits of token {}", *difference.logits);
  }
  return difference.token ? format_text("token {}", *difference.token) : "equal";
}

}  // namespace puna::bench
