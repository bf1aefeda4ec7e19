"""Code agents: one step, search and compute in three, and going on after an error.

Places and animals are made up or everyday ones, so that the numbers can only come from the search.
"""

import builtins
import keyword
import re
from dataclasses import dataclass

from .arithmetic_skill import computed
from .builtin import CALCULATE
from .builtin_tools import CURRENT_TIME, LIST_FILES, READ_FILE
from .code_prompt import code_call, code_system, observed, signature, step
from .code_wording import CROSSINGS, FILLERS, PAIRS, WAYS
from .dialogue import Dialogue, must, pick_skill, says, system, user
from .skills import Argument, Tool
from .wording import Parts, fill, say

SEARCH = Tool("web_search", "Search for facts and web pages.", (Argument("query"),))
NOTES = {"web_search": ("query: A few words, such as leopard top speed.",),
         "calculator": ("expression: For example 12 * (3 + 4).",),
         "current_time": ("timezone: An IANA name such as Europe/Paris.",),
         "list_files": ("path: The folder; . is the top one.",),
         "read_file": ("path: The file, such as notes.txt.",)}
OFFERED = (CURRENT_TIME, LIST_FILES, READ_FILE, SEARCH)  # by `puna run --code`, in this order
PLACES = ("Bridge", "Tower", "Cathedral", "Pier", "Tunnel", "Park", "Street", "Wall", "Hall", "Beach", "Palace")
LINKS = ("de", "des", "du", "of", "of the", "la", "del", "di")
ENDS = ("II", "III", "25", "7", "1900")
VOWELS = "aeiouAEIOU"
ACCENTS = {"a": "àáâä", "e": "éèê", "i": "íî", "o": "öóôø", "u": "üú", "n": "ñ", "c": "ç"}
KINDS_OF = ("snow", "grey", "giant", "common", "golden", "spotted", "red", "sea", "wild", "white-tailed")
FAILURES = ("timeout", "the server is busy", "network error", "too many requests", "connection lost")
SECONDS = {"seconds": 1, "minutes": 60}


@dataclass(frozen=True)
class Fact:
    """One thing to look up: `name` without an article, `said` as in the task, `shown` as in the text that is found."""

    name: str
    said: str
    shown: str
    what: str    # length, height or top speed
    value: int
    unit: str
    file: str

    @property
    def query(self):
        return f"{self.name} {self.what}"

    @property
    def title(self):
        return self.name[:1].upper() + self.name[1:]

    def line(self):
        return f"The {self.what} of {self.shown} is {self.value} {self.unit}."


def _accented(dice, word):
    """The word, now and then with an accent: bytes that nothing else in the corpus has."""
    places = [i for i, c in enumerate(word) if c in ACCENTS]
    if not places or not dice.chance(0.08):
        return word
    i = dice.pick(places)
    return word[:i] + dice.pick(ACCENTS[word[i]]) + word[i + 1:]


def _speed_of(dice, name):
    article = "an" if name[0] in VOWELS else "a"
    value = dice.weighted([(dice.between(1, 9), 1), (dice.between(10, 99), 6), (dice.between(100, 400), 2)])
    said = f"{article} {name}"
    return Fact(name, said, said, "top speed", value, "km/h", "animals")


def _animal(dice):
    name = _accented(dice, dice.entity("animal"))
    before = dice.weighted([("", 4), (dice.pick(KINDS_OF), 2), (_accented(dice, dice.word()), 2), (dice.word().capitalize(), 2),
                            (f"{dice.word()}-{dice.word()}", 1), (f"{dice.word()} {dice.thing()}", 1.5)])
    return _speed_of(dice, f"{before} {name}".strip())


def _own_name(dice):
    """One word of a place's name."""
    word = dice.weighted([(dice.word, 4), (lambda: dice.entity("last", made=False), 1),
                          (lambda: dice.entity("city", made=False), 2), (lambda: dice.entity("first", made=False), 1)])()
    if dice.chance(0.05):
        word += dice.pick(("-", "-", "\u2013")) + dice.word().capitalize()
    return _accented(dice, word[:1].upper() + word[1:])


def _place_name(dice):
    words = [_own_name(dice) for _ in range(dice.weighted([(1, 6), (2, 3), (3, 1)]))]
    own = " ".join(words)
    return dice.weighted([
        (f"{own} {dice.pick(PLACES)}", 6), (f"Pont {dice.pick(LINKS)} {own}", 1), (f"Pont {own}", 0.7),
        (f"{_own_name(dice)} {dice.pick(LINKS)} {own}", 1.5), (f"{own} {dice.pick(ENDS)}", 0.5),
        (f"{dice.pick(PLACES)} of {own}", 0.7), (f"{own} {_own_name(dice)}", 1),
        (f"{words[0]}'s {dice.pick(PLACES)}", 0.4), (f"{_own_name(dice)} {dice.word()} {dice.thing()}", 0.7)])


def _size_of(dice, name, what):
    """A place; the text that is found may say "the" where the task does not, and the other way round."""
    with_the, bare = "the " + name, name
    if dice.chance(0.1):  # one of many: "an old pool"
        bare = ("an " if name[0] in VOWELS else "a ") + name
    said = dice.pick((with_the, with_the, bare))
    shown = said if dice.chance(0.75) else with_the if said == bare else bare
    return Fact(name, said, shown, what, dice.number(5), "m", "bridges" if what == "length" else "heights")


