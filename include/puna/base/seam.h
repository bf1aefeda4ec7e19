// The outside world, handed in: time and randomness. Tests pass their own.
#pragma once

#include <chrono>
#include <cstdint>

namespace puna {

// Thread  any.
class Clock {
 public:
  Clock() = default;
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;
  virtual ~Clock() = default;

  [[nodiscard]] virtual std::chrono::steady_clock::time_point now() const = 0;
  [[nodiscard]] virtual std::chrono::system_clock::time_point wall() const = 0;

  // The machine's clock; lives as long as the program.
  [[nodiscard]] static const Clock& system();
};

// A seeded stream of random numbers (SplitMix64): the same seed gives the same numbers on every machine.
// Thread  one owner.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  [[nodiscard]] std::uint64_t next();
  // In [0, 1), with 53 random bits.
  [[nodiscard]] double uniform();
  // Mixes two numbers into a new seed, so that streams derived from (seed, agent, turn) do not overlap by accident.
  [[nodiscard]] static std::uint64_t mix(std::uint64_t a, std::uint64_t b);

  // A seed that differs on each call, from the operating system. Not for secrets.
  [[nodiscard]] static std::uint64_t entropy();

 private:
  std::uint64_t state_;
};

}  // namespace puna
