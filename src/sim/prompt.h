// What an LLM agent is asked. This file and its .cpp are the whole of it; docs/scenarios.md shows the same, and whoever
// writes training dialogues follows it to the letter.
//
// Two messages, every line ended by "\n" but for the last of each message.
//
// system:
//   RULES                                             the world's, one line
//   Actions:
//   - {"action": "NAME", "MEMBER": VALUES, ...} WHAT   one line each, in the world's order
//   - {"action": "noop"} do nothing
//   Answer with one action as JSON.
//   Begin with "reasoning": why, in at most N characters: {"reasoning": TEXT, "action": ...}
//                                                     only of an agent that reasons
//   PERSONA                                           only if the agent has one; may have several lines
//
// VALUES are 0..20 for whole numbers, "a"|"b" for texts of a list, TEXT for a free text.
//
// user:
//   You are NAME.
//   You remember:                                     only if there is something to remember
//   - EVENT                                           the last N or up to half as many more, the oldest first
//   Epoch 1 of 3, step 2 of 10.
//   Now:
//   - LINE                                            what the world shows this agent, at least one
//   Your action:
//
// The answer is one JSON object, spelled as spaced_text(to_json(Action)) spells it: {"action": "give", "amount": 5}. It
// is held to grammar_of(world.allowed(agent), reasoning): the actions above, with the values that are possible now.
#pragma once

#include <deque>
#include <string>

#include "puna/model.h"
#include "puna/sim/world.h"

namespace puna::sim {

struct Moment {
  int epoch = 0;  // from 0
  int epochs = 0;
  int step = 0;  // from 0 in the epoch
  int steps = 0;
};

// reasoning_max: characters; 0 = the agent acts at once
[[nodiscard]] std::string system_text(const World& world, const std::string& persona, int reasoning_max);
[[nodiscard]] std::string user_text(const World& world, int agent, const std::string& name,
                                    const std::deque<std::string>& memory, const Moment& moment);

}  // namespace puna::sim
