"""Code agents: one step, search and compute in three, and going on after an error.

Places and animals are made up or everyday ones, so that the numbers can only come from the search.
"""

from dataclasses import dataclass

from .arithmetic_skill import computed
from .builtin import CALCULATE
from .code_prompt import code_call, code_system, observed, signature, step
from .code_wording import CROSSINGS, FILLERS, PAIRS, WAYS
from .dialogue import Dialogue, must, pick_skill, says, system, user
from .skills import Argument, Tool
from .wording import Parts, fill, say

SEARCH = Tool("web_search", "Search for facts and web pages.", (Argument("query"),))
SEARCH_NOTES = ("query: A few words, such as leopard top speed.",)
PLACES = ("Bridge", "Tower", "Cathedral", "Pier", "Tunnel", "Park", "Street", "Wall")
FAILURES = ("timeout", "the server is busy", "network error", "too many requests", "connection lost")
OTHERS_MAX = 2     # hits of a search that speak of something else
SECONDS = {"seconds": 1, "minutes": 60}


@dataclass(frozen=True)
class Fact:
    """One thing to look up: `said` as in a sentence, `title` as the search shows it."""

    said: str
    title: str
    what: str    # length, height or top speed
    value: int
    unit: str
    file: str

    @property
    def query(self):
        return f"{self.title if self.file != 'animals' else self.title.lower()} {self.what}"

    def line(self):
        return f"The {self.what} of {self.said} is {self.value} {self.unit}."


def _animal(dice):
    name = dice.entity("animal")
    article = "an" if name[0] in "aeiou" else "a"
    return Fact(f"{article} {name}", name.capitalize(), "top speed", dice.between(3, 130), "km/h", "animals")


def _place(dice, what="length"):
    word = dice.pick((dice.word, dice.word, lambda: dice.entity("last"), lambda: dice.entity("city")))()
    name = word if " " in word else word.capitalize()
    kind = dice.between(0, 9)
    title = f"{name} {dice.pick(PLACES)}" if kind < 7 else \
        f"Pont de {name}" if kind < 8 else f"{name} {dice.word().capitalize()}"
    the = "the " if kind < 8 and dice.chance(0.7) else ""
    return Fact(the + title, title, what, dice.number(4), "m", "bridges" if what == "length" else "heights")


def _shown(dice, fact, number):
    """One hit, as the tool prints it."""
    slug = fact.title.lower().replace(" ", "-")
    return f"{number}. {fact.title}\n{fact.file}.md#{slug}\n{fact.line()} {fill(dice, dice.part(FILLERS), {})}"


def _hits(dice, fact):
    """The observation of a search: mostly the wanted hit first, then others of its kind."""
    others = [_animal(dice) if fact.file == "animals" else _place(dice, fact.what)
              for _ in range(dice.weighted([(0, 4), (1, 2), (OTHERS_MAX, 1)]))]
    facts = [fact] + [o for o in others if o.title != fact.title]
    if dice.chance(0.15):
        dice.rng.shuffle(facts)
    return "\n\n".join(_shown(dice, f, i + 1) for i, f in enumerate(facts))


def _system(dice, *tools):
    """The system message; `tools` are the wanted ones, others come to them."""
    listed = {SEARCH.name: signature(SEARCH, SEARCH_NOTES)}
    listed.update((t.name, signature(t)) for t in tools)
    for _ in range(dice.weighted([(0, 5), (1, 2), (2, 2), (4, 1)])):
        tool = pick_skill(dice).forms(dice)
        listed.setdefault(tool.name, signature(tool))
    lines = list(listed.values())
    dice.rng.shuffle(lines)
    return [system(code_system(lines))]


def _ended(head, task, turns, wanted):
    """`turns` are (said, observation) pairs; the last has None."""
    messages = head + [user(task)]
    start = len(messages)
    for said, observation in turns:
        messages.append(said)
        if observation is not None:
            messages.append(user(observed(observation)))
    return Dialogue("code", messages, start, must(wanted), [])


def _answered(text):
    return says(step("I have the result.", f'final_answer("{text}")')), None


def _searches(names, facts):
    """The code that looks up the facts, each into a variable of its own, and prints them."""
    lines = [f"{n} = {code_call(SEARCH, query=f.query)}" for n, f in zip(names, facts)]
    thought = "I need " + " and ".join(f"the {f.what} of {f.said}" for f in facts) + "."
    return says(step(thought, *lines, *(f"print({n})" for n in names)))


def _read(facts):
    return " ".join(f"The {f.what} of {f.said} is {f.value} {f.unit}." for f in facts)


