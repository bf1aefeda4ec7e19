// Test support: prompts in short.
#pragma once

#include <string>
#include <utility>

#include "puna/base/text.h"

namespace puna::engine::test {

inline PromptPart trusted(std::string text) { return {.text = std::move(text), .trust = Trust::trusted}; }
inline PromptPart untrusted(std::string text) { return {.text = std::move(text), .trust = Trust::untrusted}; }

}  // namespace puna::engine::test
