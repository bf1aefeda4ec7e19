"""The source of all choices in a dialogue: seeded, and aware of the split it works for."""

import json
import pathlib

from .entities import ENTITIES, HELD_WORDS

_STARTS = "b c d f g h j k l m n p r s t v w z br cl dr fl gr kl pr st tr sh th".split()
_VOWELS = "a e i o u ai ea oo".split()
_ENDS = ["", "", "", "n", "r", "l", "s", "t", "k", "m", "nd", "x", "rt"]
_FRAGMENTS = ("able act age air al an ance and ant ar at ate back bel bit ble bo cal can car ch "
              "com con cor day de der dis do ed el en ence er es est ex fer fi for ful gen ger "
              "hand head ho ic ight in ing ion ish ist it ive land lar less ling lo low ma man "
              "mar mat men ment mi mon mor nal ness ni no of on one or ous out over par per pl "
              "port pre pro qu ra re ri ro sal sel ser set sh side sion so som sp st sub ta ter "
              "tion to ton tor tra tri un under up ur us ver vi ward way work").split()
# Shares of made-up entities, by kind; other kinds have SHARE_MADE. Verbs and attributes tell what
# is wanted, so they are mostly English; names and values are copied, so many are made up.
SHARE_MADE = 0.5
# Share of folders and values that say a word twice: where such a copy ends, only counting tells.
SHARE_TWICE = 0.08
SHARES_MADE = {"verb": 0.1, "attr": 0.2, "noun": 0.45, "phrase": 0.25, "topic": 0.3, "food": 0.3,
               "item": 0.3, "job": 0.3}
NEVER_MADE = ("weekday", "zone", "suffix", "weather")
EVERYDAY = ("item", "animal", "food", "noun", "color", "stem", "first", "city")
CAPITALS = {"first", "last", "city", "language"}
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"


def _token_words():
    """Letter tokens of the tokenizer, so that made-up words exercise every token."""
    path = pathlib.Path(__file__).resolve().parent.parent / "tokenizer.json"
    if not path.exists():
        return _FRAGMENTS
    tokens = json.loads(path.read_text(encoding="utf-8"))["tokens"]
    words = {t.lstrip("\u0120").lower() for t in tokens}
    return sorted(w for w in words if w.isascii() and w.isalpha() and 2 <= len(w) <= 8)


_TOKEN_WORDS = _token_words()


