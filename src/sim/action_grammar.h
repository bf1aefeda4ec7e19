// Actions as a grammar with one spelling for each action: {"action": "give", "amount": 5}, with one space behind each
// colon and comma, members in order, no escapes. The schema of an action allows more (white space, escapes, members in
// any order), and a model that was not trained for it strays into that; so do servers, each in its own way.
#pragma once

#include <span>
#include <string>

#include "puna/sim/world.h"

namespace puna::sim {

// GBNF, rule root. Everything that matches fits schema_of(kinds). noop included.
[[nodiscard]] std::string grammar_of(std::span<const ActionKind> kinds);

// Whole numbers in decimal, without leading zeros.  Requires  min <= max
[[nodiscard]] std::string integer_rule(std::int64_t min, std::int64_t max);

}  // namespace puna::sim
