"""Small talk: exchanges that need no tool, for the chat and no_tool families."""

from .talk_tasks import BEYOND, BULLETS, FIRST, GREET, LAST, REPEAT
from .talk_wording import ABLE, BYE, HELLO, HOW, NAMED_HELLO, THANKS, TOOLS, WHO
from .wording import fill

__all__ = ["KINDS", "REPEAT", "SMALL", "SURE", "TOOLS", "WHO", "small_talk"]

BEYOND_ANSWER = "Sorry, I am a small model and do not know that."
NAME_ANSWER = "I am Puna, a small local agent."
ABLE_ANSWER = "I can call tools, remember what you tell me and answer simple questions."
FINE_ANSWER = "I am fine, thank you."
HELLO_ANSWER = "Hello! How can I help?"


def _phrase(dice):
    return dice.pick((dice.value, dice.things, lambda: dice.entity("phrase"),
                      lambda: f"{dice.entity('phrase')} {dice.code()}"))()


def _hello(dice):
    if dice.chance(0.4):
        return dice.part(HELLO), HELLO_ANSWER
    n = dice.entity("first")
    return fill(dice, dice.part(NAMED_HELLO), {"n": n}), f"Hello, {n}! How can I help?"


def _edge_word(dice):
    words = dice.entity("phrase").split() if dice.chance(0.4) else []
    words += [dice.thing() for _ in range(dice.between(0 if words else 2, 3))]
    words = " ".join(words).split()
    first = dice.chance(0.5)
    text = fill(dice, dice.part(FIRST if first else LAST), {"v": " ".join(words)})
    return text, words[0 if first else -1]


def _bullets(dice):
    things = [dice.pick((dice.entity("item"), dice.entity("food"), dice.thing(), dice.entity("first")))
              for _ in range(dice.between(2, 6))]
    joined = ", ".join(things[:-1]) + dice.pick((" and ", ", ")) + things[-1]
    return fill(dice, dice.part(BULLETS), {"l": joined}), "\n".join(f"- {t}" for t in things)


def _repeat(dice):
    v = _phrase(dice)
    return fill(dice, dice.part(REPEAT), {"v": v}), v


def _greet(dice):
    n = dice.pick((dice.entity("first"), dice.full_name()))
    return fill(dice, dice.part(GREET), {"n": n}), f"Hello, {n}!"


KINDS = (
    (_hello, 5), (lambda d: (d.part(WHO), NAME_ANSWER), 3),
    (lambda d: (d.part(HOW), FINE_ANSWER), 3), (lambda d: (d.part(ABLE), ABLE_ANSWER), 3),
    (lambda d: (d.part(THANKS), "You are welcome!"), 3), (lambda d: (d.part(BYE), "Goodbye!"), 3),
    (_repeat, 6), (_greet, 3), (_bullets, 4), (_edge_word, 4),
    (lambda d: (fill(d, d.part(BEYOND), {}), BEYOND_ANSWER), 4))
SMALL = KINDS[:6]
SURE = KINDS[:-1]  # what no tool could answer better


def small_talk(dice, kinds=KINDS):
    """A user message and the answer to it."""
    return dice.weighted(kinds)(dice)
