"""Sentences from parts: opening, frame, core, tail and side remarks.

A core says what is wanted, in one of three shapes marked by its first character:
  !read {f}            an order, to go after "please", "can you", ...
  ?what does {f} say   a question
  =the text of {f}     a thing, to go after "give me", "I need", ...
Slots are written {name}; {@kind} draws an entity of that kind for a side remark.
Parts after a line `--` are held out for evaluation.
"""

import re
from dataclasses import dataclass

from . import frames
from .entities import HELD_WORDS


@dataclass(frozen=True)
class Parts:
    train: tuple
    held: tuple = ()


def parts(text):
    """One part a line; those after a line `--` are held out."""
    train, _, held = text.strip().partition("\n--\n")
    return Parts(tuple(train.split("\n")), tuple(held.split("\n")) if held else ())


OPENINGS = parts(frames.OPENINGS)
TAILS = parts(frames.TAILS)
REMARKS = parts(frames.REMARKS)
FRAMES = {"!": parts(frames.ORDERS), "?": parts(frames.QUESTIONS), "=": parts(frames.THINGS)}
_SLOT = re.compile(r"\{(@?\w+)\}")
_WORD = re.compile(r"(?<![\w{@}'])[a-z]{3,}(?![\w{}'])")


def fill(dice, template, slots):
    """Replaces slots in one pass, so that values may contain braces."""
    def value(match):
        name = match.group(1)
        if name.startswith("@num"):
            return str(dice.number())
        return dice.entity(name[1:]) if name.startswith("@") else str(slots[name])
    return _SLOT.sub(value, template)


def capital(template):
    """Starts the literal part with a capital; a slot keeps its own spelling."""
    return template[:1].upper() + template[1:] if template[:1] != "{" else template


def _slip(dice, word):
    """A small typing mistake."""
    i = dice.between(0, len(word) - 2)
    slip = dice.pick((word[:i] + word[i + 1] + word[i] + word[i + 2:], word[:i] + word[i + 1:],
                      word[:i] + word[i] + word[i:]))
    return word if slip in HELD_WORDS else slip


def roughen(dice, template, share):
    """Unknown or misspelt words, now and then, so that no single word is relied upon."""
    if dice.split != "train" or not dice.chance(share):
        return template
    found = list(_WORD.finditer(template))
    if not found:
        return template
    m = dice.pick(found)
    new = _slip(dice, m.group()) if dice.chance(0.3) else dice.word()
    return template[:m.start()] + new + template[m.end():]


def lowered(template):
    """Everything but slots in small letters."""
    return "".join(c if c.startswith("{") else c.lower() for c in re.split(r"(\{@?\w+\})", template))


def framed(dice, line):
    """A core line put into a frame, as one sentence template.

    Frames may lose words to nonsense often, cores rarely: a core's words tell what is wanted.
    """
    frame = roughen(dice, dice.part(FRAMES[line[0]]), 0.2) if dice.chance(0.72) else \
        {"!": "{x}.", "?": "{x}?", "=": "{x}, please."}[line[0]]
    return capital(frame.replace("{x}", roughen(dice, line[1:], 0.06)))


def _side(dice, lines):
    """An opening, remark or tail."""
    if dice.split == "train" and dice.chance(0.08):
        return dice.words(2, 7).capitalize() + dice.pick(".!.")
    return roughen(dice, dice.part(lines), 0.2)


def dressed(dice, sentence):
    """Adds openings, side remarks and tails around a sentence template."""
    out = [sentence]
    if dice.chance(0.22):
        out.insert(0, _side(dice, REMARKS))
    if dice.chance(0.25):
        out.insert(0, _side(dice, OPENINGS))
    if dice.chance(0.2):
        out.append(_side(dice, TAILS))
    elif dice.chance(0.1):
        out.append(_side(dice, REMARKS))
    text = " ".join(out)
    if dice.chance(0.1) and text[-1] in ".?":
        text = text[:-1]
    return lowered(text) if dice.chance(0.05) else text


def say(dice, cores, slots, plain=False):
    """One user message for a list of cores; `plain` leaves openings and tails away."""
    line = dice.part(cores)
    if dice.held_wording and not dice.drew_held and cores.held and dice.chance(0.5):
        dice.drew_held = True
        line = dice.pick(cores.held)
    sentence = framed(dice, line)
    return fill(dice, sentence if plain else dressed(dice, sentence), slots)
