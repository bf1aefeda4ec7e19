"""Training-only sessions: several requests over one list of tools.

The list of tools is most of a short dialogue. Asking several things of the same list gives
more to learn per token, and every request must choose among tools that were used before.
"""

from .builtin import BUILTIN, BUILTIN_SKILLS, READ, READ_FIELD
from .dialogue import (Dialogue, calls, must, observation, offer, pick_skill, says, system_turn,
                       user)
from .made_skills import made
from .skills import offered
from .talk import SURE, small_talk
from .talk_families import NO_TOOL, lacking
from .tool_families import same_tool, several_tools


def exchange(dice, skill, tool):
    use = skill.use(dice, tool)
    if use.result.startswith("error: "):
        answer = f"Sorry, that failed: {use.result[len('error: '):]}"
    elif dice.chance(0.06) and use.arguments:
        failure = dice.pick(("timeout", "not found", "permission denied", dice.things()))
        use.result, answer = f"error: {failure}", f"Sorry, that failed: {failure}"
    else:
        answer = use.answer
    return [user(skill.request(dice, use)), calls(use), observation(use.result), says(answer)]


def _several(dice, choices):
    """Two or more calls in one turn, of these (skill, tool); one call where they do not suit."""
    listed = [c for c in choices if c[0].plural]
    if listed and dice.chance(0.6):
        drawn = same_tool(dice, dice.pick(listed))
    else:
        drawn = several_tools(dice, choices)
    if drawn is None:
        return exchange(dice, *dice.pick(choices))
    uses, text, answer, _ = drawn
    return [user(text), calls(*uses)] + [observation(u.result) for u in uses] + [says(answer)]


def _missing(dice, jobs):
    """A skill that no tool of the session serves."""
    while True:
        skill = pick_skill(dice)
        if skill.job not in jobs:
            return skill


def offered_here(dice):
    """Skills with their tools, all tools on offer, and the skill that none of them serves."""
    if dice.chance(0.3):
        jobs = [s.job for s in BUILTIN_SKILLS]
        return list(BUILTIN_SKILLS), dict(zip(jobs, BUILTIN)), list(BUILTIN), _missing(dice, jobs)
    skills = {}
    for _ in range(dice.between(2, 4)):
        skill = pick_skill(dice)
        skills[skill.job] = skill
    forms = {job: s.forms(dice) for job, s in skills.items()}
    missing = _missing(dice, forms)
    if len({t.name for t in forms.values()}) < len(forms) or \
            lacking(dice, missing, list(forms.values())) != list(forms.values()):
        return offered_here(dice)
    tools = offer(dice, list(forms.values()), list(forms), avoid=[missing.job, "search"])
    return list(skills.values()), forms, lacking(dice, missing, tools), missing


def session(dice):
    """Two to many requests: for offered tools, for a missing one, or small talk."""
    skills, forms, tools, missing = offered_here(dice)
    messages, choices = system_turn(dice), [(s, forms[s.job]) for s in skills]
    for _ in range(dice.weighted([(2, 3), (3, 4), (4, 3), (6, 2), (10, 0.6), (18, 0.4)])):
        kind = dice.between(0, 99)
        if kind < 25:
            messages += _several(dice, choices)
        elif kind < 74:
            skill = dice.pick(skills)
            if skill is READ and dice.chance(0.2):
                skill = READ_FIELD
            messages += exchange(dice, skill, forms[skill.job])
        elif kind < 86:
            question, answer = small_talk(dice, SURE)
            messages += [user(question), says(answer)]
        else:
            messages += [user(missing.request(dice, missing.use(dice))), says(NO_TOOL)]
    return Dialogue("session", messages, len(messages) - 1, must(), tools)


def _alike(dice):
    """A dozen made-up skills about two or three nouns, so that only all words of a request tell the tool."""
    nouns = [dice.entity("noun") for _ in range(dice.between(2, 3))]
    others = [dice.entity(dice.pick(("attr", "verb"))) for _ in range(dice.between(2, 3))]
    drawn = [made(dice, noun, word) for noun in nouns for word in others]
    return drawn + [made(dice, noun=dice.pick(nouns)) for _ in range(3)]


def _any_tool(dice):
    skill = pick_skill(dice)
    return skill.job, skill.forms(dice)


def choice(dice):
    """Many requests for tools that look alike, each answered by one call or several."""
    drawn, forms = _alike(dice), {}
    dice.rng.shuffle(drawn)
    for skill in drawn[:dice.between(3, 8)]:
        tool = skill.forms(dice)
        if all(skill.job != s.job and tool.name != t.name for s, t in forms.items()):
            forms[skill] = tool
    choices = list(forms.items())
    tools = offered(dice, list(forms.values()), [s.job for s in forms], _any_tool,
                    len(forms) + dice.between(0, 2))
    messages = system_turn(dice)
    for _ in range(dice.between(2, 6)):
        if dice.chance(0.3):
            messages += _several(dice, choices)
        else:
            messages += exchange(dice, *dice.pick(choices))
    return Dialogue("choice", messages, len(messages) - 1, must(), tools)
