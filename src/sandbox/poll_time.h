// How long poll(2) waits.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace puna::sandbox {

// Rounded up; none when the time has passed, a minute at most.
[[nodiscard]] inline int milliseconds_to(std::chrono::steady_clock::time_point time) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(time - std::chrono::steady_clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
}

}  // namespace puna::sandbox