def _place(dice, what="length"):
    return _size_of(dice, _place_name(dice), what)


def _alike(dice, fact):
    """Another thing whose name has a word of this one's, as a search finds them."""
    words = fact.name.split(" ")
    if fact.file == "animals":
        kept = words[-1]
        return _speed_of(dice, dice.pick((f"{dice.pick(KINDS_OF)} {kept}", f"{kept} {dice.thing()}", f"{dice.word()} {kept}")))
    kept = dice.pick(words)
    name = f"{kept} {dice.pick(PLACES)}" if kept == words[0] else f"{_own_name(dice)} {kept}"
    return _size_of(dice, name, fact.what)


def _filler(dice):
    if dice.chance(0.4):
        return dice.words(4, 10).capitalize() + dice.pick((".", f", {dice.entity('city')}.", f" in {dice.entity('city')}."))
    return fill(dice, dice.part(FILLERS), {})


def _shown(dice, fact, number):
    """One hit, as the tool prints it."""
    slug = re.sub(r"[^a-z0-9\u0080-\uffff]+", "-", fact.title.lower()).strip("-")
    return f"{number}. {fact.title}\n{fact.file}.md#{slug}\n{fact.line()} {_filler(dice)}"


def _hits(dice, fact):
    """The observation of a search: mostly the wanted hit first, then others of its kind or its name."""
    others = []
    for _ in range(dice.weighted([(0, 5), (1, 3), (2, 2), (4, 0.6)])):
        kin = _alike(dice, fact) if dice.chance(0.6) else \
            _animal(dice) if fact.file == "animals" else _place(dice, fact.what)
        if kin.name.lower() not in {f.name.lower() for f in [fact] + others}:
            others.append(kin)
    facts = [fact] + others
    if dice.chance(0.1):
        dice.rng.shuffle(facts)
    return "\n\n".join(_shown(dice, f, i + 1) for i, f in enumerate(facts))


def _offer(tool):
    return signature(tool, NOTES.get(tool.name, ()))


def _system(dice, *tools):
    """The system message; `tools` are the wanted ones, others come to them."""
    listed = {t.name: _offer(t) for t in (OFFERED if dice.chance(0.5) else (SEARCH,))}
    listed.update((t.name, _offer(t)) for t in tools)
    if dice.chance(0.5):
        for _ in range(dice.weighted([(0, 2), (1, 2), (2, 2), (4, 1)])):
            tool = pick_skill(dice).forms(dice)
            listed.setdefault(tool.name, _offer(tool))
        lines = list(listed.values())
        dice.rng.shuffle(lines)
    else:
        lines = list(listed.values())
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
    return " ".join(f.line() for f in facts)


def _crossing(dice):
    place, animal, unit = _place(dice), _animal(dice), dice.pick(("seconds", "seconds", "seconds", "minutes"))
    per = SECONDS[unit]
    divided = "" if per == 1 else f" / {per}"
    lines = (f"seconds = {place.value} / ({animal.value} * 1000 / 3600)", f'print(round(seconds{divided}, 2), "{unit}")')
    result = f"{round(place.value / (animal.value * 1000 / 3600) / per, 2)} {unit}"
    return CROSSINGS, {"a": animal.said, "p": place.said, "u": unit}, ("length", "speed"), (place, animal), \
        lines, result, f"It takes {result}."


def _way(dice):
    animal, k = _animal(dice), dice.between(2, 90)
    result = f"{round(animal.value * 1000 / 60 * k, 2)} meters"
    return WAYS, {"a": animal.said, "k": k}, ("speed",), (animal,), \
        (f'print(round({animal.value} * 1000 / 60 * {k}, 2), "meters")',), result, f"It gets {result} far."


def _pair(dice):
    what = dice.pick(("length", "height"))
    first, second = _place(dice, what), _place(dice, what)
    if first.name == second.name:
        return _pair(dice)
    core, op = dice.part(PAIRS).rsplit("|", 1)
    result = str(round(eval(f"{first.value} {op} {second.value}", {"__builtins__": {}}), 2))
    unit = "" if op == "/" else "meters"
    result += " " * bool(unit) + unit
    return Parts((core,)), {"what": what, "p": first.said, "o": second.said}, ("first", "second"), \
        (first, second), (f"print(round({first.value} {op} {second.value}, 2)" + f', "{unit}"' * bool(unit) + ")",), result, \
        f"The result is {result}."


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


def _unset_name(dice):
    name = dice.word()
    return _unset_name(dice) if name in dir(builtins) or keyword.iskeyword(name) else name


def wrong_name(dice):
    """A variable that nobody set: the code is put right with the number itself."""
    cores, slots, names, facts, lines, result, answer = _task(dice)
    head = _system(dice)
    dice.forget_held()
    name = _unset_name(dice)
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


KINDS = ((search_compute, 11), (one_step, 3), (one_tool, 3), (search_again, 2), (wrong_name, 2))


def code(dice):
    """One of the kinds above."""
    return dice.weighted(KINDS)(dice)
