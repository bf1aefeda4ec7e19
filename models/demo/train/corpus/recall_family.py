"""Training-only: facts told long before they are asked for, with work done by tools in between.

A window that is full leaves old turns out and says so in the next user message, in the words
of src/agent/window_cuts.cpp; what was pinned stays before that note.
"""

from .dialogue import Dialogue, must, says, system_turn, user
from .memory_family import NOT_TOLD, facts_of, told_in_turns
from .session_family import exchange, offered_here
from .wording import fill


def _left_out(dice):
    return f"({dice.between(2, 400)} earlier messages of this conversation are not shown.)"


def recall(dice):
    """One to three facts, two to ten requests for tools, and the question for a fact."""
    skills, forms, tools, _ = offered_here(dice)
    facts = facts_of(dice, dice.weighted([(1, 4), (2, 3), (3, 2)]) + 1)
    missing, facts = facts[0], facts[1:]
    messages = system_turn(dice) + told_in_turns(dice, facts)
    work = []
    for _ in range(dice.weighted([(2, 3), (4, 3), (7, 2), (10, 1)])):
        skill = dice.pick(skills)
        work += exchange(dice, skill, forms[skill.job])
    if dice.chance(0.5):
        work[0]["content"] = f"{_left_out(dice)}\n\n{work[0]['content']}"
    kind, slots = missing if dice.chance(0.15) else dice.pick(facts)
    answer = NOT_TOLD if slots is missing[1] else fill(dice, kind[2], slots)
    question = fill(dice, dice.part(kind[1]), slots)
    messages += work + [user(question), says(answer)]
    return Dialogue("recall", messages, len(messages) - 1, must(), tools)
