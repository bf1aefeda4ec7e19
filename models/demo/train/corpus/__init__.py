"""The synthetic corpus: a registry of families, each a function from dice to dialogue.

A new family is one function and one line in FAMILIES. Everything here needs only the
standard library and is determined by the seed of the random source passed in.
"""

from .chain_family import chain
from .code_family import code
from .dice import Dice
from .drills import drill
from .error_family import error_retry
from .extract_family import extract
from .form_family import form
from .game_family import game
from .memory_family import memory
from .recall_family import recall
from .render import segments
from .session_family import choice, session
from .talk_families import chat, no_tool
from .tool_families import parallel, tool_answer, tool_call
from .yes_no_family import yes_no

# name: (function, share in training). tool_answer dialogues are tool_call dialogues seen
# from their end, so training needs no share of them.
FAMILIES = {
    "tool_call": (tool_call, 12.0),
    "tool_answer": (tool_answer, 0.0),
    "chain": (chain, 12.0),
    "parallel": (parallel, 10.0),
    "error_retry": (error_retry, 9.0),
    "no_tool": (no_tool, 12.0),
    "extract": (extract, 16.0),
    "memory": (memory, 11.0),
    "yes_no": (yes_no, 13.0),
    "chat": (chat, 10.0),
    "session": (session, 18.0),
    "choice": (choice, 14.0),
    "drill": (drill, 24.0),
    "form": (form, 6.0),
    "recall": (recall, 6.0),
    "code": (code, 40.0),
    "game": (game, 10.0),
}
TRAINING_ONLY = ("session", "choice", "drill", "form", "recall")
RUN_ONLY = ("code", "game")  # scored by what comes of them: ../eval/code_eval.py, src/sim/llm_test.cpp


def mix(changes=""):
    """Training shares, with changes such as "drill=2,extract=15"."""
    shares = {name: share for name, (_, share) in FAMILIES.items()}
    for change in filter(None, changes.split(",")):
        name, value = change.split("=")
        if name not in shares:
            raise ValueError(f"unknown family {name}; families: {', '.join(shares)}")
        shares[name] = float(value)
    return shares


def sample(rng, split="train", shares=None):
    """One dialogue of a random family. `split` is "train" or "heldout"."""
    shares = shares or mix()
    names = [n for n in shares if split == "train" or n not in TRAINING_ONLY]
    name = rng.choices(names, [shares[n] for n in names])[0]
    return of_family(rng, name, split, split != "train" and rng.random() < 0.6)[0]


def of_family(rng, name, split="train", held_wording=False):
    """One dialogue of one family, and whether it has held-out wording."""
    dice = Dice(rng, split, held_wording)
    dialogue = FAMILIES[name][0](dice)
    return dialogue, dice.drew_held
