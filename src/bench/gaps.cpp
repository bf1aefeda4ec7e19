#include "bench/gaps.h"

#include <algorithm>

namespace puna::bench {

std::vector<double> gaps_within(std::span<const PeerReply> streams, const Span& span) {
  std::vector<double> gaps;
  for (const PeerReply& stream : streams) {
    const auto& arrivals = stream.arrivals;
    std::size_t before = 0;  // the last token of the group before
    while (before + 1 < arrivals.size()) {
      std::size_t last = before + 1;
      while (last + 1 < arrivals.size() && arrivals[last + 1] == arrivals[last]) {
        ++last;
      }
      if (arrivals[last] > span.begin && arrivals[last] <= span.end) {
        const std::chrono::duration<double> time = arrivals[last] - arrivals[before];
        gaps.insert(gaps.end(), last - before, time.count() / static_cast<double>(last - before));
      }
      before = last;
    }
  }
  return gaps;
}

std::vector<double> gaps_at_same_places(std::span<const PeerReply> other_run, std::span<const PeerReply> streams,
                                        const Span& span) {
  std::vector<double> gaps;
  for (std::size_t i = 0; i < std::min(streams.size(), other_run.size()); ++i) {
    const auto& arrivals = streams[i].arrivals;
    const auto& others = other_run[i].arrivals;
    const auto begin = std::ranges::upper_bound(arrivals, span.begin) - arrivals.begin();
    const auto end = std::min(std::ranges::upper_bound(arrivals, span.end) - arrivals.begin(), std::ssize(others));
    if (begin < end) {
      const auto before = begin == 0 ? PeerReply::Time::min() : others[static_cast<std::size_t>(begin - 1)];
      const auto part =
          gaps_within(other_run.subspan(i, 1), {.begin = before, .end = others[static_cast<std::size_t>(end - 1)]});
      gaps.insert(gaps.end(), part.begin(), part.end());
    }
  }
  return gaps;
}

}  // namespace puna::bench