class Dice:
    """Draws entities, values and wording parts for one dialogue.

    split         "train" or "heldout": which entities may be drawn
    held_wording  also draw held-out wording parts (evaluation only)
    """

    def __init__(self, rng, split="train", held_wording=False):
        self.rng = rng
        self.split = split
        self.held_wording = held_wording
        self.drew_held = False  # whether a held-out wording part was in fact drawn
        self.made_most = SHARE_MADE if split == "train" else 0.2

    def chance(self, p):
        return self.rng.random() < p

    def pick(self, options):
        return self.rng.choice(options)

    def some(self, options, count):
        return self.rng.sample(list(options), count)

    def between(self, low, high):
        return self.rng.randint(low, high)

    def weighted(self, pairs):
        """Draws from (value, weight) pairs."""
        return self.rng.choices([v for v, _ in pairs], [w for _, w in pairs])[0]

    def part(self, parts):
        """One line of a wording list; held-out lines only when this task wants them."""
        if self.held_wording and parts.held and self.chance(0.6):
            self.drew_held = True
            return self.pick(parts.held)
        return self.pick(parts.train)

    def forget_held(self):
        """Called before the request is worded: what came earlier does not make a task held out."""
        self.drew_held = False

    def word(self):
        """A made-up word: syllables, or tokens stuck together."""
        while True:
            if self.chance(0.5):
                n = self.pick((1, 2, 2, 2, 3))
                w = "".join(self.pick(_STARTS) + self.pick(_VOWELS) + self.pick(_ENDS)
                            for _ in range(n))
            else:
                w = "".join(self.pick(_TOKEN_WORDS) for _ in range(self.pick((1, 2, 2, 3))))
            plural = w + "s" if self.split == "train" else w
            if 3 <= len(w) <= 14 and not HELD_WORDS & {w, plural}:
                return w

    def words(self, low, high):
        return " ".join(self.word() for _ in range(self.between(low, high)))

    def few_words(self):
        """A made-up value: mostly one word, at most two."""
        return self.words(1, 1) if self.chance(0.7) else self.words(2, 2)

    def thing(self):
        """One word or name worth copying, made up as often as the split wants it."""
        if self.chance(self.made_most):
            return self.word()
        return self.entity(self.pick(EVERYDAY), made=False)

    def _twice(self):
        """Whether to say a word twice; never in evaluation, where chance does so by itself."""
        return self.split == "train" and self.chance(SHARE_TWICE)

    def things(self):
        """The same, sometimes two of them."""
        if self._twice():
            return " ".join([self.thing()] * self.pick((2, 2, 3)))
        return self.thing() if self.chance(0.7) else f"{self.thing()} {self.thing()}"

    def entity(self, kind, made=True):
        """A named thing of one kind, often made up so that it can only be copied."""
        if made and kind not in NEVER_MADE \
                and self.chance(min(self.made_most, SHARES_MADE.get(kind, SHARE_MADE))):
            w = self.few_words() if kind in ("phrase", "topic", "job", "food", "item") \
                else self.word()
            return w.title() if kind in CAPITALS else w
        train, held = ENTITIES[kind]
        return self.pick(train if self.split == "train" else held)

    def full_name(self):
        return self.entity("first") + " " + self.entity("last")

    def number(self, digits_max=5):
        digits = self.weighted([(n, w) for n, w in
                                ((1, 2), (2, 4), (3, 4), (4, 2), (5, 1)) if n <= digits_max])
        if self.chance(0.08):
            return int(self.pick("123456789") * digits)  # runs of equal digits are easy to miscount
        return self.between(10 ** (digits - 1) if digits > 1 else 1, 10 ** digits - 1)

    def decimal(self):
        return f"{self.number(3)}.{self.between(1, 99)}".rstrip("0")

    def letters(self, low, high, alphabet=LETTERS):
        """Capitals, as of a code or a stock."""
        text = "".join(self.pick(alphabet) for _ in range(self.between(low, high)))
        return text if text.lower() not in HELD_WORDS else self.letters(low, high, alphabet)

    def code(self):
        """An identifier such as K7-204, QX1190 or plain digits."""
        letters = self.letters(1, 3)
        return self.pick((f"{letters}-{self.number(4)}", f"{letters}{self.number(4)}",
                          f"{letters}{self.number(2)}{self.pick(LETTERS)}", str(self.number()),
                          f"{self.word()}{self.number(2)}", f"{self.word()}_{self.number(3)}"))

    def file_name(self):
        stem = self.entity("stem")
        if self.chance(0.2):
            stem += self.pick("_-") + (self.word() if self.chance(0.5) else str(self.number(4)))
        suffix = self.entity("suffix") if self.chance(0.85) else self._made_suffix()
        return f"{stem}.{suffix}"

    def _made_suffix(self):
        suffix = self.word()[:3]
        return suffix if suffix not in HELD_WORDS else self._made_suffix()

    def folder(self):
        base = self.entity("folder")
        if self._twice():
            return self.pick(("", "", "/", "./")) + "/".join([base] * self.pick((2, 2, 3)))
        return self.weighted([(base, 6), (f"{base}/{self.entity('folder')}", 2), (f"/{base}", 1),
                              (f"{base}/", 1), (f"./{base}", 1),
                              (f"/{base}/{self.entity('folder')}", 1)])

    def path(self):
        name = self.file_name()
        return name if self.chance(0.5) else f"{self.folder().rstrip('/')}/{name}"

    def email(self):
        return f"{self.entity('first').lower()}@{self.word()}.{self.pick(('com', 'org', 'net', 'io'))}"

    def clock(self):
        return f"{self.between(0, 23):02d}:{self.between(0, 59):02d}"

    def date(self):
        return f"{self.between(1995, 2032)}-{self.between(1, 12):02d}-{self.between(1, 28):02d}"

    def value(self):
        """Any short thing worth copying."""
        return self.pick((self.thing, self.code, lambda: str(self.number()), self.full_name,
                          lambda: self.entity("city"), lambda: self.entity("topic"), self.path,
                          self.things, self.date, self.decimal))()
