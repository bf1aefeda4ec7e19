"""A dialogue: what was said, where the model begins to act, and what a right ending is."""

from dataclasses import dataclass, field

from .builtin import BUILTIN, BUILTIN_SKILLS, READ_FIELD
from .common_skills import COMMON_SKILLS
from .made_skills import made
from .skills import offered
from .wording import fill, parts

DEFAULT_SYSTEM = "You are Puna, a local agent. Use the tools when they help, then answer briefly."
SYSTEMS = parts("""
You are a helpful assistant.
You are a helpful agent.
You are an assistant.
You are an assistant with tools.
You are an agent with tools.
You are a friendly assistant.
You are a small assistant. Be brief.
Be brief.
Be helpful and brief.
You are {@first}, a helpful agent.
You are {@first}, the assistant of a {@job}.
Help the user.
Help the user as well as you can.
Assist the user.
You are a local agent.
You are a local agent with tools.
Answer in one sentence.
Answer in a few words.
You help people with their files and numbers.
You help {@first}, a {@job}, with the work.
You work for {@first} in {@city}. Be polite.
You work for a {@job}.
Use the tools when needed.
Use the given tools when they help.
Use your tools to solve the task.
You are a small agent. Call tools, then answer.
Answer briefly and use tools if they help.
The user is a {@job}. Be kind.
The user is {@first}. Be polite.
The user has a problem. Solve it with the tools.
--
Assist the user as well as you can.
You are {@first}, the agent of a {@job}.
Solve the task of the user with the given tools.
You are a friendly agent. Help {@first} with the work.
Call the tools when needed, then answer in a few words.
You are the assistant of {@first} in {@city}.
""")


@dataclass
class Dialogue:
    """messages[start:] is what the model must produce, with observations in between.

    final   how the last reply is judged: {"all": [...], "none": [...]}, {"equals": ...}
            or {"json": ...}
    """

    family: str
    messages: list
    start: int
    final: dict
    tools: list = field(default_factory=list)
    schema: dict = None


def system(text):
    return {"role": "system", "content": text}


def user(text):
    return {"role": "user", "content": text}


def says(text, learn=True):
    return {"role": "assistant", "content": text, "learn": learn}


def calls(*uses, learn=True):
    """An assistant turn of tool calls; `learn` is False for mistakes the model must not copy."""
    made_calls = [u if isinstance(u, dict) else u.call() for u in uses]
    return {"role": "assistant", "content": "", "tool_calls": made_calls, "learn": learn}


def call(tool, /, **arguments):
    return {"name": tool.name, "arguments": arguments}


def observation(text):
    return {"role": "tool", "content": text}


def must(*strings):
    return {"all": list(strings), "none": []}


def system_turn(dice, share=0.7):
    """At most one system message, often the product's own."""
    if not dice.chance(share):
        return []
    if dice.chance(0.55):
        return [system(DEFAULT_SYSTEM)]
    return [system(fill(dice, dice.part(SYSTEMS), {}))]


def pick_skill(dice):
    return dice.weighted([(lambda: dice.pick(BUILTIN_SKILLS), 38), (lambda: READ_FIELD, 4),
                          (lambda: dice.pick(COMMON_SKILLS), 25), (lambda: made(dice), 35)])()


def _other_tool(dice, like=None):
    """A (job, Tool) to offer beside the wanted one; sometimes confusingly similar to it."""
    if like is not None and dice.chance(0.25):
        skill = made(dice, **like)
    else:
        skill = dice.weighted([(lambda: dice.pick(BUILTIN_SKILLS), 30),
                               (lambda: dice.pick(COMMON_SKILLS), 35), (lambda: made(dice), 35)])()
    return skill.job, skill.forms(dice)


def tool_count(dice):
    if dice.split != "train":
        return dice.weighted([(4, 5), (5, 3), (6, 2), (8, 2), (12, 1)])
    return dice.weighted([(1, 1), (2, 3), (3, 4), (4, 8), (5, 3), (6, 2), (8, 0.8), (12, 0.3), (18, 0.1)])


def offer(dice, tools, jobs, avoid=()):
    """Tools to offer around the wanted ones: the product's four, or a mixture."""
    if all(t in BUILTIN for t in tools) and dice.chance(0.5) \
            and not set(avoid) & {"calculator", "time", "list", "read"}:
        return list(BUILTIN)
    like = None
    nouns = [j.split("/") for j in jobs if "/" in j]
    if nouns:
        noun, other = dice.pick(nouns)
        like = {"noun": noun} if dice.chance(0.6) else {"word": other}
    return offered(dice, tools, set(jobs) | set(avoid), lambda d: _other_tool(d, like),
                   max(tool_count(dice), len(tools)))
