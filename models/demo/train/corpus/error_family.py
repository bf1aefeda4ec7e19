"""After an observation that starts with "error: ": a corrected call, another tool, or a report."""

import re

from .builtin import CALCULATE, LIST, READ, file_text, listing
from .daily_skills import CONVERT, TIMER
from .dialogue import (Dialogue, call, calls, must, observation, offer, pick_skill, says,
                       system_turn, user)
from .entities import HELD_WORDS
from .file_skills import ENTRIES_MAX

FAILURES = ("timeout", "permission denied", "access denied", "service unavailable",
            "connection refused", "network error", "not found", "no result", "invalid value",
            "rate limit reached", "disk full", "internal error", "host not found", "no connection",
            "server error", "file is locked", "not allowed", "too many requests", "device is busy",
            "server is down", "no network", "quota exceeded", "bad request", "host unreachable",
            "disk error", "connection lost", "invalid request", "out of memory", "try again later")
# New only in form, like the held-out wording.
HELD_FAILURES = ("connection denied", "service is down", "server is busy", "disk not found",
                 "network unavailable", "request denied", "host is down", "no access")


def _report(failure):
    return says(f"Sorry, that failed: {failure}"), must(failure)


def _plain_use(dice, skills=None):
    """A skill and a use of it that succeeds and has at least one argument."""
    while True:
        skill = dice.pick(skills) if skills else pick_skill(dice)
        use = skill.use(dice)
        if use.arguments and not use.result.startswith("error"):
            return skill, use


def _ended(dice, skill, use, before, after, wanted):
    """request, `before`, then `after` that the model must produce."""
    head = system_turn(dice)
    dice.forget_held()
    messages = head + [user(skill.request(dice, use))] + before + after
    start = len(head) + 1 + len(before)
    return Dialogue("error_retry", messages, start, wanted, offer(dice, [use.tool], [skill.job]))


def report(dice):
    """Nothing can be done: say what failed."""
    skill, use = _plain_use(dice)
    failure = dice.pick(HELD_FAILURES if dice.split != "train" and dice.chance(0.5) else FAILURES)
    if dice.chance(0.3):
        failure = dice.pick((dice.things(), f"{failure} ({dice.code()})",
                             f"cannot {dice.entity('verb')} the {dice.entity('noun')}",
                             f"no such {dice.entity('noun')}: {dice.code()}"))
    if skill is CALCULATE and dice.chance(0.5):
        failure = "division by zero"
    last, wanted = _report(failure)
    return _ended(dice, skill, use, [calls(use), observation(f"error: {failure}")], [last], wanted)


def missing_argument(dice):
    """An argument was left out or misnamed: call again with it."""
    skill, use = _plain_use(dice)
    name = dice.pick(list(use.arguments))
    wrong = {k: v for k, v in use.arguments.items() if k != name}
    if dice.chance(0.5):
        wrong[dice.pick(("value", "input", "arg", "name", dice.word()))] = use.arguments[name]
    bad = calls({"name": use.tool.name, "arguments": wrong}, learn=False)
    return _ended(dice, skill, use, [bad, observation(f"error: argument '{name}' is missing")],
                  [calls(use), observation(use.result), says(use.answer)], must(*use.must))


def unknown_tool(dice):
    """A tool that does not exist was called: the error names those that do."""
    skill, use = _plain_use(dice)
    head, tools = system_turn(dice), offer(dice, [use.tool], [skill.job])
    dice.forget_held()
    name = dice.pick((dice.word(), f"{dice.word()}_{dice.word()}", use.tool.name + "s",
                      "get_" + use.tool.name, use.tool.name.split("_")[0] + "_it"))
    if name in [t.name for t in tools]:
        return unknown_tool(dice)
    bad = calls({"name": name, "arguments": use.arguments}, learn=False)
    names = ", ".join(t.name for t in tools)
    messages = head + [user(skill.request(dice, use)), bad,
                       observation(f"error: unknown tool '{name}'. Tools: {names}."),
                       calls(use), observation(use.result), says(use.answer)]
    return Dialogue("error_retry", messages, len(head) + 3, must(*use.must), tools)


