// The machine's clock, and SplitMix64.
// Source: SplitMix64 as published by Sebastiano Vigna (public domain); its constants are part of our seeds' contract.
#include "puna/base/seam.h"

#include <random>

namespace puna {
namespace {

class SystemClock final : public Clock {
 public:
  [[nodiscard]] std::chrono::steady_clock::time_point now() const override { return std::chrono::steady_clock::now(); }
  [[nodiscard]] std::chrono::system_clock::time_point wall() const override { return std::chrono::system_clock::now(); }
};

constexpr std::uint64_t kStep = 0x9E3779B97F4A7C15;

std::uint64_t scramble(std::uint64_t z) {
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EB;
  return z ^ (z >> 31U);
}

}  // namespace

const Clock& Clock::system() {
  static const SystemClock clock;
  return clock;
}

std::uint64_t Random::next() {
  state_ += kStep;
  return scramble(state_);
}

double Random::uniform() { return static_cast<double>(next() >> 11U) * 0x1.0p-53; }

std::uint64_t Random::mix(std::uint64_t a, std::uint64_t b) { return scramble(scramble(a + kStep) + b * kStep + 1); }

std::uint64_t Random::entropy() {
  std::random_device device;
  return (static_cast<std::uint64_t>(device()) << 32U) | device();
}

}  // namespace puna
