"""Families without calls: chat, and no_tool, where tools are offered but do not help."""

from .dialogue import Dialogue, must, offer, pick_skill, says, system, system_turn, user
from .past import earlier
from .talk import KINDS, SMALL, TOOLS, WHO, small_talk
from .wording import fill, parts

PERSONAS = parts("""
You are {n}.
You are {n}, a {@job}.
You are {n}, a helpful agent.
You are {n} from {@city}. Be brief.
You are {n}, the agent of {@first}.
--
You are {n}, an agent for a {@job}.
You are {n}, who loves {@topic}.
""")
NO_TOOL = "Sorry, I have no tool for that."


def _checked(answer):
    """Long or many-line answers are judged by their lines, short ones as a whole."""
    return must(*[line for line in answer.split("\n") if line])


def _persona(dice):
    n = dice.entity("first")
    head = [system(fill(dice, dice.part(PERSONAS), {"n": n}))] + earlier(dice)
    dice.forget_held()
    return head, dice.part(WHO), f"I am {n}."


def chat(dice):
    """Small talk, with tools offered in a third of the dialogues."""
    kind = dice.between(0, 9)
    tools = offer(dice, [], []) if dice.chance(0.35) else []
    if kind == 0:
        head, question, answer = _persona(dice)
    elif kind == 1 and tools:
        head = system_turn(dice)
        dice.forget_held()
        question, answer = dice.part(TOOLS), ", ".join(t.name for t in tools)
    else:
        head = system_turn(dice, 0.4) + earlier(dice, share=0.3)
        dice.forget_held()
        question, answer = small_talk(dice)
    messages = head + [user(question), says(answer)]
    return Dialogue("chat", messages, len(messages) - 1, _checked(answer), tools)


def _refusal(dice):
    """A request for which every offered tool is wrong."""
    skill = pick_skill(dice)
    use = skill.use(dice)
    tools = offer(dice, [], [skill.job], avoid=[skill.job])
    if "/" in skill.job:  # nothing offered may do something with the same noun
        noun = skill.job.split("/")[0]
        tools = [t for t in tools if noun not in t.description.lower()]
    if not tools:
        return _refusal(dice)
    return skill.request(dice, use), NO_TOOL, tools


def no_tool(dice):
    """Tools are offered; the right reply calls none of them."""
    head = system_turn(dice) + earlier(dice, share=0.1)
    dice.forget_held()
    if dice.chance(0.5):
        question, answer, tools = _refusal(dice)
    else:
        question, answer = small_talk(dice, SMALL if dice.chance(0.4) else KINDS)
        tools = offer(dice, [], [], avoid=["search"])
    messages = head + [user(question), says(answer)]
    return Dialogue("no_tool", messages, len(messages) - 1, _checked(answer), tools)
