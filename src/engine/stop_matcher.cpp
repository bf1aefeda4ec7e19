// Knuth, Morris and Pratt, once for each string.
#include "engine/stop_matcher.h"

namespace puna::engine {

StopMatcher::StopMatcher(const std::vector<std::string>& stops) {
  patterns_.reserve(stops.size());
  for (const std::string& stop : stops) {
    Pattern pattern{.text = stop, .fallback = std::vector<std::uint32_t>(stop.size() + 1, 0)};
    std::uint32_t length = 0;
    for (std::size_t i = 1; i < stop.size(); ++i) {
      while (length > 0 && stop[i] != stop[length]) {
        length = pattern.fallback[length];
      }
      length += stop[i] == stop[length] ? 1 : 0;
      pattern.fallback[i + 1] = length;
    }
    patterns_.push_back(std::move(pattern));
  }
}

bool StopMatcher::feed(std::string_view bytes) noexcept {
  for (const char byte : bytes) {
    for (Pattern& pattern : patterns_) {
      while (pattern.matched > 0 && byte != pattern.text[pattern.matched]) {
        pattern.matched = pattern.fallback[pattern.matched];
      }
      pattern.matched += byte == pattern.text[pattern.matched] ? 1 : 0;
      if (pattern.matched == pattern.text.size()) {
        return true;
      }
    }
  }
  return false;
}

}  // namespace puna::engine