def wrong_type(dice):
    """A number was given as text: call again with a number."""
    skill, use = _plain_use(dice, (TIMER, CONVERT))
    name = next(k for k, v in use.arguments.items() if isinstance(v, int))
    kind = next(a.kind for a in use.tool.arguments if a.name == name)
    wrong = dict(use.arguments, **{name: str(use.arguments[name])})
    bad = calls({"name": use.tool.name, "arguments": wrong}, learn=False)
    complaint = dice.pick((f"error: argument '{name}' must be {'an' if kind == 'integer' else 'a'} {kind}",
                           f"error: argument '{name}' is not {'an' if kind == 'integer' else 'a'} {kind}"))
    return _ended(dice, skill, use, [bad, observation(complaint)],
                  [calls(use), observation(use.result), says(use.answer)], must(*use.must))


def repeated(dice):
    """The same call was made twice: the answer is in the first result."""
    skill, use = _plain_use(dice)
    before = [calls(use), observation(use.result), calls(use, learn=False),
              observation("error: this exact call was already made. Use its result or try "
                          "something else.")]
    return _ended(dice, skill, use, before, [says(use.answer)], must(*use.must))


def _misspelt(dice, name):
    stem, dot, suffix = name.rpartition(".")
    stem = stem or suffix
    i = dice.between(0, len(stem) - 2)
    wrong = dice.pick((stem[:i] + stem[i + 1] + stem[i] + stem[i + 2:], stem[:i] + stem[i + 1:],
                       stem[:i] + stem[i] + stem[i:], stem[:-1] + dice.pick("zxk"), stem + "s"))
    if HELD_WORDS & set(re.split(r"[^a-z]+", wrong.lower())):
        return _misspelt(dice, name)
    wrong = f"{wrong}.{suffix}" if dot else wrong
    return wrong if wrong != name else _misspelt(dice, name)


def misspelt_file(dice):
    """No such file: take the hint, look into the folder, or report."""
    rd, ls = READ.forms(dice), LIST.forms(dice)
    folder = dice.folder().rstrip("/") if dice.chance(0.4) else ""
    name = dice.file_name()
    wrong = _misspelt(dice, name)
    asked, right = (f"{folder}/{n}" if folder else n for n in (wrong, name))
    use = READ.use(dice, rd, {"f": asked})
    text = file_text(dice)
    argument = rd.arguments[0].name
    good = [calls(call(rd, **{argument: right})), observation(text), says(f"{right} says: {text}")]
    failure = f"no such file: {asked}"
    head = system_turn(dice)
    dice.forget_held()
    opening = head + [user(READ.request(dice, use)), calls(use)]
    kind = dice.between(0, 9)
    wanted = must(*text.split("\n"))
    if kind < 3:
        hinted = [observation(f"error: {failure}. Did you mean {right}?")]
        tools = offer(dice, [rd], ["read"])
        return Dialogue("error_retry", opening + hinted + good, len(head) + 3, wanted, tools)
    if kind < 5:
        last, wanted = _report(failure)
        tools = offer(dice, [rd], ["read"], avoid=["list"])
        return Dialogue("error_retry", opening + [observation(f"error: {failure}"), last],
                        len(head) + 3, wanted, tools)
    others = [n for n in listing(dice, 0, ENTRIES_MAX - 1) if n != name]
    found = dice.chance(0.75)
    shown = "\n".join(sorted(others + ([name] if found else []))) or "(empty)"
    look = [calls(call(ls, **{ls.arguments[0].name: folder or "."})), observation(shown)]
    if not found:
        last, wanted = _report(failure)
        good = [last]
    tools = offer(dice, [rd, ls], ["read", "list"])
    return Dialogue("error_retry", opening + [observation(f"error: {failure}")] + look + good,
                    len(head) + 3, wanted, tools)


KINDS = ((report, 5), (missing_argument, 3), (unknown_tool, 3), (wrong_type, 1), (repeated, 2),
         (misspelt_file, 6))


def error_retry(dice):
    """One of the kinds above."""
    return dice.weighted(KINDS)(dice)
