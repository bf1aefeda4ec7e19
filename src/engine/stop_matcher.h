// Finds stop strings in bytes as they come, whatever the borders between tokens. One state for each string; no memory
// is taken after construction.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace puna::engine {

class StopMatcher {
 public:
  // Requires  no empty string.
  explicit StopMatcher(const std::vector<std::string>& stops);

  // True when a stop string ended somewhere in these bytes; then nothing more may be fed.
  [[nodiscard]] bool feed(std::string_view bytes) noexcept;
  [[nodiscard]] bool empty() const { return patterns_.empty(); }

 private:
  struct Pattern {
    std::string text;
    std::vector<std::uint32_t> fallback;  // by length matched: the longest shorter match that is still alive
    std::size_t matched = 0;
  };
  std::vector<Pattern> patterns_;
};

}  // namespace puna::engine
