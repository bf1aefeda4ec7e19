// Actions as a grammar with one spelling for each action: {"action": "give", "amount": 5}, with one space behind each
// colon and comma, members in order, no escapes. The schema of an action allows more (white space, escapes, members in
// any order), and a model that was not trained for it strays into that; so do servers, each in its own way.
//
// An agent that reasons says why in a member before the others: {"reasoning": "All gave much.", "action": "give", ...}.
#pragma once

#include <span>
#include <string>

#include "puna/sim/world.h"

namespace puna::sim {

// GBNF, rule root. noop included. Everything that matches fits answer_schema() of the same (answer.h).
// reasoning_max: characters (code points); 0 = none
[[nodiscard]] std::string grammar_of(std::span<const ActionKind> kinds, int reasoning_max);

// Whole numbers in decimal, without leading zeros.  Requires  min <= max
[[nodiscard]] std::string integer_rule(std::int64_t min, std::int64_t max);

}  // namespace puna::sim
