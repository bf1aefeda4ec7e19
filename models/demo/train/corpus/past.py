"""Earlier turns: what was said before the part that matters, up to long histories."""

from .dialogue import calls, observation, says, user
from .talk import SURE, small_talk


def earlier(dice, skill=None, tool=None, share=0.18):
    """Zero or more finished exchanges, some with the same tool."""
    if not dice.chance(share):
        return []
    out = []
    count = dice.weighted([(1, 6), (2, 3), (3, 2), (6, 1), (12, 0.4)])
    for _ in range(count):
        if skill is not None and dice.chance(0.5):
            use = skill.use(dice, tool)
            if use.result.startswith("error"):
                continue
            out += [user(skill.request(dice, use)), calls(use), observation(use.result),
                    says(use.answer)]
        else:
            question, answer = small_talk(dice, SURE)
            out += [user(question), says(answer)]
    return out
