// Test support: samplings, their plans, and values that are no numbers.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <limits>
#include <utility>

#include "engine/sampler_plan.h"

namespace puna::engine::test {

inline constexpr float kInfinity = std::numeric_limits<float>::infinity();
inline constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

inline constexpr Sampling kGreedy = {.temperature = 0.0F};

inline SamplerPlan plan_of(const Sampling& sampling, std::size_t vocabulary, const PlanVocabulary& uses = {}) {
  const auto asked = effective(sampling);
  EXPECT_TRUE(asked) << asked.error().message << " " << to_json(sampling).dump();
  auto plan = make_plan(*asked, static_cast<int>(vocabulary), uses);
  EXPECT_TRUE(plan) << plan.error().message;
  return *std::move(plan);
}

}  // namespace puna::engine::test
