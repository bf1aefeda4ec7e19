"""Training-only sessions: several requests over one list of tools.

The list of tools is most of a short dialogue. Asking several things of the same list gives
more to learn per token, and every request must choose among tools that were used before.
"""

from .builtin import BUILTIN, BUILTIN_SKILLS, READ, READ_FIELD
from .dialogue import (Dialogue, calls, must, observation, offer, pick_skill, says, system_turn,
                       user)
from .talk import small_talk
from .talk_families import NO_TOOL


def _exchange(dice, skill, tool):
    use = skill.use(dice, tool)
    if use.result.startswith("error: "):
        answer = f"Sorry, that failed: {use.result[len('error: '):]}"
    elif dice.chance(0.06) and use.arguments:
        failure = dice.pick(("timeout", "not found", "permission denied", dice.words(2, 3)))
        use.result, answer = f"error: {failure}", f"Sorry, that failed: {failure}"
    else:
        answer = use.answer
    return [user(skill.request(dice, use)), calls(use), observation(use.result), says(answer)]


def session(dice):
    """Two to six requests: for offered tools, for a missing one, or small talk."""
    if dice.chance(0.3):
        skills, tools = list(BUILTIN_SKILLS), list(BUILTIN)
        forms = dict(zip((s.job for s in skills), tools))
    else:
        skills = {}
        for _ in range(dice.between(2, 4)):
            skill = pick_skill(dice)
            skills[skill.job] = skill
        skills = list(skills.values())
        forms = {s.job: s.forms(dice) for s in skills}
        if len({t.name for t in forms.values()}) < len(forms):
            return session(dice)
        tools = offer(dice, list(forms.values()), list(forms))
    messages = system_turn(dice)
    for _ in range(dice.weighted([(2, 3), (3, 4), (4, 3), (6, 2), (10, 0.6), (18, 0.4)])):
        kind = dice.between(0, 99)
        if kind < 78:
            skill = dice.pick(skills)
            if skill is READ and dice.chance(0.2):
                skill = READ_FIELD
            messages += _exchange(dice, skill, forms[skill.job])
        elif kind < 92:
            question, answer = small_talk(dice)
            messages += [user(question), says(answer)]
        elif tools == list(BUILTIN):  # only here is it certain what is missing
            other = pick_skill(dice)
            if other.job not in [s.job for s in BUILTIN_SKILLS]:
                messages += [user(other.request(dice, other.use(dice))), says(NO_TOOL)]
    return Dialogue("session", messages, len(messages) - 1, must(), tools)
