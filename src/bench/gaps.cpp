#include "bench/gaps.h"

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

}  // namespace puna::bench
