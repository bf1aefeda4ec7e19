#!/usr/bin/env python3
"""Proves that what evaluation holds out occurs in no training part.

  check_disjoint.py [--samples 20000] [--per-family 200] [--seed 1]

Five checks, each exact:
  lists     no held-out wording part or entity is also a training part or entity
  drawn     no held-out part is drawn while N training dialogues are made
  words     no held-out entity occurs as a word in those dialogues
  messages  no request of a task with held-out wording was a training message
  values    no task shares both its request and its tool list with a training dialogue
"""

import argparse
import collections
import dataclasses
import importlib
import json
import pkgutil
import random
import re
import sys

import corpus
from corpus.dice import Dice
from corpus.entities import ENTITIES, HELD_WORDS, OPEN_KINDS
from corpus.wording import Parts
from tasks import tasks

SHOWN_MAX = 70


def found_parts(thing, seen):
    """Every Parts object reachable from a value."""
    if id(thing) in seen:
        return
    seen.add(id(thing))
    if isinstance(thing, Parts):
        yield thing
    elif isinstance(thing, dict):
        for value in thing.values():
            yield from found_parts(value, seen)
    elif isinstance(thing, (list, tuple)):
        for value in thing:
            yield from found_parts(value, seen)
    elif dataclasses.is_dataclass(thing) and not isinstance(thing, type):
        for f in dataclasses.fields(thing):
            yield from found_parts(getattr(thing, f.name), seen)


def all_parts():
    """Training and held-out lines of every wording list in the corpus."""
    seen, train, held = set(), set(), set()
    for info in pkgutil.iter_modules(corpus.__path__):
        module = importlib.import_module(f"corpus.{info.name}")
        for value in vars(module).values():
            for p in found_parts(value, seen):
                train.update(p.train)
                held.update(p.held)
    return train, held


def bare(line):
    """A part without its mark, case or punctuation."""
    return re.sub(r"[^\w{}@ ]", "", line.lower()).strip()


def check_lists(train, held):
    plain = {bare(t) for t in train}
    yield from (f"held-out part is also trained: {h}" for h in sorted(held) if bare(h) in plain)
    for kind, (known, unseen) in ENTITIES.items():
        if kind not in OPEN_KINDS:
            both = {w.lower() for w in known} & {w.lower() for w in unseen}
            yield from (f"held-out {kind} is also trained: {w}" for w in sorted(both))


class Watch:
    """Records every part that Dice draws."""

    def __init__(self):
        self.drawn = collections.Counter()
        self.original = Dice.part

    def __enter__(self):
        def part(dice, lines):
            line = self.original(dice, lines)
            self.drawn[line] += 1
            return line
        Dice.part = part
        return self

    def __exit__(self, *_):
        Dice.part = self.original


def request_of(messages):
    return next(m["content"] for m in reversed(messages) if m["role"] == "user")


def training_dialogues(count, seed):
    rng = random.Random(seed)
    for _ in range(count):
        yield corpus.sample(rng, "train")


def check_dialogues(held, options):
    """The checks that need generated dialogues."""
    words = re.compile(r"\b(" + "|".join(map(re.escape, sorted(HELD_WORDS))) + r")\b", re.I)
    requests, pairs = set(), set()
    with Watch() as watch:
        for d in training_dialogues(options.samples, options.seed):
            text = "".join(t for t, _ in corpus.segments(d))
            for hit in words.finditer(text):
                yield f"held-out word in a training dialogue ({d.family}): {hit.group()}"
            tools = json.dumps([t.spec() for t in d.tools])
            for m in d.messages:
                if m["role"] == "user":
                    requests.add(m["content"])
                    pairs.add((m["content"], tools))
    yield from (f"held-out part drawn in training: {p}" for p in watch.drawn if p in held)
    for task in tasks(options.per_family, options.seed):
        request = request_of(task["messages"])
        if task["heldout_wording"] and request in requests:
            yield f"request of {task['id']} was a training message: {request}"
        if task["tools"] and (request, json.dumps(task["tools"])) in pairs \
                and task["tools"] != BUILTIN_SPECS:
            yield f"task {task['id']} was a training dialogue: {request}"


BUILTIN_SPECS = [t.spec() for t in importlib.import_module("corpus.builtin").BUILTIN]


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--samples", type=int, default=20000)
    p.add_argument("--per-family", type=int, default=200)
    p.add_argument("--seed", type=int, default=1)
    options = p.parse_args()
    train, held = all_parts()
    faults = collections.Counter(check_lists(train, held))
    faults.update(check_dialogues(held, options))
    for fault, times in faults.most_common(SHOWN_MAX):
        print(f"{times} times: {fault}")
    print(f"{len(train)} training parts, {len(held)} held-out parts, {len(HELD_WORDS)} held-out "
          f"words, {options.samples} training dialogues: {len(faults)} fault(s)")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