def _crossing(dice):
    place, animal, unit = _place(dice), _animal(dice), dice.pick(("seconds", "seconds", "seconds", "minutes"))
    per = SECONDS[unit]
    divided = "" if per == 1 else f" / {per}"
    lines = (f"seconds = {place.value} / ({animal.value} * 1000 / 3600)", f"print(round(seconds{divided}, 2))")
    result = str(round(place.value / (animal.value * 1000 / 3600) / per, 2))
    return CROSSINGS, {"a": animal.said, "p": place.said, "u": unit}, ("length", "speed"), (place, animal), \
        lines, result, f"It takes {result} {unit}."


def _way(dice):
    animal, k = _animal(dice), dice.between(2, 90)
    result = str(round(animal.value * 1000 / 60 * k, 2))
    return WAYS, {"a": animal.said, "k": k}, ("speed",), (animal,), \
        (f"print(round({animal.value} * 1000 / 60 * {k}, 2))",), result, f"It gets {result} meters far."


def _pair(dice):
    what = dice.pick(("length", "height"))
    first, second = _place(dice, what), _place(dice, what)
    if first.title == second.title:
        return _pair(dice)
    core, op = dice.part(PAIRS).rsplit("|", 1)
    result = str(round(eval(f"{first.value} {op} {second.value}", {"__builtins__": {}}), 2))
    ending = "" if op == "/" else " meters"
    return Parts((core,)), {"what": what, "p": first.said, "o": second.said}, ("first", "second"), \
        (first, second), (f"print(round({first.value} {op} {second.value}, 2))",), result, \
        f"The result is {result}{ending}."


def _task(dice):
    return dice.weighted([(_crossing, 6), (_way, 2), (_pair, 3)])(dice)


def search_compute(dice):
    """Look up in one block, compute in the next, answer in the third."""
    cores, slots, names, facts, lines, result, answer = _task(dice)
    head = _system(dice)
    dice.forget_held()
    shown = "\n".join(_hits(dice, f) for f in facts)
    return _ended(head, say(dice, cores, slots), [
        (_searches(names, facts), shown), (says(step(_read(facts), *lines)), result), _answered(answer)], answer)


def search_again(dice):
    """A search fails: the same code would be refused, so what failed is asked in other words."""
    cores, slots, names, facts, lines, result, answer = _task(dice)
    head = _system(dice)
    dice.forget_held()
    failed = facts[0]
    first = _searches(names, facts)
    bad = f"{names[0]} = {code_call(SEARCH, query=failed.query)}"
    again = [f"{n} = {code_call(SEARCH, query=f'{f.what} of {f.said}')}" for n, f in zip(names, facts)]
    return _ended(head, say(dice, cores, slots), [
        (first, f"ToolError: {dice.pick(FAILURES)}\nline 1: {bad}"),
        (says(step("The search failed. I ask in other words.", *again, *(f"print({n})" for n in names))),
         "\n".join(_hits(dice, f) for f in facts)),
        (says(step(_read(facts), *lines)), result), _answered(answer)], answer)


def wrong_name(dice):
    """A variable that nobody set: the code is put right with the number itself."""
    cores, slots, names, facts, lines, result, answer = _task(dice)
    head = _system(dice)
    dice.forget_held()
    name = dice.word()
    bad = (lines[0].replace(str(facts[0].value), name, 1),) + lines[1:]
    return _ended(head, say(dice, cores, slots), [
        (_searches(names, facts), "\n".join(_hits(dice, f) for f in facts)),
        (says(step(_read(facts), *bad), learn=False), f"NameError: name '{name}' is not defined\nline 1: {bad[0]}"),
        (says(step(f"{name} is not defined. I write the number.", *lines)), result), _answered(answer)], answer)


def one_step(dice):
    """A sum, computed and answered in one block."""
    use = CALCULATE.use(dice)
    head = _system(dice)
    dice.forget_held()
    expression = use.slots["expression"]
    if computed(expression).startswith("error"):
        return one_step(dice)
    said = says(step("I can compute this.", f"final_answer({expression})"))
    return _ended(head, CALCULATE.request(dice, use), [(said, None)], expression)


def one_tool(dice):
    """A tool as a function, then its result as the answer."""
    while True:
        skill = pick_skill(dice)
        use = skill.use(dice)
        if not use.result.startswith("error") and "\n" not in use.answer and '"' not in use.answer:
            break
    head = _system(dice, use.tool)
    dice.forget_held()
    first = says(step(f"I can use {use.tool.name}.", f"print({code_call(use.tool, **use.arguments)})"))
    return _ended(head, skill.request(dice, use), [(first, use.result), _answered(use.answer)], use.answer)


KINDS = ((search_compute, 8), (one_step, 3), (one_tool, 3), (search_again, 2), (wrong_name, 2))


def code(dice):
    """One of the kinds above."""
    return dice.weighted(KINDS)(dice)
