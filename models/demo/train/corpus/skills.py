"""What a tool use is made of, and how tools are offered.

A Skill knows one job: the forms its tool may take, the values of a request, the wording,
the observation and the answer. Two skills with the same job are never offered together.
"""

from dataclasses import dataclass
from typing import Any, Callable

from .wording import Parts, say


@dataclass(frozen=True)
class Argument:
    """One argument of a tool. `kind` is a JSON type; `choices` makes it an enumeration."""

    name: str
    kind: str = "string"
    required: bool = True
    choices: tuple = ()


@dataclass(frozen=True)
class Tool:
    name: str
    description: str
    arguments: tuple = ()

    def spec(self):
        """The tool as an OpenAI function specification."""
        properties = {}
        for a in self.arguments:
            properties[a.name] = {"type": a.kind}
            if a.choices:
                properties[a.name]["enum"] = list(a.choices)
        required = [a.name for a in self.arguments if a.required]
        parameters = {"type": "object", "properties": properties, "required": required}
        return {"type": "function", "function": {
            "name": self.name, "description": self.description, "parameters": parameters}}


@dataclass
class Use:
    """One concrete use of a tool."""

    skill: Any
    tool: Tool
    slots: dict
    arguments: dict
    result: str
    answer: str
    must: list     # strings that a right answer contains
    label: str     # how a list of several results names this one
    short: str     # its result in such a list

    def call(self):
        return {"name": self.tool.name, "arguments": dict(self.arguments)}


@dataclass(frozen=True)
class Skill:
    """See module comment.

    draw(dice)                 the slots of a request; `typed` is a whole request that needs no wording
    values(slots)              argument values in the order of the form's arguments;
                               None leaves an optional argument out
    observe(dice, slots)       the observation
    conclude(slots, result)    (answer, must, label, short)
    plural                     wording for several values at once, with slot {all}, or None
    """

    job: str
    forms: Callable
    draw: Callable
    cores: Parts
    values: Callable
    observe: Callable
    conclude: Callable
    plural: Parts = None

    def use(self, dice, tool=None, slots=None):
        tool = tool or self.forms(dice)
        slots = slots or self.draw(dice)
        arguments = {a.name: v for a, v in zip(tool.arguments, self.values(slots)) if v is not None}
        result = self.observe(dice, slots)
        return Use(self, tool, slots, arguments, result, *self.conclude(slots, result))

    def request(self, dice, use, plain=False):
        if "typed" in use.slots and not plain:
            return use.slots["typed"]
        cores = use.slots.get("cores") or self.cores
        return say(dice, cores, use.slots, plain)


def forms(names, descriptions, *arguments):
    """A drawer of forms. Each argument is (possible names, kind) or an Argument."""
    def draw(dice):
        made = tuple(a if isinstance(a, Argument) else Argument(dice.pick(a[0].split()), a[1])
                     for a in arguments)
        return Tool(dice.pick(names.split()), dice.pick(descriptions), made)
    return draw


def offered(dice, tools, jobs, others, count):
    """Shuffles `tools` with tools of other jobs until there are `count` in all.

    others(dice) draws a (job, Tool); `jobs` are the jobs that must not come again.
    """
    out, jobs = list(tools), set(jobs)
    names = {t.name for t in out}
    for _ in range(6 * count):
        if len(out) >= count:
            break
        job, tool = others(dice)
        if job in jobs or tool.name in names:
            continue
        jobs.add(job)
        names.add(tool.name)
        out.append(tool)
    dice.rng.shuffle(out)
    return out
