"""Questions answered by yes or no, from what the messages say."""

from .dialogue import Dialogue, offer, says, system, system_turn, user
from .memory_family import NOTED
from .wording import fill
from .yes_no_wording import (ASKED, BIGGER, EVEN, EXISTS, MEMBER, ODD, RECALLED, SAME, SMALLER,
                             STATED)

TOLD = ("{p}'s {k} is {v}.", "The {k} of {p} is {v}.", "{p} has the {k} {v}.",
        "Remember that {p}'s {k} is {v}.")
ONLY = ("Answer only yes or no.", "Reply with yes or no.", "You answer questions with yes or no.",
        "Say yes or no, nothing else.", "Answer every question with yes or no.")
SERIES_SHARE = 0.85  # of training dialogues that ask several questions


def _digits(dice):
    return dice.weighted([(1, 4), (2, 5), (3, 4), (4, 0.7)])


def _compare(dice, facts):
    """Two numbers, mostly of different lengths, sometimes close to each other."""
    first = _digits(dice)
    second = first if dice.chance(0.4) else _digits(dice)
    a, b = (dice.between(10 ** (n - 1), 10 ** n - 1) for n in (first, second))
    if dice.chance(0.15):
        b = max(1, a + dice.between(-3, 3))
    if a == b and not dice.chance(0.1):
        b += 1
    bigger = dice.chance(0.5)
    return dice.part(BIGGER if bigger else SMALLER), {"a": a, "b": b}, a > b if bigger else a < b


def _member(dice, facts):
    draw = dice.pick((dice.thing, lambda: dice.entity("first"), lambda: dice.entity("item"),
                      lambda: dice.entity("food"), lambda: dice.entity("city"),
                      lambda: str(dice.number(3)), dice.code, dice.file_name))
    things = list(dict.fromkeys(draw() for _ in range(dice.weighted(
        [(2, 3), (3, 5), (4, 3), (5, 2), (7, 0.5)]))))
    a = dice.pick(things) if dice.chance(0.5) else draw()
    files = "." in things[0] and dice.chance(0.7)
    return dice.part(EXISTS if files else MEMBER), {"l": ", ".join(things), "a": a}, a in things


def _fact(dice):
    """Slots of a fact, and one value of the same kind that may differ from it."""
    draw = dice.pick((dice.thing, lambda: dice.entity("color"), lambda: str(dice.number(3)),
                      dice.code, lambda: dice.entity("city"), lambda: dice.entity("food")))
    v = draw()
    a = v if dice.chance(0.5) else draw()
    return {"p": dice.entity("first"), "k": dice.entity("attr"), "v": v, "a": a, "draw": draw}


def _stated(dice, facts):
    slots = _fact(dice)
    facts.setdefault((slots["p"], slots["k"]), slots)
    return dice.part(STATED), slots, slots["v"] == slots["a"]


def _recalled(dice, facts):
    """About a fact that an earlier message told."""
    slots = dict(dice.pick(list(facts.values())))
    slots["a"] = slots["v"] if dice.chance(0.5) else slots["draw"]()
    return dice.part(RECALLED), slots, slots["v"] == slots["a"]


def _same(dice, facts):
    draw = dice.pick((dice.thing, dice.code, lambda: str(dice.number(3)), dice.things,
                      lambda: dice.entity("city"), lambda: dice.entity("phrase")))
    v = draw()
    a = v if dice.chance(0.5) else draw()
    return dice.part(SAME), {"v": v, "a": a}, v == a


def _parity(dice, facts):
    a, even = dice.number(4), dice.chance(0.5)
    return dice.part(EVEN if even else ODD), {"a": a}, (a % 2 == 0) == even


KINDS = ((_compare, 4), (_member, 4), (_stated, 2.5), (_same, 2.5), (_parity, 2.5))


def _question(dice, facts, wanted):
    """One question with the wanted answer."""
    while True:
        kinds = KINDS + ((_recalled, 4),) if facts else KINDS
        tried = dict(facts)
        template, slots, truth = dice.weighted(kinds)(dice, tried)
        known = facts.get((slots.get("p"), slots.get("k")))
        clear = not known or known["v"] == slots["v"]  # nothing told may be contradicted
        if truth == wanted and clear:
            facts.update(tried)
            return template, slots


def _answers(dice):
    """One answer for a task; a balanced series in most training dialogues."""
    if dice.split != "train" or not dice.chance(SERIES_SHARE):
        return [dice.chance(0.5)]
    count = dice.between(3, 8)
    first = dice.between(0, 1)
    answers = [(n + first) % 2 == 0 for n in range(count)]
    dice.rng.shuffle(answers)
    return answers


def _tell(dice, facts):
    """Some facts told in a message of their own, for questions about them later."""
    told = []
    for _ in range(dice.between(1, 2)):
        slots = _fact(dice)
        if (slots["p"], slots["k"]) not in facts:
            facts[slots["p"], slots["k"]] = slots
            told.append(fill(dice, dice.pick(TOLD), slots))
    return [user(" ".join(told)), says(NOTED)]


def yes_no(dice):
    """Questions whose reply is the single word yes or no: one in tasks, several in training."""
    head, facts = system_turn(dice, 0.3), {}
    answers = _answers(dice)
    only = dice.chance(0.6 if len(answers) > 1 else 0.2)
    told = _tell(dice, facts) if dice.chance(0.2) else []
    dice.forget_held()
    turns = []
    for wanted in answers:
        template, slots = _question(dice, facts, wanted)
        asked = "{q}" if only and dice.chance(0.7) else dice.part(ASKED)
        only = only or asked == "{q}"
        turns += [user(fill(dice, asked.replace("{q}", template), slots)),
                  says("yes" if wanted else "no")]
    if only:
        head = [system(dice.pick(ONLY))]
    tools = offer(dice, [], []) if dice.chance(0.3) else []
    messages = head + told + turns
    return Dialogue("yes_no", messages, len(head) + len(told) + 1, {"equals": turns[1]["content"]},
                    tools)
