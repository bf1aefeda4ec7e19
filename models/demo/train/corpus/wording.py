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

from . import frames, sides
from .entities import HELD_WORDS


@dataclass(frozen=True)
class Parts:
    train: tuple
    held: tuple = ()


def parts(text):
    """One part a line; those after a line `--` are held out."""
    train, _, held = text.strip().partition("\n--\n")
    return Parts(tuple(train.split("\n")), tuple(held.split("\n")) if held else ())


OPENINGS = parts(sides.OPENINGS)
TAILS = parts(sides.TAILS)
REMARKS = parts(sides.REMARKS)
FRAMES = {"!": parts(frames.ORDERS), "?": parts(frames.QUESTIONS), "=": parts(frames.THINGS)}
_SLOT = re.compile(r"\{(@?\w+)\}")
# Frames in which the speaker acts; "I have to tell me" is said by nobody.
_OWN_ACT = re.compile(r"(I|we|me|us|I'd) (\w+ )*to \{x\}|I must|"
                      r"let'?s|how (can|do) I|wants me|^my boss")
_ASKS_YOU = re.compile(r"you (\w+ )*to \{x\}|help me|helping me")
_ME = re.compile(r"\bme\b")
_WORD = re.compile(r"(?<![\w{@}'])[a-z]{3,}(?![\w{}'])")


def fill(dice, template, slots):
    """Replaces slots in one pass, so that values may contain braces."""
    def value(match):
        name = match.group(1)
        if name.startswith("@num"):
            return str(dice.number())
        return dice.entity(name[1:]) if name.startswith("@") else str(slots[name])
    return _SLOT.sub(value, template)


def plural(noun):
    """The plural of an everyday noun, or of a made-up one."""
    if noun.endswith(("s", "x", "ch", "sh")):
        return noun + "es"
    if noun.endswith("knife"):
        return noun[:-2] + "ves"
    return noun[:-1] + "ies" if noun[-1:] == "y" and noun[-2:-1] not in "aeiou" else noun + "s"


def capital(template):
    """Starts the literal part with a capital; a slot keeps its own spelling."""
    return template[:1].upper() + template[1:] if template[:1] != "{" else template


def _slip(dice, word):
    """A small typing mistake."""
    i = dice.between(0, len(word) - 2)
    slip = dice.pick((word[:i] + word[i + 1] + word[i] + word[i + 2:], word[:i] + word[i + 1:],
                      word[:i] + word[i] + word[i:]))
    return word if slip in HELD_WORDS else slip


def roughen(dice, template, share, slips=0.6):
    """Unknown or misspelt words, now and then, so that no single word is relied upon."""
    if dice.split != "train" or not dice.chance(share):
        return template
    found = list(_WORD.finditer(template))
    if not found:
        return template
    m = dice.pick(found)
    new = _slip(dice, m.group()) if dice.chance(slips) else dice.word()
    return template[:m.start()] + new + template[m.end():]


def lowered(template):
    """Everything but slots in small letters."""
    return "".join(c if c.startswith("{") else c.lower() for c in re.split(r"(\{@?\w+\})", template))


def framed(dice, line):
    """A core line put into a frame, as one sentence template.

    Frames may lose words to nonsense; a core only has slips of the pen, and rarely: its words tell
    what is wanted.
    """
    plain = {"!": "{x}.", "?": "{x}?", "=": "{x}, please."}[line[0]]
    frame = dice.part(FRAMES[line[0]]) if dice.chance(0.62) else plain
    if _ME.search(line) and _OWN_ACT.search(frame) and not _ASKS_YOU.search(frame):
        frame = plain
    frame = roughen(dice, frame, 0.06)
    return capital(frame.replace("{x}", roughen(dice, line[1:], 0.04, slips=1)))


def _side(dice, lines):
    """An opening, remark or tail."""
    if dice.split == "train" and dice.chance(0.04):
        return dice.words(2, 5).capitalize() + dice.pick(".!.")
    return roughen(dice, dice.part(lines), 0.1)


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
