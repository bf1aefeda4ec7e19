#!/usr/bin/env python3
"""Proves that held-out wording is new in form only, never in its words.

  check_words.py

Three checks, each exact, ignoring case and punctuation:
  lines     no held-out line of a wording list is a training line anywhere
  anywhere  every word of a held-out line occurs in a training line of the corpus
  near      every word of a held-out line occurs in a training line of the same list, or
            of the frames and side remarks that all requests share
"""

import importlib
import pkgutil
import re
import sys

import corpus
from check_disjoint import all_parts, bare, found_parts

SHARED = ("OPENINGS", "TAILS", "REMARKS", "FRAMES")


def lists():
    """Every wording list once, as (module, name, Parts)."""
    seen = set()
    for info in pkgutil.iter_modules(corpus.__path__):
        module = importlib.import_module(f"corpus.{info.name}")
        for name, value in vars(module).items():
            for p in found_parts(value, seen):
                yield info.name, name, p


def words(lines):
    """Words of wording lines, without slots."""
    text = " ".join(lines).lower()
    return set(re.findall(r"[a-z']+", re.sub(r"\{@?\w+\}", " ", text)))


def faults(found):
    """One line for each held-out line or word that breaks a check."""
    plain = {bare(t) for t in all_parts()[0]}
    known = words(t for _, _, p in found for t in p.train)
    shared = words(t for _, name, p in found if name in SHARED for t in p.train)
    for module, name, p in found:
        near = shared | words(p.train)
        for line in p.held:
            if bare(line) in plain:
                yield f"{module}.{name}: trained too: {line}"
            for word in sorted(words([line]) - near):
                where = "the list" if word in known else "the corpus"
                yield f"{module}.{name}: \"{word}\" is not trained in {where}: {line}"


def main():
    found = list(lists())
    bad = list(faults(found))
    print("\n".join(bad + [f"{len(found)} lists, {sum(len(p.train) for _, _, p in found)} training "
                           f"lines, {sum(len(p.held) for _, _, p in found)} held-out lines: "
                           f"{len(bad)} fault(s)"]))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
