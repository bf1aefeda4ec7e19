"""Families without calls: chat, and no_tool, where tools are offered but do not help."""

from .builtin import BUILTIN_SKILLS
from .common_skills import COMMON_SKILLS
from .dialogue import Dialogue, must, offer, pick_skill, says, system, system_turn, user
from .made_skills import made
from .past import earlier
from .talk import KINDS, SMALL, TOOLS, WHO, small_talk
from .wording import fill, parts

PERSONAS = parts("""
You are {n}.
Your name is {n}.
You are called {n}.
You are the agent {n}.
You are an agent called {n}.
You are {n}, a {@job}.
You are {n}, a helpful agent.
You are {n}, a helpful assistant.
You are {n}, who likes {@topic}.
You are {n} from {@city}. Be brief.
You are {n} from {@city}.
You are {n}, the agent of {@first}.
You are {n}, an agent for a {@job}.
You are {n}, an assistant for {@first}.
--
You are {n}, an agent from {@city}.
Your name is {n}. You are a {@job}.
You are an assistant called {n}. Be brief.
You are {n}, a {@job} who likes {@topic}.
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
    tools = offer(dice, [], [], avoid=["search"]) if dice.chance(0.35) else []
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


# Tools that are near a job without doing it, by the jobs of either side.
NEAR = {"read": ("delete", "write", "list"), "list": ("read", "delete", "write"),
        "write": ("read", "delete", "mail"), "delete": ("read", "list", "write"),
        "weather": ("time", "event"), "time": ("timer", "event", "weather"),
        "timer": ("time", "event"), "event": ("timer", "time", "mail"), "mail": ("contact", "write"),
        "contact": ("mail", "event"), "stock": ("calculator", "weather"),
        "calculator": ("time", "timer"), "convert": ("time", "stock"),
        "translate": ("mail", "write"), "search": ("read", "translate")}
BY_JOB = {s.job: s for s in BUILTIN_SKILLS + COMMON_SKILLS}


def _near(dice, job):
    """A tool that is near a job but does not do it."""
    if job in NEAR:
        return BY_JOB[dice.pick(NEAR[job])].forms(dice)
    word = job.split("/")[1]
    return made(dice, word=word).forms(dice)  # the same word for another noun


def lacking(dice, skill, tools):
    """The tools without those that could do the skill's job."""
    if "/" not in skill.job:
        return tools
    noun = skill.job.split("/")[0]
    return [t for t in tools if noun not in t.description.lower()]


def _refusal(dice):
    """A request for which every offered tool is wrong, mostly with a tool that is near it."""
    skill = pick_skill(dice)
    use = skill.use(dice)
    tools = offer(dice, [], [skill.job], avoid=[skill.job, "search"])
    near = _near(dice, skill.job)
    if dice.chance(0.6) and near.name not in [t.name for t in tools]:
        tools[dice.between(0, len(tools) - 1)] = near
    tools = lacking(dice, skill, tools)
    if not tools:
        return _refusal(dice)
    return skill.request(dice, use), NO_TOOL, tools


def no_tool(dice):
    """Tools are offered; the right reply calls none of them."""
    head = system_turn(dice) + earlier(dice, share=0.1)
    dice.forget_held()
    if dice.chance(0.6):
        question, answer, tools = _refusal(dice)
    else:
        question, answer = small_talk(dice, SMALL if dice.chance(0.4) else KINDS)
        tools = offer(dice, [], [], avoid=["search"])
    messages = head + [user(question), says(answer)]
    return Dialogue("no_tool", messages, len(messages) - 1, _checked(answer), tools)
