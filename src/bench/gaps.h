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

// Of the same streams in another run: what came before the tokens that arrived in `span` in this one. A stream grows
// more expensive with its length, so what disturbs it is seen only against a run in which it was as long.
[[nodiscard]] std::vector<double> gaps_at_same_places(std::span<const PeerReply> other_run,
                                                      std::span<const PeerReply> streams, const Span& span);

}  // namespace puna::bench
