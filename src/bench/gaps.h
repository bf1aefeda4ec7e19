// The time between one token of a stream and the next. Pure.
#pragma once

#include <span>
#include <vector>

#include "bench/peer.h"

namespace puna::bench {

struct Span {
  PeerReply::Time begin;
  PeerReply::Time end;
};

// Seconds between tokens of each stream, for the tokens that arrived in (begin, end]. Tokens that arrived together (a
// character may need several) share the time that they took.
[[nodiscard]] std::vector<double> gaps_within(std::span<const PeerReply> streams, const Span& span);

}  // namespace puna::bench
